#!/usr/bin/env python3
"""Asks four JavaScript engines for the routes of the rendered PAC files: pac_lab.py RENDERED MODULES [PROFILE ...].

RENDERED holds PROFILE/manifest.json and PROFILE/pac, and beside them PROFILE-routes, the same profile with a route of
its own for each kind. MODULES is the node_modules folder with pac-resolver and quickjs-wasi. Exit 0 sound, 1 faults.
"""

import collections
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time
import tomllib

import oracle
from rig import report, samples

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = ("", "-routes")


def spidermonkey(pac, asked):
    """SpiderMonkey 1.7 through libpacparser, in this process: whatever is newer than ECMAScript 3 is a parse error."""
    library = ctypes.CDLL("libpacparser.so.1")
    library.pacparser_find_proxy.restype = ctypes.c_char_p
    if not library.pacparser_init():
        raise SystemExit("libpacparser does not start")
    try:
        with open(pac, "rb") as file:
            if not library.pacparser_parse_pac_string(file.read()):
                return ["not parsed"] * len(asked)
        return [(library.pacparser_find_proxy(url.encode(), host.encode()) or b"threw").decode() for url, host in asked]
    finally:
        library.pacparser_cleanup()


def duktape(pac, asked):
    script = "var R = [], i; for (i = 0; i < V.length; i++) { try { R.push(FindProxyForURL(V[i][0], V[i][1])); }"
    script += " catch (e) { R.push('threw ' + e); } } print(JSON.stringify(R));"
    with tempfile.NamedTemporaryFile("w", suffix=".js") as file:
        with open(pac) as source:
            file.write(f"{source.read()}\nvar V = {json.dumps(asked)};\n{script}")
        file.flush()
        return routes_of(["duk", file.name], asked)


def routes_of(command, asked):
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True)
    failed = "not run: " + " ".join((done.stdout + done.stderr).split())[:200]
    return [failed] * len(asked) if done.returncode else json.loads(done.stdout)


def engines(modules):
    run = ["node", os.path.join(HERE, "pac_run.mjs")]
    return {
        "SpiderMonkey 1.7": spidermonkey,
        "duktape": duktape,
        "node": lambda pac, asked: routes_of([*run, "node", pac], asked),
        "QuickJS": lambda pac, asked: routes_of([*run, "quickjs", pac, modules], asked),
    }


def routes(name, rendered):
    """The routes as the profile and the overrides in the manifest give them."""
    with open(os.path.join(oracle.SAMPLES, name, "profile.toml"), "rb") as file:
        options = tomllib.load(file).get("targets", {}).get("pac", {})
    with open(os.path.join(rendered, "manifest.json")) as file:
        for override in json.load(file)["profile"]["overrides"]:
            key, _, value = override.partition("=")
            if key.startswith("targets.pac."):
                options[key.removeprefix("targets.pac.")] = value
    allow = options["allow"]
    return {
        "direct": options.get("direct", "DIRECT"),
        "bypass": options.get("no-inspect", allow),
        "allow": allow,
        "default": options.get("default", allow),
    }


def forms(request, tag):
    """What engines may be handed for one request: browsers cut the path of TLS, others cut nothing."""
    scheme, host, port, path = request
    shown, inner = (f"[{host}]" if ":" in host else host), path or "/"
    number = "" if port == oracle.DEFAULTS[scheme] else f":{port}"
    yield f"{scheme}://{shown}{number}{inner}", host
    if tag in ("witness", "near name"):
        yield f"{scheme}://{shown}:{port}{inner}", host
        yield f"{scheme.upper()}://user:pass@{shown}{number}{inner}", host
        if scheme == "https":
            yield f"https://{shown}{number}/any/path?x=https://login.live.com/", host
        else:
            yield f"http://{shown}{number}{inner}#fragment", host


def decide(meaning, requests):
    """The kind of route for each request: the first list that means it."""
    return [
        next((kind for kind in ("direct", "bypass", "allow") if meaning.allows(r, kind)), "default") for r in requests
    ]


def main():
    rendered, modules = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    begin = time.monotonic()
    names = samples(sys.argv[3:])
    faults, answers = [], 0
    for name in names:
        meaning = oracle.Meaning(name, f"{rendered}/{name}", "pac")
        requests = oracle.probes(meaning)
        plain = [request for request, _ in requests]
        # pac-resolver reads a URL as browsers do and hands the result to QuickJS.
        sent = [r._replace(path=r.path and oracle.browser_path(r.path)) for r in plain]
        kinds, sent_kinds = decide(meaning, plain), decide(meaning, sent)
        asked = []
        for (request, tag), kind, resolved, seen in zip(requests, kinds, sent, sent_kinds, strict=True):
            asked += [(form, ((request, kind), (resolved, seen)), tag) for form in forms(request, tag)]
        lost = [request for (request, tag), kind in zip(requests, kinds) if tag == "witness" and kind == "default"]
        faults += [f"{name}: selected, but not meant: {request}" for request in lost]
        for build in KINDS:
            route = routes(name, f"{rendered}/{name}{build}")
            match = oracle.Match(f"{rendered}/{name}{build}", "pac", plain + sent)
            compared = 0
            told = []
            for engine, run in engines(modules).items():
                start = time.monotonic()
                given = run(f"{rendered}/{name}{build}/pac/proxy.pac", [form for form, _, _ in asked])
                told.append(f"{engine} {time.monotonic() - start:.1f} s")
                answers += len(given)
                for ((url, host), meant, tag), answer in zip(asked, given, strict=True):
                    request, kind = meant[engine == "QuickJS"]
                    said = match.route(request)
                    compared += said is not None
                    if said not in (None, answer):
                        faults.append(f"{name}{build}: {engine}: {tag}: match says {said} for {url}, goes {answer}")
                    if answer != route[kind]:
                        faults.append(
                            f"{name}{build}: {engine}: {tag}: {url} must go {kind} ({route[kind]}), goes {answer}"
                        )
            counts = collections.Counter(kind for _, ((_, kind), _), _ in asked)
            told.append(f"{compared} answers as match says")
            shown = ", ".join(f"{n} {kind}" for kind, n in counts.items())
            print(f"{name}{build}: {len(asked)} URLs ({shown}); {', '.join(told)}", flush=True)
    return report(faults, f"{answers} answers in {time.monotonic() - begin:.1f} s")


sys.exit(main())
