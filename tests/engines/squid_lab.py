#!/usr/bin/env python3
"""Asks a running Squid about the rendered rules: squid_lab.py RENDERED [PROFILE ...]. Exit 0 sound, 1 faults.

RENDERED holds PROFILE/manifest.json and PROFILE/squid, and beside them PROFILE-decrypted and PROFILE-interception.
Everything runs in a network namespace of its own, where every address of the
world is an address of this machine: the origin answers for all of them, and nothing leaves.
"""

import concurrent.futures
import glob
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

import oracle
from oracle import Request
from rig import Authority, enter_namespace, read_head, report, samples, sh

PLAIN, LOGIN, BUMP, CAUGHT_CLEAR, CAUGHT_TLS = 3128, 3129, 3130, 3131, 3132
STRANGER = "203.0.113.9"
TOKEN = "origin-of-the-lab"
THREADS = 16


class Origin:
    """Answers every request on ports 80 and 443 of every address, with a certificate for whatever name is asked."""

    def __init__(self, authority):
        self.authority = authority
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(authority.cert, authority.key)
        self.tls.sni_callback = self.choose
        for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
            for port in (80, 443):
                listener = socket.socket(family, socket.SOCK_STREAM)
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                listener.bind((address, port))
                listener.listen(1024)
                threading.Thread(target=self.accept, args=(listener, port), daemon=True).start()

    def choose(self, stream, name, _):
        stream.context = self.authority.context(name or stream.getsockname()[0])

    def accept(self, listener, port):
        while True:
            stream, _ = listener.accept()
            threading.Thread(target=self.serve, args=(stream, port), daemon=True).start()

    def serve(self, stream, port):
        try:
            stream.settimeout(30)
            if port == 443:
                stream = self.tls.wrap_socket(stream, server_side=True)
            while head := read_head(stream):
                stream.sendall(self.reply(head).encode())
        except OSError:
            pass
        finally:
            stream.close()

    def reply(self, head):
        via = "proxy" if re.search(r"^via:", head, re.I | re.M) else "none"
        return f"HTTP/1.1 200 OK\r\nX-Origin: {TOKEN}\r\nX-Via: {via}\r\nContent-Length: 0\r\n\r\n"


class Answer:
    """What came back: the status, who answered (squid or origin), and the issuer where TLS was spoken."""

    def __init__(self, status=0, by="", issuer="", inner=None, note=""):
        self.status, self.by, self.issuer, self.inner, self.note = status, by, issuer, inner, note

    def __repr__(self):
        return " ".join(str(x) for x in (self.status, self.by, self.issuer, self.inner, self.note) if x)


def answer_of(head):
    if not head:
        return Answer(note="closed without an answer")
    by = "origin" if TOKEN in head else (re.search(r"X-Squid-Error: (\w+)", head) or [0, "squid"])[1]
    return Answer(int(head.split()[1]), by, note="via " + (re.search(r"X-Via: (\w+)", head) or [0, "?"])[1])


