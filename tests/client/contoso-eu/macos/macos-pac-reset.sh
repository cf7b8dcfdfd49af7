#!/bin/sh
# Resets macos-pac.sh: no network service uses a PAC file, whatever it used before.
# Profile contoso-eu, allowlistc 0.1.0. Run as root on the device.
set -eu
# The first line is a heading; a star marks a service that is switched off.
networksetup -listallnetworkservices | sed -e 1d -e 's/^\*//' | while IFS= read -r service; do
    networksetup -setautoproxystate "$service" off
done
