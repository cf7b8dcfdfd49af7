#!/bin/sh
# Fails where the committed folder is not what the profile and the locked list make: check.sh PROFILE [OUT]
#
# Annotates the lines on GitHub, and puts the change into the summary of the job (GitHub and Azure).
set -eu
profile=$1
out=${2:-dist/$(basename "$(cd "$(dirname "$profile")" && pwd)")}
status=0

if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
    allowlistc check "$profile" --locked --out "$out" --format markdown >>"$GITHUB_STEP_SUMMARY" || status=$?
    allowlistc check "$profile" --locked --out "$out" --format github || status=$?
elif [ -n "${TF_BUILD:-}" ]; then
    allowlistc check "$profile" --locked --out "$out" --format markdown >"$AGENT_TEMPDIRECTORY/check.md" || status=$?
    cat "$AGENT_TEMPDIRECTORY/check.md"
    echo "##vso[task.uploadsummary]$AGENT_TEMPDIRECTORY/check.md"
else
    allowlistc check "$profile" --locked --out "$out" || status=$?
fi
exit "$status"
