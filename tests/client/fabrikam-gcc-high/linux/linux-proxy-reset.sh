#!/bin/sh
# Resets linux-proxy.sh: Defender has no proxy of its own then, whatever it was told before.
# Profile fabrikam-gcc-high, allowlistc 0.1.0. Run as root on the device. The vendor documents no command for it:
# the installed version is asked for one, and if it knows none, nothing is done.
set -eu
help=$(mdatp config proxy --help 2>&1) || :
for word in reset unset clear remove delete; do
    if printf '%s\n' "$help" | grep -Eq "^[[:space:]]*$word([[:space:]]|\$)"; then
        mdatp config proxy "$word"
        exit 0
    fi
done
echo 'this version has no command that resets its proxy; mdatp_managed.json is the way that can be taken back' >&2
exit 1
