"""What the labs share: a network of their own and certificates."""

import concurrent.futures
import os
import ssl
import subprocess
import sys
import threading

import oracle


def sh(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


def enter_namespace():
    """The whole lab runs again inside a fresh network namespace; without root in a user namespace as well."""
    if os.environ.get("LAB_NAMESPACE") != "1":
        os.environ["LAB_NAMESPACE"] = "1"
        flags = ["-n"] if os.geteuid() == 0 else ["-Un", "--map-current-user", "--keep-caps"]
        os.execvp("unshare", ["unshare", *flags, sys.executable, *sys.argv])
    sh("ip", "link", "set", "lo", "up")
    sh("ip", "route", "add", "local", "0.0.0.0/0", "dev", "lo")
    sh("ip", "-6", "route", "add", "local", "::/0", "dev", "lo")


class Authority:
    """A certificate authority made with the openssl program, and certificates for single names."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.key, self.cert = f"{folder}/{name}.key", f"{folder}/{name}.pem"
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        sh(
            "openssl",
            "req",
            "-x509",
            *curve,
            "-keyout",
            self.key,
            "-out",
            self.cert,
            "-days",
            "2",
            "-subj",
            f"/CN={name}",
        )
        sh("openssl", "req", *curve, "-keyout", f"{folder}/leaf.key", "-out", f"{folder}/leaf.csr", "-subj", "/CN=leaf")
        self.contexts, self.lock = {}, threading.Lock()

    def context(self, name):
        with self.lock:
            made = self.contexts.get(name)
            if made is None:
                made = self.contexts[name] = concurrent.futures.Future()
                first = True
            else:
                first = False
        if first:
            stem = f"{self.folder}/{len(self.contexts)}-{abs(hash(name))}"
            kind = "IP" if oracle.network(name) else "DNS"
            with open(stem + ".ext", "w") as file:
                file.write(f"subjectAltName={kind}:{name}\n")
            sh(
                "openssl",
                "x509",
                "-req",
                "-in",
                f"{self.folder}/leaf.csr",
                "-CA",
                self.cert,
                "-CAkey",
                self.key,
                "-days",
                "2",
                "-set_serial",
                str(abs(hash(name))),
                "-extfile",
                stem + ".ext",
                "-out",
                stem + ".pem",
            )
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(stem + ".pem", f"{self.folder}/leaf.key")
            made.set_result(context)
        return made.result()


def read_head(stream):
    """Reads up to the empty line; '' at the end of the stream."""
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        byte = stream.recv(1)
        if not byte:
            return ""
        data += byte
    return data.decode("latin-1")


def samples(names):
    """The profiles to check: those given, or every sample."""
    below = oracle.SAMPLES
    names = names or sorted(name for name in os.listdir(below) if os.path.isfile(f"{below}/{name}/profile.toml"))
    if not names:
        raise SystemExit(f"there is no profile below {below}")
    return names


def report(faults, done):
    """Prints the first faults, or all where LAB_FAULTS=all asks for them, and gives the exit code."""
    shown = faults if os.environ.get("LAB_FAULTS") == "all" else faults[:40]
    for fault in shown:
        print(fault)
    if len(shown) < len(faults):
        print(f"and {len(faults) - len(shown)} more")
    print(f"{done}, {len(faults)} faults")
    return 1 if faults else 0
