#!/usr/bin/env python3
"""Has the readers of device settings read every file of `allowlistc client`: client_files.py CLIENTS [NAME ...].

CLIENTS holds NAME/profile.toml and NAME/client. What the files must say is taken from the profile and the overrides in the
manifest, by no code of the compiler. Exit 0 sound, 1 faults.
"""

import hashlib
import json
import os
import plistlib
import re
import subprocess
import sys
import tempfile
import tomllib

import tree_sitter
import tree_sitter_powershell

ZONE = "devices.example.com"
POWERSHELL = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
STUBS = ("mdatp", "networksetup", "profiles", "apt-get")
STUB = """#!/bin/sh
if [ "$3" = --help ]; then printf '  set  sets it\\n  reset  removes it\\n'; exit; fi
if [ "$1" = -listallnetworkservices ]; then printf 'An asterisk (*) denotes\\nWi-Fi\\n*Old one\\n'; exit; fi
for word in "${0##*/}" "$@" "${HTTPS_PROXY-}"; do printf '%s\\0' "$word"; done >>"$STUB_LOG"
"""


class Told:
    """What the devices are told."""

    def __init__(self, folder):
        with open(f"{folder}/profile.toml", "rb") as file:
            settings = tomllib.load(file).get("client", {})
        with open(f"{folder}/client/manifest.json") as file:
            self.manifest = json.load(file)
        for override in self.manifest["profile"]["overrides"]:
            key, value = override.split("=", 1)
            if key.startswith("client."):
                settings[key.removeprefix("client.")] = tomllib.loads(f"value = {value}")["value"]
        self.proxy = settings.get("proxy", "").removeprefix("http://")
        self.url = f"http://{self.proxy}" if self.proxy else ""
        self.pac = settings.get("pac-url", "")
        self.bypass = settings.get("bypass", [])


class Checks:
    """Files of one profile, each read by what reads it on a device or a server, or by a parser of its language."""

    def __init__(self, folder):
        self.told, self.folder, self.faults, self.made = Told(folder), f"{folder}/client", [], 0

    def expect(self, sound, path, *words):
        self.made += 1
        if not sound:
            self.faults.append(f"{os.path.basename(os.path.dirname(self.folder))}/{path}: " + " ".join(map(str, words)))

    def program(self, path, *command, say=None, **more):
        """A program takes the file: exit code 0, and nothing said that it must not say."""
        done = subprocess.run(command, capture_output=True, text=True, **more)
        said = done.stdout + done.stderr
        self.expect(done.returncode == 0 and not (say and re.search(say, said)), path, os.path.basename(command[0]), said)
        return done.stdout

    def run(self):
        listed = {file["path"]: file for file in self.told.manifest["files"]}
        found = {
            os.path.relpath(f"{top}/{name}", self.folder) for top, _, names in os.walk(self.folder) for name in names
        }
        found.discard("manifest.json")
        self.expect(found == set(listed), "manifest.json", sorted(found ^ set(listed)))
        for path in sorted(found):
            with open(f"{self.folder}/{path}", "rb") as file:
                content = file.read()
            listing = listed.get(path, {})
            self.expect(hashlib.sha256(content).hexdigest() == listing.get("sha256"), path, "another digest")
            self.read(path, content)
        return len(found) + 1

    def read(self, path, content):
        ending = path.rsplit(".", 1)[1]
        name = os.path.basename(path)
        readers = {"reg": registry, "ps1": powershell, "cmd": batch, "sh": shell, "zone": zone}
        readers |= {"json": as_json, "plist": plist, "mobileconfig": plist}
        if name.endswith("lgpo.txt"):
            return lgpo(self, path, content)
        if name == "mma-setup-argument.txt":
            wanted = f"OPINSIGHTS_PROXY_URL={self.told.url}\r\n".encode()
            return self.expect(content == wanted, path, content)
        if ending == "conf":
            return CONF[name](self, path, content)
        return readers[ending](self, path, content)


def lines_of(checks, path, content, end=b"\r\n", encoding="ascii"):
    text = content.decode(encoding)
    broken = text.replace(end.decode(), "")
    checks.expect("\n" not in broken and "\r" not in broken and text.endswith(end.decode()), path, "other line ends")
    return text.replace(end.decode(), "\n")