class Client:
    def __init__(self, proxy, source, authorities):
        self.proxy, self.source = proxy, source
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        for authority in authorities:
            self.tls.load_verify_locations(authority.cert)
        self.loose = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.loose.check_hostname = False
        for authority in authorities:
            self.loose.load_verify_locations(authority.cert)
        self.refused = self.broken = 0

    def connect(self, port, source=None):
        for attempt in range(50):
            try:
                return socket.create_connection(
                    (self.proxy, port), timeout=10, source_address=(source or self.source, 0)
                )
            except ConnectionRefusedError:
                self.refused += 1
                time.sleep(0.02)
        raise SystemExit(f"nobody listens on {self.proxy}:{port}")

    def tunnel(self, port, host, number, source=None, headers=""):
        stream = self.connect(port, source)
        place = f"[{host}]:{number}" if ":" in host else f"{host}:{number}"
        stream.sendall(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{headers}\r\n".encode())
        return stream, answer_of(read_head(stream))

    def ask(self, *request, **more):
        try:
            return self.exchange(*request, **more)
        except OSError as error:
            self.broken += 1
            return Answer(note=str(error))

    def exchange(self, port, request, tls=True, name=None, strict=True, source=None, headers=""):
        """One request as a client of an explicit proxy sends it; inside a tunnel the origin is spoken to as well."""
        scheme, host, number, path = request
        if scheme != "https":
            stream = self.connect(port, source)
            shown = host if number == 80 and scheme == "http" else f"{host}:{number}"
            stream.sendall(f"GET {scheme}://{shown}{path or '/'} HTTP/1.1\r\nHost: {shown}\r\n{headers}\r\n".encode())
            with stream:
                return answer_of(read_head(stream))
        stream, answer = self.tunnel(port, host, number, source, headers)
        if answer.status != 200 or not tls:
            stream.close()
            return answer
        # Squid cannot name a host of more than 64 letters in the certificates that it makes, nor an address.
        asked = name if name is not None else host.lower().rstrip(".")
        return self.talk(stream, answer, asked, strict and len(host) <= 64 and not oracle.network(host))

    def talk(self, stream, answer, name, strict):
        """TLS and one request inside it: whose certificate, and who answers."""
        try:
            with (self.tls if strict else self.loose).wrap_socket(stream, server_hostname=name) as inner:
                issuer = dict(pair for part in inner.getpeercert()["issuer"] for pair in part)["commonName"]
                inner.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
                return Answer(answer.status, answer.by, issuer, answer_of(read_head(inner)))
        except OSError as error:
            return Answer(answer.status, answer.by, note=f"TLS failed: {error}")

    def redirected(self, request, address):
        """One request of a client that connects to the host's address itself."""
        scheme, host, number, path = request
        with socket.create_connection((address, number), timeout=10, source_address=(self.source, 0)) as stream:
            if scheme == "https":
                return self.talk(stream, Answer(200), host, len(host) <= 64)
            stream.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            return answer_of(read_head(stream))


CONFIG = """\
http_port {proxy}:{plain} name=plain
http_port {proxy}:{login} name=login
http_port {proxy}:{bump} name=bump ssl-bump tls-cert={work}/bump.pem generate-host-certificates=on dynamic_cert_mem_cache_size=4MB
{interception}sslcrtd_program {helpers}/security_file_certgen -s {work}/certificates -M 4MB
sslcrtd_children 4 startup=2 idle=1
tls_outgoing_options cafile={origin}
hosts_file {hosts}
dns_nameservers 127.0.0.1
pid_filename {work}/squid.pid
cache_log {work}/cache.log
access_log stdio:{work}/access.log
cache_store_log none
cache deny all
coredump_dir {work}
visible_hostname lab.example
shutdown_lifetime 0 seconds
pinger_enable off
max_filedescriptors 4096

acl localnet src 10.0.0.0/8
include {work}/allow.conf
auth_param basic program {helpers}/basic_fake_auth
auth_param basic children 2 startup=1
acl at_login myportname login
acl user proxy_auth REQUIRED
http_access allow at_login user
http_access deny all

acl step1 at_step SslBump1
ssl_bump peek step1
include {work}/bypass.conf
ssl_bump bump all
"""
KINDS = ("", "-decrypted", "-interception")
INTERCEPTION = """\
http_port {proxy}:{clear} intercept
https_port {proxy}:{tls} intercept ssl-bump tls-cert={work}/bump.pem generate-host-certificates=on
"""


class Squid:
    """One Squid with the rendered files of one folder, started and stopped by its own process id."""

    def __init__(self, lab, folder, number):
        self.name, self.number = os.path.basename(folder), number
        self.work = f"{lab.work}/{self.name}"
        os.mkdir(self.work)
        for path in glob.glob(f"{folder}/squid/*"):
            with open(path) as file:
                text = file.read()
            with open(f"{self.work}/{os.path.basename(path)}", "w") as file:
                # Where the lists will live stands in front of each name; here they live in the work folder.
                file.write(re.sub(r'"/[^"]*/([^"/]+)"$', rf'"{self.work}/\1"', text, flags=re.M))
        self.proxy = f"192.0.2.{number}"
        with open(f"{self.work}/bump.pem", "w") as file:
            file.write(open(lab.bump.key).read() + open(lab.bump.cert).read())
        self.helpers = next(path for path in ("/usr/lib/squid", "/usr/libexec/squid") if os.path.isdir(path))
        self.conf = f"{self.work}/squid.conf"
        words = dict(proxy=self.proxy, plain=PLAIN, login=LOGIN, bump=BUMP, clear=CAUGHT_CLEAR, tls=CAUGHT_TLS)
        words.update(work=self.work, helpers=self.helpers, origin=lab.origin.cert, hosts=lab.hosts)
        caught = INTERCEPTION.format(**words) if folder.endswith("-interception") else ""
        with open(self.conf, "w") as file:
            file.write(CONFIG.format(interception=caught, **words))
        sh(f"{self.helpers}/security_file_certgen", "-c", "-s", f"{self.work}/certificates", "-M", "4MB")
        if os.geteuid() == 0:
            sh("chown", "-R", "proxy", self.work)
        # Shared memory is named after the service and stays behind; two Squids with one name disturb each other.
        self.service = f"lab{os.getpid()}x{number}"
        self.process = None

    def parse(self):
        """The faults that `squid -k parse` shows. It ends with 0 for a missing list file, so its lines count too."""
        done = subprocess.run(
            ["squid", "-k", "parse", "-f", self.conf, "-n", self.service], capture_output=True, text=True
        )
        lines = [line for line in done.stderr.splitlines() if re.search("ERROR|WARNING|FATAL|empty ACL", line)]
        return lines or ([f"squid -k parse ends with {done.returncode}"] if done.returncode else [])

    def start(self):
        with open(f"{self.work}/out", "w") as out:
            self.process = subprocess.Popen(
                ["squid", "-N", "-f", self.conf, "-n", self.service], stdout=out, stderr=out
            )

    def wait(self):
        for _ in range(500):
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection((self.proxy, PLAIN), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise SystemExit(
            f"Squid did not start: {open(self.work + '/out').read()}{open(self.work + '/cache.log').read()}"
        )

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for path in glob.glob(f"/dev/shm/{self.service}-*"):
            os.unlink(path)


class Lab:
    def __init__(self):
        self.work = tempfile.mkdtemp(prefix="squid-lab-")
        os.chmod(self.work, 0o755)
        self.hosts = f"{self.work}/hosts"
        self.origin = Authority(self.make("origin"), "origin")
        self.bump = Authority(self.make("bump"), "bump")
        self.squids, self.faults, self.asked = [], [], 0
        self.pool = concurrent.futures.ThreadPoolExecutor(THREADS)

    def make(self, name):
        os.mkdir(f"{self.work}/{name}")
        return f"{self.work}/{name}"

    def expect(self, right, *what):
        self.asked += 1
        if not right:
            self.faults.append(" ".join(str(part) for part in what))

    def each(self, ask, items):
        items = list(items)
        return zip(items, self.pool.map(ask, items))

    def close(self):
        for squid in self.squids:
            squid.stop()
        shutil.rmtree(self.work, ignore_errors=True)


def clients_of(squid):
    """An address that the rendered rules serve: of their own clients, or of the localnet that CONFIG defines."""
    with open(f"{squid.work}/allow.conf") as file:
        own = re.search(r"^acl [\w.-]+_clients src (\S+)", file.read(), re.M)
    return str(oracle.network(own.group(1) if own else "10.0.0.0/8")[squid.number])


def refused(answer):
    return answer.status == 403 and answer.by == "ERR_ACCESS_DENIED"


def served(answer):
    return answer.status == 200 and answer.by == "origin"


def tunnelled(answer, issuer, inner):
    return answer.status == 200 and answer.issuer == issuer and answer.inner and answer.inner.status == inner


def odd_requests(lab, requests):
    """What no client should say: clear text on 443, a tunnel to 80, the address in place of the name."""
    for request, tag in requests:
        if tag == "witness" and not oracle.network(request.host):
            other = request._replace(path=request.path or "/")
            yield "address", Request("https", lab.addresses[request.host], 443, None)
            yield "address", Request("http", lab.addresses[request.host], 80, other.path)
            yield "clear text on 443", Request("http", request.host, 443, other.path)
            yield "tunnel to 80", Request("https", request.host, 80, None)


def agree(lab, squid, match, request, allowed, answer):
    """Whether `allowlistc match` says of a request what Squid does with it."""
    said = match.verdict(request)
    if said is not None:
        lab.expect((said != "deny") == allowed, squid.name, "match says", said, *request, "->", answer)


def explicit(lab, squid, client, meaning, match, requests):
    """Without inspection: an allowed request reaches the origin, any other is refused by Squid with 403."""
    handshakes = {request for request, tag in requests if tag != "witness" or not oracle.network(request.host)}
    handshakes |= {request for request, tag in requests if tag == "witness" and request.host.endswith(("1", "::"))}
    ask = lambda item: client.ask(PLAIN, item[0], tls=item[0] in handshakes)
    for (request, tag), answer in lab.each(ask, requests):
        agree(lab, squid, match, request, not refused(answer), answer)
        if not meaning.allows(request):
            lab.expect(refused(answer), squid.name, "must be denied:", tag, *request, "->", answer)
        elif request.scheme == "http":
            lab.expect(served(answer), squid.name, "must be allowed:", tag, *request, "->", answer)
        elif request in handshakes:
            lab.expect(tunnelled(answer, "origin", 200), squid.name, "must be allowed:", tag, *request, "->", answer)
        else:
            lab.expect(answer.status == 200, squid.name, "must be allowed:", tag, *request, "->", answer)
    odd = odd_requests(lab, requests)
    for (tag, request), answer in lab.each(lambda item: client.ask(PLAIN, item[1], tls=False), odd):
        lab.expect(refused(answer), squid.name, "must be denied:", tag, *request, "->", answer)
        agree(lab, squid, match, request, not refused(answer), answer)
    witnesses = [request for request, tag in requests if tag == "witness"][:20]
    for request, answer in lab.each(lambda request: client.ask(PLAIN, request, source=STRANGER, tls=False), witnesses):
        lab.expect(refused(answer), squid.name, "a stranger must be denied:", *request, "->", answer)


def login(lab, squid, client, meaning, match, requests):
    """With a proxy that wants a password: listed requests pass without one, all others get 407."""
    for (request, tag), answer in lab.each(lambda item: client.ask(LOGIN, item[0], tls=False), requests):
        wanted = 200 if meaning.allows(request) else 407
        agree(lab, squid, match, request, answer.status != 407, answer)
        lab.expect(
            answer.status == wanted, squid.name, "without a password must give", wanted, tag, *request, "->", answer
        )
    secret = "Proxy-Authorization: Basic bGFiOmxhYg==\r\n"
    others = [request for request, tag in requests if tag == "unlisted"]
    for request, answer in lab.each(lambda request: client.ask(LOGIN, request, tls=False, headers=secret), others):
        lab.expect(answer.status == 200, squid.name, "with a password must pass:", *request, "->", answer)


def inspection(lab, squid, client, meaning, match, requests, decrypted):
    """With TLS inspection: exempt hosts show the origin's certificate, all others Squid's."""
    asked = [(request, tag) for request, tag in requests if request.scheme == "https" and request.port == 443]
    asked = [
        (request, tag) for request, tag in asked if tag == "witness" or not (decrypted or oracle.network(request.host))
    ]
    nets = [item for item in asked if oracle.network(item[0].host)]
    asked = [item for item in asked if item not in nets] + nets[::16]
    spliced, bumped = [], []
    for (request, tag), answer in lab.each(lambda item: client.ask(BUMP, item[0]), asked):
        allowed = meaning.allows(request)
        exempt = (match.verdict(request) == "bypass") == (answer.issuer == "origin")
        lab.expect(exempt, squid.name, "match says", match.verdict(request), *request, "->", answer)
        if allowed and meaning.allows(request, "bypass"):
            right = tunnelled(answer, "origin", 200) and "via none" in answer.inner.note
            spliced.append(request.host)
            lab.expect(right, squid.name, "must not be decrypted:", tag, *request, "->", answer)
        else:
            # Inside the decrypted stream the request is judged again; only `decrypted = true` has rules for it.
            inner = 200 if allowed and decrypted else 403
            # Nobody asks for an address by a server name, so it serves as no false one.
            if allowed and not oracle.network(request.host):
                bumped.append(request.host)
            lab.expect(
                tunnelled(answer, "bump", inner) or is_nameless(request, answer),
                squid.name,
                "must be decrypted, inside",
                inner,
                tag,
                *request,
                "->",
                answer,
            )
    names = [host for host in spliced if not oracle.network(host)]
    lies = [(name, "bait.example.net") for name in names[::5]] + [("nobody.example", name) for name in names[::5]]
    # Exact names and wildcards are exempt by different rules, so one of each serves as the false name.
    exact = {rule.host for rule in meaning.lists["bypass"]}
    baits = [name for name in names if name in exact][:2] + [name for name in names if name not in exact][:2]
    lies += [pair for host in bumped for name in baits for pair in ((host, name), (name, host))]
    lies = [(host, name) for host, name in lies if host.lower().rstrip(".") != name.lower().rstrip(".")]
    lies = [(host, name.rstrip(".")) for host, name in lies]
    pairs = [(Request("https", host, 443, None), name) for host, name in lies]
    for (request, name), answer in lab.each(lambda item: client.ask(BUMP, item[0], name=item[1], strict=False), pairs):
        both = meaning.allows(request, "bypass") and meaning.allows(request._replace(host=name), "bypass")
        lab.expect(
            both or answer.issuer == "bump",
            squid.name,
            "must be decrypted: CONNECT",
            request.host,
            "asking for",
            name,
            "->",
            answer,
        )
    return len(spliced), len(bumped), len(pairs)


def is_nameless(request, answer):
    """Without a name Squid asks the origin for its certificate first, and an address is in none that it accepts."""
    failed = answer.inner and answer.inner.by == "ERR_SECURE_CONNECT_FAIL"
    return bool(oracle.network(request.host)) and answer.issuer == "bump" and bool(failed)


def interception(lab, squid, client, meaning, match, requests):
    """Redirected clients, who know of no proxy: the name they ask for decides. iptables sends them to Squid."""
    for port, caught in ((80, CAUGHT_CLEAR), (443, CAUGHT_TLS)):
        place = ["-s", client.source, "-p", "tcp", "--dport", str(port)]
        sh(
            "iptables",
            "-w",
            "-t",
            "nat",
            "-A",
            "OUTPUT",
            *place,
            "-j",
            "DNAT",
            "--to-destination",
            f"{squid.proxy}:{caught}",
        )
    # Nobody passes unnamed by the proxy's ordinary port, which stands beside the redirected ones.
    unnamed = [item for item in requests if item[0].scheme == "https" and item[1] == "unlisted"]
    for (request, tag), answer in lab.each(lambda item: client.ask(PLAIN, item[0], tls=False), unnamed):
        lab.expect(refused(answer), squid.name, "must be denied by the ordinary port:", tag, *request, "->", answer)
    asked = [item for item in requests if item[0].port == (80 if item[0].scheme == "http" else 443)]
    asked = [
        item for item in asked if item[1] in ("witness", "near name", "near path", "unlisted", "omitted", "other port")
    ]
    asked = [item for item in asked if not oracle.network(item[0].host) or item[0].scheme == "https"]
    nets = [item for item in asked if oracle.network(item[0].host) and ":" not in item[0].host]
    asked = [item for item in asked if not oracle.network(item[0].host)] + nets[::16]
    caught = lambda item: client.redirected(item[0], lab.addresses.get(item[0].host, item[0].host))
    for (request, tag), answer in lab.each(caught, asked):
        allowed, exempt = meaning.allows(request), meaning.allows(request, "bypass")
        if request.scheme == "http":
            agree(lab, squid, match, request, not refused(answer), answer)
        else:
            right = (match.verdict(request) == "bypass") == (answer.issuer == "origin")
            lab.expect(right, squid.name, "match says", match.verdict(request), *request, "->", answer)
        if request.scheme == "http":
            right = served(answer) if allowed else refused(answer)
        elif allowed and exempt:
            right = answer.issuer == "origin" and served(answer.inner) and "via none" in answer.inner.note
        else:
            right = is_nameless(request, answer) or (answer.issuer == "bump" and refused(answer.inner))
        verdict = "exempt" if allowed and exempt else "allowed" if allowed else "denied"
        lab.expect(right, squid.name, "must be", verdict, tag, *request, "->", answer)


def reload(lab, squid, client, meaning):
    """A changed list is in force within a second, and what was open stays open."""
    path = f"{squid.work}/allow-443-exact.txt"
    with open(path) as file:
        before = file.read()
    exact = [line for line in before.splitlines() if line and not line.startswith("#")]
    gone = next(host for host in exact if not meaning_without(meaning, host))
    kept = next(host for host in exact if host != gone and meaning.allows(Request("https", host, 443, None), "bypass"))
    ask = lambda host: client.ask(PLAIN, Request("https", host, 443, None), tls=False)
    lab.expect(ask(gone).status == 200, squid.name, "before the reload:", gone)
    lab.expect(refused(ask("added.example.net")), squid.name, "before the reload: added.example.net")
    tunnels = []
    for port, host in ((PLAIN, gone), (PLAIN, kept), (BUMP, kept)):
        stream, answer = client.tunnel(port, host, 443)
        inner = client.tls.wrap_socket(stream, server_hostname=host)
        tunnels.append((host, inner))
    took = []
    for text, denied, allowed, way in (
        (
            "".join(f"{line}\n" for line in exact if line != gone) + "added.example.net\n",
            gone,
            "added.example.net",
            "signal",
        ),
        (before, "added.example.net", gone, "command"),
    ):
        with open(path + ".new", "w") as file:
            file.write(text)
        os.chmod(path + ".new", 0o644)
        os.rename(path + ".new", path)
        if way == "signal":
            squid.process.send_signal(signal.SIGHUP)
        else:
            sh("squid", "-k", "reconfigure", "-f", squid.conf, "-n", squid.service)
        start = time.monotonic()
        while time.monotonic() < start + 5 and not (refused(ask(denied)) and ask(allowed).status == 200):
            time.sleep(0.01)
        took.append(time.monotonic() - start)
        lab.expect(took[-1] < 1, squid.name, "the reload took", took[-1], "seconds")
        for host, inner in tunnels:
            try:
                inner.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                answer = answer_of(read_head(inner))
            except OSError as error:
                answer = Answer(note=str(error))
            lab.expect(served(answer), squid.name, "the tunnel to", host, "must survive the reload ->", answer)
    for _, inner in tunnels:
        inner.close()
    return max(took)


def meaning_without(meaning, host):
    """Whether the host stays allowed when its own entry is gone."""
    request = Request("https", host, 443, None)
    return any(oracle.matches(rule, request) for rule in meaning.lists["allow"] if rule.host != host)


def main():
    rendered = os.path.abspath(sys.argv[1])
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    enter_namespace()
    start = time.monotonic()
    names = samples(sys.argv[2:])
    lab = Lab()
    try:
        run(lab, rendered, names)
    finally:
        lab.close()
    return report(lab.faults, f"{lab.asked} checks in {time.monotonic() - start:.1f} s")


def run(lab, rendered, names):
    meanings = {name: oracle.Meaning(name, f"{rendered}/{name}", "squid") for name in names}
    # Squid compares a whole path with its query, so a query behind it is refused.
    asked = {
        name: [item for item in oracle.probes(meaning) if item[1] != "query"] for name, meaning in meanings.items()
    }
    hosts = {request.host.lower().rstrip(".") for requests in asked.values() for request, _ in requests}
    hosts = sorted(host for host in hosts if not oracle.network(host)) + ["added.example.net", "bait.example.net"]
    lab.addresses = {host: f"198.18.{number // 250}.{number % 250 + 1}" for number, host in enumerate(hosts)}
    with open(lab.hosts, "w") as file:
        file.writelines(f"{address} {host}\n" for host, address in lab.addresses.items())
    Origin(lab.origin)
    for name in names:
        for kind in KINDS:
            squid = Squid(lab, f"{rendered}/{name}{kind}", len(lab.squids) + 1)
            lab.squids.append(squid)
            faults = squid.parse()
            lab.expect(not faults, f"{name}{kind}: squid -k parse:", *faults)
            squid.start()
    for number, name in enumerate(names):
        meaning, requests = meanings[name], asked[name]
        lost = [request for request, tag in requests if tag == "witness" and not meaning.allows(request)]
        lab.expect(not lost, name, "selected, but not meant:", lost)
        for kind, squid in zip(KINDS, lab.squids[len(KINDS) * number :]):
            squid.wait()
            client = Client(squid.proxy, clients_of(squid), (lab.origin, lab.bump))
            told, before, began = [], lab.asked, time.monotonic()
            options = {"decrypted": str(kind == "-decrypted").lower()}
            if kind == "-interception":
                options["flavour"] = "interception"
            everything = [request for request, _ in requests] + [r for _, r in odd_requests(lab, requests)]
            match = oracle.Match(f"{rendered}/{name}{kind}", "squid", everything, **options)
            if kind == "-interception":
                interception(lab, squid, client, meaning, match, requests)
                told.append(f"interception {lab.asked - before}")
            else:
                if not kind:
                    explicit(lab, squid, client, meaning, match, requests)
                    told.append(f"explicit {lab.asked - before}")
                    before = lab.asked
                    login(lab, squid, client, meaning, match, requests)
                    told.append(f"login {lab.asked - before}")
                    before = lab.asked
                spliced, bumped, lies = inspection(lab, squid, client, meaning, match, requests, kind == "-decrypted")
                told.append(f"inspection {lab.asked - before} ({spliced} spliced, {bumped} bumped, {lies} false names)")
                if not kind:
                    lasted = reload(lab, squid, client, meaning)
                    told.append(
                        f"reload in {lasted:.2f} s, {client.refused + client.broken} new connections tried again"
                    )
            print(f"{squid.name}: {', '.join(told)}; {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
