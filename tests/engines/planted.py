#!/usr/bin/env python3
"""Plants mistakes in rendered files and expects the labs to find each: planted.py RENDERED MODULES CLIENTS [each].

All at once, or with `each` one at a time, which takes minutes and shows that no mistake is found for another's sake.
Exit 0 if every planted mistake was found, 1 if one was not.
"""

import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PROFILE = "fabrikam-gcc-high"

# Folder, file, text, what stands there instead, and words that one line of the lab's report must hold.
SQUID = [
    ("", "allow-443-exact.txt", "login.live.com\n", "", ("must be allowed", "login.live.com")),
    (
        "",
        "allow-443-exact.txt",
        "login.microsoftonline.com\n",
        "",
        ("without a password must give 200", "login.microsoftonline.com"),
    ),
    (
        "",
        "allow-443-exact.txt",
        "crl.microsoft.com\n",
        "crl.microsoft.com\nnobody.example\n",
        ("must be denied: unlisted https nobody.example",),
    ),
    ("", "allow-443-apex.txt", "download.microsoft.com\n", "", ("must be denied", " download.microsoft.com 443")),
    ("", "allow.conf", "mde_443_exact dstdomain -n", "mde_443_exact dstdomain", ("must be denied: address",)),
    ("", "allow.conf", "^/pkiops/", "/pkiops/", ("must be denied: near path", "/x/pkiops/y")),
    ("", "allow.conf", "mde_80_x2_path !mde_dots", "mde_80_x2_path", ("must be denied: near path", "/pki/crl/../x")),
    (
        "",
        "allow.conf",
        "mde_connect mde_443 mde_443_exact",
        "mde_443 mde_443_exact",
        ("must be denied: clear text on 443",),
    ),
    ("", "allow.conf", "mde_http mde_80 mde_80_exact", "mde_80 mde_80_exact", ("must be denied: tunnel to 80",)),
    (
        "",
        "allow.conf",
        "acl mde_connect",
        "acl mde_clients src 203.0.113.0/24\nacl mde_connect",
        ("a stranger must be denied",),
    ),
    (
        "",
        "bypass-443-exact.txt",
        "events.data.microsoft.com\n",
        "",
        ("must not be decrypted", " events.data.microsoft.com"),
    ),
    (
        "",
        "bypass-443-exact.txt",
        "login.live.com\n",
        "login.live.com\nlogin.microsoftonline.us\n",
        ("must be decrypted, inside", "login.microsoftonline.us"),
    ),
    (
        "",
        "bypass.conf",
        "mde_b443 mde_b443_host_sub !mde_b443_host_apex",
        "mde_b443",
        ("must be decrypted: CONNECT login.microsoftonline.us", "asking for"),
    ),
    (
        "",
        "bypass.conf",
        "mde_b443_name_exact\nssl_bump",
        "\nssl_bump",
        ("must be decrypted: CONNECT", "asking for bait.example.net"),
    ),
    (
        "-decrypted",
        "allow.conf",
        "mde_https mde_443 mde_443_sub",
        "mde_http mde_443 mde_443_sub",
        ("-decrypted must be decrypted, inside 200",),
    ),
    (
        "-interception",
        "allow.conf",
        "^/pkiops/",
        "/pkiops/",
        ("-interception must be denied near path", "/x/pkiops/y"),
    ),
    (
        "-interception",
        "bypass-443-exact.txt",
        "cdn.x.cp.wd.microsoft.com\n",
        "",
        ("-interception must be exempt", "cdn.x.cp.wd"),
    ),
]
PAC = [
    ("", "var MDE = {};", "var MDE = {}, f = (a) => a;", ("SpiderMonkey 1.7", "not parsed")),
    ("-routes", '".login.live.com":1,\n', "", ("login.live.com", "must go direct")),
    (
        "-routes",
        '".login.microsoftonline.us":1',
        '".login.microsoftonline.us":1,\n".nobody.example":1',
        ("nobody.example", "must go default"),
    ),
    ("-routes", '"^/pkiops/"', '"^/pkiops"', ("/pkiops2/x", "must go default")),
    ("-routes", 'h.indexOf(".", 1); i > 0;', 'h.indexOf(".", 1); i > 1e9;', ("w7.", "must go bypass")),
]


