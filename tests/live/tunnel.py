"""A proxy that tunnels by CONNECT."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Tunnel:
    """Leads to where CONNECT says. `seen`: the heads of the requests. `password`: a line that they
    need to have, where it is not empty."""

    def __init__(self, context: ssl.SSLContext | None, password: str) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.context, self.password = context, password
        self.seen: list[str] = []

    @property
    def host(self) -> str:
        return f"localhost:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._lead, args=(client,), daemon=True).start()

    def _lead(self, client: socket.socket) -> None:
        with suppress(OSError), self._opened(client) as near:
            head = _head(near)
            self.seen.append(head)
            if self.password not in head:
                near.sendall(b"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n")
                return
            host, _, port = head.split()[1].rpartition(":")
            with socket.create_connection((host, int(port))) as far:
                near.sendall(b"HTTP/1.1 200 Yes\r\n\r\n")
                back = threading.Thread(target=_pass, args=(far, near), daemon=True)
                back.start()
                _pass(near, far)
                back.join()

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
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def tunnelling(context: ssl.SSLContext | None = None, password: str = "") -> Iterator[Tunnel]:
    """Until the block ends; asked over TLS with a context."""
    tunnel = Tunnel(context, password)
    thread = threading.Thread(target=tunnel.serve, daemon=True)
    thread.start()
    try:
        yield tunnel
    finally:
        tunnel.listener.shutdown(socket.SHUT_RDWR)
        tunnel.listener.close()
        thread.join()
