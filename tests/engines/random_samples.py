#!/usr/bin/env python3
"""Writes random profiles with random lists: random_samples.py FOLDER COUNT SEED. The same seed gives the same files.

Each list has every shape of an address that the published ones have, hosts that differ by a letter or a label, and
entries that cover each other. The kinds of profiles take turns, so that so many in a row have every cloud, both forms
of connectivity, service tags, and the monitoring agent with and without workspaces; what else a profile can say is
left to the dice: locations, devices, optional rows, portal rows, rules that leave rows out, addresses of its own,
shared suffixes, losses that are decided otherwise, and the options of every target.
"""

import ipaddress
import json
import os
import random
import sys
import uuid

# Cloud, connectivity, what the agent is told (None: no such devices), whether service tags come along.
KINDS = [
    ("commercial", "standard", "workspaces", False),
    ("gcc", "standard", None, False),
    ("commercial", "streamlined", None, True),
    ("gcc-high", "standard", "workspaces", False),
    ("commercial", "standard", "", False),
    ("dod", "standard", "", False),
    ("gcc-high", "streamlined", None, True),
    ("commercial", "standard", None, False),
]
HEADER = {
    "commercial": "Windows 10, 11; Server 2022, 2019, 2016 (Unified Agent); Server 2012 R2 (Unified Agent)|Windows 7, 8.1|"
    "Windows Server 2008 R2, 2012 R2, 2016 (MMA Based)|Mac|Linux",
    "government": "Windows 10/11 / Server 2019 -2022 / Server 2012 R2/Server 2016 (Unified Agent)|Windows 7 / 8.1|"
    "Windows Server 2008 R2 / 2012 R2 / 2016 (MMA Based)|Mac|Linux",
}
STREAMLINED = "Service|Port|Endpoint/URLs|Endpoint/URL Description|Type|Comments|OS"
PORTAL = "Service|Geography|URL|Comment"
LABELS = ["a", "ab", "b", "cdn", "x-1", "eu", "login", "update", "wns"]
ZONES = ["contoso.com", "fabrikam.net", "northwind.example.com", "co.contoso.com", "xcontoso.com"]
SHARED = {"commercial": "blob.core.windows.net", "government": "blob.core.usgovcloudapi.net"}
AGENT = {"commercial": "opinsights.azure.com", "government": "opinsights.azure.us"}
EVERYWHERE = {"commercial": "WW", "government": "US Gov"}
PLACES = {"commercial": ["EU", "UK", "US"], "government": ["GCC", "GCC High", "DoD"]}
PATHS = ["/pki/*", "/pki/crl/*", "/a", "/a/b.aspx", "/pkiops/*", "/A/*", "/pki/certs"]
DIRECT = "Requires a direct connection, cannot be used through a proxy"
# Hosts that the labs change or keep, so no rule and no location may leave them out.
FIXED = ("events.data.microsoft.com", "login.live.com", "own.example.org")


def name(dice):
    labels = [dice.choice(LABELS) for _ in range(dice.randint(0, 2))]
    return ".".join([*labels, dice.choice(ZONES)])


def address(dice, family):
    kind = dice.random()
    if kind < 0.4:
        return name(dice), dice.choice([443, 443, 80])
    if kind < 0.64:
        return "*." + name(dice), dice.choice([443, 443, 80])
    if kind < 0.72:
        return "*" + dice.choice(["download", "x"]) + "." + dice.choice(ZONES), dice.choice([443, 80])
    if kind < 0.78:
        return dice.choice(["us", "eu"]) + "*prod." + dice.choice(ZONES), 443
    if kind < 0.86:
        shared = SHARED[family]
        some = [f"store{dice.randint(1, 9)}.{shared}", f"*.{shared}", f"us*prod.{shared}", f"*.{shared}/scans/*"]
        return dice.choice(some), 443
    return name(dice) + dice.choice(PATHS), dice.choice([80, 80, 80, 443])


def table(header, rows):
    return [f"|{header}|", "|" + "-|" * len(header.split("|")), *("|" + "|".join(row) + "|" for row in rows), ""]


def addresses(dice, family):
    """The fixed hosts and some of every shape, each once."""
    fixed = {(host, 443): None for host in FIXED}
    fixed |= {(f"gateway-{place.lower().replace(' ', '-')}.example.org", 443): place for place in PLACES[family]}
    fixed |= {(f"*.{channel}.{AGENT[family]}", 443): "" for channel in ("ods", "oms") if dice.random() < 0.8}
    some = [address(dice, family) for _ in range(dice.randint(8, 30))]
    return fixed, dict.fromkeys([*fixed, *some])


