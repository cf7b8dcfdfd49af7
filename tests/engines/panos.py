#!/usr/bin/env python3
"""Checks rendered PAN-OS XML and URL lists: panos.py FOLDER [CHECKER_FOLDER]. Exit 0 sound, 1 faults, 2 no checker."""
import os
import re
import sys
import xml.etree.ElementTree as ET

KINDS = {
    "service": None,
    "external-list": "external-dynamic-list",
    "profiles/custom-url-category": "custom-url-category",
    "rulebase/security/rules": "security-policy-rule",
    "rulebase/decryption/rules": "decryption-policy",
    "pre-rulebase/security/rules": "security-policy-rule",
    "pre-rulebase/decryption/rules": "decryption-policy",
}
TOKEN = re.compile(r"^(\*|[a-zA-Z0-9_~!$()%,:@-]+)$")


def entry_fault(entry):
    if len(entry) > 255 or "/" not in entry or "?" in entry:
        return "length, no slash or a query"
    host, path = entry.split("/", 1)
    tokens = host.split(".") + [t for t in re.split(r"[./&=;+]", path) if t]
    if not all(TOKEN.match(t) for t in tokens):
        return "a token that is no plain text and no lone star"
    if host != host.lower() or "*.*" in host:
        return "upper case or consecutive stars in the host"
    return None


def main():
    folder = sys.argv[1]
    here = os.path.dirname(os.path.abspath(__file__))
    checker = sys.argv[2] if len(sys.argv) > 2 else os.path.join(here, "../../../shared/schemas")
    if not os.path.exists(os.path.join(checker, "check_panos.py")):
        print("no checker at hand:", checker)
        return 2
    sys.path.insert(0, checker)
    import check_panos
    import yaml

    faults = []
    specs = {}
    seen = 0
    for name in ("firewall.xml", "panorama.xml"):
        root = ET.parse(os.path.join(folder, name)).getroot()
        for place, kind in KINDS.items():
            for entry in root.findall(f".//{place}/entry"):
                seen += 1
                if len(entry.get("name")) > 31:
                    faults.append(f"{name}: long name {entry.get('name')}")
                if kind:
                    spec = specs.setdefault(kind, yaml.safe_load(open(f"{check_panos.D}/{kind}.yaml"))["spec"])
                    errors = []
                    check_panos.check(entry, spec, kind, errors)
                    faults += [f"{name}: {error}" for error in errors]
        for member in root.findall(".//custom-url-category/entry/list/member"):
            if entry_fault(member.text):
                faults.append(f"{name}: {member.text}: {entry_fault(member.text)}")
    # What is not there cannot be unsound.
    if not seen:
        faults.append(f"{folder}: no object and no rule was found")
    for name in sorted(os.listdir(folder)):
        if re.match(r"(allow|bypass|direct)-\d+(-\d+)?\.txt$", name):
            lines = open(os.path.join(folder, name)).read().splitlines()
            faults += [f"{name}: {line}: {entry_fault(line)}" for line in lines if entry_fault(line)]
            if len(lines) != len(set(lines)) or len(lines) > 50000:
                faults.append(f"{name}: repeated entries or too many")
    print("\n".join(faults) or f"{folder}: sound")
    return 1 if faults else 0


sys.exit(main())
