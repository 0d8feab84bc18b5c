"""What is asked over HTTP and HTTPS: whose certificates are trusted, where a redirect may lead, and
which part of a file came.

Nothing of the environment is used; an answer is not trusted for having come.
"""

import contextlib
import http.client
import socket
import ssl
import threading
import urllib.error
import urllib.request
from pathlib import Path
from string import punctuation
from typing import IO, Final
from urllib.parse import quote, urljoin, urlsplit

from x07bundle import __version__
from x07bundle.errors import X07Error
from x07bundle.files import read_bytes

CA_VARIABLE: Final = "X07_CA_FILE"
MOST_CA_BYTES: Final = 16 << 20
MAX_REDIRECTS: Final = 5
MOST_SILENCES: Final = 4
"""How long the head of an answer may take, in times that it may be silent."""
PARTIAL: Final = 206
TOO_MANY_REQUESTS: Final = 429
SERVER_ERRORS: Final = 500


class UnusableError(Exception):
    """An answer that is not to be used; the argument says why."""


class _Followed(urllib.request.Request):
    """A request that `redirects` led to."""

    redirects = 0


class _Redirects(urllib.request.BaseHandler):
    """Never from https to http, nor to another scheme. What comes with one is not read: it may be
    without end."""

    def http_error_302(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        _code: int,
        _msg: str,
        headers: http.client.HTTPMessage,
    ) -> object:
        place = headers.get("Location")
        if place is None:
            return None
        fp.close()
        target = urljoin(req.full_url, quote(place, safe=punctuation, encoding="iso-8859-1"))
        count = req.redirects + 1 if isinstance(req, _Followed) else 1
        _refuse_target(req.full_url, target, count)
        followed = _Followed(target, headers=req.headers)
        followed.redirects = count
        return self.parent.open(followed, timeout=req.timeout)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def _refuse_target(source: str, target: str, count: int) -> None:
    scheme = urlsplit(target).scheme
    if scheme not in ("http", "https"):
        raise UnusableError(f"it leads to `{target}`, which is neither https nor http")
    if scheme == "http" and urlsplit(source).scheme == "https":
        raise UnusableError(f"it leads to `{target}`, which is not protected")
    if count > MAX_REDIRECTS:
        raise UnusableError(f"it leads on and on, after {MAX_REDIRECTS} redirects to `{target}`")


class _Answering(http.client.HTTPConnection):
    """The head of an answer comes in good time, however little of it comes at once."""

    def getresponse(self) -> http.client.HTTPResponse:
        is_over = threading.Event()
        seconds = MOST_SILENCES * (self.timeout or 0)
        timer = threading.Timer(seconds, _hang_up, (self.sock, is_over))
        timer.daemon = True
        timer.start()
        try:
            return super().getresponse()
        finally:
            timer.cancel()
            if is_over.is_set():
                raise TimeoutError


class _AnsweringSecurely(_Answering, http.client.HTTPSConnection):
    pass


def _hang_up(connection: socket.socket, is_over: threading.Event) -> None:
    """Whoever reads from it finds its end, which would be the end of the head to `http.client`."""
    is_over.set()
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class _Http(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Answering, req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, trusting: ssl.SSLContext) -> None:
        super().__init__()
        self.trusting = trusting

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_AnsweringSecurely, req, context=self.trusting)


def opener(
    ca_file: str | None, *others: urllib.request.BaseHandler
) -> urllib.request.OpenerDirector:
    """HTTP, HTTPS and redirects: no file, no FTP, and no proxy but by one of `others`.

    Raises:
        X07Error: `ca_file`, in the place of the system's certificates, cannot be read.
    """
    made = urllib.request.OpenerDirector()
    for handler in (
        _Http(),
        _Https(_trusting(ca_file)),
        _Redirects(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        *others,
    ):
        made.add_handler(handler)
    return made


def _trusting(ca_file: str | None) -> ssl.SSLContext:
    """OpenSSL would wait for a pipe, and its own words are not for people."""
    brief = f"cannot read the certificates in `{ca_file}`"
    hint = f"{CA_VARIABLE} names a file of certificates in PEM form"
    try:
        if ca_file is not None:
            read_bytes(Path(ca_file), MOST_CA_BYTES)
        return ssl.create_default_context(cafile=ca_file)
    except X07Error as error:
        raise X07Error(brief, error.brief, hint) from error
    except (OSError, ValueError) as error:
        raise X07Error(brief, "it has none, or a broken one", hint) from error


def ask(
    by: urllib.request.OpenerDirector,
    request: urllib.request.Request,
    offset_bytes: int,
    silence_s: float,
) -> http.client.HTTPResponse:
    """The answer, its body unread: from `offset_bytes` on where its status is PARTIAL, else whole.

    Raises:
        UnusableError: it is not to be used.
        urllib.error.HTTPError: it is an error.
        OSError, http.client.HTTPException, ValueError: there is none; `words` says why.
    """
    request.add_header("User-Agent", f"x07bundle/{__version__}")
    if offset_bytes:
        request.add_header("Range", f"bytes={offset_bytes}-")
    response = by.open(request, timeout=silence_s)
    assert isinstance(response, http.client.HTTPResponse)
    start = (response.headers.get("Content-Range") or "").partition("-")[0]
    if response.status == PARTIAL and start != f"bytes {offset_bytes}":
        response.close()
        raise UnusableError("it sent another part than it was asked for")
    return response


def is_temporary(status: int) -> bool:
    """It may work when tried again."""
    return status == TOO_MANY_REQUESTS or status >= SERVER_ERRORS


def words(error: Exception) -> str:
    """What went wrong on the way."""
    cause = getattr(error, "reason", error)
    if isinstance(cause, TimeoutError):
        return "it did not answer in time"
    text = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return str(text[:1].lower() + text[1:])
