"""A server on loopback that answers well, badly, late and without end."""

import json
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from tests.serving import answering

PATTERN: Final = bytes(range(256)) * 64


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    address_family = socket.AF_INET
    seen: list[str]

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Clients that go away early are no news."""


class _Six(_Server):
    address_family = socket.AF_INET6


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        """Not on the terminal."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self.asked = {name: values[-1] for name, values in parse_qs(url.query).items()}
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append(f"{self.command} {self.path}")
        VERBS.get(url.path, _missing)(self)

    do_POST = do_HEAD = do_GET

    def number(self, name: str, usual: int = 0) -> int:
        return int(self.asked.get(name, usual))

    def answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def raw(self, data: bytes) -> None:
        self.close_connection = True
        self.wfile.write(data)


def _missing(handler: Handler) -> None:
    handler.answer(404, b"not here")


def _body(handler: Handler) -> None:
    size = handler.number("size", 5)
    handler.answer(200, (PATTERN * (size // len(PATTERN) + 1))[:size], ("X-Kind", "a"))


def _echo(handler: Handler) -> None:
    said = {
        "method": handler.command,
        "path": handler.path,
        "body": handler.body.decode("latin-1"),
        "headers": [(name.lower(), value) for name, value in handler.headers.items()],
        "peer": handler.client_address[1],
    }
    handler.answer(handler.number("status", 200), json.dumps(said).encode())


def _redirect(handler: Handler) -> None:
    body = b"x" * handler.number("body")
    handler.answer(handler.number("code", 302), body, ("Location", handler.asked["to"]))


def _loop(handler: Handler) -> None:
    left = handler.number("left")
    to = "/echo" if left == 0 else f"/loop?left={left - 1}"
    handler.answer(302, b"", ("Location", to))


def _headers(handler: Handler) -> None:
    count, size = handler.number("count"), handler.number("size", 1)
    more = [(f"X-{index}", "v" * size) for index in range(count)]
    handler.answer(200, b"ok", *more, ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))


def _endless_headers(handler: Handler) -> None:
    handler.raw(b"HTTP/1.1 200 OK\r\n")
    with suppress(OSError):
        while True:
            handler.wfile.write(b"X-More: " + b"v" * 1000 + b"\r\n")


def _endless_interim(handler: Handler) -> None:
    with suppress(OSError):
        while True:
            handler.raw(b"HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\n" * 100)


def _interim(handler: Handler) -> None:
    handler.raw(b"HTTP/1.1 103 Early Hints\r\nLocation: /nowhere\r\nX-Early: 1\r\n\r\n")
    handler.raw(b"HTTP/1.1 200 OK\r\nX-Late: 1\r\nContent-Length: 2\r\n\r\nok")


def _endless(handler: Handler) -> None:
    handler.raw(b"HTTP/1.1 200 OK\r\n\r\n")
    with suppress(OSError):
        while True:
            handler.wfile.write(PATTERN)


def _slow(handler: Handler) -> None:
    handler.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    with suppress(OSError):
        for _ in range(100):
            handler.wfile.write(b".")
            time.sleep(0.2)


def _silent(handler: Handler) -> None:
    handler.close_connection = True
    time.sleep(10)


def _reset(handler: Handler) -> None:
    handler.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
    now = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
    handler.connection.close()


def _short(handler: Handler) -> None:
    handler.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")


def _lies(handler: Handler) -> None:
    handler.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 4294967296000\r\n\r\nabc")


def _half(handler: Handler) -> None:
    """Closes its side once the answer is out, and waits for the other side to do so."""
    handler.raw(b"HTTP/1.1 200 OK\r\n\r\nhalf")
    handler.connection.shutdown(socket.SHUT_WR)
    with suppress(OSError):
        handler.connection.recv(1)


def _chunked(handler: Handler) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    handler.raw(head + b"3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n")


def _garbage(handler: Handler) -> None:
    handler.raw(b"\x16\x03\x01 this is no HTTP\r\n\r\n")


VERBS: Final[dict[str, Callable[[Handler], None]]] = {
    "/body": _body,
    "/echo": _echo,
    "/redirect": _redirect,
    "/loop": _loop,
    "/headers": _headers,
    "/endless-headers": _endless_headers,
    "/endless-interim": _endless_interim,
    "/interim": _interim,
    "/endless": _endless,
    "/slow": _slow,
    "/silent": _silent,
    "/reset": _reset,
    "/short": _short,
    "/lies": _lies,
    "/half": _half,
    "/chunked": _chunked,
    "/garbage": _garbage,
}


@dataclass
class Server:
    """`seen`: the requests so far."""

    host: str
    port: int
    scheme: str = "http"
    seen: list[str] = field(default_factory=list)

    def url(self, path: str, host: str | None = None) -> str:
        return f"{self.scheme}://{host or self.host}:{self.port}{path}"

    @property
    def grant(self) -> str:
        return f"{self.host}:{self.port}"


@contextmanager
def serving(
    address: str = "127.0.0.1", tls: ssl.SSLContext | None = None, port: int = 0
) -> Iterator[Server]:
    """A server, until the block ends."""
    kind = _Six if ":" in address else _Server
    server = kind((address, port), Handler)
    server.seen = []
    host = f"[{address}]" if ":" in address else address
    with answering(server, tls):
        scheme = "https" if tls else "http"
        yield Server(host, server.server_address[1], scheme, server.seen)
