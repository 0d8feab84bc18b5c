"""Connections: kept for the next request, and left when the other side closed them."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from x07bundle.registry.failure import InterruptedTransferError, RegistryError
from x07bundle.registry.reference import parse
from x07bundle.registry.settings import Options, settings_for
from x07bundle.registry.transport import Answer, Transport, whole

BODY = b"x" * 5000


@dataclass
class Server:
    """Answers `per_connection` requests, then closes. `requests`: lines and headers, by the number
    of their connection."""

    per_connection: int
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    requests: list[tuple[int, bytes]] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        for number in range(100):
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            with connection:
                self._answer(number, connection)
            self.closed.set()

    def _answer(self, number: int, connection: socket.socket) -> None:
        for _ in range(self.per_connection):
            head = connection.recv(1 << 16)
            if not head:
                return
            self.requests.append((number, head))
            link = b'Link: </v2/a?b=1,2>; rel="next", </x>; rel=last\r\n'
            said = b"HTTP/1.1 200 OK\r\n" + link + b"Content-Length: %d\r\n\r\n"
            connection.sendall(said % len(BODY) + BODY)


@contextmanager
def serving(per_connection: int) -> Iterator[Server]:
    server = Server(per_connection)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.listener.shutdown(socket.SHUT_RDWR)
        server.listener.close()


def transport(host: str) -> Transport:
    options = Options(plain_http=True)
    return Transport(settings_for(parse(f"{host}/a"), options, {"HOME": "/nonexistent"}))


def asked(by: Transport, server: Server, path: str = "/v2/") -> Answer:
    return by.send("GET", f"http://{server.host}{path}", {}, None)


def test_one_connection_for_several_requests() -> None:
    with serving(10) as server:
        own = transport(server.host)
        assert [whole(asked(own, server), 9999) for _ in range(3)] == [BODY] * 3
        assert [number for number, _ in server.requests] == [0, 0, 0]


def test_a_body_that_was_left_ends_its_connection() -> None:
    with serving(10) as server:
        own = transport(server.host)
        with asked(own, server) as answer:
            assert answer.read(10) == b"x" * 10
        whole(asked(own, server), 9999)
        assert [number for number, _ in server.requests] == [0, 1]


def test_a_connection_that_was_closed_meanwhile() -> None:
    with serving(1) as server:
        own = transport(server.host)
        for _ in range(2):
            server.closed.clear()
            whole(asked(own, server), 9999)
            assert server.closed.wait(5)
        assert [number for number, _ in server.requests] == [0, 1]


def test_what_is_no_character_of_urls_is_escaped() -> None:
    with serving(1) as server:
        whole(asked(transport(server.host), server, "/v2/a b/ü%20?c=d e"), 9999)
    assert server.requests[0][1].startswith(b"GET /v2/a%20b/%C3%BC%20?c=d%20e HTTP/1.1\r\n")


def test_the_next_page() -> None:
    with serving(1) as server, asked(transport(server.host), server) as answer:
        assert answer.next_page == "/v2/a?b=1,2"


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/", "http:///v2/", "ftp://a/"])
def test_no_address(url: str) -> None:
    with pytest.raises(RegistryError) as caught:
        transport("127.0.0.1").send("GET", url, {}, None)
    assert not isinstance(caught.value, InterruptedTransferError)


def test_a_connection_that_is_closed_in_the_moment_of_asking_is_made_anew() -> None:
    """The other side reads the second request of a connection, and closes without an answer."""
    listener = socket.create_server(("127.0.0.1", 0))
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    def serve() -> None:
        for _ in range(2):
            connection = listener.accept()[0]
            with connection:
                connection.recv(1 << 16)
                connection.sendall(answer)
                connection.recv(1 << 16)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    host = f"127.0.0.1:{listener.getsockname()[1]}"
    by = transport(host)
    for _ in range(2):
        with by.send("GET", f"http://{host}/v2/", {}, None) as found:
            assert found.status_code == 200
    with pytest.raises(InterruptedTransferError):
        by.send("POST", f"http://{host}/v2/", {}, None)
    listener.close()
