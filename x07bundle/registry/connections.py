"""Connections that stay open: over TLS or not, through a proxy or not (http.client).

Not those of `requests`, which takes longer to import than many a pull takes: docs/decisions,
"What is used of oras-py".
"""

import base64
import http.client
import itertools
import select
import socket
import ssl
import threading
import weakref
from typing import Final, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from x07bundle.registry.proxies import PORTS, proxy_for
from x07bundle.registry.settings import Settings

SEND_BYTES: Final = 1 << 18


class ProxyError(OSError):
    """The proxy is not reached, or does not lead on; `__cause__` says more."""


class Way(NamedTuple):
    """To a server: `proxy` is the URL of the one before it, or ""."""

    scheme: str
    host: str
    port: int
    proxy: str

    @property
    def is_tunnel(self) -> bool:
        return bool(self.proxy) and self.scheme == "https"


def way_to(url: str, settings: Settings) -> Way:
    """Raises ValueError: it is no URL of a server."""
    parts = urlsplit(url)
    proxy = proxy_for(url, settings.proxies)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("it is no address of a server")
    return Way(parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme], proxy)


class Connection(http.client.HTTPConnection):
    """One to a server, or to the proxy before it."""

    def __init__(self, way: Way, settings: Settings, context: ssl.SSLContext | None) -> None:
        self.way, self.context = way, context
        self.proxy = urlsplit(way.proxy)
        host, port = (self.proxy.hostname or "", _port(self.proxy)) if way.proxy else way[1:3]
        super().__init__(host, port, settings.patience.silence_s, blocksize=SEND_BYTES)
        if way.is_tunnel:
            self.set_tunnel(way.host, way.port, proxy_headers(self.proxy))

    def connect(self) -> None:
        """Raises OSError (ProxyError, ssl.SSLError among them), http.client.HTTPException."""
        if not self.way.proxy:
            super().connect()
        else:
            self._connect_to_proxy()
        if self.way.scheme == "https":
            self.sock = self._over_tls(self.sock, self.way.host)

    def _connect_to_proxy(self) -> None:
        try:
            self.sock = socket.create_connection((self.host, self.port), self.timeout)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.proxy.scheme == "https":
                self.sock = self._over_tls(self.sock, self.host)
            if self.way.is_tunnel:
                self._tunnel()  # type: ignore[attr-defined]
        except OSError as error:
            raise ProxyError(str(error)) from error

    def _over_tls(self, below: socket.socket, host: str) -> socket.socket:
        assert self.context is not None
        if isinstance(below, ssl.SSLSocket):
            from urllib3.util.ssltransport import SSLTransport  # late: TLS within TLS is rare

            return SSLTransport(below, self.context, host)  # type: ignore[return-value]
        return self.context.wrap_socket(below, server_hostname=host)

    def is_usable(self) -> bool:
        """Whether an idle one was not closed by the other side: that would be something to read."""
        if self.sock is None:
            return False
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return not poll.poll(0)


class Connections:
    """Those that are idle, by where they lead. For several threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.lock = threading.Lock()
        self.idle: dict[Way, list[Connection]] = {}
        self.context: ssl.SSLContext | None = None
        weakref.finalize(self, _close, self.idle)

    def take(self, way: Way) -> Connection:
        with self.lock:
            waiting = self.idle.setdefault(way, [])
            while waiting:
                connection = waiting.pop()
                if connection.is_usable():
                    return connection
                connection.close()
        return self.new(way)

    def new(self, way: Way) -> Connection:
        """One that nobody had before."""
        with self.lock:
            needs_tls = way.scheme == "https" or way.proxy.startswith("https:")
            if needs_tls and self.context is None:
                self.context = ssl.create_default_context(cafile=self.settings.ca_file or None)
        return Connection(way, self.settings, self.context)

    def give_back(self, connection: Connection) -> None:
        """One whose answer was read to its end."""
        with self.lock:
            self.idle.setdefault(connection.way, []).append(connection)


def _close(idle: dict[Way, list[Connection]]) -> None:
    for connection in itertools.chain(*idle.values()):
        connection.close()


def proxy_headers(proxy: SplitResult) -> dict[str, str]:
    """What a proxy is told of who asks: nothing where its URL has no user."""
    user, _, _ = proxy.netloc.rpartition("@")
    if not user:
        return {}
    words = base64.b64encode(unquote(user).encode()).decode("ascii")
    return {"Proxy-Authorization": f"Basic {words}"}


def _port(proxy: SplitResult) -> int:
    return proxy.port or PORTS[proxy.scheme]
