#!/usr/bin/env python3
"""Asks the real server as browsers, firewalls and hostile clients do: serve_lab.py RENDERED [PROFILE].

RENDERED holds PROFILE/manifest.json and its files. Exit 0 sound, 1 faults.
"""

import base64
import concurrent.futures
import contextlib
import gzip
import json
import os
import re
import resource
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

import oracle
from rig import Authority, report, samples

PROGRAM = os.environ.get("ALLOWLISTC", "target/debug/allowlistc")
PAC = "application/x-ns-proxy-autoconfig"
CROWD = int(os.environ.get("LAB_CROWD", "10000"))


class Server:
    """`allowlistc serve` on a free port, and the memory that it takes."""

    def __init__(self, folder, *options):
        command = [PROGRAM, "serve", folder, "--listen", "127.0.0.1:0", *options]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        found = re.search(r"serving .* on (https?)://127\.0\.0\.1:(\d+)/", line)
        if not found:
            raise SystemExit(f"the server does not start: {line}{self.process.stderr.read()}")
        self.port = int(found.group(2))

    def connect(self, timeout=20):
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def ask(self, path, method="GET", context=None, **headers):
        """Status, headers and body of one request."""
        lines = [f"{method} {path} HTTP/1.1", "Host: wpad.contoso.com", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        with contextlib.ExitStack() as stack:
            stream = stack.enter_context(self.connect())
            if context:
                stream = stack.enter_context(context.wrap_socket(stream, server_hostname="wpad.contoso.com"))
            stream.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
            return answer(read_all(stream))

    def memory(self):
        """Resident memory in MB."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) / 1024

    def stop(self):
        self.process.terminate()
        said = self.process.communicate(timeout=30)[1]
        return self.process.returncode, said


def read_all(stream):
    data = b""
    while True:
        try:
            part = stream.recv(65536)
        except (ConnectionError, ssl.SSLEOFError):
            return data
        if not part:
            return data
        data += part


def answer(data):
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
    return int(words[1]) if len(words) > 1 else 0, headers, body


class Lab:
    def __init__(self, folder):
        self.folder, self.faults, self.checks = folder, [], 0
        with open(f"{folder}/manifest.json") as file:
            self.manifest = json.load(file)

    def expect(self, holds, what):
        self.checks += 1
        if not holds:
            self.faults.append(what)

    def bytes_of(self, path):
        with open(f"{self.folder}/{path}", "rb") as file:
            return file.read()

    def files(self, server):
        for entry in self.manifest["files"]:
            names = [entry["path"]] + ([entry["path"].split("/")[-1]] if entry["at_root"] else [])
            for name in names:
                content = self.bytes_of(entry["path"])
                status, headers, body = server.ask(f"/{name}?v=1")
                self.expect(status == 200 and body == content, f"/{name}: {status}, other bytes")
                self.expect(headers.get("content-type") == entry["media_type"], f"/{name}: {headers}")
                status, zipped, body = server.ask(f"/{name}", Accept_Encoding="gzip, deflate")
                if zipped.get("content-encoding") == "gzip":
                    self.expect(gzip.decompress(body) == content, f"/{name}: unzips to other bytes")
                    self.expect(zipped["etag"] != headers["etag"], f"/{name}: two forms, one tag")
                status, head, body = server.ask(f"/{name}", "HEAD")
                self.expect(status == 200 and body == b"", f"/{name}: HEAD has a body")
                self.expect(head.get("content-length") == str(len(content)), f"/{name}: HEAD: {head}")
                status, known, body = server.ask(f"/{name}", If_None_Match=f'"x", {headers["etag"]}')
                self.expect(status == 304 and body == b"", f"/{name}: {status} for a known tag")
                self.expect(known.get("etag") == headers["etag"], f"/{name}: 304 without its tag")
                status, _, _ = server.ask(f"/{name}", If_Modified_Since=headers["last-modified"])
                self.expect(status == 304, f"/{name}: {status} for a known time")
                status, _, _ = server.ask(f"/{name}", If_Modified_Since="Thu, 01 Jan 1970 00:00:00 GMT")
                self.expect(status == 200, f"/{name}: {status} for an old time")
        status, headers, body = server.ask("/proxy.pac")
        self.expect(headers.get("content-type") == PAC, f"/proxy.pac: {headers}")
        status, headers, body = server.ask("/")
        self.expect(status == 200 and b"proxy.pac" in body and b"sha-256" in body.lower(), "the page lacks its files")
        for source in self.manifest["sources"]:
            self.expect((source["date"] or "not told").encode() in body, f"the page lacks the date of {source['file']}")
        counts = ", ".join(f"{self.manifest['entries'][name]} {name}" for name in ("allow", "bypass", "direct"))
        self.expect(counts.encode() in body, f"the page does not count the entries of the PAC file: {counts}")
        self.expect("default-src 'none'" in headers.get("content-security-policy", ""), f"the page's policy: {headers}")
        status, _, body = server.ask("/healthz")
        self.expect((status, body) == (200, b"ok\n"), f"/healthz: {status} {body}")
        status, _, body = server.ask("/metrics")
        self.expect(status == 200 and b"allowlistc_set_entries{product=\"allow\"}" in body, f"/metrics: {status}")

    def ranges(self, server):
        path = "/paloalto/allow-443.txt"
        content = self.bytes_of(path[1:])
        last = len(content) - 1
        table = {
            "bytes=0-9": (206, content[:10], f"bytes 0-9/{len(content)}"),
            "bytes=10-": (206, content[10:], f"bytes 10-{last}/{len(content)}"),
            "bytes=-5": (206, content[-5:], f"bytes {last - 4}-{last}/{len(content)}"),
            f"bytes=0-{10**30}": (206, content, f"bytes 0-{last}/{len(content)}"),
            f"bytes={len(content)}-": (416, b"", f"bytes */{len(content)}"),
            f"bytes={10**30}-": (416, b"", f"bytes */{len(content)}"),
            "bytes=-0": (416, b"", f"bytes */{len(content)}"),
            "bytes=9-1": (200, content, None),
            "bytes=a-b": (200, content, None),
            "bytes=--1": (200, content, None),
            "bytes=0-0,2-2": (200, content, None),
            "bytes=" + ",".join(["0-"] * 2000): (200, content, None),
            "pages=1-2": (200, content, None),
        }
        for asked, (status, body, range_of) in table.items():
            found = server.ask(path, Range=asked)
            self.expect(found[0] == status and found[2] == body, f"range {asked[:40]}: {found[0]}, {len(found[2])} bytes")
            self.expect(found[1].get("content-range") == range_of, f"range {asked[:40]}: {found[1]}")
        found = server.ask(path, Range="bytes=0-9", If_Range='"other"')
        self.expect(found[0] == 200 and found[2] == content, "a range of bytes that changed")

    def strange(self, server):
        """What nobody sends by mistake: each gets an answer or a closed connection, and no file of the machine."""
        with open(f"{self.folder}/../secret", "w") as file:
            file.write("not for others")
        paths = ["/../secret", "/..%2fsecret", "/%2e%2e/secret", "//secret", "/pac/../../secret", "/pac/", "/\\..\\secret"]
        paths += ["/manifest.json/..", "/manifest.json%00", "/" + "a" * 4000, "/%", "/proxy.pac/", "*", "/PROXY.PAC"]
        for path in paths:
            status, _, body = server.ask(path)
            self.expect(400 <= status < 500 and b"not for others" not in body, f"{path[:40]}: {status}")
        os.remove(f"{self.folder}/../secret")
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"]:
            status, headers, _ = server.ask("/proxy.pac", method)
            self.expect(status == 405 and headers.get("allow") == "GET, HEAD", f"{method}: {status}")
        raw = {
            b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 100_000 + b"\r\n\r\n": (431,),
            b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 5000 + b"\r\n": (431,),
            b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n": (414, 431),
            b"GET / HTTP/9.9\r\n\r\n": (400, 505),
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n": (400,),
            b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n": (400, 200),
            b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n": (400,),
        }
        for request, statuses in raw.items():
            with server.connect() as stream:
                with contextlib.suppress(OSError):
                    stream.sendall(request)
                    stream.shutdown(socket.SHUT_WR)
                status = answer(read_all(stream) or b"HTTP/1.1 0")[0]
                self.expect(status in (*statuses, 0), f"{request[:30]}: {status}")
        self.expect(server.ask("/proxy.pac")[0] == 200, "after strange requests nobody is served")

    def crowd(self, server):
        """Ten thousand silent connections and slow ones: others are served meanwhile, and the slow ones are ended."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = min(CROWD, hard - 200)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        before = server.memory()
        crowd = []
        for number in range(most):
            stream = socket.socket()
            stream.settimeout(20)
            stream.connect(("127.0.0.1", server.port))
            if number % 2:
                stream.sendall(b"GET /proxy.pac HTTP/1.1\r\nHost: a\r\nX-Slow: ")
            crowd.append(stream)
        started = time.monotonic()
        answers = [server.ask("/proxy.pac")[0] for _ in range(50)]
        each = (time.monotonic() - started) / 50
        self.expect(answers == [200] * 50, f"beside {most} idle connections: {answers}")
        self.expect(each < 1, f"beside {most} idle connections an answer takes {each:.2f} s")
        grown = server.memory() - before
        self.expect(grown < 400, f"{most} idle connections take {grown:.0f} MB")
        dripping = crowd[1]
        ended = False
        for _ in range(30):
            try:
                dripping.sendall(b"a")
            except OSError:
                ended = True
                break
            time.sleep(0.5)
        self.expect(ended, "a request whose head never ends is waited for")
        for stream in crowd:
            stream.close()
        time.sleep(1)
        self.expect(server.ask("/proxy.pac")[0] == 200, "after the crowd nobody is served")
        return most, grown

    def logins(self):
        with tempfile.TemporaryDirectory() as place:
            file = f"{place}/logins"
            with open(file, "w") as out:
                out.write("# firewalls\nfw1:s3cret\n")
            server = Server(self.folder, "--logins", file)
            right = "Basic " + base64.b64encode(b"fw1:s3cret").decode()
            wrong = "Basic " + base64.b64encode(b"fw1:other").decode()
            for path, public in [("/proxy.pac", True), ("/wpad.dat", True), ("/healthz", True), ("/", False),
                                 ("/paloalto/allow-443.txt", False), ("/metrics", False), ("/nothing", False)]:
                status, headers, _ = server.ask(path)
                self.expect(status == (200 if public else 401), f"{path} without a login: {status}")
                if not public:
                    self.expect("Basic" in headers.get("www-authenticate", ""), f"{path} asks for no login")
                status, _, _ = server.ask(path, Authorization=wrong)
                self.expect(status == (200 if public else 401), f"{path} with a wrong login: {status}")
                status, headers, _ = server.ask(path, Authorization=right)
                self.expect(status == (404 if path == "/nothing" else 200), f"{path} with a login: {status}")
            self.expect(server.stop()[0] == 0, "the server with logins does not stop well")

    def tls(self):
        with tempfile.TemporaryDirectory() as place:
            authority = Authority(place, "contoso-ca")
            authority.context("wpad.contoso.com")
            certificate = next(f"{place}/{name}" for name in os.listdir(place) if re.match(r"1-\d+\.pem", name))
            server = Server(self.folder, "--tls-certificate", certificate, "--tls-key", f"{place}/leaf.key")
            context = ssl.create_default_context(cafile=authority.cert)
            status, headers, _ = server.ask("/proxy.pac", context=context)
            self.expect(status == 200 and headers["content-type"] == PAC, f"over TLS: {status}")
            with server.connect() as idle:
                self.expect(server.ask("/proxy.pac", context=context)[0] == 200, "beside an idle handshake")
                idle.sendall(b"GET / HTTP/1.1\r\n\r\n")
                self.expect(not read_all(idle).startswith(b"HTTP"), "clear text is answered on a TLS port")
            self.expect(server.stop()[0] == 0, "the server with TLS does not stop well")

    def changes(self):
        """With --watch a new set is taken over whole, and one that is not sound leaves the last good one."""
        with tempfile.TemporaryDirectory() as place:
            copy = f"{place}/set"
            shutil.copytree(self.folder, copy)
            server = Server(copy, "--watch")
            tag = server.ask("/proxy.pac")[1]["etag"]
            with open(f"{copy}/pac/proxy.pac", "a") as file:
                file.write("// edited\n")
            with open(f"{copy}/manifest.json", "a") as file:
                file.write("\n")
            time.sleep(5)
            self.expect(server.ask("/proxy.pac")[1]["etag"] == tag, "an edited file is served")
            _, _, figures = server.ask("/metrics")
            self.expect(b"\nallowlistc_stale 1\n" in figures, "nobody is told that the set is stale")
            other = self.folder.replace("contoso-eu", "northwind-streamlined")
            shutil.rmtree(copy)
            shutil.copytree(other, copy)
            deadline = time.monotonic() + 15
            while server.ask("/proxy.pac")[1]["etag"] == tag and time.monotonic() < deadline:
                time.sleep(0.5)
            self.expect(server.ask("/proxy.pac")[1]["etag"] != tag, "a new set is not taken over")
            _, _, figures = server.ask("/metrics")
            self.expect(b"\nallowlistc_stale 0\n" in figures, "the new set counts as stale")
            code, said = server.stop()
            self.expect(code == 0 and "took over a new set" in said, f"the server says: {said}")

    def profile(self):
        """A profile is built in memory; with --watch a change of it is taken over, and a fault leaves the last set."""
        with tempfile.TemporaryDirectory() as place:
            shutil.copytree(os.path.join(oracle.ROOT, "samples", "contoso-eu"), place, dirs_exist_ok=True)
            path = f"{place}/profile.toml"
            server = Server(path, "--watch", "--set", "targets.squid.list-dir=/etc/squid/lists")
            status, headers, _ = server.ask("/proxy.pac")
            self.expect(status == 200 and headers.get("content-type") == PAC, f"of a profile: {status}")
            tag, conf = headers.get("etag"), server.ask("/squid/allow.conf")[2]
            self.expect(b"/etc/squid/lists" in conf, "--set is not heard")
            with open(path) as file:
                text = file.read()
            self.rewrite(path, text.replace('["EU", "UK"]', '["EU"]'))
            self.expect(self.waits(server, lambda: server.ask("/proxy.pac")[1].get("etag") != tag), "a change is missed")
            tag = server.ask("/proxy.pac")[1].get("etag")
            self.rewrite(path, text.replace("[devices]", "[gadgets]"))
            stale = lambda: b"\nallowlistc_stale 1\n" in server.ask("/metrics")[2]
            self.expect(self.waits(server, stale), "a profile with a fault is not told as stale")
            self.expect(server.ask("/proxy.pac")[1].get("etag") == tag, "a fault of the profile changes what is served")
            code, said = server.stop()
            self.expect(code == 0 and "the last good set stays" in said, f"the server says: {said}")

    def rewrite(self, path, text):
        with open(path, "w") as file:
            file.write(text)

    def waits(self, server, holds):
        deadline = time.monotonic() + 20
        while not holds() and time.monotonic() < deadline:
            time.sleep(0.5)
        return holds()

    def stop(self, server):
        """Who is being answered when the server is asked to end is answered."""
        with server.connect() as stream:
            stream.sendall(b"GET /proxy.pac HTTP/1.1\r\nHost: a\r\n")
            time.sleep(0.3)
            server.process.terminate()
            time.sleep(0.3)
            stream.sendall(b"\r\n")
            status = answer(read_all(stream) or b"HTTP/1.1 0")[0]
        self.expect(status in (200, 0), f"at the end: {status}")
        try:
            self.expect(server.process.wait(20) == 0, "the server does not end well")
        except subprocess.TimeoutExpired:
            self.expect(False, "the server does not end")
            server.process.kill()

    def wrk(self, server, connections, script=""):
        """Requests a second and milliseconds of the 99th percentile."""
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
            file.write(script)
            file.flush()
            url = f"http://127.0.0.1:{server.port}/proxy.pac"
            command = ["wrk", "-t1", f"-c{connections}", "-d4s", "--latency", "-s", file.name, url]
            said = subprocess.run(command, capture_output=True, text=True).stdout
        rate, late = re.search(r"Requests/sec:\s+([\d.]+)", said), re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
        self.expect(rate is not None and late is not None and "Non-2xx" not in said, f"wrk: {said}")
        return float(rate.group(1)), float(late.group(1)) * {"us": 0.001, "ms": 1, "s": 1000}[late.group(2)]

    def rate(self, server):
        """As fast as it goes, and at half of that; figures to read, not limits."""
        if not shutil.which("wrk"):
            raise SystemExit("wrk is missing; sh tests/run installs it")
        before = server.memory()
        fastest, late = self.wrk(server, 32)
        # Each connection rests between its requests, by chance and on the average so long that all of them together
        # ask half as often.
        connections, rest = 256, 1000 * 256 / (fastest / 2)
        pace = f"function delay() return math.random(0, {2 * rest:.0f}) end"
        half, half_late = self.wrk(server, connections, pace)
        grown = server.memory() - before
        self.expect(grown < 100, f"under load the memory grows by {grown:.0f} MB")
        return (
            f"{fastest:.0f} requests/s, 99% within {late:.1f} ms; at {half:.0f} requests/s 99% within {half_late:.1f} ms; "
            f"memory grew by {grown:.0f} MB"
        )


def main():
    rendered, *names = sys.argv[1:]
    folder = f"{rendered}/{samples(names)[0]}"
    lab = Lab(folder)
    server = Server(folder)
    lab.files(server)
    lab.ranges(server)
    lab.strange(server)
    rate = lab.rate(server)
    most, grown = lab.crowd(server)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        all_well = list(pool.map(lambda _: server.ask("/proxy.pac")[0], range(400)))
    lab.expect(all_well == [200] * 400, "many at once are not all served")
    lab.stop(server)
    lab.logins()
    lab.tls()
    lab.changes()
    lab.profile()
    return report(lab.faults, f"{lab.checks} checks; {rate}; {most} idle connections took {grown:.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
