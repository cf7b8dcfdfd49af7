#!/usr/bin/env python3
"""Asks a running Squid about the rendered rules: squid_decisions.py RENDERED [VECTORS].

Starts Squid on a loopback port with RENDERED/conformance/squid, sends every recorded request, and compares what is
denied (403) with the record. Nothing leaves the machine: every name stands in a hosts file as 127.0.0.1.
Exit 0 as recorded, 1 otherwise, 2 no squid or no record."""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


PORT = free_port()


def host_of(request):
    text = re.sub(r"^[a-z]+://", "", request).split("/")[0].split("?")[0].split("@")[-1]
    return text.rsplit(":", 1)[0].rstrip(".").lower() if ":" in text else text.rstrip(".").lower()


def ask(method, target):
    line = f"{method} {target} HTTP/1.1\r\nHost: {host_of(target)}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", PORT), timeout=20) as connection:
        connection.sendall(line.encode())
        answer = connection.recv(4096).decode("latin-1")
    found = re.match(r"HTTP/1\.\d (\d+)", answer)
    return int(found.group(1)) if found else 0


def configuration(work, lists, names):
    open(f"{work}/hosts", "w").write("".join(f"127.0.0.1 {name}\n" for name in names))
    shutil.copytree(lists, f"{work}/lists")
    for name in ("allow.conf", "bypass.conf"):
        text = open(f"{work}/lists/{name}").read().replace("/etc/squid/allowlist", f"{work}/lists")
        open(f"{work}/lists/{name}", "w").write(text)
    lines = [
        f"http_port 127.0.0.1:{PORT}",
        f"pid_filename {work}/pid",
        f"cache_log {work}/cache.log",
        f"access_log stdio:{work}/access.log",
        f"coredump_dir {work}",
        f"hosts_file {work}/hosts",
        "dns_nameservers 127.0.0.1",
        "dns_timeout 1 second",
        "connect_timeout 1 second",
        "visible_hostname test",
        "cache deny all",
        "pinger_enable off",
        "shutdown_lifetime 0 seconds",
        f"include {work}/lists/allow.conf",
        "http_access deny all",
    ]
    open(f"{work}/squid.conf", "w").write("\n".join(lines) + "\n")


def main():
    os.environ["PATH"] += ":/usr/sbin"
    here = os.path.dirname(os.path.abspath(__file__))
    table = sys.argv[2] if len(sys.argv) > 2 else os.path.join(here, "../../../shared/conformance/squid.json")
    if not shutil.which("squid") or not os.path.exists(table):
        print("no squid or no record at hand")
        return 2
    version = re.search(r"Version (\d+)", subprocess.run(["squid", "-v"], capture_output=True, text=True).stdout)
    entries = [entry for entry in json.load(open(table))["entries"] if entry["plane"] == "http_access"]
    names = sorted({h for h in (host_of(e["input_url_or_host"]) for e in entries) if re.fullmatch(r"[a-z0-9][a-z0-9.-]*[a-z]", h)})
    work = tempfile.mkdtemp()
    os.chmod(work, 0o755)
    configuration(work, os.path.join(sys.argv[1], "conformance/squid"), names)
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", "proxy", work], check=True)
    service = f"allowlistc{os.getpid()}"
    squid = subprocess.Popen(["squid", "-N", "-f", f"{work}/squid.conf", "-n", service])
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", PORT), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        faults = 0
        for entry in entries:
            expected = entry["expected_match"]
            if isinstance(expected, dict):
                expected = next((v for k, v in expected.items() if k.startswith(version.group(1) + ".")), None)
            status = ask(entry["method"], entry["input_url_or_host"])
            allowed = None if status == 400 else status != 403
            if allowed != expected:
                faults += 1
                print("MISMATCH", entry["pattern"], entry["method"], entry["input_url_or_host"], expected, status)
        print(f"{len(entries)} requests, {faults} mismatches")
        return 1 if faults else 0
    finally:
        squid.terminate()
        squid.wait(timeout=20)
        shutil.rmtree(work, ignore_errors=True)
        for left in os.listdir("/dev/shm"):
            if left.startswith(service + "-"):
                os.unlink(f"/dev/shm/{left}")


sys.exit(main())
