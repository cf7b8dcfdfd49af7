#!/usr/bin/env python3
"""Lets Chromium fetch what the PAC files route: chromium_lab.py RENDERED [PROFILE ...]. Exit 0 sound, 1 faults.

RENDERED holds PROFILE/manifest.json and PROFILE-routes/pac, with one proxy on loopback for each kind of route. Three
logging proxies and an origin write down who came by which way. Everything runs in a network namespace of its own.

What Chromium does by itself, and the lab expects: hosts in lower case, dot segments resolved, clear text turned into
TLS for names on its HSTS list.
"""

import http.server
import json
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
from urllib.parse import urlsplit

import oracle
from oracle import Request, url
from rig import Authority, enter_namespace, read_head, report, samples

PROXIES = {"default": 18080, "allow": 18081, "bypass": 18082}
WEB = 18000
PATIENCE = 60

PAGE = """<!doctype html><meta charset="utf-8"><script>
const asked = %s;
async function work() {
  for (let url; (url = asked.pop()); ) {
    const stop = AbortSignal.timeout(5000);
    await fetch(url, { mode: "no-cors", cache: "no-store", credentials: "omit", signal: stop }).catch(() => 0);
  }
}
Promise.all(Array.from({ length: 32 }, work)).then(() => fetch("/done"));
</script>"""


class Log:
    def __init__(self):
        self.lock, self.seen, self.done = threading.Lock(), {}, threading.Event()

    def add(self, request, way):
        with self.lock:
            self.seen.setdefault(request, set()).add(way)


