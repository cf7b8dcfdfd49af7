#!/bin/sh
# Opens a pull request with change.md as its text, or brings an open one up to date: propose-github.sh BRANCH BASE
#
# Needs `gh` and GH_TOKEN with the right to write pull requests.
set -eu
branch=$1
base=$2
title="Update the allowlists"

if [ "$(gh pr list --head "$branch" --base "$base" --state open --json number --jq length)" = 0 ]; then
    gh pr create --head "$branch" --base "$base" --title "$title" --body-file change.md
else
    gh pr edit "$branch" --title "$title" --body-file change.md
fi
