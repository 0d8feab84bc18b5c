"""One answer of a mirror over http, https or from a folder (`file:`).

Proxies are those of the environment that is passed in (`http_proxy`, `https_proxy`, `no_proxy`).
Nothing here is trusted: who asks knows the size and checks the digest.
"""

import base64
import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from x07bundle import web
from x07bundle.errors import UsageError, X07Error

CHUNK_BYTES: Final = 1 << 18
SILENCE_S: Final = 30.0
SCHEMES: Final = ("http", "https", "file")


def check_address(url: str) -> None:
    """Raises UsageError: nothing can be asked there."""
    if not _is_address(url):
        what = "as `http://HOST/debian`, `https://HOST/debian` or `file:///FOLDER`"
        raise UsageError(f"`{url}` is no address of a mirror", hint=f"name one {what}")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        if not url.isprintable() or " " in url or parts.port == 0:
            return False
    except ValueError:  # brackets that no address has, a port that is none
        return False
    if parts.scheme == "file":
        return parts.netloc in ("", "localhost") and parts.path.startswith("/")
    return parts.scheme in SCHEMES and bool(parts.hostname) and "@" not in parts.netloc


class Temporary(Exception):
    """It may work when tried again; the argument says what happened."""


class Gone(Exception):
    """It is not there, and trying again does not help; the argument says what happened."""


class Answer(NamedTuple):
    """A stream that begins at `offset_bytes` of the file."""

    stream: BinaryIO | http.client.HTTPResponse
    offset_bytes: int

    def read(self, count: int) -> bytes:
        """At most so many bytes.

        Raises:
            Temporary: the connection broke.
        """
        try:
            return self.stream.read(count)
        except (OSError, http.client.HTTPException) as error:
            raise Temporary(web.words(error)) from error


class Web:
    """A way to mirrors."""

    def __init__(self, env: Mapping[str, str], silence_s: float = SILENCE_S) -> None:
        """Raises X07Error: the certificates that `X07_CA_FILE` names cannot be read."""
        self.silence_s = silence_s
        self._opener = web.opener(env.get(web.CA_VARIABLE) or None, _Proxies(env))

    @contextmanager
    def open(self, url: str, offset_bytes: int) -> Iterator[Answer]:
        """The file at a URL, from `offset_bytes` on where the server does that.

        Raises:
            Temporary: nothing usable came.
            Gone: there is no such file.
            X07Error: the URL is none that is read.
        """
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES:
            raise X07Error(f"`{url}` is no address of a mirror", hint="http, https and file are")
        if parts.scheme == "file":
            with _local(Path(unquote(parts.path)), offset_bytes) as answer:
                yield answer
            return
        with self._response(url, offset_bytes) as response:
            begins = offset_bytes if response.status == web.PARTIAL else 0
            yield Answer(response, begins)

    def _response(self, url: str, offset_bytes: int) -> http.client.HTTPResponse:
        request = urllib.request.Request(url)
        try:
            return web.ask(self._opener, request, offset_bytes, self.silence_s)
        except urllib.error.HTTPError as error:
            with error:
                raise _status(error.code) from error
        except web.UnusableError as error:
            raise Gone(str(error)) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Temporary(web.words(error)) from error


class _Proxies(urllib.request.BaseHandler):
    """Leads requests over a proxy; those of redirects too."""

    handler_order = 600
    """After the handlers that note which host is asked for."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._proxies = {scheme: _of(env, f"{scheme}_proxy") for scheme in ("http", "https")}
        names = _of(env, "no_proxy").lower().split(",")
        self._past = tuple(name.strip().lstrip(".") for name in names if name.strip())

    def http_request(self, request: urllib.request.Request) -> urllib.request.Request:
        parts = urlsplit(request.full_url)
        proxy = self._proxies.get(parts.scheme, "")
        if proxy and not self._goes_past(parts.hostname or ""):
            user, _, host = urlsplit(proxy).netloc.rpartition("@")
            if user:
                words = base64.b64encode(unquote(user).encode()).decode("ascii")
                request.add_unredirected_header("Proxy-authorization", f"Basic {words}")
            request.set_proxy(host, "http")
        return request

    https_request = http_request

    def _goes_past(self, host: str) -> bool:
        return any(name in ("*", host) or host.endswith("." + name) for name in self._past)


def _of(env: Mapping[str, str], name: str) -> str:
    return env.get(name) or env.get(name.upper()) or ""


@contextmanager
def _local(path: Path, offset_bytes: int) -> Iterator[Answer]:
    try:
        stream = path.open("rb")
    except OSError as error:
        raise Gone(web.words(error)) from error
    with stream:
        stream.seek(offset_bytes)
        yield Answer(stream, offset_bytes)


def _status(status: int) -> Exception:
    kind = Temporary if web.is_temporary(status) else Gone
    return kind(f"it answered {status}")
