"""HTTPS where the environment names a proxy that tunnels by CONNECT: nobody asks it, and a grant
for it is none for what is behind it."""

import socket
import ssl
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import pytest

from tests.live.certificates import Authority
from tests.live.http_program import DENIED, Client
from tests.live.http_server import PATTERN, Server, serving

pytestmark = pytest.mark.live

NAMES: Final = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "http_proxy", "HTTP_PROXY")


class Proxy:
    """Tunnels to whatever is asked for. `asked`: the first lines of the requests."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.asked: list[str] = []

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.listener.getsockname()[1]}"

    @property
    def variables(self) -> dict[str, str]:
        return dict.fromkeys(NAMES, f"http://{self.host}") | {"no_proxy": "", "NO_PROXY": ""}

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.lead, args=(client,), daemon=True).start()

    def lead(self, near: socket.socket) -> None:
        with suppress(OSError), near:
            head = near.recv(65536).decode()
            self.asked.append(head.partition("\r\n")[0])
            host, _, port = head.split()[1].rpartition(":")
            with socket.create_connection((host, int(port))) as far:
                near.sendall(b"HTTP/1.1 200 Yes\r\n\r\n")
                threading.Thread(target=carry, args=(far, near), daemon=True).start()
                carry(near, far)


def carry(source: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            to.sendall(data)
        to.shutdown(socket.SHUT_WR)


@contextmanager
def tunnelling() -> Iterator[Proxy]:
    proxy = Proxy()
    thread = threading.Thread(target=proxy.serve)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.listener.shutdown(socket.SHUT_RDWR)
        proxy.listener.close()
        thread.join()


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with tunnelling() as started:
        yield started


@pytest.fixture
def secure(authority: Authority) -> Iterator[Server]:
    with serving(tls=authority.context("DNS:localhost")) as started:
        yield started


@pytest.fixture
def trusting(client: Client, authority: Authority, proxy: Proxy) -> Client:
    return client.with_variables(X07_CA_FILE=str(authority.file), **proxy.variables)


def test_the_proxy_is_one(proxy: Proxy, secure: Server, authority: Authority) -> None:
    """Whoever asks it gets through: what the others do not do is not for want of a way."""
    context = ssl.create_default_context(cafile=str(authority.file))
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({"https": f"http://{proxy.host}"}),
        urllib.request.HTTPSHandler(context=context),
    )
    with opener.open(secure.url("/body", "localhost"), timeout=10) as response:
        assert response.read() == PATTERN[:5]
    assert proxy.asked == [f"CONNECT localhost:{secure.port} HTTP/1.0"] or proxy.asked == [
        f"CONNECT localhost:{secure.port} HTTP/1.1"
    ]


def test_nobody_asks_it(trusting: Client, proxy: Proxy, secure: Server) -> None:
    for program in (trusting, trusting.under(f"localhost:{secure.port}")):
        found = program.get(secure.url("/body", "localhost"))
        assert (found.status, found.body) == (200, PATTERN[:5])
    assert proxy.asked == []


def test_a_grant_for_it_is_none_for_what_is_behind_it(
    trusting: Client, proxy: Proxy, secure: Server
) -> None:
    boxed = trusting.under(proxy.host)
    assert boxed.get(secure.url("/body", "localhost")).code == DENIED
    assert (proxy.asked, secure.seen) == ([], [])
