#!/bin/sh
# Fetches the lists of a profile, builds it, and writes what changed into change.md: update.sh PROFILE [OUT]
#
# OUT is the output folder, by default dist/<name of the profile's folder>. FETCH_OPTIONS may hold options of
# `allowlistc fetch`, such as `--ca-bundle corporate.pem`. Tells the pipeline `changed=true` or `changed=false`. A list
# that lost too much is refused by the guard of `fetch`: then this script fails, and nothing that is committed changes.
set -eu
profile=$1
folder=$(dirname "$profile")
name=$(basename "$(cd "$folder" && pwd)")
out=${2:-dist/$name}
cache=$folder/.allowlistc
before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT

tell() {
    echo "changed=$1"
    if [ -n "${GITHUB_OUTPUT:-}" ]; then echo "changed=$1" >>"$GITHUB_OUTPUT"; fi
    if [ -n "${TF_BUILD:-}" ]; then echo "##vso[task.setvariable variable=changed;isOutput=true]$1"; fi
}

# `diff` ends with 1 where something differs.
differs() { "$@" || [ $? = 1 ]; }

# The copies that the lock names, `<sha256>-<file>`.
copies() {
    for copy in "$cache"/[0-9a-f]*-*; do
        digest=$(basename "$copy" | cut -d- -f1)
        if grep -q "$digest" "$folder/allowlistc.lock" 2>/dev/null; then echo "$copy"; fi
    done
}

copies >"$before/copies"
if [ -d "$out" ]; then cp -R "$out" "$before/out"; fi

# shellcheck disable=SC2086 # several options
# Copies that the lock no longer names are history's to keep.
allowlistc fetch --prune ${FETCH_OPTIONS:-} "$profile"
allowlistc build "$profile" --locked --report --out "$out" --format "${FORMAT:-human}"

if [ -z "$(git status --porcelain -- "$out" "$folder/allowlistc.lock")" ]; then
    tell false
    exit 0
fi
{
    if [ -d "$before/out" ]; then
        echo "## What changes on the firewalls"
        echo
        differs allowlistc diff --profile "$profile" --format markdown "$before/out" "$out"
    else
        echo "The first build of \`$name\`; its report is \`$out/report.md\`."
    fi
    copies | while read -r new; do
        file=$(basename "$new" | cut -d- -f2-)
        old=$(git ls-tree -r --name-only HEAD -- "$cache" | grep -F -- "-$file" | head -n 1)
        if [ -n "$old" ] && [ "$old" != "$new" ]; then
            git show "HEAD:./$old" >"$before/$file"
            echo
            echo "## What changes in the list"
            echo
            differs allowlistc diff --format markdown "$before/$file" "$new"
        fi
    done
} >"$before/change.md"
# A pull request takes 65 536 characters.
head -c 60000 "$before/change.md" >change.md
if [ "$(wc -c <"$before/change.md")" -gt 60000 ]; then
    printf '\n\nThe rest is too long for a comment: %s/report.md has all of it.\n' "$out" >>change.md
fi
tell true
