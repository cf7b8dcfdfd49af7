#!/bin/sh
# Proves what is committed once more and publishes it: publish.sh PROFILE DEST [OUT]
set -eu
profile=$1
dest=$2
out=${3:-dist/$(basename "$(cd "$(dirname "$profile")" && pwd)")}

allowlistc check "$profile" --locked --out "$out"
allowlistc verify "$profile" "$out" --locked
allowlistc publish "$out" "$dest"
