#!/bin/sh
# PAC file for all network services. macos-pac-reset.sh resets it.
# Profile northwind-streamlined, allowlistc 0.1.0. Run as root on the device.
set -eu
# The first line is a heading; a star marks a service that is switched off.
networksetup -listallnetworkservices | sed -e 1d -e 's/^\*//' | while IFS= read -r service; do
    networksetup -setautoproxyurl "$service" 'http://pac.northwind.example.com/proxy.pac'
    networksetup -setautoproxystate "$service" on
done