def wanted_values(told, path):
    """What stands in the registry, by name."""
    if path.startswith("edr/"):
        return {"TelemetryProxyServer": told.proxy, "DisableEnterpriseAuthProxy": 1}
    wanted = {"ProxyServer": told.url, "ProxyPacUrl": told.pac, "ProxyBypass": ";".join(told.bypass)}
    return {name: value for name, value in wanted.items() if value}


def compare_values(checks, path, found):
    for name, value in wanted_values(checks.told, path).items():
        value = None if "-reset" in path else value
        checks.expect(name in found and found[name] == value, path, name, found.get(name, "is missing"), "not", value)
    if "-reset" in path:
        checks.expect(all(value is None for value in found.values()), path, "sets something", found)


def registry(checks, path, content):
    """Registry text as `reg import` takes it."""
    checks.expect(content.startswith(b"\xff\xfe"), path, "no mark of UTF-16LE")
    text = lines_of(checks, path, content[2:], encoding="utf-16-le")
    lines = [line for line in text.splitlines() if line and not line.startswith(";")]
    checks.expect(lines[0] == "Windows Registry Editor Version 5.00", path, "starts with", lines[0])
    found = {}
    for line in lines[1:]:
        if re.fullmatch(r"\[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\[A-Za-z \\]+\]", line):
            continue
        match = re.fullmatch(r'"([A-Za-z]+)"=(?:(-)|dword:([0-9a-f]{8})|"((?:[^"\\]|\\["\\])*)")', line)
        checks.expect(match, path, "no line of a registry file:", line)
        if match:
            name, gone, number, value = match.groups()
            text = re.sub(r"\\(.)", r"\1", value or "")
            found[name] = None if gone else int(number, 16) if number else text
    compare_values(checks, path, found)


def lgpo(checks, path, content):
    """Four lines for each value, as LGPO.exe takes them."""
    text = lines_of(checks, path, content)
    text = "\n".join(line for line in text.splitlines() if not line.startswith(";"))
    found = {}
    for block in text.strip().split("\n\n"):
        lines = block.split("\n")
        sound = len(lines) == 4 and lines[0] == "Computer" and lines[1].startswith("SOFTWARE\\Policies\\")
        checks.expect(sound, path, "no value of a policy:", block)
        if sound:
            kind, _, value = lines[3].partition(":")
            found[lines[2]] = {"DELETE": None, "SZ": value, "DWORD": int(value) if kind == "DWORD" else 0}.get(kind, "?")
    compare_values(checks, path, found)


def powershell(checks, path, content):
    """The grammar finds no fault, and the settings are whole texts between single quotes."""
    text = lines_of(checks, path, content)
    faults, texts, nodes = [], [], [POWERSHELL.parse(text.encode()).root_node]
    while nodes:
        node = nodes.pop()
        nodes.extend(node.children)
        if node.type == "ERROR" or node.is_missing:
            faults.append(text.encode()[node.start_byte : node.end_byte][:80])
        if node.type == "verbatim_string_characters":
            texts.append(node.text.decode()[1:-1].replace("''", "'"))
    checks.expect(not faults, path, "is no PowerShell:", faults)
    told = checks.told
    wanted = {
        "antivirus": [word for word in [told.url, told.pac, *told.bypass] if word],
        "edr": [told.proxy],
        "mma": [told.url],
        "wpad": [told.pac],
    }[path.split("/")[0]]
    for word in wanted:
        there = word in texts
        checks.expect(there != ("-reset" in path), path, word, "stands there" if there else "is missing", texts)


def batch(checks, path, content):
    """By its form: no reader of batch files runs here."""
    text = lines_of(checks, path, content)
    lines = [line for line in text.splitlines() if not line.startswith(("rem ", "@echo off"))]
    for line in lines:
        sound = line.startswith("netsh winhttp ") and line.count('"') % 2 == 0
        outside = re.sub(r'"[^"]*"', "", line)
        inside = "".join(re.findall(r'"([^"]*)"', line)).replace("%~dp0", "", 1)
        checks.expect(sound and not re.search(r"[&|<>^%!]", outside) and not re.search("[%!^]", inside), path, line)
    told = checks.told
    if "-reset" not in path and "advproxy" not in path:
        wanted = f'netsh winhttp set proxy proxy-server="{told.proxy}"'
        wanted += f' bypass-list="{";".join(told.bypass)}"' if told.bypass else ""
        checks.expect(lines == [wanted], path, lines, "not", wanted)