def listen(port, serve):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", port))
    listener.listen(1024)

    def accept():
        while True:
            stream, _ = listener.accept()
            threading.Thread(target=quietly, args=(serve, stream), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def quietly(serve, stream):
    try:
        stream.settimeout(10)
        serve(stream)
    except OSError:
        pass
    finally:
        stream.close()


def proxy(log, way):
    def serve(stream):
        while head := read_head(stream):
            method, target = head.split()[:2]
            if method == "CONNECT":
                host, _, port = target.rpartition(":")
                log.add(Request("https", host.strip("[]"), int(port), None), way)
                stream.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            url = urlsplit(target)
            path = url.path + (f"?{url.query}" if url.query else "")
            log.add(Request("http", url.hostname, url.port or 80, path), way)
            stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    return serve


def origin(log, authority, port):
    def serve(stream):
        if stream.recv(1, socket.MSG_PEEK) == b"\x16":
            asked = []
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(authority.cert, authority.key)
            tls.sni_callback = lambda _, name, __: asked.append(name)
            stream = tls.wrap_socket(stream, server_side=True)
            log.add(Request("https", asked[0] or stream.getsockname()[0], port, None), "direct")
        while head := read_head(stream):
            if not isinstance(stream, ssl.SSLSocket):
                host = re.search(r"^host: *([^\s:]+)", head, re.I | re.M)[1]
                log.add(Request("http", host, port, head.split()[1]), "direct")
            stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    return serve


def web(log, pac, page):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            kind, body = "text/html", page.encode()
            if self.path == "/proxy.pac":
                kind, body = "application/x-ns-proxy-autoconfig", pac
            if self.path == "/done":
                log.done.set()
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", WEB), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def browse(log, work):
    """Chromium opens the page and is stopped, with its children, as soon as the page has asked for everything."""
    flags = "--headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update "
    flags += "--disable-sync --disable-extensions --disable-quic --ignore-certificate-errors --disable-dev-shm-usage "
    flags += (
        "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,LocalNetworkAccessChecks,OptimizationHints"
    )
    command = [
        "chromium",
        *flags.split(),
        f"--user-data-dir={work}",
        f"--proxy-pac-url=http://127.0.0.1:{WEB}/proxy.pac",
    ]
    command += ["--host-resolver-rules=MAP * 127.0.0.1", f"http://127.0.0.1:{WEB}/page.html"]
    with open(f"{work}.log", "w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
        finished = log.done.wait(PATIENCE)
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return finished


def sent(request):
    """The request as Chromium makes it."""
    path = oracle.browser_path(request.path) if request.scheme == "http" else None
    return request._replace(host=request.host.lower(), path=path)


def route(meaning, request):
    return next((kind for kind in ("direct", "bypass", "allow") if meaning.allows(request, kind)), "default")


def check(meaning, match, asked, seen):
    """Whatever came went the right way, as `match` says too, and everything that was asked for came."""
    faults, upgraded = [], set()
    for request, ways in seen.items():
        wanted, went = route(meaning, request), " and ".join(sorted(ways))
        if ways != {wanted}:
            faults.append(f"{meaning.name}: {url(request)} must go {wanted}, went {went}")
        said = match.verdict(request)
        if ways != {"default" if said == "deny" else said}:
            faults.append(f"{meaning.name}: match says {said} for {url(request)}, went {went}")
    for request in asked:
        # The name in TLS has no dot at its end.
        bare = request._replace(host=request.host.rstrip("."))
        if request in seen or (route(meaning, request) == "direct" and bare in seen):
            continue
        secure = Request("https", request.host, 443 if request.port == 80 else request.port, None)
        if request.scheme == "http" and (secure in seen or secure._replace(host=bare.host) in seen):
            upgraded.add(bare.host)
        else:
            faults.append(f"{meaning.name}: {url(request)} never came")
    # HSTS holds for a whole host: where one clear-text request was turned into TLS, none may have come in the clear.
    clear = {request.host.rstrip(".") for request in seen if request.scheme == "http"}
    faults += [f"{meaning.name}: http://{host} came in the clear, but not always" for host in sorted(upgraded & clear)]
    return faults, upgraded


def main():
    rendered = os.path.abspath(sys.argv[1])
    enter_namespace()
    begin = time.monotonic()
    names = samples(sys.argv[2:])
    work = tempfile.mkdtemp(prefix="chromium-lab-")
    authority, faults, count = Authority(work, "origin"), [], 0
    log = Log()
    for way, port in PROXIES.items():
        listen(port, lambda stream, way=way: proxy(log, way)(stream))
    for port in (80, 443, 8443):
        listen(port, lambda stream, port=port: origin(log, authority, port)(stream))
    try:
        for name in names:
            log, start = Log(), time.monotonic()
            meaning = oracle.Meaning(name, f"{rendered}/{name}", "pac")
            probes = [request for request, _ in oracle.probes(meaning)]
            # Networks by the hundred are for the engines without a window; every eighth is enough here.
            nets = [request for request in probes if oracle.network(request.host)]
            asked = sorted({sent(r) for r in [p for p in probes if not oracle.network(p.host)] + nets[::8]}, key=str)
            with open(f"{rendered}/{name}-routes/pac/proxy.pac", "rb") as file:
                server = web(log, file.read(), PAGE % json.dumps([url(request) for request in asked]))
            finished = browse(log, f"{work}/{name}")
            server.shutdown()
            server.server_close()
            if not finished:
                faults.append(f"{name}: Chromium did not ask for everything within {PATIENCE} s")
            match = oracle.Match(f"{rendered}/{name}-routes", "pac", log.seen)
            found, upgraded = check(meaning, match, asked, log.seen)
            faults += found
            count += len(asked)
            ways = {way: sum(way in ways for ways in log.seen.values()) for way in (*PROXIES, "direct")}
            shown = ", ".join(f"{n} {way}" for way, n in ways.items())
            shown += f"; {len(upgraded)} hosts by TLS alone; {time.monotonic() - start:.1f} s"
            print(f"{name}: {len(asked)} URLs, seen: {shown}", flush=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return report(faults, f"{count} URLs in {time.monotonic() - begin:.1f} s")


sys.exit(main())
