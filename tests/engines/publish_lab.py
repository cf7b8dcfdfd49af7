#!/usr/bin/env python3
"""Publishes rendered sets into real object stores on loopback: publish_lab.py RENDERED AZURITE [PROFILE ...].

RENDERED holds PROFILE/manifest.json and its files; AZURITE is the program of that name. What lies in the stores is read
back by the stores' own clients. Exit 0 sound, 1 faults.
"""

import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import boto3
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import ContainerClient

from gcs import Google
from rig import report, samples

PROGRAM = os.environ.get("ALLOWLISTC", "target/debug/allowlistc")
PAC = "application/x-ns-proxy-autoconfig"
# The account and key that every Azurite has, as its documentation gives them.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
KILLS = int(os.environ.get("LAB_KILLS", "100"))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(port, process):
    for _ in range(300):
        if process.poll() is not None:
            raise SystemExit(f"a store ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("a store does not listen")


class Azure:
    """A container in Azurite."""

    name, address = "Azure Blob (Azurite)", "az://lists/mde"

    def __init__(self, folder, azurite):
        self.port = free_port()
        command = ["node", azurite, "--location", folder, "--blobPort", str(self.port), "--silent", "--skipApiVersionCheck"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.port, self.process)
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.client = ContainerClient(f"{self.endpoint}/{ACCOUNT}", "lists", credential=KEY)
        self.client.create_container()

    def environment(self):
        return {"AZURE_STORAGE_USE_EMULATOR": "true", "AZURITE_BLOB_STORAGE_URL": self.endpoint}

    def clear(self):
        for blob in list(self.client.list_blobs()):
            self.client.delete_blob(blob.name)

    def names(self):
        return sorted(blob.name for blob in self.client.list_blobs())

    def read(self, name):
        """Bytes, media type, cache header and time of the last change; None where there is nothing."""
        try:
            stream = self.client.download_blob(name)
        except ResourceNotFoundError:
            return None
        settings = stream.properties.content_settings
        return stream.readall(), settings.content_type, settings.cache_control, stream.properties.etag


class S3:
    """A bucket of moto's server."""

    name, address = "S3 (moto)", "s3://lists/mde"

    def __init__(self, folder, _):
        self.port = free_port()
        self.log = open(f"{folder}/log", "w+")
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        wait_for(self.port, self.process)
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="contoso",
            aws_secret_access_key="contoso",
        )
        self.client.create_bucket(Bucket="lists")

    def environment(self):
        return {
            "AWS_ENDPOINT": self.endpoint,
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "contoso",
            "AWS_SECRET_ACCESS_KEY": "contoso",
        }

    def clear(self):
        for name in self.names():
            self.client.delete_object(Bucket="lists", Key=name)

    def names(self):
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket="lists")
        return sorted(item["Key"] for page in pages for item in page.get("Contents", []))

    def read(self, name):
        try:
            found = self.client.get_object(Bucket="lists", Key=name)
        except self.client.exceptions.NoSuchKey:
            return None
        return found["Body"].read(), found["ContentType"], found.get("CacheControl"), found["ETag"]

    def written(self):
        """The names of all PUT requests so far, in order."""
        self.log.flush()
        with open(self.log.name) as file:
            return [line.split('"PUT /lists/')[1].split()[0] for line in file if '"PUT /lists/' in line]


def google(_, __):
    return Google(free_port(), wait_for)


