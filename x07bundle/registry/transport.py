"""One request to one URL, and its answer.

What is used of oras-py, and what cannot be: docs/decisions, "What is used of oras-py".
"""

import contextlib
import http.client
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, Protocol
from urllib.parse import quote, urlsplit

from oras.container import Container

from x07bundle import __version__
from x07bundle.registry.connections import (
    Connection,
    Connections,
    ProxyError,
    proxy_headers,
    way_to,
)
from x07bundle.registry.failure import InterruptedTransferError, RegistryError, harmless
from x07bundle.registry.reference import Reference
from x07bundle.registry.settings import Settings

RECEIVE_BYTES: Final = 1 << 18
ERROR_NUMBER: Final = re.compile(r"\[Errno -?\d+\] ")
NEXT: Final = frozenset({"rel=next", 'rel="next"'})
IN_URLS: Final = "!#$%&'()*+,/:;=?@[]~"
"""What stays as it is in the target of a request; all else is written as %XX."""
SAFE: Final = frozenset({"GET", "HEAD"})
NETWORK: Final = "look at the network, and try again"


class Body(Protocol):
    """What is sent: its length is known, and it is read once."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[bytes]: ...

    def read(self, count: int = -1, /) -> bytes: ...


class Headers:
    """Of an answer, by names in any case. Those that are there several times count as one list."""

    def __init__(self, message: http.client.HTTPMessage) -> None:
        self.message = message

    def get(self, name: str, default: str = "") -> str:
        found = self.message.get_all(name)
        return ", ".join(found) if found else default


class Answer:
    """Status and headers; the body is read as it comes. To be closed."""

    def __init__(
        self, url: str, response: http.client.HTTPResponse, way: tuple[Connections, Connection]
    ) -> None:
        self.url, self.response = url, response
        self.status_code, self.headers = response.status, Headers(response.headers)
        self._connections, self._connection = way
        self._is_open = True

    def __enter__(self) -> "Answer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def next_page(self) -> str:
        """The URL that `Link` names as the next one, or ""."""
        for link in re.split(", *<", self.headers.get("Link")):
            url, *parameters = link.split(";")
            if NEXT & {one.strip().lower() for one in parameters}:
                return url.strip().lstrip("<").rstrip(">")
        return ""

    def read(self, count: int) -> bytes:
        """At most so many bytes; nothing at the end.

        Raises OSError, http.client.HTTPException: the connection broke before.
        """
        if not count:
            return b""
        chunk = self.response.read1(count)
        if not chunk and self.response.length:
            raise http.client.IncompleteRead(b"", self.response.length)
        return chunk

    def close(self) -> None:
        """The connection is kept for the next request when nothing of the body is left."""
        if not self._is_open:
            return
        self._is_open = False
        is_read = self.response.isclosed() or self.response.length == 0
        is_kept = is_read and not self.response.will_close
        self.response.close()
        if is_kept:
            self._connections.give_back(self._connection)
        else:
            self._connection.close()


class Transport:
    """Sends requests. Follows no redirect, answers no challenge, tries nothing again."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.connections = Connections(settings)

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: Body | bytes | None
    ) -> Answer:
        """The answer, its body unread: to be closed.

        Raises:
            InterruptedTransferError: it did not come, and may come when tried again.
            RegistryError: it will not.
        """
        with reaching(url, "cannot be reached, or broke off"):
            way = way_to(url, self.settings)
            connection = self.connections.take(way)
            is_by_proxy = bool(way.proxy) and not way.is_tunnel
            more = proxy_headers(connection.proxy) if is_by_proxy else {}
            target = _target(url, is_whole=is_by_proxy)
            own = {"User-Agent": f"x07bundle/{__version__}", "Accept-Encoding": "identity"}
            whole = {**own, **more, **headers}
            was_idle = connection.sock is not None
            try:
                response = _asked(connection, method, target, whole, body)
            except ConnectionError:
                # The other side may close an idle connection in the moment in which we ask.
                if not was_idle or body is not None or method not in SAFE:
                    raise
                connection = self.connections.new(way)
                response = _asked(connection, method, target, whole, body)
            return Answer(url, response, (self.connections, connection))


