"""Servers of tests that answer from a thread of their own."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import TCPServer
from typing import Final

POLL_S: Final = 0.01
"""How long the end of a server takes."""


@contextmanager
def answering(server: TCPServer, tls: ssl.SSLContext | None = None) -> Iterator[None]:
    """Until the block ends; over TLS with a context."""
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(POLL_S,), daemon=True)
    with server:
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