class Lab:
    def __init__(self, store, rendered):
        self.store, self.rendered, self.faults, self.checks = store, rendered, [], 0

    def expect(self, holds, what):
        self.checks += 1
        if not holds:
            self.faults.append(f"{self.store.name}: {what}")

    def command(self, *arguments):
        return [PROGRAM, "publish", *arguments]

    def run(self, *arguments):
        environment = {**os.environ, **self.store.environment()}
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, env=environment)

    def publish(self, folder, *more):
        done = self.run(folder, self.store.address, *more)
        self.expect(done.returncode == 0, f"publishing {folder} fails: {done.stdout}{done.stderr}")
        return done.stdout

    def holds(self, folder, what):
        """Everything that the manifest of a folder lists is there, byte for byte, with the right headers."""
        with open(f"{folder}/manifest.json", "rb") as file:
            text = file.read()
        manifest = json.loads(text)
        found = self.store.read("mde/manifest.json")
        self.expect(found is not None and found[0] == text, f"{what}: the manifest is another one")
        for entry in manifest["files"]:
            names = [entry["path"]] + ([entry["path"].split("/")[-1]] if entry["at_root"] else [])
            for name in names:
                found = self.store.read(f"mde/{name}")
                if found is None:
                    self.expect(False, f"{what}: {name} is missing")
                    continue
                content, media_type, cache, _ = found
                self.expect(hashlib.sha256(content).hexdigest() == entry["sha256"], f"{what}: {name} has other bytes")
                self.expect(media_type == entry["media_type"], f"{what}: {name} is called {media_type}")
                self.expect(cache == "public, max-age=300", f"{what}: {name} may be kept: {cache}")
        pac = self.store.read("mde/proxy.pac")
        self.expect(pac is not None and pac[1] == PAC, f"{what}: proxy.pac is no PAC file")

    def record(self):
        found = self.store.read("mde/published.json")
        return json.loads(found[0]) if found else {"current": None, "sets": []}

    def whole_sets(self, what):
        """Every set that the record offers to go back to is whole."""
        for kept in self.record()["sets"]:
            for entry in kept["files"]:
                found = self.store.read(f"mde/sets/{kept['id'][:16]}/{entry['path']}")
                same = found is not None and hashlib.sha256(found[0]).hexdigest() == entry["sha256"]
                self.expect(same, f"{what}: {entry['path']} of set {kept['id'][:16]} is not whole")

    def first_and_again(self, profile):
        self.store.clear()
        self.publish(profile)
        self.holds(profile, "first")
        before = {name: self.store.read(name)[3] for name in self.store.names()}
        self.expect("0 written" in self.publish(profile), "the same set is written again")
        after = {name: self.store.read(name)[3] for name in self.store.names()}
        self.expect(before == after, "the same set changes objects")

    def order(self, profile):
        """Sets first, then lists, what uses them, the manifest, and the record last."""
        self.store.clear()
        mark = len(self.store.written())
        self.publish(profile)
        names = [name.removeprefix("mde/") for name in self.store.written()[mark:]]
        self.expect(names[0] == "published.json", "the run is not announced first")
        self.expect(names[-2:] == ["manifest.json", "published.json"], f"the pointers are not last: {names[-3:]}")
        public = [name for name in names[1:-2] if not name.startswith("sets/")]
        own = [name for name in names[1:-2] if name.startswith("sets/")]
        self.expect(names[1:-2] == own + public, "public names are written before the set is there")
        self.expect(public[-2:] == ["proxy.pac", "wpad.dat"], f"names at the root are not last: {public[-3:]}")

    def rollback(self, one, other):
        self.store.clear()
        self.publish(one)
        self.publish(other)
        self.holds(other, "second")
        for folder, what in [(one, "rolled back")]:
            done = self.run("--rollback", self.store.address)
            self.expect(done.returncode == 0, f"{what}: {done.stderr}")
            self.holds(folder, what)
        done = self.run("--rollback", self.store.address)
        self.expect(done.returncode == 2 and "no set before" in done.stderr, f"one step too far: {done.stderr}")
        for _ in range(3):
            self.publish(other, "--keep", "2")
            self.publish(one, "--keep", "2")
        sets = {name.split("/")[2] for name in self.store.names() if name.startswith("mde/sets/")}
        self.expect(len(sets) == 2, f"{len(sets)} sets are kept in place of two")

    def refusals(self, profile):
        self.store.clear()
        self.publish(profile)
        before = {name: self.store.read(name)[3] for name in self.store.names()}

        def with_manifest(change):
            def edit(folder):
                with open(f"{folder}/manifest.json") as file:
                    manifest = json.load(file)
                change(manifest)
                with open(f"{folder}/manifest.json", "w") as file:
                    json.dump(manifest, file)

            return edit

        def append(folder):
            with open(f"{folder}/pac/proxy.pac", "a") as file:
                file.write("\n")

        cases = {
            "set-changed": append,
            "set-empty": with_manifest(lambda manifest: manifest["entries"].update(allow=0)),
            "set-unproved": with_manifest(lambda manifest: manifest["verdicts"].clear()),
            "set-unreadable": lambda folder: os.remove(f"{folder}/manifest.json"),
        }
        for code, spoil in cases.items():
            with tempfile.TemporaryDirectory() as copy:
                shutil.copytree(profile, copy, dirs_exist_ok=True)
                spoil(copy)
                done = self.run(copy, self.store.address)
                self.expect(done.returncode == 1 and f"error[{code}]" in done.stderr, f"{code}: {done.stderr}")
        after = {name: self.store.read(name)[3] for name in self.store.names()}
        self.expect(before == after, "a refused set changes objects")

    def kills(self, one, other):
        """Cut off at random points: the record names a whole set, and the next run puts everything in order."""
        self.store.clear()
        self.publish(one)
        sets = [one, other]
        environment = {**os.environ, **self.store.environment()}
        started = time.monotonic()
        self.publish(other)
        longest = time.monotonic() - started
        cut = 0
        for number in range(KILLS):
            folder = sets[number % 2]
            command = self.command(folder, self.store.address, "--take-over")
            process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(random.uniform(0, longest))
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                cut += 1
            process.wait()
            current = self.record()["current"]
            known = [kept["id"] for kept in self.record()["sets"]]
            self.expect(current in known, f"after a kill the current set {current} is none of {known}")
            if number % 10 == 9:
                self.whole_sets(f"after kill {number}")
        for folder in sets:
            self.publish(folder, "--take-over")
            self.holds(folder, "after all kills")
        self.whole_sets("after all kills")
        return cut

    def together(self, one, other):
        """Two runs at once: each ends well or says that it did not, and what is left is one of the two sets."""
        self.store.clear()
        self.publish(one)
        environment = {**os.environ, **self.store.environment()}
        for _ in range(5):
            commands = [self.command(folder, self.store.address) for folder in (other, one)]
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
            processes = [subprocess.Popen(command, env=environment, **pipes) for command in commands]
            for process in processes:
                _, said = process.communicate()
                told = process.returncode == 0 or "another run" in said
                self.expect(told, f"of two runs at once one says: {said}")
            self.publish(one, "--take-over")
            self.holds(one, "after two at once")


def main():
    rendered, azurite, *names = sys.argv[1:]
    folders = [f"{rendered}/{name}" for name in samples(names)]
    one, other = folders[0], folders[-1]
    faults, checks, cut = [], 0, 0
    for kind in (Azure, S3, google):
        with tempfile.TemporaryDirectory() as place:
            store = kind(place, azurite)
            try:
                lab = Lab(store, rendered)
                for folder in folders:
                    lab.first_and_again(folder)
                if hasattr(store, "written"):
                    lab.order(one)
                lab.rollback(one, other)
                lab.refusals(one)
                lab.together(one, other)
                cut += lab.kills(one, other)
                faults += lab.faults
                checks += lab.checks
            finally:
                store.process.terminate()
                store.process.wait()
    return report(faults, f"{checks} checks in three object stores, {cut} runs cut off")


if __name__ == "__main__":
    sys.exit(main())