# File for devices, text, what stands there instead, and words that one line of the report must hold.
CLIENT = [
    ("wpad/wpad-isc-dhcpd.conf", "code 252 = text;", "code 252 = text", ("wpad-isc-dhcpd.conf: dhcpd",)),
    ("wpad/wpad-kea-dhcp4.json", '"code": 252, "space": "dhcp4", "type": "string"', '"code": 252, "type": "strings"', ("kea-dhcp4",)),
    ("wpad/wpad-dnsmasq.conf", "dhcp-option=252", "dhcp-options=252", ("wpad-dnsmasq.conf: dnsmasq",)),
    ("wpad/wpad-dns.zone", "com.\n", "com\n", ("wpad-dns.zone:", "proxy.contoso.com.devices.example.com.']] not",)),
    ("wpad/wpad-windows-dhcp.ps1", "'Stop'", "'Stop", ("wpad-windows-dhcp.ps1: is no PowerShell",)),
    ("mma/mma-proxy.ps1", "'http://proxy", "'proxy", ("mma-proxy.ps1: http://proxy.contoso.com:8080 is missing",)),
    ("edr/edr-proxy.reg", '"TelemetryProxyServer"=', '"TelemetryProxyServer" = ', ("edr-proxy.reg: no line of a registry",)),
    ("edr/edr-proxy-reset.reg", '"TelemetryProxyServer"=-', '"TelemetryProxyServer"="x"', ("edr-proxy-reset.reg: sets",)),
    ("edr/edr-proxy-lgpo.txt", "SZ:proxy", "SZ:http://proxy", ("edr-proxy-lgpo.txt: TelemetryProxyServer http",)),
    ("linux/linux-proxy.sh", "'http", "http", ("linux-proxy.sh: bash",)),
    ("linux/linux-install.sh", 'exec "$@"', "exec $@", ("linux-install.sh: shellcheck",)),
    ("linux/linux-proxy-reset.sh", "reset unset", "unset", ("linux-proxy-reset.sh: dash called",)),
    ("linux/linux-apt.conf", '";', '"', ("linux-apt.conf: apt-config",)),
    ("linux/mdatp-service-proxy.conf", "Environment=", "Enviroment=", ("mdatp-service-proxy.conf: systemd-analyze",)),
    ("linux/mdatp_managed.json", '/"', '"', ("mdatp_managed.json: {'cloudService'",)),
    ("macos/macos-defender-proxy.mobileconfig", "<string>http://", "<string>", ("mobileconfig: ['proxy.contoso.com",)),
    ("winhttp/winhttp-proxy.cmd", '<local>"', "<local>", ("winhttp-proxy.cmd: netsh",)),
    ("winhttp/winhttp-advproxy.json", '"AutoDetect": false', '"AutoDetect": true', ("winhttp-advproxy.json: {'Proxy'",)),
]
CLIENT_PROFILE = "contoso-eu"


def plant(path, text, instead):
    # Files for devices have line ends and encodings of their own.
    encoding = "utf-16" if path.endswith(".reg") else "utf-8"
    with open(path, encoding=encoding, newline="") as file:
        whole = file.read()
    at = whole.find("\n" + text) + 1 if whole.find("\n" + text) >= 0 else whole.find(text)
    if at < 0:
        raise SystemExit(f"{path} holds no {text!r}: plant something else")
    with open(path, "w", encoding=encoding, newline="") as file:
        file.write(whole[:at] + instead + whole[at + len(text) :])


def search_clients(clients, planted):
    """The same for the files of devices. That their digests differ is found as well, and does not count."""
    missed = 0
    with tempfile.TemporaryDirectory(prefix="planted-") as work:
        shutil.copytree(f"{clients}/{CLIENT_PROFILE}", f"{work}/{CLIENT_PROFILE}")
        for name, text, instead, _ in planted:
            plant(f"{work}/{CLIENT_PROFILE}/client/{name}", text, instead)
        command = [sys.executable, f"{HERE}/client_files.py", work]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LAB_FAULTS": "all"})
        for *_, words in planted:
            if done.returncode != 1 or not any(all(word in line for word in words) for line in done.stdout.splitlines()):
                missed += 1
                print(f"client_files.py did not find: {' … '.join(words)}")
        if missed:
            print(done.stdout[-4000:], done.stderr[-2000:])
    return len(planted), missed


def search(rendered, modules, squid, pac):
    """Plants the given mistakes in one copy and runs the labs on it: how many findings were due, how many missed."""
    due = missed = 0
    with tempfile.TemporaryDirectory(prefix="planted-") as work:
        for kind in ("", "-decrypted", "-interception", "-routes"):
            shutil.copytree(f"{rendered}/{PROFILE}{kind}", f"{work}/{PROFILE}{kind}")
        for kind, name, text, instead, _ in squid:
            plant(f"{work}/{PROFILE}{kind}/squid/{name}", text, instead)
        for kind, text, instead, _ in pac:
            plant(f"{work}/{PROFILE}{kind}/pac/proxy.pac", text, instead)
        runs = [
            ("squid_lab.py", [], [entry[-1] for entry in squid]),
            ("pac_lab.py", [modules], [entry[-1] for entry in pac]),
            ("chromium_lab.py", [], [entry[-1] for entry in pac if entry[0]]),
        ]
        for script, more, expected in runs:
            if not expected:
                continue
            command = [sys.executable, f"{HERE}/{script}", work, *more, PROFILE]
            done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LAB_FAULTS": "all"})
            lines = done.stdout.splitlines()
            for words in expected:
                due += 1
                if done.returncode != 1 or not any(all(word in line for word in words) for line in lines):
                    missed += 1
                    print(f"{script} did not find: {' … '.join(words)}")
            if done.returncode != 1 or not lines:
                print("\n".join(lines[-5:]), done.stderr[-2000:])
    return due, missed


def main():
    rendered, modules, clients = sys.argv[1:4]
    if sys.argv[4:] == ["each"]:
        plantings = [([entry], []) for entry in SQUID] + [([], [entry]) for entry in PAC]
        groups = [[entry] for entry in CLIENT]
    else:
        plantings, groups = [(SQUID, PAC)], [CLIENT]
    results = [search_clients(clients, group) for group in groups]
    results += [search(rendered, modules, *planting) for planting in plantings]
    missed = sum(missed for _, missed in results)
    print(f"{sum(due for due, _ in results)} planted, {missed} missed")
    return 1 if missed else 0


sys.exit(main())
