#!/bin/sh
# Defender on Linux: static proxy.
# Profile fabrikam-gcc-high, allowlistc 0.1.0. Run as root on the device. mdatp_managed.json is the way
# that can be taken back by what is documented.
set -eu
mdatp config proxy set --value 'http://proxy.fabrikam.example.com:3128'
mdatp connectivity test
