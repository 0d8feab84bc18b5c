"""A registry on loopback, in memory, that can be made to fail in the ways that registries do."""

import base64
import hashlib
import itertools
import json
import re
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from tests.serving import answering

USER: Final = "ann"
PASSWORD: Final = "s3cret:with colon"
BASIC: Final = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
IDENTITY: Final = "identity-token"
INDEX: Final = "application/vnd.oci.image.index.v1+json"
BLOB: Final = re.compile(r"/v2/(.+)/blobs/(sha256:[0-9a-f]{64})")
UPLOADS: Final = re.compile(r"/v2/(.+)/blobs/uploads/")
UPLOAD: Final = re.compile(r"/v2/(.+)/blobs/uploads/([0-9a-f]+)")
MANIFEST: Final = re.compile(r"/v2/(.+)/manifests/([^/]+)")
REFERRERS: Final = re.compile(r"/v2/(.+)/referrers/(sha256:[0-9a-f]{64})")


@dataclass
class Seen:
    method: str
    path: str
    authorization: str
    range: str
    body_bytes: int = 0


@dataclass
class Faults:
    """`cut_get`, `cut_put`: of the next transfers, after how many bytes the connection is cut.
    `statuses`: what the next requests get. `late`: so many looks at each
    blob find nothing. `forgets`: "blobs" or "manifests" are not kept."""

    every_500: int = 0
    statuses: list[int] = field(default_factory=list)
    retry_after: str = ""
    cut_get: list[int] = field(default_factory=list)
    cut_put: list[int] = field(default_factory=list)
    forgets: str = ""
    wrong_bytes: str = ""
    wrong_range: bool = False
    no_range: bool = False
    location: str = ""
    said_digest: str = ""
    loses_uploads: int = 0
    late: int = 0
    redirect: str = ""
    promises_subject: bool = False
    link: str = ""


