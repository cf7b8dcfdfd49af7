#!/usr/bin/env python3
"""Has `allowlistc probe` tell apart what a real Squid and a real firewall do: probe_lab.py RENDERED [PROFILE ...].

RENDERED holds PROFILE-decrypted/squid. Exit 0 sound, 1 faults. Everything runs in a network namespace of its own, where every
address of the world is an address of this machine and iptables drops or refuses what the lab wants.

For each profile it asks through a Squid with the rendered files, which demands a login of everybody else and decrypts
what is not exempt; for the first one also with one host of each fate: allowed, denied, behind a login, inspected,
black-holed. Then `allowlistc replay` reads what that Squid has logged.
"""

import json
import os
import re
import socket
import subprocess
import sys
import time

from oracle import PROGRAM, SAMPLES
from rig import enter_namespace, report, samples, sh
from squid_lab import BUMP, LOGIN, PLAIN, Lab, Origin, Squid

NOBODY = ("--proxy", "192.0.2.250:1", "--resolve", "*:443:192.0.2.250:1", "--resolve", "*:80:192.0.2.250:1")

ALLOW = """\
auth_param basic program {helpers}/basic_fake_auth
acl lab_user proxy_auth REQUIRED
acl lab_odd dstdom_regex [^a-z0-9.:_-]
http_access deny lab_odd
acl lab_denied dstdomain {denied}
acl lab_login dstdomain {login}
http_access deny lab_denied
http_access deny lab_login !lab_user
http_access allow all
"""
BYPASS = """\
acl lab_inspected ssl::server_name {inspected}
ssl_bump splice !lab_inspected
"""


class Vendor(Origin):
    """Answers as the vendor's servers do: with the status that the plan waits for."""

    def __init__(self, authority, statuses):
        self.statuses = statuses
        super().__init__(authority)

    def reply(self, head):
        target = head.split()[1]
        host = re.search(r"^Host: (\S+)", head, re.I | re.M)[1]
        return f"HTTP/1.1 {self.statuses.get((host, target), 200)} Said\r\nContent-Length: 0\r\n\r\n"


