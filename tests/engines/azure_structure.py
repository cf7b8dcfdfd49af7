#!/usr/bin/env python3
"""Checks rendered Azure files: azure_structure.py FOLDER [SCHEMAS]. Exit 0 sound, 1 faults, 2 nothing to check with.

Terraform's own formatter is asked where it is installed; every other engine must be there."""
import glob
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile


FORMS = ("*.arm.json", "*.bicep", "terraform/*.tf")


def schemas_of(folder):
    return sorted(glob.glob(os.path.join(folder, "arm-firewall-subset-*.strict.schema.json")))


def bicep_faults(path):
    from pycep import BicepParser

    with open(path) as file:
        tree = BicepParser().parse(text=file.read())
    if len(tree["resources"]) != 2 or len(tree["parameters"]) != 2:
        print("  Bicep reads otherwise:", path)
        return 1
    return 0


def arm_faults(path, schemas):
    sys.path.insert(0, schemas)
    import check_arm

    found = 0
    for schema in schemas_of(schemas):
        # Both versions of the schema have the same fields; the version itself is not the question here.
        version = re.search(r"\d{4}-\d\d-\d\d", schema).group()
        with tempfile.NamedTemporaryFile("w", suffix=".json") as copy:
            copy.write(re.sub(r'"apiVersion": "[^"]*"', f'"apiVersion": "{version}"', open(path).read()))
            copy.flush()
            found += check_arm.check(copy.name, schema)
    rules = json.load(open(path))["resources"][0]["properties"]["ruleCollections"]
    names = [collection["name"] for collection in rules]
    numbers = [collection["priority"] for collection in rules]
    if len(set(names)) != len(names) or len(set(numbers)) != len(numbers) or not rules:
        print("  names or priorities repeat, or nothing is in it")
        found += 1
    for collection in rules:
        inner = [rule["name"] for rule in collection["rules"]]
        found += len(inner) - len(set(inner))
        for rule in collection["rules"]:
            found += rule.get("terminateTLS", False) is not False
            for name in rule.get("targetFqdns", []):
                if not re.match(r"^\*?\.?[a-z0-9_-]+(\.[a-z0-9_-]+)+$", name):
                    print("  no target FQDN:", name)
                    found += 1
            for url in rule.get("targetUrls", []):
                if not re.match(r"^[a-z0-9_.-]+/[^*?]*\*?$", url):
                    print("  no target URL:", url)
                    found += 1
    if len(json.dumps(json.load(open(path)), separators=(",", ":"))) > 1_000_000:
        print("  over 1 MB")
        found += 1
    return found


def main():
    folder = sys.argv[1]
    here = os.path.dirname(os.path.abspath(__file__))
    schemas = sys.argv[2] if len(sys.argv) > 2 else os.path.join(here, "../../../shared/schemas")
    if not os.path.exists(os.path.join(schemas, "check_arm.py")) or len(schemas_of(schemas)) < 2:
        print("no schemas at hand:", schemas)
        return 2
    if importlib.util.find_spec("pycep") is None:
        print("pycep-parser is missing, so no Bicep file can be read; sh tests/run installs it")
        return 2
    forms = {form: sorted(glob.glob(os.path.join(folder, form))) for form in FORMS}
    # What is not there cannot be unsound.
    missing = [form for form, paths in forms.items() if not paths]
    if missing:
        print(f"{folder}: no file is called {', '.join(missing)}")
    faults = len(missing)
    faults += sum(arm_faults(path, schemas) for path in forms["*.arm.json"])
    faults += sum(bicep_faults(path) for path in forms["*.bicep"])
    if subprocess.run(["sh", "-c", "command -v terraform"], capture_output=True).returncode == 0:
        result = subprocess.run(
            ["terraform", "fmt", "-check", "-diff", "-recursive", folder], capture_output=True, text=True
        )
        if result.returncode:
            print(result.stdout, result.stderr)
            faults += 1
    else:
        print("no terraform at hand: the formatting was not checked")
    print(f"{folder}: {'sound' if not faults else 'faults'}")
    return 1 if faults else 0


sys.exit(main())