def shell(checks, path, content):
    """bash, dash and shellcheck; then both run it with programs that write down how they were called."""
    lines_of(checks, path, content, end=b"\n")
    whole = os.path.abspath(f"{checks.folder}/{path}")
    checks.program(path, "bash", "-n", whole)
    checks.program(path, "dash", "-n", whole)
    # That nothing expands between single quotes is what is wanted (SC2016).
    checks.program(path, "shellcheck", "-s", "sh", "-e", "SC2016", whole)
    told, name = checks.told, os.path.basename(path)
    wanted = {
        "linux-proxy.sh": ["config", "proxy", "set", "--value", told.url],
        "linux-proxy-reset.sh": ["config", "proxy", "reset"],
        "linux-install.sh": ["apt-get", "install", "mdatp", f"{told.url}/"],
        "macos-pac.sh": ["-setautoproxyurl", "Old one", told.pac],
        "macos-pac-reset.sh": ["-setautoproxystate", "Old one", "off"],
        "macos-defender-proxy-reset.sh": ["remove", "-identifier"],
    }[name]
    for interpreter in ("bash", "dash"):
        with tempfile.TemporaryDirectory(prefix="client-") as work:
            for stub in STUBS:
                with open(f"{work}/{stub}", "w") as file:
                    file.write(STUB)
                os.chmod(f"{work}/{stub}", 0o755)
            environment = {"PATH": f"{work}:/usr/bin:/bin", "STUB_LOG": f"{work}/log"}
            more = ["apt-get", "install", "mdatp"] if name == "linux-install.sh" else []
            checks.program(path, interpreter, whole, *more, env=environment, cwd=work)
            words = open(f"{work}/log", "rb").read().decode().split("\0") if os.path.exists(f"{work}/log") else []
            found = any(words[at : at + len(wanted)] == wanted for at in range(len(words)))
            checks.expect(found, path, interpreter, "called", words, "not", wanted)
            checks.expect(sorted(os.listdir(work)) == sorted([*STUBS, "log"]), path, "left something behind")


def as_json(checks, path, content):
    lines_of(checks, path, content, end=b"\n")
    found, told = json.loads(content), checks.told
    name = os.path.basename(path)
    if name == "mdatp_managed.json":
        return checks.expect(found == {"cloudService": {"proxy": f"{told.url}/"}}, path, found)
    if name == "wpad-kea-dhcp4.json":
        return kea(checks, path, found)
    values = ["", "", ""] if "-reset" in path else [told.proxy, ";".join(told.bypass), told.pac]
    wanted = dict(zip(("Proxy", "ProxyBypass", "AutoconfigUrl"), values)) | {"AutoDetect": False}
    return checks.expect(found == wanted, path, found, "not", wanted)


def kea(checks, path, found):
    checks.expect([data["data"] for data in found["option-data"]] == [checks.told.pac], path, found)
    whole = {"interfaces-config": {"interfaces": []}, "lease-database": {"type": "memfile", "persist": False}, **found}
    with tempfile.NamedTemporaryFile("w", suffix=".json", prefix="client-") as file:
        json.dump({"Dhcp4": whole}, file)
        file.flush()
        checks.program(path, "kea-dhcp4", "-t", file.name, say="ERROR")


def plist(checks, path, content):
    found, url = plistlib.loads(content), checks.told.url
    payloads = found["PayloadContent"] if path.endswith(".mobileconfig") else [found]
    proxies = [payload["cloudService"]["proxy"] for payload in payloads]
    checks.expect(proxies == [url], path, proxies)
    if path.endswith(".mobileconfig"):
        ids = [found["PayloadUUID"], *(payload["PayloadUUID"] for payload in payloads)]
        uuid = r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}"
        checks.expect(len(set(ids)) == 2 and all(re.fullmatch(uuid, one) for one in ids), path, ids)


