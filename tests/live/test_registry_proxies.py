"""Registries with TLS behind proxies: those that are asked in the clear, and those with TLS too."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live import registries
from tests.live.certificates import Authority
from tests.unit.registry import images
from x07bundle.image.layout import open_layout
from x07bundle.registry.failure import RegistryError
from x07bundle.registry.reference import parse
from x07bundle.registry.session import Session
from x07bundle.registry.settings import Options, Patience, settings_for

pytestmark = pytest.mark.live

USER = "Proxy-Authorization: Basic dTpwQA=="
"""Of `u` with the password `p@`."""


class Proxy:
    """Leads to where CONNECT says, for who says who he is. `seen`: the requests that came."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.context = context
        self.seen: list[str] = []

    @property
    def host(self) -> str:
        return f"localhost:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._lead, args=(client,), daemon=True).start()

    def _lead(self, client: socket.socket) -> None:
        try:
            with self._opened(client) as near:
                head = _head(near)
                self.seen.append(head)
                if USER not in head:
                    near.sendall(b"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n")
                    return
                host, _, port = head.split()[1].rpartition(":")
                with socket.create_connection((host, int(port))) as far:
                    near.sendall(b"HTTP/1.1 200 Yes\r\n\r\n")
                    back = threading.Thread(target=_pass, args=(far, near), daemon=True)
                    back.start()
                    _pass(near, far)
                    back.join()
        except OSError:
            return

    def _opened(self, client: socket.socket) -> socket.socket:
        if self.context is None:
            return client
        return self.context.wrap_socket(client, server_side=True)


def _head(near: socket.socket) -> str:
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        chunk = near.recv(1)
        if not chunk:
            raise OSError
        data += chunk
    return data.decode()


def _pass(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


@contextmanager
def proxying(context: ssl.SSLContext | None) -> Iterator[Proxy]:
    proxy = Proxy(context)
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.listener.shutdown(socket.SHUT_RDWR)
        proxy.listener.close()
        thread.join()


def session(host: str, proxy: str, authority: Authority) -> Session:
    reference = parse(f"{host}/team/app:v1")
    options = Options(ca_file=authority.file, proxy=proxy)
    settings = settings_for(reference, options, {"HOME": "/nonexistent"})
    patience = Patience(silence_s=10, attempts=2, pause_s=0)
    return Session(reference, settings._replace(patience=patience))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_tls_through_a_proxy(tmp_path: Path, authority: Authority, scheme: str) -> None:
    """The password of the proxy has a character that stands escaped in its URL."""
    context = authority.context("DNS:localhost")
    stem = f"{authority.folder}/DNS_localhost-2"
    tls = f", tls: {{certificate: {stem}.pem, key: {stem}.key}}"
    layout = images.make(tmp_path / "image")
    with (
        registries.serving(tmp_path / "registry", tls=tls) as live,
        proxying(context if scheme == "https" else None) as proxy,
    ):
        opened = session(live.host, f"{scheme}://u:p%40@{proxy.host}", authority)
        images.pushed(opened, layout)
        images.pulled(opened, tmp_path / "out")
        assert {tuple(head.split()[:2]) for head in proxy.seen} == {("CONNECT", live.host)}
    assert set(open_layout(tmp_path / "out").spans) == set(open_layout(layout).spans)


def test_a_proxy_that_wants_to_know_who_asks(tmp_path: Path, authority: Authority) -> None:
    with proxying(None) as proxy, pytest.raises(RegistryError) as caught:
        images.pulled(session("reg.example", f"http://{proxy.host}", authority), tmp_path / "out")
    said = caught.value.render()
    assert "cannot reach `reg.example` through the proxy" in said
    assert "407" in said
