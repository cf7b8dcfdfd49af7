#!/bin/sh
# Commits what update.sh made onto a branch of its own and pushes it: commit.sh PROFILE BRANCH [OUT]
set -eu
profile=$1
branch=$2
folder=$(dirname "$profile")
out=${3:-dist/$(basename "$(cd "$folder" && pwd)")}

git switch --quiet --force-create "$branch"
# With the copies that the lock names, so that everybody can build again what was reviewed.
git add --all -- "$out" "$folder/allowlistc.lock" "$folder/.allowlistc"
git -c user.name="${GIT_USER:-allowlist update}" -c user.email="${GIT_EMAIL:-allowlists@example.com}" \
    commit --quiet --message "Update the allowlists of $out"
git push --quiet --force origin "HEAD:refs/heads/$branch"
