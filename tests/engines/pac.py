#!/usr/bin/env python3
"""Runs rendered PAC files: pac.py RENDERED [VECTORS]. Every file must load as ECMAScript 3 in the engines at hand;
RENDERED/conformance/pac/proxy.pac must give the recorded answers. Exit 0 sound, 1 faults, 2 no engine."""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

CHECK = "var bad = 0; for (var i = 0; i < V.length; i++) { var r; try { r = FindProxyForURL(V[i][0], V[i][1]); } catch (e) { r = 'threw ' + e; } if (r != V[i][2]) { bad++; print('BAD ' + V[i][0] + ' ' + V[i][1] + ' ' + r); } } print('bad ' + bad + ' of ' + V.length);"


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
        if not host:
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
    engines = {name: command for name, command in (("node", ["node"]), ("duk", ["duk"])) if shutil.which(name)}
    if not engines and not shutil.which("pactester"):
        print("no engine at hand")
        return 2
    faults = 0
    for pac in sorted(glob.glob(os.path.join(root, "*/pac/proxy.pac"))):
        asked = vectors if "/conformance/" in pac else []
        for name, command in engines.items():
            out = run_script(command, pac, asked)
            if f"bad 0 of {len(asked)}" not in out:
                print(pac, name, out)
                faults = 1
        if shutil.which("pactester"):
            probe = asked or [["https://nobody.example/", "nobody.example", "PROXY proxy.example.com:8080"]]
            out = pactester(pac, probe)
            if f"bad 0 of {len(probe)}" not in out:
                print(pac, "pactester", out)
                faults = 1
        acorn = os.environ.get("ACORN")
        if acorn and subprocess.run([acorn, "--ecma3", "--silent", pac]).returncode:
            faults = 1
        print(pac, "sound" if not faults else "see above", f"({len(asked)} answers)")
    return faults


sys.exit(main())
