"""What a profile means, in a few lines of plain Python that share nothing with the compiler.

The selected entries come from `allowlistc list`, what a target had to give up from the losses in manifest.json. A
request is (scheme, host, port, path); the path of a request inside TLS is None, because nobody on the way sees it.
"""

import functools
import ipaddress
import json
import os
import re
import subprocess
import tomllib
from collections import namedtuple
from urllib.parse import unquote

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
SAMPLES = os.environ.get("LAB_SAMPLES", os.path.join(ROOT, "samples"))
PROGRAM = os.environ.get("ALLOWLISTC", os.path.join(ROOT, "target/debug/allowlistc"))
SCHEMES = {80: "http", 443: "https"}
DEFAULTS = {"http": 80, "https": 443}

Rule = namedtuple("Rule", "scheme host port path")
Request = namedtuple("Request", "scheme host port path")


@functools.cache
def folders():
    with open(os.path.join(ROOT, "rules/mde/inspection.toml"), "rb") as file:
        return {folder["path"] for folder in tomllib.load(file)["folder"]}


@functools.cache
def network(text):
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def host_matches(pattern, host):
    """`*.x` is every name below x and not x; a star elsewhere in the first label stands for letters of that label."""
    host = host.lower().removesuffix(".")
    net = network(pattern)
    if net:
        address = network(host)
        return bool(address) and address.version == net.version and address.subnet_of(net)
    if network(host):
        return False
    if pattern.startswith("*"):
        return host.endswith(pattern[1:]) and (pattern[1:2] != "." or len(host) > len(pattern) - 1)
    before, star, after = pattern.partition("*")
    return host == pattern if not star else bool(re.fullmatch(re.escape(before) + "[^.]*" + re.escape(after), host))


def path_matches(pattern, path):
    if pattern is None:
        return True
    if path is None:
        return False
    path = unquote(path.split("?")[0])
    if re.search(r"/\.\.?(/|$)", path):
        return False
    if pattern.endswith("*"):
        return path.startswith(pattern[:-1])
    folder = pattern.endswith("/") or pattern in folders()
    return path == pattern or (folder and path.startswith(pattern.rstrip("/") + "/"))


def browser_path(path):
    """The path that a WHATWG URL parser sends: dot segments, encoded or not, are resolved before anybody sees them."""
    path, mark, query = path.partition("?")
    kept, dots = [], ""
    for segment in path.split("/")[1:]:
        dots = re.sub("%2e", ".", segment, flags=re.I)
        if dots == "..":
            kept = kept[:-1]
        elif dots != ".":
            kept.append(segment)
    return "/" + "/".join(kept + [""] * (dots in (".", "..") and bool(kept))) + mark + query


def matches(rule, request):
    return (
        rule.scheme == request.scheme
        and rule.port == request.port
        and host_matches(rule.host, request.host)
        and path_matches(rule.path, request.path)
    )


def rule(text):
    """A rule as the manifest prints it: `https://host:443/path`, `https://10.0.0.0/8:443`, `https://[2603::/24]:443`."""
    scheme, rest = text.split("://")
    net = re.fullmatch(r"\[?([0-9a-f.:]+/\d+)\]?:(\d+)", rest)
    host, port, path = (*net.groups(), None) if net else re.fullmatch(r"([^:/]+):(\d+)(/.*)?", rest).groups()
    return Rule(scheme, host, int(port), path)


class Meaning:
    """The lists of one profile as one target can say them: `allow`, `bypass` and `direct`."""

    def __init__(self, name, rendered, target):
        self.name = name
        self.profile = os.path.join(SAMPLES, name, "profile.toml")
        printed = subprocess.run([PROGRAM, "list", self.profile, "--format", "json"], capture_output=True, check=True)
        self.entries = json.loads(printed.stdout)
        with open(os.path.join(rendered, "manifest.json")) as file:
            losses = [loss for loss in json.load(file)["losses"] if loss["target"] == target]
        self.lists = {}
        self.omitted = set()
        for kind in ("allow", "bypass", "direct"):
            lost = {rule(loss["entry"]): loss for loss in losses if loss["list"] == kind}
            rules = []
            for entry in self.entries:
                if kind == "allow" or entry[kind]:
                    meant = Rule(SCHEMES[entry["port"]], entry["host"], entry["port"], entry["path"])
                    loss = lost.pop(meant, None)
                    rules += [meant] if loss is None else [rule(text) for text in loss["emitted"]]
                    if loss and not loss["emitted"] and kind == "allow":
                        self.omitted.add(meant)
            if lost:
                raise SystemExit(f"{name}: losses of entries that were not selected: {sorted(lost)}")
            self.lists[kind] = rules

    def allows(self, request, kind="allow"):
        return any(matches(rule, request) for rule in self.lists[kind])

    def selected(self):
        """Each selected entry that the target did not have to leave out."""
        rules = [Rule(SCHEMES[e["port"]], e["host"], e["port"], e["path"]) for e in self.entries]
        return [rule for rule in rules if rule not in self.omitted]


