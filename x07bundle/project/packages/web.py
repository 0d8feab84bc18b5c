"""Bytes over HTTP and HTTPS: bounded in size and time, tried again where that may help.

Nothing of the environment is used: no proxy, no `.netrc`. A token goes to no other server than the
one it is for, and a redirect never from https to http.
"""

import http.client
import ssl
import time
import urllib.error
import urllib.request
from typing import Any, Final, NamedTuple

from x07bundle import web
from x07bundle.errors import X07Error
from x07bundle.project.packages.failure import PackageError

CHUNK_BYTES: Final = 1 << 16
NOT_FOUND: Final = (404, 410, 451)
NOT_ALLOWED: Final = (401, 403)
OTHER_INDEX: Final = "tell those who run the index, or name another with --index"


class Patience(NamedTuple):
    """`silence_s`: without a byte. `grace_s`: how long an answer may be slower than the speed."""

    silence_s: float = 15.0
    grace_s: float = 30.0
    bytes_per_s: int = 16 << 10
    attempts: int = 3
    pause_s: float = 0.5


class Request(NamedTuple):
    """`code`: of the error when it fails. `is_resumable`: its bytes have a digest to check."""

    url: str
    max_bytes: int
    code: str
    token: str | None = None
    is_resumable: bool = False


class _Temporary(Exception):
    """It may work when tried again; the argument says what happened."""


class _Final(Exception):
    """It will not; `hint` says what to do."""

    def __init__(self, why: str, hint: str = OTHER_INDEX) -> None:
        super().__init__(why, hint)


class Web:
    """A way to the servers of an index."""

    def __init__(self, ca_file: str | None, patience: Patience = Patience()) -> None:  # noqa: B008
        self.patience = patience
        self.opener = _opener(ca_file)

    def get(self, request: Request) -> bytes | None:
        """What a URL gives; None where there is nothing.

        Raises:
            PackageError: with the code of the request.
        """
        received = bytearray()
        why = ""
        for attempt in range(self.patience.attempts):
            time.sleep(self.patience.pause_s * attempt)
            try:
                return bytes(received) if self._receive(request, received) else None
            except _Temporary as error:
                why = f"{error}, {attempt + 1} times" if attempt else str(error)
            except _Final as error:
                raise _failure(request, *error.args) from error
            if not request.is_resumable:
                received.clear()
        raise _failure(request, why, "look at the network, and try again; or use --offline")

    def _receive(self, request: Request, received: bytearray) -> bool:
        """Appends to `received`; False where there is nothing at the URL."""
        try:
            with self._open(request, len(received)) as response:
                if response.status != web.PARTIAL:
                    received.clear()
                self._read(response, request, received)
        except urllib.error.HTTPError as error:
            with error:
                return _status(error.code, received)
        except web.UnusableError as error:
            raise _Final(str(error)) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _reason(error) from error
        return True

    def _open(self, request: Request, offset: int) -> http.client.HTTPResponse:
        asked = urllib.request.Request(request.url, headers={"Accept-Encoding": "identity"})
        if request.token is not None:
            asked.add_unredirected_header("Authorization", f"Bearer {request.token}")
        return web.ask(self.opener, asked, offset, self.patience.silence_s)

    def _read(
        self, response: http.client.HTTPResponse, request: Request, received: bytearray
    ) -> None:
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise _Final("it sent compressed bytes, which nobody asked for")
        expected = _announced(response, len(received))
        _refuse_size(expected or 0, request, response.url)
        start_s, before = time.monotonic(), len(received)
        while chunk := response.read1(_next_size(expected, len(received))):
            received += chunk
            _refuse_size(len(received), request, response.url)
            self._refuse_slowness(time.monotonic() - start_s, len(received) - before)
        if expected is not None and len(received) < expected:
            raise _Temporary(f"it ended after {len(received)} of {expected} bytes")

    def _refuse_slowness(self, elapsed_s: float, count: int) -> None:
        if elapsed_s > self.patience.grace_s + count / self.patience.bytes_per_s:
            raise _Temporary(f"it is too slow: {count} bytes in {elapsed_s:.0f} seconds")


def _opener(ca_file: str | None) -> urllib.request.OpenerDirector:
    try:
        return web.opener(ca_file)
    except X07Error as error:
        raise PackageError("X07PKG_INDEX_CONFIG", error.brief, error.details, error.hint) from error


def _announced(response: http.client.HTTPResponse, before: int) -> int | None:
    """How many bytes there are to be in all, when the server says so."""
    text = response.headers.get("Content-Length") or ""
    is_known = text.isdecimal() and len(text) < 19 and not response.chunked
    return before + int(text) if is_known else None


def _next_size(expected: int | None, received: int) -> int:
    return CHUNK_BYTES if expected is None else min(CHUNK_BYTES, expected - received)


def _refuse_size(size: int, request: Request, source: str) -> None:
    """`source`: the URL that the bytes are from, after redirects."""
    if size > request.max_bytes:
        what = "it" if source == request.url else f"`{source}`, which it leads to,"
        raise _Final(f"{what} has more than {request.max_bytes} bytes")


def _status(status: int, received: bytearray) -> bool:
    """False for "nothing there"; raises for every other status that is an error."""
    if status in NOT_FOUND:
        return False
    if status in NOT_ALLOWED:
        raise _Final(f"it answered {status}", "put a token for this index into credentials.json")
    if status == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
        received.clear()
        raise _Temporary("it could not go on where it had stopped")
    if web.is_temporary(status):
        raise _Temporary(f"it answered {status}")
    raise _Final(f"it answered {status}")


def _reason(error: Exception) -> Exception:
    """What went wrong on the way, in words."""
    cause: Any = getattr(error, "reason", error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _untrusted(cause)
    if isinstance(error, (ValueError, http.client.InvalidURL)):
        return _Final(f"it is no URL that can be asked: {web.words(error)}")
    return _Temporary(web.words(error))


def _untrusted(error: ssl.SSLCertVerificationError) -> _Final:
    hint = "set X07_CA_FILE to the certificates of those who run the index"
    return _Final(f"its certificate is not trusted: {error.verify_message}", hint)


def _failure(request: Request, why: str, hint: str | None = None) -> PackageError:
    return PackageError(request.code, f"cannot get `{request.url}`: {why}", hint=hint)
