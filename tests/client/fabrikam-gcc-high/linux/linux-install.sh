#!/bin/sh
# Defender on Linux: static proxy, for the package manager alone.
# Profile fabrikam-gcc-high, allowlistc 0.1.0. Use: sudo sh linux-install.sh apt-get install mdatp
set -eu
HTTPS_PROXY='http://proxy.fabrikam.example.com:3128/'
export HTTPS_PROXY
exec "$@"
