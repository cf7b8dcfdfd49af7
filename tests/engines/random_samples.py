#!/usr/bin/env python3
"""Writes random profiles with random lists: random_samples.py FOLDER COUNT SEED. The same seed gives the same files.

Each list has every shape of an address that the published ones have, hosts that differ by a letter or a label, and
entries that cover each other; each profile chooses its devices, locations and targets at random.
"""

import os
import random
import sys

HEADER = (
    "Service|Geography|Category|Port|Endpoint/URL|Endpoint/URL Description|Required or Optional|"
    "Windows 10, 11; Server 2022, 2019, 2016 (Unified Agent); Server 2012 R2 (Unified Agent)|Windows 7, 8.1|"
    "Windows Server 2008 R2, 2012 R2, 2016 (MMA Based)|Mac|Linux|Comments"
)
LABELS = ["a", "ab", "b", "cdn", "x-1", "eu", "login", "update", "wns"]
ZONES = ["contoso.com", "fabrikam.net", "northwind.example.com", "co.contoso.com", "xcontoso.com"]
PLACES = ["EU", "UK", "US"]
PATHS = ["/pki/*", "/pki/crl/*", "/a", "/a/b.aspx", "/pkiops/*", "/A/*"]


def name(dice):
    labels = [dice.choice(LABELS) for _ in range(dice.randint(0, 2))]
    return ".".join([*labels, dice.choice(ZONES)])


def address(dice):
    kind = dice.random()
    if kind < 0.45:
        return name(dice), dice.choice([443, 443, 80])
    if kind < 0.7:
        return "*." + name(dice), dice.choice([443, 443, 80])
    if kind < 0.78:
        return "*" + dice.choice(["download", "x"]) + "." + dice.choice(ZONES), dice.choice([443, 80])
    if kind < 0.84:
        return dice.choice(["us", "eu"]) + "*prod." + dice.choice(ZONES), 443
    return name(dice) + dice.choice(PATHS), dice.choice([80, 80, 80, 443])


def rows(dice):
    """Hosts of their own first: the labs change one of them and keep another."""
    fixed = {(host, 443): "WW" for host in ("events.data.microsoft.com", "login.live.com", "own.example.org")}
    fixed |= {(f"gateway-{place.lower()}.example.org", 443): place for place in PLACES}
    some = [address(dice) for _ in range(dice.randint(8, 30))]
    for where, port in dict.fromkeys([*fixed, *some]):
        place = dice.choice(["WW", "WW", *PLACES])
        needed = dice.choice(["Required", "Required", "Optional"])
        devices = ["Yes" if dice.random() < share else "" for share in (0.9, 0.2, 0.2, 0.5, 0.7)]
        if (where, port) in fixed:
            place, needed, devices[0] = fixed[where, port], "Required", "Yes"
        cells = ["Microsoft Defender for Endpoint", place, "Common", str(port), where, "made up", needed, *devices, ""]
        yield "|" + "|".join(cells) + "|"


PROFILE = """\
schema = 1
name = "{name}"
cloud = "commercial"
connectivity = "standard"
geographies = [{geographies}]

[sources]
files = ["list.md"]

[devices]
windows = ["10-22H2", "11-24H2"]
linux = {linux}
macos = {macos}

[select]
optional = {optional}

[targets.squid]

[targets.pac]
allow = "PROXY proxy.contoso.com:8080"

[targets.paloalto]
[targets.azure]
sku = "{sku}"
"""


def main():
    folder, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    for number in range(count):
        dice = random.Random(seed + number)
        name = f"random-{seed + number}"
        os.makedirs(f"{folder}/{name}")
        with open(f"{folder}/{name}/list.md", "w") as file:
            line = "|" + "-|" * len(HEADER.split("|"))
            page = ["# Microsoft Defender for Endpoint standard connectivity URLs - commercial", ""]
            page += ["## Microsoft Defender URLs", "", f"|{HEADER}|", line, *rows(dice), ""]
            file.write("\n".join(page))
        flag = lambda: str(dice.random() < 0.5).lower()
        places = dice.sample(PLACES, dice.randint(1, 3))
        with open(f"{folder}/{name}/profile.toml", "w") as file:
            file.write(
                PROFILE.format(
                    name=name,
                    geographies=", ".join(f'"{place}"' for place in places),
                    linux=flag(),
                    macos=flag(),
                    optional=flag(),
                    sku=dice.choice(["premium", "standard"]),
                )
            )


main()