def zone(checks, path, content):
    """The record in a zone, as the name server prints it."""
    text = lines_of(checks, path, content, end=b"\n")
    head = f"$TTL 300\n@ IN SOA ns.{ZONE}. admin.{ZONE}. 1 300 300 300 300\n@ IN NS ns\nns IN A 192.0.2.1\n"
    with tempfile.NamedTemporaryFile("w", suffix=".zone", prefix="client-") as file:
        file.write(head + text)
        file.flush()
        said = checks.program(path, "named-checkzone", "-i", "local", "-D", "-o", "-", ZONE, file.name)
    host = re.match(r"https?://([^/:]+)", checks.told.pac)[1]
    is_address = re.fullmatch(r"[0-9.]+", host)
    target = host if is_address else f"{host}." if "." in host else f"{host}.{ZONE}."
    kind = "A" if is_address else "CNAME"
    wanted = [] if host.split(".")[0] == "wpad" else [[f"wpad.{ZONE}.", "300", "IN", kind, target]]
    found = [line.split() for line in said.splitlines() if line.startswith("wpad.")]
    checks.expect(found == wanted, path, found, "not", wanted)


def apt(checks, path, content):
    lines_of(checks, path, content, end=b"\n")
    whole = f"{checks.folder}/{path}"
    environment = {"PATH": "/usr/bin:/bin", "APT_CONFIG": whole}
    said = checks.program(path, "apt-config", "dump", "Acquire::https::Proxy", env=environment)
    wanted = f'Acquire::https::Proxy "{checks.told.url}/";\n'
    checks.expect(said == wanted, path, said, "not", wanted)


def service(checks, path, content):
    """As a drop-in of a service; a `%` of the value would be a specifier."""
    text = lines_of(checks, path, content, end=b"\n")
    with tempfile.TemporaryDirectory(prefix="client-") as work:
        os.mkdir(f"{work}/mdatp.service.d")
        with open(f"{work}/mdatp.service", "w") as file:
            file.write("[Service]\nExecStart=/bin/true\n")
        with open(f"{work}/mdatp.service.d/proxy.conf", "w") as file:
            file.write(text)
        environment = {"PATH": "/usr/bin:/bin", "SYSTEMD_UNIT_PATH": f"{work}:"}
        checks.program(path, "systemd-analyze", "verify", "--man=no", "mdatp.service", env=environment, say="proxy.conf")
    values = re.findall(r'^Environment="(.*)"$', text, re.M)
    wanted = f"HTTPS_PROXY={checks.told.url}/"
    checks.expect([re.sub(r"\\(.)", r"\1", value).replace("%%", "%") for value in values] == [wanted], path, values)


def dnsmasq(checks, path, content):
    text = lines_of(checks, path, content, end=b"\n")
    checks.program(path, "dnsmasq", "--test", "-C", f"{checks.folder}/{path}")
    found = re.findall(r'^dhcp-option=252,"(.*)"$', text, re.M)
    checks.expect(found == [checks.told.pac], path, found)


def isc(checks, path, content):
    text = lines_of(checks, path, content, end=b"\n")
    with tempfile.NamedTemporaryFile("w", suffix=".conf", prefix="client-") as file:
        file.write(f"{text}subnet 192.0.2.0 netmask 255.255.255.0 {{ }}\n")
        file.flush()
        os.chmod(file.name, 0o644)
        checks.program(path, "dhcpd", "-t", "-cf", file.name, say="(?i)error|semicolon expected")
    found = re.findall(r'^option wpad "(.*)";$', text, re.M)
    checks.expect(found == [checks.told.pac], path, found)


CONF = {
    "linux-apt.conf": apt,
    "mdatp-service-proxy.conf": service,
    "wpad-dnsmasq.conf": dnsmasq,
    "wpad-isc-dhcpd.conf": isc,
}


def main():
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    clients = sys.argv[1]
    names = sys.argv[2:] or sorted(name for name in os.listdir(clients) if os.path.isdir(f"{clients}/{name}/client"))
    files = made = 0
    faults = []
    for name in names:
        checks = Checks(f"{clients}/{name}")
        files += checks.run()
        made += checks.made
        faults += checks.faults
    for fault in faults[: None if os.environ.get("LAB_FAULTS") == "all" else 40]:
        print(fault.replace("\n", " / "))
    print(f"{files} files, {made} checks, {len(faults)} faults")
    return 1 if faults or not files else 0


if __name__ == "__main__":
    sys.exit(main())
