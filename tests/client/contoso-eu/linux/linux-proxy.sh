#!/bin/sh
# Defender on Linux: static proxy.
# Profile contoso-eu, allowlistc 0.1.0. Run as root on the device. mdatp_managed.json is the way
# that can be taken back by what is documented.
set -eu
mdatp config proxy set --value 'http://proxy.contoso.com:8080'
mdatp connectivity test
