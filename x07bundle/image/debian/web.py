"""One answer of a mirror over http, https or from a folder (`file:`).

Proxies are those of the environment that is passed in (`http_proxy`, `https_proxy`, `no_proxy`).
Nothing here is trusted: who asks knows the size and checks the digest.
"""

import base64
import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from x07bundle import __version__
from x07bundle.errors import X07Error

CHUNK_BYTES: Final = 1 << 18
SILENCE_S: Final = 30.0
TOO_MANY_REQUESTS: Final = 429
SERVER_ERRORS: Final = 500
PARTIAL: Final = 206
SCHEMES: Final = ("http", "https", "file")
CA_VARIABLE: Final = "X07_CA_FILE"


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
            raise Temporary(_words(error)) from error


class Web:
    """A way to mirrors."""

    def __init__(self, env: Mapping[str, str], silence_s: float = SILENCE_S) -> None:
        """Raises X07Error: the certificates that `X07_CA_FILE` names cannot be read."""
        self.silence_s = silence_s
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.HTTPHandler(),
            _tls(env.get(CA_VARIABLE) or None),
            _Proxies(env),
            _Redirects(),
            urllib.request.HTTPErrorProcessor(),
            urllib.request.HTTPDefaultErrorHandler(),
        ):
            self._opener.add_handler(handler)

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
            begins = offset_bytes if response.status == PARTIAL else 0
            yield Answer(response, begins)

    def _response(self, url: str, offset_bytes: int) -> http.client.HTTPResponse:
        request = urllib.request.Request(url, headers={"User-Agent": f"x07bundle/{__version__}"})
        if offset_bytes:
            request.add_header("Range", f"bytes={offset_bytes}-")
        try:
            response = self._opener.open(request, timeout=self.silence_s)
        except urllib.error.HTTPError as error:
            with error:
                raise _status(error.code) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Temporary(_words(error)) from error
        assert isinstance(response, http.client.HTTPResponse)
        if response.status == PARTIAL and not _goes_on(response, offset_bytes):
            response.close()
            raise Gone("it sent another part than it was asked for")
        return response


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


class _Redirects(urllib.request.HTTPRedirectHandler):
    """To other mirrors, and never from https to http."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        scheme = urlsplit(newurl).scheme
        if scheme != "https" and scheme != urlsplit(req.full_url).scheme:
            fp.close()
            raise Gone(f"it leads to `{newurl}`, which is not protected")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _of(env: Mapping[str, str], name: str) -> str:
    return env.get(name) or env.get(name.upper()) or ""


def _tls(ca_file: str | None) -> urllib.request.HTTPSHandler:
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise X07Error(
            f"cannot read the certificates in `{ca_file}`: {_words(error)}",
            hint=f"`{CA_VARIABLE}` names a file of certificates in PEM form",
        ) from error
    return urllib.request.HTTPSHandler(context=context)


@contextmanager
def _local(path: Path, offset_bytes: int) -> Iterator[Answer]:
    try:
        stream = path.open("rb")
    except OSError as error:
        raise Gone(_words(error)) from error
    with stream:
        stream.seek(offset_bytes)
        yield Answer(stream, offset_bytes)


def _goes_on(response: http.client.HTTPResponse, offset_bytes: int) -> bool:
    start = (response.headers.get("Content-Range") or "").partition("-")[0]
    return start == f"bytes {offset_bytes}"


def _status(status: int) -> Exception:
    if status == TOO_MANY_REQUESTS or status >= SERVER_ERRORS:
        return Temporary(f"it answered {status}")
    return Gone(f"it answered {status}")


def _words(error: Exception) -> str:
    cause = getattr(error, "reason", error)
    if isinstance(cause, TimeoutError):
        return "it did not answer in time"
    text = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return text[:1].lower() + text[1:]
