#!/bin/sh
# Which connections a TLS-inspecting Squid leaves alone with the rendered rules, as root:
# squid_bump.sh RENDERED [interception].
# Runs in a network namespace of its own with two authorities: the origin's, seen when a connection is spliced, and
# the proxy's, seen when it is decrypted. Exit 0 as it should be, 1 otherwise, 2 something is not at hand.
PATH=$PATH:/usr/sbin
flavour=${2:-explicit}
lists=$1/bump/squid
programs="squid openssl unshare ip python3"
if [ "$flavour" = interception ]; then lists=$1/bump-interception/squid programs="$programs iptables"; fi
for program in $programs; do
    command -v "$program" >/dev/null || { echo "no $program at hand"; exit 2; }
done
[ -x /usr/lib/squid/security_file_certgen ] && [ -f "$lists/bypass.conf" ] || { echo "no squid-openssl or no files"; exit 2; }
[ -n "$IN_NAMESPACE" ] || IN_NAMESPACE=1 exec unshare -n sh "$0" "$@"
ip link set lo up
d=$(mktemp -d) && chmod 755 "$d"
service=allowlistcbump$$
cleanup() {
    [ -n "$squid" ] && kill "$squid" 2>/dev/null && wait "$squid" 2>/dev/null
    [ -n "$origin" ] && kill "$origin" 2>/dev/null
    rm -rf "$d" /dev/shm/$service-*
}
trap cleanup EXIT
address=127.0.0.1
if [ "$flavour" = interception ]; then
    # Whatever goes to port 443 comes to the proxy, except from the proxy itself.
    address=10.9.9.9
    ip address add $address/32 dev lo
    iptables -t nat -A OUTPUT -p tcp --dport 443 -m owner ! --uid-owner proxy -j REDIRECT --to-ports 13130 || exit 2
fi
names="spliced.lab.test a.wild.lab.test wild.lab.test bumped.lab.test denied.lab.test xend.lab.test"
authority() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" -keyout "$d/$1.key" -out "$d/$1.pem" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
}
authority origin-authority
authority proxy-authority
openssl req -newkey rsa:2048 -nodes -subj /CN=lab.test -keyout "$d/origin.key" -out "$d/origin.csr" 2>/dev/null
printf 'subjectAltName=' >"$d/ext"
for name in $names; do printf 'DNS:%s,' "$name"; done | sed 's/,$//' >>"$d/ext"
openssl x509 -req -in "$d/origin.csr" -CA "$d/origin-authority.pem" -CAkey "$d/origin-authority.key" -CAcreateserial \
    -days 2 -extfile "$d/ext" -out "$d/origin.pem" 2>/dev/null
cat "$d/proxy-authority.pem" "$d/proxy-authority.key" >"$d/bump.pem"
printf '127.0.0.1 localhost\n%s %s\n' $address "$names" >"$d/hosts"
mkdir "$d/lists" && cp "$lists"/* "$d/lists" && sed -i "s#/etc/squid/allowlist#$d/lists#" "$d"/lists/*.conf
cat >"$d/squid.conf" <<C
http_port 127.0.0.1:13128 ssl-bump tls-cert=$d/bump.pem generate-host-certificates=on dynamic_cert_mem_cache_size=4MB
https_port 127.0.0.1:13130 intercept ssl-bump tls-cert=$d/bump.pem generate-host-certificates=on dynamic_cert_mem_cache_size=4MB
sslcrtd_program /usr/lib/squid/security_file_certgen -s $d/ssl_db -M 4MB
sslcrtd_children 2 startup=1 idle=1
tls_outgoing_options cafile=$d/origin-authority.pem
pid_filename $d/pid
cache_log $d/cache.log
access_log stdio:$d/access.log
cache deny all
coredump_dir $d
visible_hostname lab.test
hosts_file $d/hosts
dns_nameservers 127.0.0.1
dns_timeout 1 second
shutdown_lifetime 0 seconds
pinger_enable off
include $d/lists/allow.conf
http_access deny all
acl step1 at_step SslBump1
ssl_bump peek step1
include $d/lists/bypass.conf
ssl_bump bump all
C
/usr/lib/squid/security_file_certgen -c -s "$d/ssl_db" -M 4MB >/dev/null || exit 2
chown -R proxy:proxy "$d"
python3 - "$d" $address 2>/dev/null <<'P' &
import http.server, ssl, sys
server = http.server.ThreadingHTTPServer((sys.argv[2], 443), http.server.SimpleHTTPRequestHandler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + "/origin.pem", sys.argv[1] + "/origin.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
P
origin=$!
squid -N -f "$d/squid.conf" -n $service >/dev/null 2>&1 &
squid=$!
tries=0
until python3 -c 'import socket; [socket.create_connection(("127.0.0.1", port)).close() for port in (13130, 13128)]' 2>/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 50 ] || { echo "squid or the origin did not start"; tail -5 "$d/cache.log"; exit 2; }
    sleep 0.1
done
sleep 0.5
faults=0
tunnel() { # host
    if [ "$flavour" = interception ]; then echo "-connect $address:443"; else echo "-proxy 127.0.0.1:13128 -connect $1:443"; fi
}
expect() { # host, requested name, authority that must be seen
    if [ "$2" = - ]; then name=-noservername; else name="-servername $2"; fi
    # shellcheck disable=SC2086
    seen=$(openssl s_client $(tunnel "$1") $name </dev/null 2>/dev/null |
        sed -n 's/^issuer=.*CN *= *//p')
    if [ "$seen" = "$3" ]; then echo "$1 asked as $2: $seen"; else echo "$1 asked as $2: $seen, not $3"; faults=1; fi
}
expect spliced.lab.test spliced.lab.test origin-authority
expect a.wild.lab.test a.wild.lab.test origin-authority
expect xend.lab.test xend.lab.test origin-authority
[ "$flavour" = interception ] || expect spliced.lab.test - origin-authority
expect wild.lab.test wild.lab.test proxy-authority
expect bumped.lab.test bumped.lab.test proxy-authority
if [ "$flavour" = explicit ]; then
    expect bumped.lab.test spliced.lab.test proxy-authority
    expect spliced.lab.test bumped.lab.test proxy-authority
    expect denied.lab.test spliced.lab.test proxy-authority
fi
status() { # host, status inside the tunnel
    # shellcheck disable=SC2046
    got=$(printf 'GET / HTTP/1.0\r\nHost: %s\r\n\r\n' "$1" |
        openssl s_client -quiet $(tunnel "$1") -servername "$1" 2>/dev/null |
        tr -d '\r' | sed -n '1s/^HTTP[^ ]* \([0-9]*\).*/\1/p')
    if [ "$got" = "$2" ]; then echo "$1: $got"; else echo "$1: $got, not $2"; faults=1; fi
}
status spliced.lab.test 200
status bumped.lab.test 200
status wild.lab.test 403
status denied.lab.test 403
exit $faults