def probe(name, *arguments):
    """The exit code and what the program says."""
    command = [PROGRAM, "probe", f"{SAMPLES}/{name}/profile.toml", "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.returncode, json.loads(done.stdout)


def host_of(address):
    return re.match(r"https?://([^/:]+)", address["url"])[1]


def open_to_all(squid):
    """The probe's own address is no client of the profile's networks."""
    for file in ("squid.conf", "allow.conf"):
        with open(f"{squid.work}/{file}") as source:
            text = source.read()
        with open(f"{squid.work}/{file}", "w") as target:
            target.write(re.sub(r"^(acl (?:localnet|\w+_clients) src) .*", r"\1 all", text, flags=re.M))


def start(lab, folder):
    squid = Squid(lab, folder, len(lab.squids) + 1)
    lab.squids.append(squid)
    open_to_all(squid)
    squid.start()
    squid.wait()
    return squid


def situations(said):
    return {host_of(address): (address["situation"], address["what"]) for address in said["addresses"]}


def rendered_files(lab, name, rendered, direct):
    """Through the files of a build everything is reached, without a login and with nothing exempt inspected."""
    squid = start(lab, f"{rendered}/{name}-decrypted")
    told = []
    for word, port in (("plain", PLAIN), ("login", LOGIN), ("inspecting", BUMP)):
        code, said = probe(name, "--proxy", f"{squid.proxy}:{port}", "--ca", lab.origin.cert, *direct)
        wrong = [a for a in said["addresses"] if a["situation"] != "reachable"]
        inspected = [a for a in wrong if a["situation"] == "inspected" and not a["bypass"]]
        lab.expect(code == 0, name, word, "exit code", code)
        for address in wrong:
            lab.expect(address in inspected, name, word, address["url"], address["what"])
        told.append(f"{word} {len(said['addresses']) - len(wrong)} reached, {len(inspected)} inspected as may be")
    print(f"{name}: {'; '.join(told)}", flush=True)


def five_fates(lab, name, hosts, direct):
    """One host of each fate in one run, and the same without the login and the inspection."""
    allowed, denied, login, inspected, hole = hosts
    folder = f"{lab.make('fates')}/five/squid"
    os.makedirs(folder)
    with open(f"{folder}/allow.conf", "w") as file:
        helpers = next(path for path in ("/usr/lib/squid", "/usr/libexec/squid") if os.path.isdir(path))
        file.write(ALLOW.format(helpers=helpers, denied=denied, login=login))
    with open(f"{folder}/bypass.conf", "w") as file:
        file.write(BYPASS.format(inspected=inspected))
    squid = start(lab, os.path.dirname(folder))
    sh("iptables", "-w", "-A", "OUTPUT", "-d", lab.addresses[hole], "-j", "DROP")
    # Before it connects, Squid agrees to a tunnel that it looks into.
    fates = {
        allowed: (("reachable", "certificate from `origin`"), ("reachable", "certificate from `origin`")),
        denied: (("denied", "ERR_ACCESS_DENIED 0), inside TLS of its own"), ("denied", "403 (X-Squid-Error")),
        login: (("login-demanded", "it offers Basic"), ("login-demanded", "it offers Basic")),
        inspected: (("inspected", "from `bump`"), ("reachable", "certificate from `origin`")),
        hole: (("no-answer", "the start of TLS within 2 s"), ("no-answer", "the proxy does not answer CONNECT within 2 s")),
    }
    codes = {"probe-denied", "probe-login", "probe-no-answer"}
    for at, (port, more) in enumerate(((BUMP, {"probe-inspected"}), (PLAIN, set()))):
        code, said = probe(
            name, "--proxy", f"{squid.proxy}:{port}", "--ca", lab.origin.cert, "--timeout", "2", *direct
        )
        lab.expect(code == 1, name, "exit code", code)
        compare(lab, said, {host: fate[at] for host, fate in fates.items()})
        told = {finding["code"] for finding in said["findings"] if finding["severity"] == "error"}
        lab.expect(told == codes | more, name, "findings", sorted(told))
    replayed(lab, name, squid, hosts)


def malformed_requests(squid):
    """Requests for what can be no host, and one that is no request; Squid denies each."""
    lines = ("CONNECT a$b.contoso.com:443", "GET http://a'b.contoso.com/", "GET http://a~b.contoso.com/x", "GET /")
    for line in lines:
        with socket.create_connection((squid.proxy, PLAIN), timeout=10) as stream:
            stream.sendall(f"{line} HTTP/1.1\r\nHost: a.contoso.com\r\n\r\n".encode())
            stream.recv(1)
    return len(lines) - 1


def logged(squid):
    """The log, taken apart by its columns: (host, denied) of each request."""
    with open(f"{squid.work}/access.log") as file:
        for line in file:
            words = line.split()
            host = re.match(r"(?:\w+://)?([^/:]+)", words[6])
            yield host[1] if host else "", "DENIED" in words[3], words[3]


def replayed(lab, name, squid, hosts):
    """The log of a real Squid shows who was denied, and counts what passed and what could be no host."""
    allowed, denied, login, inspected, _ = hosts
    odd = malformed_requests(squid)
    time.sleep(0.2)
    lines = list(logged(squid))
    command = [PROGRAM, "replay", f"{squid.work}/access.log", f"{SAMPLES}/{name}/profile.toml", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True)
    lab.expect(done.returncode == 1, name, "replay: exit code", done.returncode, done.stderr)
    said = json.loads(done.stdout)
    lab.expect(said["unread_lines"] == 0, name, "replay: lines not read", said["unread"])
    lab.expect(said["lines"] == len(lines), name, "replay: lines", said["lines"], "not", len(lines))
    wanted = {(denied, "refused"), (login, "login")}
    found = {(row["host"], row["cause"]): row["requests"]["denied"] for row in said["denied"]}
    lab.expect(set(found) == wanted, name, "replay: denied", sorted(found), "not", sorted(wanted))
    for (host, cause), count in sorted(found.items()):
        due = sum(1 for logged_host, is_denied, _ in lines if logged_host == host and is_denied)
        lab.expect(count == due, name, "replay:", host, cause, count, "not", due)
    for host in (allowed, inspected):
        used = [row["requests"] for row in said["used"] if row["address"] == host and row["port"] == 443]
        due = sum(1 for logged_host, is_denied, _ in lines if logged_host == host and not is_denied)
        right = len(used) == 1 and (used[0]["allowed"], used[0]["denied"]) == (due, 0)
        lab.expect(due > 0 and right, name, "replay:", host, used, "not", due, [line for line in lines if line[0] == host])
    count = said["malformed"]["denied"]
    lab.expect(count == odd, name, "replay: malformed", said["malformed"], "not", odd)
    print(f"  replay: {len(lines)} lines of Squid's log, {len(found)} denied, {count} malformed", flush=True)


def compare(lab, said, wanted, but=()):
    """What was said of the hosts that are wanted; all others must be reached."""
    seen = situations(said)
    for host, (situation, words) in wanted.items():
        lab.expect(seen[host][0] == situation and words in seen[host][1], host, *seen[host], "not", situation, words)
        print(f"  {host}: {': '.join(seen[host])}", flush=True)
    for host, (situation, what) in seen.items():
        lab.expect(host in wanted or host in but or situation == "reachable", host, situation, what)


def without_a_proxy(lab, name, hosts, fates, direct):
    """A firewall that drops, one that refuses, and a name that nobody knows; then a proxy behind a firewall that drops."""
    hole, dropped, refused, unknown = fates
    sh("iptables", "-w", "-A", "OUTPUT", "-d", lab.addresses[dropped], "-j", "DROP")
    known = [f"--resolve={host}:{port}:{lab.addresses[host]}" for host in hosts for port in (80, 443)]
    known = [word for word in known if unknown not in word and refused not in word]
    known.append(f"--resolve={refused}:443:{lab.addresses[refused]}:1")
    code, said = probe(name, "--no-proxy", "--ca", lab.origin.cert, "--timeout", "2", *known)
    wanted = {
        dropped: ("no-answer", "TCP connection within 2 s"),
        refused: ("no-answer", "the server refuses a TCP connection"),
        unknown: ("unresolved", "the name does not resolve"),
    }
    lab.expect(code == 1, name, "directly: exit code", code)
    compare(lab, said, wanted, but={hole})
    sh("iptables", "-w", "-A", "OUTPUT", "-d", "203.0.113.1", "-j", "DROP")
    began = time.monotonic()
    lost = ("--proxy", "203.0.113.1:3128", "--timeout", "2", "--jobs", "64")
    code, said = probe(name, "--ca", lab.origin.cert, *lost, *direct)
    took = time.monotonic() - began
    asked = [address for address in said["addresses"] if address["way"] == "proxy"]
    words = "the proxy does not answer a TCP connection within 2 s"
    lab.expect(all(address["what"] == words for address in asked), name, "a black-holed proxy:", asked[0]["what"])
    errors = [finding for finding in said["findings"] if finding["severity"] == "error"]
    lab.expect(len(errors) == 1, name, "one cause must be one finding:", errors)
    shared = said["shared"] or {"what": None, "addresses": 0}
    lab.expect(shared["what"] == words and shared["addresses"] == len(asked), name, "one fault of all:", shared)
    lab.expect(took < 10, name, "a black-holed proxy took", took, "s")
    print(f"  a proxy behind a firewall that drops: {words}, {len(asked)} addresses in {took:.1f} s", flush=True)


def run(lab, rendered, names):
    plans = {name: probe(name, *NOBODY)[1]["addresses"] for name in names}
    everything = [address for plan in plans.values() for address in plan]
    hosts = sorted({host_of(address) for address in everything})
    lab.addresses = {host: f"198.18.{number // 250}.{number % 250 + 1}" for number, host in enumerate(hosts)}
    with open(lab.hosts, "w") as file:
        file.writelines(f"{address} {host}\n" for host, address in lab.addresses.items())
    statuses = {
        (host_of(a), re.sub(r"^https?://[^/]+", "", a["url"])): a["expected"][0] for a in everything if a["expected"]
    }
    Vendor(lab.origin, statuses)
    alone = {host_of(address) for address in everything if address["way"] == "direct"}
    direct = [f"--resolve={host}:443:{lab.addresses[host]}" for host in sorted(alone)]
    for name in names:
        rendered_files(lab, name, rendered, direct)
    first = names[0]
    needed = {host_of(a) for a in plans[first] if a["needed"] and a["bypass"] and a["way"] == "proxy"}
    needed = sorted(host for host in needed if not re.match("[0-9a-f]{8}-", host))
    five_fates(lab, first, needed[:5], direct)
    without_a_proxy(lab, first, sorted({host_of(a) for a in plans[first]}), needed[4:8], direct)


def main():
    rendered = os.path.abspath(sys.argv[1])
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        os.environ.pop(name, None)
    enter_namespace()
    begun = time.monotonic()
    lab = Lab()
    try:
        run(lab, rendered, samples(sys.argv[2:]))
    finally:
        lab.close()
    return report(lab.faults, f"{lab.asked} checks in {time.monotonic() - begun:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
