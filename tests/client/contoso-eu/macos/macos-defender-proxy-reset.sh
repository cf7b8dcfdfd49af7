#!/bin/sh
# Resets macos-defender-proxy.mobileconfig on a device that got it by hand; an MDM takes back what it has sent.
# Profile contoso-eu, allowlistc 0.1.0. Run as root on the device.
set -eu
profiles remove -identifier 'allowlistc.contoso-eu.defender-proxy'
