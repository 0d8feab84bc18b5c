"""A web server on loopback that serves a folder, well or badly."""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.serving import answering

Answer = Callable[["Handler", bytes], None]


class Handler(BaseHTTPRequestHandler):
    """Answers of `server.odd` come first; the files of `server.folder` are the rest."""

    server: "Server"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.server.requests.append((self.path, dict(self.headers)))
        file = self.server.folder / path.lstrip("/")
        data = file.read_bytes() if file.is_file() else b""
        odd = self.server.odd.get(path)
        if odd is not None:
            odd(self, data)
        elif file.is_file():
            self.give(data)
        else:
            self.give(b"", 404)

    def give(self, data: bytes, status: int = 200, **headers: str) -> None:
        """A whole answer; `Content_Length="9"` says another length than the true one."""
        self.send_response(status)
        for name, value in {"Content_Length": str(len(data)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Tests look at `server.requests`."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    scheme = "http"

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.odd: dict[str, Answer] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}"

    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are what is tested."""


@contextmanager
def serving(folder: Path, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server that runs; over TLS with a context."""
    server = Server(folder)
    if context is not None:
        server.scheme = "https"
    with answering(server, context):
        yield server


def status(code: int) -> Answer:
    return lambda handler, _data: handler.give(b"no", code)


def half(handler: Handler, data: bytes) -> None:
    """Says how long it is, sends half, and hangs up."""
    handler.give(data[: len(data) // 2], Content_Length=str(len(data)))


def half_then_the_rest(handler: Handler, data: bytes) -> None:
    """The first time half; then what is asked for, by its range."""
    asked = handler.headers.get("Range")
    if asked is None:
        half(handler, data)
        return
    start = int(asked.removeprefix("bytes=").removesuffix("-"))
    place = f"bytes {start}-{len(data) - 1}/{len(data)}"
    handler.give(data[start:], 206, Content_Range=place)


def too_long(handler: Handler, data: bytes) -> None:
    """Says that it is shorter than it is."""
    handler.give(data, Content_Length=str(len(data) - 2))


def huge(handler: Handler, _data: bytes) -> None:
    """Says that it is far longer than anything may be."""
    handler.give(b"x", Content_Length=str(1 << 40))


def endless(handler: Handler, _data: bytes) -> None:
    """Sends without end and without saying how much."""
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(bytes(1 << 16))


def silent(handler: Handler, _data: bytes) -> None:
    """Takes the request, and says nothing."""
    time.sleep(1)


def trickle(handler: Handler, _data: bytes) -> None:
    """A byte now and then."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b" ")
        time.sleep(0.02)


def redirect(url: str) -> Answer:
    return lambda handler, _data: handler.give(b"", 302, Location=url)


def endless_redirect(handler: Handler, _data: bytes) -> None:
    """Leads to itself, with more than anyone can read."""
    handler.send_response(302)
    handler.send_header("Location", handler.path)
    handler.end_headers()
    while True:
        handler.wfile.write(bytes(1 << 16))


def trickling_head(handler: Handler, _data: bytes) -> None:
    """Headers without end, a byte now and then."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        handler.wfile.write(b"a")
        time.sleep(0.05)