def url(request):
    host = f"[{request.host}]" if ":" in request.host else request.host
    number = "" if request.port == DEFAULTS[request.scheme] else f":{request.port}"
    return f"{request.scheme}://{host}{number}{request.path or '/'}"


class Match:
    """What `allowlistc match` says of requests to one rendered target, asked once for all of them.

    It speaks for clients, which resolve dot segments before they send anything: a path with some has no answer.
    """

    def __init__(self, folder, target, requests, **options):
        asked = [r for r in dict.fromkeys(requests) if r.path is None or browser_path(r.path) == r.path]
        command = [PROGRAM, "match", "--target", target, folder, "--stdin", "--json"]
        for key, value in options.items():
            command += ["--option", f"{key}={value}"]
        done = subprocess.run(command, input="\n".join(map(url, asked)), capture_output=True, text=True)
        if done.returncode not in (0, 1):
            raise SystemExit(f"{' '.join(command)}: {done.stderr}")
        self.said = dict(zip(asked, json.loads(done.stdout), strict=True))

    def verdict(self, request):
        return self.said[request]["verdict"] if request in self.said else None

    def route(self, request):
        return self.said[request]["route"] if request in self.said else None


def names(pattern):
    """Hosts that a pattern means."""
    net = network(pattern)
    if net:
        return sorted({str(net[0]), str(net[-1])})
    if "*" not in pattern:
        return [pattern]
    return (
        [pattern.replace("*", "w7"), pattern.replace("*", "a.b9")]
        if pattern[:2] == "*."
        else [pattern.replace("*", "w7")]
    )


def near_names(pattern):
    """Hosts close to a pattern; whether another entry means them is for the oracle to say."""
    net = network(pattern)
    if net:
        outside = [int(net[0]) - 1, int(net[-1]) + 1]
        return [str(type(net[0])(n)) for n in outside if 0 <= n < 2**net.max_prefixlen]
    base = pattern.lstrip("*").lstrip(".").replace("*", "w7")
    near = [f"evil{base}", f"evil-{base}", f"{base}.evil.net", base.replace(".", "-", 1), base.partition(".")[2]]
    near.append(base if pattern.startswith("*.") else f"sub.{base}")
    if "*" in pattern[1:]:
        near.append(pattern.replace("*", "a.b"))
    return [name for name in near if "." in name]


def paths(pattern):
    if pattern is None:
        return ["/", "/any/thing?x=/../y"]
    if pattern.endswith("*"):
        return [pattern[:-1] + "w7.crl", pattern[:-1] + "a/b?c"]
    return [pattern] + ([pattern.rstrip("/") + "/w7.crl"] if pattern in folders() else [])


def near_paths(pattern):
    if pattern is None:
        return []
    base = pattern.rstrip("*").rstrip("/")
    near = [
        base + "2/x",
        base + "/../x",
        base + "/%2e%2e/x",
        base + "/./x",
        "/",
        "/x" + base + "/y",
        base.upper() + "/x",
    ]
    return near + ["/?u=" + base + "/x", base[:-1], base, base + "/w7/..", base + "/w7"]


def probes(meaning, others=()):
    """Requests on, below, beside and across every entry, and the tag that says why each is asked."""
    found = {}

    def ask(tag, scheme, host, port, path):
        found.setdefault(Request(scheme, host, port, None if scheme == "https" else path), tag)

    for scheme, pattern, port, path in meaning.selected():
        for host in names(pattern):
            for inner in paths(path) if scheme == "http" else [None]:
                ask("witness", scheme, host, port, inner)
    for scheme, pattern, port, path in meaning.selected() + sorted(meaning.omitted):
        good = paths(path)[0]
        for host in near_names(pattern):
            ask("near name", scheme, host, port, good)
        for host in names(pattern)[:1]:
            if scheme == "http":
                for inner in near_paths(path):
                    ask("near path", scheme, host, port, inner)
            for other in ("http", "https"):
                for number in (80, 443, 8443):
                    ask("other port", other, host, number, good)
            if scheme == "http" and path and not path.endswith("*"):
                ask("query", scheme, host, port, path + "?q")
            if not network(host):
                ask("upper case", scheme, host.upper(), port, good)
                ask("trailing dot", scheme, host + ".", port, good)
            ask("omitted" if (scheme, pattern, port, path) in meaning.omitted else "again", scheme, host, port, good)
    for host in ("nobody.example", "microsoft.com", "localhost.example", *others):
        for scheme, port in (("http", 80), ("https", 443)):
            ask("unlisted", scheme, host, port, "/")
    return [(request, tag) for request, tag in found.items()]
