#!/bin/sh
# Asks the SARIF multitool about logs, by the format's own rules and by those of GitHub: sarif.sh RENDERED NODE_MODULES
set -u
tool=$2/@microsoft/sarif-multitool-linux/Sarif.Multitool
[ -f "$tool" ] || { echo "no SARIF multitool at $tool; sh tests/run installs it"; exit 2; }
chmod +x "$tool"
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
logs=0
status=0
for log in "$1"/*.sarif; do
    output=$("$tool" validate "$log" --rule-kind 'Sarif;Gh' --level Error 2>&1) || status=1
    # The tool ends with 0 whatever it finds.
    if echo "$output" | grep -E ': error ' || ! echo "$output" | grep -q 'Analysis completed successfully'; then
        echo "$log"
        status=1
    fi
    logs=$((logs + 1))
done
echo "$logs logs"
[ "$logs" -gt 0 ] && exit "$status"
exit 1
