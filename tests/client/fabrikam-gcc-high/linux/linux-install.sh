#!/bin/sh
# Defender on Linux: static proxy, for the package manager alone.
# Profile fabrikam-gcc-high, allowlistc 0.1.0. Use: sudo sh linux-install.sh apt-get install mdatp
set -eu
# apt reads the name in lower case alone.
HTTPS_PROXY='http://proxy.fabrikam.example.com:3128/'
https_proxy=$HTTPS_PROXY
export HTTPS_PROXY https_proxy
exec "$@"