class Registry(ThreadingHTTPServer):
    """`auth`: "", "basic" or "token". `blobs`: (repository, digest) to bytes."""

    daemon_threads = True

    def __init__(self, auth: str = "", *, has_referrers: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.auth, self.has_referrers = auth, has_referrers
        self.faults = Faults()
        self.blobs: dict[tuple[str, str], bytes] = {}
        self.manifests: dict[tuple[str, str], tuple[str, bytes]] = {}
        self.uploads: dict[str, bytearray] = {}
        self.tokens: dict[str, set[str]] = {}
        self.seen: list[Seen] = []
        self.realm = ""
        self.count = 0
        self.names = itertools.count()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Cut connections are no news."""

    def methods(self, pattern: str) -> list[str]:
        return [one.method for one in self.seen if re.search(pattern, one.path)]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Registry
    is_to_be_cut = False

    def log_message(self, format: str, *args: object) -> None:
        """Not on the terminal."""

    def do_GET(self) -> None:
        self.url = urlsplit(self.path)
        self.asked = parse_qs(self.url.query)
        self.note = Seen(
            self.command,
            self.path,
            self.headers.get("Authorization", ""),
            self.headers.get("Range", ""),
        )
        self.server.seen.append(self.note)
        if self.url.path == "/token":
            self._token()
        elif not self._fault() and self._may():
            self._dispatch()

    do_HEAD = do_POST = do_PUT = do_PATCH = do_GET

    # -- answers

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def error(self, status: int, code: str, **headers: str) -> None:
        body = json.dumps({"errors": [{"code": code, "message": f"about {code}"}]}).encode()
        self.answer(status, body, **headers)

    def body(self) -> bytes:
        """What is sent. Where it is to be cut, by plan, the caller keeps what came, and then cuts:
        who was cut off asks at once how much that was."""
        size = int(self.headers.get("Content-Length", 0))
        cuts = self.server.faults.cut_put
        if size > 1000 and cuts:
            data = self.rfile.read(min(cuts.pop(0), size))
            self.is_to_be_cut = True
        else:
            data = self.rfile.read(size)
        self.note.body_bytes = len(data)
        return data

    def _cut(self) -> None:
        """By a reset, so that nothing looks like an end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.shutdown(socket.SHUT_RDWR)

    def _fault(self) -> bool:
        server, faults = self.server, self.server.faults
        server.count += 1
        if faults.statuses:
            self._drain()
            more = {"Retry_After": faults.retry_after} if faults.retry_after else {}
            self.error(faults.statuses.pop(0), "TOOMANYREQUESTS", **more)
            return True
        if faults.every_500 and server.count % faults.every_500 == 0:
            self._drain()
            self.error(500, "UNKNOWN")
            return True
        return False

    def _drain(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))

    # -- authentication

    def _may(self) -> bool:
        server = self.server
        if server.auth == "basic" and self.note.authorization != BASIC:
            self._drain()
            self.error(401, "UNAUTHORIZED", WWW_Authenticate='Basic realm="here, you know"')
            return False
        if server.auth == "token" and not self._token_allows():
            self._drain()
            scope = f"repository:{self._repository()}:{self._action()}"
            realm = server.realm or f"http://{server.host}/token"
            challenge = f'Bearer realm="{realm}",service="fake",scope="{scope}"'
            self.error(401, "UNAUTHORIZED", WWW_Authenticate=challenge)
            return False
        return True

    def _repository(self) -> str:
        match = re.match(r"/v2/(.+?)/(?:blobs|manifests|referrers)/", self.url.path)
        return match[1] if match else ""

    def _action(self) -> str:
        return "pull" if self.command in ("GET", "HEAD") else "pull,push"

    def _token_allows(self) -> bool:
        scopes = self.server.tokens.get(self.note.authorization.removeprefix("Bearer "), set())
        wanted = {f"{self._repository()}:{action}" for action in self._action().split(",")}
        mounted = self.asked.get("from")
        return wanted | ({f"{mounted[0]}:pull"} if mounted else set()) <= scopes

    def _token(self) -> None:
        form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        asked = parse_qs(form) if form else self.asked
        is_known = self.note.authorization == BASIC or asked.get("refresh_token") == [IDENTITY]
        if not is_known:
            self.error(401, "UNAUTHORIZED")
            return
        value = f"token{len(self.server.tokens)}"
        scopes = [scope for text in asked.get("scope", []) for scope in text.split()]
        self.server.tokens[value] = {
            f"{scope.split(':')[1]}:{action}"
            for scope in scopes
            for action in scope.split(":")[2].split(",")
        }
        self.answer(200, json.dumps({"token": value, "expires_in": 300}).encode())

    # -- the protocol

    def _dispatch(self) -> None:
        path = self.url.path
        for pattern, handle in (
            (UPLOADS, self._begin),
            (UPLOAD, self._upload),
            (BLOB, self._blob),
            (MANIFEST, self._manifest),
            (REFERRERS, self._referrers),
        ):
            if match := pattern.fullmatch(path):
                handle(*match.groups())
                return
        self.answer(404)

    def _begin(self, repository: str) -> None:
        self._drain()
        mount, source = self.asked.get("mount", [""])[0], self.asked.get("from", [""])[0]
        if mount and (source, mount) in self.server.blobs:
            self.server.blobs[repository, mount] = self.server.blobs[source, mount]
            self.answer(201, Location=f"/v2/{repository}/blobs/{mount}")
            return
        name = f"{next(self.server.names):x}"
        self.server.uploads[name] = bytearray()
        self._goes_on(202, repository, name)

    def _goes_on(self, status: int, repository: str, name: str) -> None:
        size = len(self.server.uploads[name])
        location = (
            self.server.faults.location or f"/v2/{repository}/blobs/uploads/{name}?state={size}"
        )
        self.answer(status, Location=location, Range=f"0-{max(size - 1, 0)}")

    def _upload(self, repository: str, name: str) -> None:
        faults, data = self.server.faults, self.body()
        if faults.loses_uploads and self.command != "PUT":
            faults.loses_uploads -= 1
            self.server.uploads.pop(name, None)
        kept = self.server.uploads.get(name, bytearray())
        kept += data
        if self.is_to_be_cut:
            self._cut()
            return
        if name not in self.server.uploads:
            self.error(404, "BLOB_UPLOAD_UNKNOWN")
            return
        if self.command == "PUT":
            self._store(repository, name, bytes(kept))
        else:
            self._goes_on(204 if self.command == "GET" else 202, repository, name)

    def _store(self, repository: str, name: str, data: bytes) -> None:
        digest = self.asked["digest"][0]
        del self.server.uploads[name]
        if digest != f"sha256:{hashlib.sha256(data).hexdigest()}":
            self.error(400, "DIGEST_INVALID")
            return
        if self.server.faults.forgets != "blobs":
            self.server.blobs[repository, digest] = data
        self.answer(201, Docker_Content_Digest=digest)

    def _blob(self, repository: str, digest: str) -> None:
        faults, data = self.server.faults, self.server.blobs.get((repository, digest))
        looks = len(self.server.methods(f"/blobs/{digest}$"))
        if data is None or (1 < looks <= 1 + faults.late):
            self.error(404, "BLOB_UNKNOWN")
            return
        if faults.redirect and self.command == "GET":
            self.answer(307, Location=f"{faults.redirect}{self.path}")
            return
        if faults.wrong_bytes == digest:
            data = bytes([data[0] ^ 1]) + data[1:-1] + bytes([data[-1] ^ 1])
        self._send_blob(data)

    def _send_blob(self, data: bytes) -> None:
        faults, start = self.server.faults, 0
        if self.note.range and not faults.no_range:
            start = int(self.note.range.removeprefix("bytes=").rstrip("-"))
        said = start + 1 if faults.wrong_range else start
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {said}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        if self.command == "HEAD":
            return
        if len(data) > 1000 and faults.cut_get:
            self.wfile.write(data[start : start + faults.cut_get.pop(0)])
            self.wfile.flush()
            self.close_connection = True
        else:
            self.wfile.write(data[start:])

    def _manifest(self, repository: str, name: str) -> None:
        if self.command == "PUT":
            self._put_manifest(repository, name)
            return
        known = self.server.manifests.get((repository, name))
        if known is None:
            self.error(404, "MANIFEST_UNKNOWN")
            return
        media_type, data = known
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        if self.server.faults.wrong_bytes == digest:
            data = data + b" "
        self.answer(200, data, Content_Type=media_type, Docker_Content_Digest=digest)

    def _put_manifest(self, repository: str, name: str) -> None:
        data, faults = self.body(), self.server.faults
        if self.is_to_be_cut:
            self._cut()
            return
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        stored = (self.headers["Content-Type"], data)
        if faults.forgets != "manifests":
            self.server.manifests[repository, name] = stored
            self.server.manifests[repository, digest] = stored
        subject = json.loads(data).get("subject", {}).get("digest", "")
        promised = subject and (self.server.has_referrers or faults.promises_subject)
        more = {"OCI_Subject": subject} if promised else {}
        said = faults.said_digest or digest
        self.answer(201, Docker_Content_Digest=said, **more)

    def _referrers(self, repository: str, digest: str) -> None:
        if not self.server.has_referrers:
            self.error(404, "NOT_FOUND")
            return
        members = []
        for (where, name), (media_type, data) in self.server.manifests.items():
            document = json.loads(data)
            is_one = document.get("subject", {}).get("digest") == digest
            if where == repository and name.startswith("sha256:") and is_one:
                kind = document.get("artifactType") or document["config"]["mediaType"]
                about = {"mediaType": media_type, "digest": name, "size": len(data)}
                members.append({**about, "artifactType": kind})
        body = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": members})
        more = {"Link": self.server.faults.link} if self.server.faults.link else {}
        self.answer(200, body.encode(), Content_Type=INDEX, **more)


@contextmanager
def serving(auth: str = "", *, has_referrers: bool = False) -> Iterator[Registry]:
    """A registry, until the block ends."""
    server = Registry(auth, has_referrers=has_referrers)
    with answering(server):
        yield server
