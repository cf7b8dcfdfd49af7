#!/usr/bin/env python3
"""Runs rendered PAC files: pac.py RENDERED [VECTORS]. Every file must load as ECMAScript 3 in every engine;
RENDERED/conformance/pac/proxy.pac must give the recorded answers. ACORN is the program of that name.
Exit 0 sound, 1 faults, 2 an engine or the record is missing."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

CHECK = "var bad = 0; for (var i = 0; i < V.length; i++) { var r; try { r = FindProxyForURL(V[i][0], V[i][1]); } catch (e) { r = 'threw ' + e; } if (r != V[i][2]) { bad++; print('BAD ' + V[i][0] + ' ' + V[i][1] + ' ' + r); } } print('bad ' + bad + ' of ' + V.length);"

# Answers of our own for RENDERED/routes: shapes that the record does not have. 18082 is not inspected, 18081 allowed.
ROUTES = [
    ["https://%s/" % host, host, "PROXY 127.0.0.1:" + port]
    for host, port in (
        ("axb.cdn.example.com", "18082"),
        ("ab.cdn.example.com", "18082"),
        ("a.b.cdn.example.com", "18080"),
        ("ab.xcdn.example.com", "18080"),
        ("20.15.141.9", "18082"),
        ("20.15.142.9", "18080"),
        ("020.15.141.9", "18080"),
        ("20.15.141", "18080"),
        ("20.15.141.256", "18080"),
        ("a.example.com", "18082"),
        ("z.b.a.example.com", "18082"),
        ("plain.example.org", "18080"),
        ("__proto__", "18080"),
        ("x.constructor", "18080"),
    )
] + [
    ["http://%s" % url, url.split("/")[0].split(":")[0], "PROXY 127.0.0.1:" + port]
    for url, port in (
        ("zx.example.org/p/1", "18081"),
        ("x.example.org/p/", "18081"),
        ("x.example.org/q", "18080"),
        ("z.example.org/folder/a", "18081"),
        ("z.example.org/folder/?q", "18081"),
        ("z.example.org/folder", "18080"),
        ("z.example.org/folder/..", "18080"),
        ("z.example.org/folder/%2E%2e/x", "18080"),
        ("z.example.org/folder/.\\..\\x", "18080"),
        ("axb.cdn.example.com/", "18081"),
        ("axb.cdn.example.com:81/", "18080"),
    )
] + [["https://plain.example.org:8443/", "plain.example.org", "PROXY 127.0.0.1:18082"]]


def run_script(command, pac, vectors):
    with tempfile.NamedTemporaryFile("w", suffix=".js", delete=False) as script:
        script.write("if (typeof print == 'undefined') { print = function (s) { console.log(s); }; }\n")
        script.write(open(pac).read())
        script.write("\nvar V = " + json.dumps(vectors) + ";\n" + CHECK)
    out = subprocess.run(command + [script.name], capture_output=True, text=True)
    os.unlink(script.name)
    return out.stdout.strip() + out.stderr.strip()


def pactester(pac, vectors):
    bad = []
    for url, host, expected in vectors:
        # The tool puts the URL between quotes as it is, so a backslash would be an escape.
        if not host or "\\" in url:
            continue
        out = subprocess.run(["pactester", "-p", pac, "-u", url, "-h", host], capture_output=True, text=True)
        if out.stdout.strip() != expected:
            bad.append(f"BAD {url} {host} {out.stdout.strip()} {out.stderr.strip()}")
    return "\n".join(bad + [f"bad {len(bad)} of {len(vectors)}"])


def main():
    root = sys.argv[1]
    here = os.path.dirname(os.path.abspath(__file__))
    table = sys.argv[2] if len(sys.argv) > 2 else os.path.join(here, "../../../shared/conformance/pac.json")
    vectors = []
    if os.path.exists(table):
        entries = json.load(open(table))["entries"]
        vectors = [[e["input_url_or_host"], e["host_argument"], e["expected_return"]] for e in entries]
    acorn = os.environ.get("ACORN", "acorn")
    missing = [name for name in ("node", "duk", "pactester", acorn) if not shutil.which(name)]
    if missing:
        print(f"missing: {', '.join(missing)}; sh tests/run installs them")
        return 2
    engines = {"node": ["node"], "duk": ["duk"]}
    faults = 0
    files = sorted(glob.glob(os.path.join(root, "*/pac/proxy.pac")))
    if not files:
        print("there is no PAC file below", root)
        return 1
    if not vectors and any("/conformance/" in pac for pac in files):
        print("no record at hand:", table)
        return 2
    for pac in files:
        asked = vectors if "/conformance/" in pac else ROUTES if "/routes/" in pac else []
        before, faults = faults, 0
        for name, command in engines.items():
            out = run_script(command, pac, asked)
            if f"bad 0 of {len(asked)}" not in out:
                print(pac, name, out)
                faults = 1
        default = re.search(r'^var \w+_DEFAULT = "([^"]+)"', open(pac).read(), re.M).group(1)
        probe = asked or [["https://nobody.example/", "nobody.example", default]]
        out = pactester(pac, probe)
        if f"bad 0 of {len(probe)}" not in out:
            print(pac, "pactester", out)
            faults = 1
        if subprocess.run([acorn, "--ecma3", "--silent", pac]).returncode:
            print(pac, "is no ECMAScript 3")
            faults = 1
        print(pac, "sound" if not faults else "see above", f"({len(asked)} answers)")
        faults = max(before, faults)
    return faults


sys.exit(main())