def standard(dice, family):
    everywhere = EVERYWHERE[family]
    fixed, all_of_them = addresses(dice, family)
    for where, port in all_of_them:
        place = dice.choice([everywhere, everywhere, *PLACES[family]])
        needed = dice.choice(["Required", "Required", "Optional"])
        devices = ["Yes" if dice.random() < share else "" for share in (0.9, 0.2, 0.3, 0.5, 0.7)]
        comment = DIRECT if port == 443 and "/" not in where and dice.random() < 0.1 else ""
        if (where, port) in fixed:
            place, needed, comment = fixed[where, port] or everywhere, "Required", ""
            devices = ["", "Yes", "Yes", "", ""] if fixed[where, port] == "" else ["Yes", *devices[1:]]
        yield "Microsoft Defender for Endpoint", place, "Common", str(port), where, "made up", needed, *devices, comment
    # A list without a row of a chosen place is refused.
    for number, place in enumerate(PLACES[family]):
        where = f"place-{number}.contoso.com"
        yield "Microsoft Defender for Endpoint", place, "Common", "443", where, "made up", "Required", *["Yes"] * 5, ""


def streamlined(dice, family):
    fixed, all_of_them = addresses(dice, family)
    for where, port in all_of_them:
        system = dice.choice(["All", "Windows", "macOS", "Linux"])
        needed = dice.choice(["Required", "Required", "Optional"])
        comment = DIRECT if port == 443 and "/" not in where and dice.random() < 0.1 else ""
        if (where, port) in fixed:
            system, needed, comment = "All", "Required", ""
        yield "Core services", str(port), where.replace("*", "\\*"), "made up", needed, comment, system


def portal(dice, family):
    for _ in range(dice.randint(8, 12)):
        where = dice.choice(["", "*."]) + name(dice)
        yield "Microsoft Defender for Endpoint", EVERYWHERE[family], where, "made up"


def page(dice, family, connectivity):
    place = "US government" if family == "government" else family
    lines = [f"# Microsoft Defender for Endpoint {connectivity} connectivity URLs - {place}", ""]
    head = "Service|Geography|Category|Port|Endpoint/URL|Endpoint/URL Description|Required or Optional"
    full = f"{head}|{HEADER[family]}|Comments"
    if connectivity == "standard":
        lines += ["## Microsoft Defender URLs", "", *table(full, standard(dice, family))]
    elif family == "government":
        lines += ["## US Gov URLs", "", *table(full, standard(dice, family))]
    else:
        lines += ["## Common endpoints", "", *table(STREAMLINED, streamlined(dice, family))]
    title = "Security center URLs" if family == "government" else "Defender portal URLs"
    return "\n".join([*lines, f"## {title}", "", *table(PORTAL, portal(dice, family))])


