#!/bin/sh
# Opens a pull request with change.md as its text, or brings an open one up to date: propose-azure.sh BRANCH BASE
#
# Needs `az` with the azure-devops extension and AZURE_DEVOPS_EXT_PAT; its text may have 4 000 characters.
set -eu
branch=$1
base=$2
title="Update the allowlists"
description=$(head -c 3900 change.md)

open=$(az repos pr list --source-branch "$branch" --target-branch "$base" --status active --query '[0].pullRequestId' --output tsv)
if [ -z "$open" ]; then
    az repos pr create --source-branch "$branch" --target-branch "$base" --title "$title" --description "$description" --output none
else
    az repos pr update --id "$open" --title "$title" --description "$description" --output none
fi
