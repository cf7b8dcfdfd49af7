#!/bin/sh
# Defender on Linux: static proxy, for the package manager alone.
# Profile contoso-eu, allowlistc 0.1.0. Use: sudo sh linux-install.sh apt-get install mdatp
set -eu
HTTPS_PROXY='http://proxy.contoso.com:8080/'
export HTTPS_PROXY
exec "$@"
