#!/bin/sh
# squid -k parse of every rendered profile: squid.sh RENDERED. Exit 0 sound, 1 faults, 2 no squid.
# Any ERROR, WARNING or FATAL line is a fault: "squid -k parse" ends with 0 for a missing list file.
command -v squid >/dev/null || PATH=$PATH:/usr/sbin
command -v squid >/dev/null || { echo "no squid at hand"; exit 2; }
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
faults=0
folders=0
for folder in "$1"/*/squid*; do
    [ -f "$folder/allow.conf" ] || continue
    folders=$((folders + 1))
    rm -rf "$work/lists"
    mkdir "$work/lists"
    cp "$folder"/* "$work/lists"
    # The lists lie where list-dir says on a real proxy; here they lie in the work folder.
    sed -i "s#\"/[^\"]*/\([^\"/]*\)\"\$#\"$work/lists/\1\"#" "$work/lists"/*.conf
    {
        echo "acl localnet src 10.0.0.0/8"
        echo "http_port 127.0.0.1:13128"
        echo "pid_filename $work/pid"
        echo "acl step1 at_step SslBump1"
        echo "include $work/lists/allow.conf"
        echo "http_access deny all"
        echo "ssl_bump peek step1"
        echo "include $work/lists/bypass.conf"
        echo "ssl_bump bump all"
    } >"$work/squid.conf"
    if ! squid -k parse -f "$work/squid.conf" >"$work/out" 2>&1 || grep -E "ERROR|WARNING|FATAL|Warning" "$work/out"; then
        echo "$folder: refused"
        tail -3 "$work/out"
        faults=1
    else
        echo "$folder: sound"
    fi
done
[ "$folders" -gt 0 ] || { echo "there is no Squid configuration below $1"; exit 1; }
exit $faults