def networks(dice, count):
    """Networks, some beside and inside each other."""
    found = []
    for _ in range(count):
        bits = dice.randint(20, 30)
        net = ipaddress.ip_network((dice.randrange(0x14000000, 0x15000000) >> (32 - bits) << (32 - bits), bits))
        found.append(net)
        if dice.random() < 0.3:
            found.append(next(net.supernet().subnets()) if dice.random() < 0.5 else next(net.subnets()))
    for _ in range(count // 3):
        bits = dice.randint(40, 64)
        base = 0x2603 << 112 | dice.getrandbits(80) << 32
        found.append(ipaddress.ip_network((base >> (128 - bits) << (128 - bits), bits)))
    return [str(net) for net in dict.fromkeys(found)]


def service_tags(dice, family):
    values = []
    for tag in ("MicrosoftDefenderForEndpoint", "OneDsCollector"):
        features = ["API", "NSG", "UDR", "FW"] if dice.random() < 0.7 else ["API", "NSG"]
        properties = {"changeNumber": 1, "region": "", "regionId": 0, "platform": "Azure", "systemService": tag}
        properties |= {"addressPrefixes": networks(dice, dice.randint(4, 10)), "networkFeatures": features}
        values.append({"name": tag, "id": tag, "properties": properties})
    cloud = "AzureGovernment" if family == "government" else "Public"
    return json.dumps({"changeNumber": 1, "cloud": cloud, "values": values}, indent=1)


def quoted(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {quoted(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(quoted, value)) + "]"
    return json.dumps(value)


def section(title, values):
    return [f"[{title}]", *(f"{key} = {quoted(value)}" for key, value in values.items()), ""]


def some_of(dice, values):
    """Each of them by chance, so that defaults are met as well."""
    return {key: value for key, value in values.items() if dice.random() < 0.5}


def extra(dice):
    kind = dice.random()
    if kind < 0.5:
        entry = {"address": dice.choice(["", "*."]) + name(dice), "port": dice.choice([80, 443])}
    elif kind < 0.7:
        entry = {"address": "http://" + name(dice) + dice.choice(PATHS)}
    else:
        entry = {"address": dice.choice(networks(dice, 3)), "port": 443}
    return entry | {"bypass": dice.random() < 0.5, "reason": "made up"}


def select(dice):
    rules = [{"address": f"*{zone}", "reason": "made up"} for zone in dice.sample(ZONES, dice.randint(0, 2))]
    return {
        "optional": dice.random() < 0.5,
        "portal": dice.random() < 0.5,
        "exclude": rules,
        "extra": [extra(dice) for _ in range(dice.randint(0, 4))],
    }


def devices(dice, agent, windows):
    chosen = {"windows": windows, "linux": dice.random() < 0.5, "macos": dice.random() < 0.5}
    if dice.random() < 0.5:
        chosen["windows-server"] = dice.sample(["2016-unified", "2019", "2022"], 2)
    if agent is not None:
        chosen["mma"] = dice.sample(["7-sp1", "8.1", "2008-r2-sp1", "2012-r2", "2016"], dice.randint(1, 5))
    return chosen


def targets(dice):
    # The labs ask from an address of the first network.
    clients = [["172.16.0.0/12"], ["10.0.0.0/8", "192.168.0.0/16"], ["10.7.0.0/16", "2001:db8::/32"]]
    routes = [f"PROXY {name(dice)}:{dice.choice([80, 3128, 8080])}" for _ in range(4)]
    squid = some_of(
        dice,
        {
            "clients": dice.choice(clients),
            "list-dir": dice.choice(["/etc/squid/mde", "/srv/lists/mde.d"]),
            "prefix": dice.choice(["edr", "a-b.c"]),
            "flavour": dice.choice(["explicit", "interception"]),
            "decrypted": dice.random() < 0.5,
        },
    )
    pac = {"allow": routes[0]} | some_of(
        dice, {"no-inspect": routes[1], "direct": dice.choice(["DIRECT", routes[2]]), "default": routes[3]}
    )
    palo = {
        "edl-url": dice.choice(["https://lists.contoso.com/mde", "http://10.1.1.1:8080/x"]),
        "edl-certificate-profile": "edl-ca",
        "device-group": "branches",
        "source-zone": "lan",
        "destination-zone": "wan",
        "prefix": "edr",
    }
    azure = {
        "sku": dice.choice(["premium", "standard"]),
        "group-name": "edr-allow",
        "priority": dice.randint(100, 64_900),
        "source-addresses": dice.choice([["10.0.0.0/8"], ["10.1.0.0/16", "172.16.0.0/12"]]),
    }
    chosen = {"squid": squid, "pac": pac, "paloalto": some_of(dice, palo), "azure": some_of(dice, azure)}
    lines = []
    for target, options in chosen.items():
        lines += section(f"targets.{target}", options)
        if dice.random() < 0.3:
            effects = {
                "path": {"effect": "omitted", "reason": "made up"},
                "shared-suffix": {"effect": "wider", "reason": "made up"},
            }
            lines += section(f"targets.{target}.allow-loss", some_of(dice, effects))
    return lines


def profile(dice, title, kind):
    cloud, connectivity, agent, tags = kind
    top = {"schema": 1, "name": title, "cloud": cloud, "connectivity": connectivity}
    if cloud == "commercial":
        places = PLACES["commercial"]
        top["geographies"] = dice.sample(places, dice.randint(1, len(places)))
    lines = [f"{key} = {quoted(value)}" for key, value in top.items()] + [""]
    lines += section("sources", {"files": ["list.md"] + (["service-tags.json"] if tags else [])})
    windows = ["10-22H2", "11-24H2"] if dice.random() < 0.7 else ["10-1803", "11-24H2"]
    lines += section("devices", devices(dice, agent, windows))
    if agent == "workspaces":
        ids = [str(uuid.UUID(int=dice.getrandbits(128))) for _ in range(dice.randint(1, 4))]
        family = "commercial" if cloud == "commercial" else "government"
        hosts = [f"agent{number}.{SHARED[family]}" for number in range(dice.randint(0, 2))]
        lines += section("mma", {"workspaces": ids} | ({"blob-hosts": hosts} if hosts else {}))
    lines += section("select", select(dice))
    lines += section("inspection", {"bypass-shared-suffixes": dice.random() < 0.5})
    return "\n".join([*lines, *targets(dice)])


def main():
    folder, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    for number in range(count):
        dice = random.Random(seed + number)
        title, kind = f"random-{seed + number}", KINDS[(seed + number) % len(KINDS)]
        family = "commercial" if kind[0] == "commercial" else "government"
        files = {"list.md": page(dice, family, kind[1]), "profile.toml": profile(dice, title, kind)}
        if kind[3]:
            files["service-tags.json"] = service_tags(dice, family)
        os.makedirs(f"{folder}/{title}")
        for file, text in files.items():
            with open(f"{folder}/{title}/{file}", "w") as out:
                out.write(text)


main()
