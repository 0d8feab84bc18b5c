"""A mirror over HTTP that fails as mirrors do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.serving import answering

Fault = Callable[["Handler", bytes], bool]
"""Answers in another way, and says whether it did."""


class Server(ThreadingHTTPServer):
    """`asked`: path and `Range` of each request, in their order. `faults` are used up."""

    daemon_threads = True

    def __init__(self, files: dict[str, bytes], faults: list[Fault]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.faults = files, faults
        self.asked: list[tuple[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Range", "")))
        data = self.server.files.get(self.path)
        if data is None:
            self.send_error(404)
        elif not (self.server.faults and self.server.faults.pop(0)(self, data)):
            self.answer(data)

    def answer(self, data: bytes, sent: int | None = None) -> None:
        """The file, or the part that was asked for; `sent` bytes of it."""
        start = int(self.headers.get("Range", "bytes=0-")[6:-1])
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        self.wfile.write(data[start:][:sent])

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr."""


def cut(count: int) -> Fault:
    """The connection ends after so many bytes."""

    def fault(handler: Handler, data: bytes) -> bool:
        handler.answer(data, count)
        return True

    return fault


def status(code: int) -> Fault:
    def fault(handler: Handler, data: bytes) -> bool:
        handler.send_error(code)
        return True

    return fault


def others(data: bytes) -> Fault:
    """Other bytes than it has."""

    def fault(handler: Handler, _: bytes) -> bool:
        handler.answer(data)
        return True

    return fault


def whole(handler: Handler, data: bytes) -> bool:
    """All of it, whatever part was asked for."""
    del handler.headers["Range"]
    handler.answer(data)
    return True


def redirect(place: str) -> Fault:
    def fault(handler: Handler, _: bytes) -> bool:
        handler.send_response(302)
        handler.send_header("Location", place)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return True

    return fault


@contextmanager
def serving(files: dict[str, bytes], *faults: Fault) -> Iterator[Server]:
    server = Server(files, list(faults))
    with answering(server):
        yield server