def _asked(
    connection: Connection,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: Body | bytes | None,
) -> http.client.HTTPResponse:
    length = {"Content-Length": str(len(body))} if body else {}
    try:
        # Who refuses a body may answer and close before all of it came: the answer counts.
        with contextlib.suppress(BrokenPipeError):
            connection.request(method, target, body or None, {**headers, **length})
        return connection.getresponse()
    except BaseException:
        connection.close()
        raise


def _target(url: str, *, is_whole: bool) -> str:
    """What a request line names: a path, or to a proxy the whole URL."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    before = f"{parts.scheme}://{parts.netloc}" if is_whole else ""
    return f"{before}{quote(parts.path or '/', IN_URLS)}{quote(query, IN_URLS)}"


@contextmanager
def reaching(url: str, problem: str = "broke off") -> Iterator[None]:
    """What the standard library raises, in the words of this tool.

    Raises:
        InterruptedTransferError: it may work when tried again.
        RegistryError: it will not.
    """
    host = urlsplit(url).netloc.rpartition("@")[2]
    try:
        yield
    except ssl.SSLError as error:
        raise _untrusted(host, error) from error
    except ProxyError as error:
        hint = "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY, or `--proxy`"
        brief = f"cannot reach `{host}` through the proxy"
        raise InterruptedTransferError(brief, _reason(error), hint) from error
    except TimeoutError as error:
        raise InterruptedTransferError(f"`{host}` does not answer in time", hint=NETWORK) from error
    except socket.gaierror as error:
        raise _nameless(host, error) from error
    except (http.client.InvalidURL, ValueError) as error:
        raise RegistryError(f"cannot ask `{harmless(host)}`", _reason(error), NETWORK) from error
    except (http.client.HTTPException, OSError) as error:
        raise InterruptedTransferError(f"`{host}` {problem}", _reason(error), NETWORK) from error


def _untrusted(host: str, error: ssl.SSLError) -> RegistryError:
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return RegistryError(
            f"the certificate of `{host}` is not trusted",
            _reason(error),
            "name the certificates of those who run it: `--ca-file FILE` or X07_CA_FILE",
        )
    if "WRONG_VERSION_NUMBER" in text or "HTTP_REQUEST" in text:
        return RegistryError(
            f"`{host}` does not speak TLS", hint="a registry of this machine: `--plain-http`"
        )
    return InterruptedTransferError(f"TLS with `{host}` broke off", _reason(error), NETWORK)


def _nameless(host: str, error: socket.gaierror) -> RegistryError:
    if error.errno == socket.EAI_AGAIN:
        brief = f"`{host}` cannot be reached, or broke off"
        return InterruptedTransferError(brief, _reason(error), NETWORK)
    return RegistryError(f"there is no host `{host}`", hint="check its spelling, and the network")


def _reason(error: BaseException) -> str:
    """What the system says, or else the library."""
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return harmless(ERROR_NUMBER.sub("", words).lower())


def chunks(answer: Answer) -> Iterator[bytes]:
    """The bytes of a body as they come.

    Raises:
        InterruptedTransferError: it ended early.
        RegistryError: they are compressed, which nobody asked for.
    """
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise RegistryError("the registry sent compressed bytes, which nobody asked for")
    while True:
        with reaching(answer.url):
            chunk = answer.read(RECEIVE_BYTES)
        if not chunk:
            return
        yield chunk


def whole(answer: Answer, most_bytes: int) -> bytes:
    """A body that is small, or at most one byte more than it may be; the answer is closed."""
    body = bytearray()
    with answer:
        for chunk in chunks(answer):
            body += chunk
            if len(body) > most_bytes:
                break
    return bytes(body[: most_bytes + 1])


def urls(reference: Reference) -> Container:
    """oras-py's maker of URLs, of a name that it need not take apart: what it takes for a host
    differs from docker, for one thing in `localhost/a/b`."""
    container = Container("name", registry=reference.host)
    container.registry = reference.host
    container.namespace, _, container.repository = reference.repository.rpartition("/")
    container.tag, container.digest = reference.tag or None, reference.digest or None
    return container
