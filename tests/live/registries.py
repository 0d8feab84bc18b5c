"""docker-registry on loopback: open, with passwords, with tokens, with TLS."""

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.fakes.registry import BASIC, USER
from tests.live.certificates import Authority
from tests.needs import missing
from tests.serving import answering

HASHED: Final = "$2b$05$abcdefghijklmnopqrstuuOb/B27OpVc3Bt3QXIepIr2DUn/DCZNi"
"""bcrypt of the password of the fake registry."""
START_SECONDS: Final = 20
LISTENING: Final = "listening on "


class Live(NamedTuple):
    """`folder`: where it keeps what it has."""

    host: str
    folder: Path


def need(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        missing(f"no {program} on PATH (`apt-get install {program}`)")
    return found


def skopeo(*words: str) -> bytes:
    """What it says. Skips the test where it is missing."""
    command = [need("skopeo"), *words]
    return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout


@contextmanager
def serving(folder: Path, *sections: str, tls: str = "") -> Iterator[Live]:
    """`sections`: of its configuration, beside where it keeps and listens."""
    program = need("docker-registry")
    folder.mkdir(parents=True)
    head = ["version: 0.1", f"storage: {{filesystem: {{rootdirectory: {folder}/kept}}}}"]
    http = f"http: {{addr: '127.0.0.1:0'{tls}}}"
    (folder / "config.yml").write_text("\n".join([*head, http, *sections]) + "\n")
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            [program, "serve", str(folder / "config.yml")], stdout=log, stderr=log
        )
        try:
            yield Live(f"localhost:{_port(folder / 'log', child)}", folder / "kept")
        finally:
            child.terminate()
            child.wait()


def _port(log: Path, child: subprocess.Popen[bytes]) -> str:
    end_s = time.monotonic() + START_SECONDS
    while time.monotonic() < end_s and child.poll() is None:
        _, found, rest = log.read_text().partition(LISTENING)
        if found and (address := rest.split('"')[0].split(",")[0]):
            return address.rpartition(":")[2]
        time.sleep(0.02)
    raise AssertionError(f"docker-registry did not start: {log.read_text()}")


def basic_section(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "htpasswd").write_text(f"{USER}:{HASHED}\n")
    return f"auth: {{htpasswd: {{realm: 'here, you know', path: {folder}/htpasswd}}}}"


# -- tokens


class _Tokens(ThreadingHTTPServer):
    daemon_threads = True
    authority: Authority


@contextmanager
def token_section(authority: Authority) -> Iterator[str]:
    """A server of tokens, for those who know the password."""
    authority.context("DNS:tokens")
    server = _Tokens(("127.0.0.1", 0), _Handler)
    server.authority = authority
    realm = f"http://127.0.0.1:{server.server_address[1]}/token"
    bundle = f"rootcertbundle: {authority.folder}/ca.pem"
    with answering(server):
        yield f"auth: {{token: {{realm: '{realm}', service: here, issuer: tests, {bundle}}}}}"


class _Handler(BaseHTTPRequestHandler):
    server: _Tokens

    def log_message(self, format: str, *args: object) -> None:
        """Not on the terminal."""

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        is_known = self.headers.get("Authorization") == BASIC
        token = _token(self.server.authority, asked.get("scope", [])) if is_known else ""
        body = json.dumps({"token": token}).encode()
        self.send_response(200 if is_known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _token(authority: Authority, scopes: list[str]) -> str:
    """A JWT by ES256, with its certificate."""
    folder = authority.folder
    certificate = (folder / "DNS_tokens-2.pem").read_bytes()
    key = serialization.load_pem_private_key((folder / "DNS_tokens-2.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    body = b"".join(line for line in certificate.splitlines() if b"-----" not in line)
    now_s = int(time.time())
    access = [
        {"type": kind, "name": name, "actions": actions.split(",")}
        for kind, name, actions in (scope.split(":") for scope in scopes)
    ]
    times = {"iat": now_s, "nbf": now_s - 10, "exp": now_s + 300}
    claims = {"iss": "tests", "sub": USER, "aud": "here", "jti": "1", "access": access, **times}
    signed = f"{_part({'typ': 'JWT', 'alg': 'ES256', 'x5c': [body.decode()]})}.{_part(claims)}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{_encoded(r.to_bytes(32) + s.to_bytes(32))}"


def _part(document: object) -> str:
    return _encoded(json.dumps(document).encode())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
