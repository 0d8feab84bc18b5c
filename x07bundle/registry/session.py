"""Requests to one registry: authorised, redirected, tried again.

Credentials go to the registry's own origin and to the realm of its challenge, and nowhere else. A
redirect leads to https, or to plain HTTP on this machine for a registry that is there.
"""

import email.utils
import time
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeVar
from urllib.parse import urljoin, urlsplit

from x07bundle.registry.credentials import find
from x07bundle.registry.failure import (
    InterruptedTransferError,
    RegistryError,
    StatusError,
    harmless,
    status_error,
)
from x07bundle.registry.proxies import PORTS
from x07bundle.registry.reference import Reference
from x07bundle.registry.settings import Settings
from x07bundle.registry.tokens import Keys
from x07bundle.registry.transport import Answer, Body, Transport, urls, whole

PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that may be others a moment later."""
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS: Final = 5
MOST_CHALLENGES: Final = 2
LATE_LOOKS: Final = 4
MOST_ERROR_BYTES: Final = 1 << 16
MISLED: Final = "look at the registry's configuration, and at proxies before it"

Result = TypeVar("Result")
Pause = Callable[[float], None]


class Request(NamedTuple):
    """`what`: for errors, as "cannot get the manifest". `scopes`: what a token is to allow.
    `expected`: statuses that are no error."""

    method: str
    url: str
    what: str
    expected: frozenset[int]
    scopes: tuple[str, ...]
    headers: Mapping[str, str] = {}
    body: Callable[[], Body | bytes] | None = None


class Session:
    """A way to one registry. `pause` is how it waits, `tell` who hears why."""

    def __init__(
        self,
        reference: Reference,
        settings: Settings,
        pause: Pause = time.sleep,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.reference = reference
        self.settings = settings
        self.pause, self.tell = pause, tell
        self.transport = Transport(settings)
        host, aliases = _hub(reference.host)
        self.urls = urls(_on_hub(reference, host) if aliases else reference)
        self.origin = f"{settings.scheme}://{host}"
        self.repository = self.urls.api_prefix
        self.keys = Keys(self.transport, find(reference, settings.places, aliases))

    def url(self, place: str) -> str:
        """Of a place as oras-py makes it: a host and a path."""
        return f"{self.settings.scheme}://{place}"

    def scope(self, *actions: str, repository: str = "") -> tuple[str, ...]:
        return (f"repository:{repository or self.repository}:{','.join(sorted(actions))}",)

    def ask(self, request: Request) -> Answer:
        """The answer, its body unread; tried again while that may help.

        Raises:
            RegistryError: no answer, or a status that is not expected.
        """
        return self.patiently(lambda: self.once(request))

    def data(self, request: Request, most_bytes: int) -> tuple[Answer, bytes]:
        """The answer with its body, which is refused when it is larger.

        Raises:
            RegistryError: as `ask`, or the body is too large.
        """

        def receive() -> tuple[Answer, bytes]:
            answer = self.once(request)
            return answer, whole(answer, most_bytes)

        answer, data = self.patiently(receive)
        if len(data) > most_bytes:
            raise RegistryError(f"{request.what}: it has more than {most_bytes} bytes")
        return answer, data

    def once(self, request: Request) -> Answer:
        """Raises InterruptedTransferError where trying again may help, else as `ask`."""
        answer = self._authorised(request)
        if answer.status_code in REDIRECTS and answer.status_code not in request.expected:
            answer = self._redirected(answer, request)
        if answer.status_code in request.expected:
            return answer
        raise self._error(answer, request)

    def patiently(self, action: Callable[[], Result]) -> Result:
        """The result of an action that is tried again after pauses that double.

        Raises:
            RegistryError: what it raised last.
        """
        attempt = 0
        while True:
            try:
                return action()
            except InterruptedTransferError as error:
                attempt += 1
                self.wait_after(error, attempt)

    def eventually(self, is_so: Callable[[], bool]) -> bool:
        """Whether something is so, at once or shortly after: some stores show late what they
        have."""
        for attempt in range(LATE_LOOKS):
            self.pause(self.settings.patience.pause_s * attempt)
            if is_so():
                return True
        return False

    def wait_after(self, error: InterruptedTransferError, attempt: int) -> None:
        """Before the next attempt. Raises RegistryError: there is none."""
        wait_s = wait(error, attempt, self.settings)
        if wait_s is None or attempt >= self.settings.patience.attempts:
            raise _given_up(error, attempt) from error
        self.tell(f"{error.brief}: once more in {wait_s:.1f} s")
        self.pause(wait_s)

    def check_url(self, location: str, base: str) -> str:
        """A URL that a registry names, whole.

        Raises:
            RegistryError: it leads out of https.
        """
        try:
            target = urljoin(base, location.strip())
            is_allowed = self.settings.may_ask(target)
        except ValueError:
            target, is_allowed = location, False
        if not location or not is_allowed or "@" in urlsplit(target).netloc:
            raise RegistryError(
                f"the registry leads to `{harmless(location)}`, which is not asked",
                "only https is, and plain HTTP on this machine for a registry that is there",
                MISLED,
            )
        return target

    def is_own(self, url: str) -> bool:
        """Whether a URL is of the registry itself: same scheme, host and port."""
        return _origin(url) == _origin(self.origin)

    def _authorised(self, request: Request) -> Answer:
        if not self.is_own(request.url):
            return self._send(request, request.url, {})
        for _ in range(MOST_CHALLENGES):
            used = self.keys.header(request.scopes)
            answer = self._send(request, request.url, used)
            if answer.status_code != 401:
                return answer
            header = answer.headers.get("WWW-Authenticate", "")
            with answer:
                if not self.keys.answer(header, request.scopes, used):
                    break
        return self._send(request, request.url, self.keys.header(request.scopes))

    def _redirected(self, answer: Answer, request: Request) -> Answer:
        """What a redirect leads to. Only reading is redirected: an upload's place is `Location`."""
        is_reading = request.method in ("GET", "HEAD")
        for _ in range(MOST_REDIRECTS if is_reading else 0):
            with answer:
                target = self.check_url(answer.headers.get("Location", ""), answer.url)
            known = self.keys.header(request.scopes) if self.is_own(target) else {}
            answer = self._send(request, target, known)
            if answer.status_code not in REDIRECTS:
                return answer
        with answer:
            problem = f"more than {MOST_REDIRECTS} redirects" if is_reading else "it is redirected"
            raise RegistryError(f"{request.what}: {problem}", hint=MISLED)

    def _send(self, request: Request, url: str, known: Mapping[str, str]) -> Answer:
        body = request.body() if request.body is not None else None
        return self.transport.send(request.method, url, {**request.headers, **known}, body)

    def _error(self, answer: Answer, request: Request) -> RegistryError:
        status, header = answer.status_code, answer.headers.get("Retry-After", "")
        data = b"" if request.method == "HEAD" else whole(answer, MOST_ERROR_BYTES)
        answer.close()
        error = status_error(status, request.what, data)
        if status == 401:
            return self._not_let_in(request.what, error)
        if status not in PASSING:
            return error
        passing = InterruptedTransferError(error.brief, error.details, error.hint)
        passing.pause_s = retry_after(header)
        passing.was_answered = True
        return passing

    def _not_let_in(self, what: str, error: StatusError) -> StatusError:
        """Which files were looked at, and what to do."""
        found = self.keys.found
        looked_at = ", ".join(f"`{file}`" for file in found.looked_at) or "no file of logins"
        known = f"the login is of `{found.credentials.source}`" if found.credentials else ""
        lines = [known or f"no login for `{self.reference.name}`; looked at {looked_at}"]
        own = StatusError(
            f"{what}: `{self.reference.host}` wants a login",
            "\n".join([*lines, *([error.details] if error.details else [])]),
            self.keys.hint(),
        )
        own.status, own.codes = error.status, error.codes
        return own


def wait(error: InterruptedTransferError, attempt: int, settings: Settings) -> float | None:
    """Seconds before the next attempt; None where the registry asks for more than we wait."""
    patience = settings.patience
    own_s = min(patience.pause_s * 2.0 ** (attempt - 1), patience.most_pause_s)
    if error.pause_s is None:
        return own_s
    return max(error.pause_s, own_s) if error.pause_s <= patience.most_pause_s else None


def _given_up(error: InterruptedTransferError, attempts: int) -> RegistryError:
    times = f" ({attempts} attempts)" if attempts > 1 else ""
    hint = error.hint or "try again later; what was transferred is not transferred again"
    if error.pause_s is not None and error.pause_s > 0:
        hint = f"the registry says to wait {error.pause_s:.0f} seconds; {hint}"
    return RegistryError(f"{error.brief}{times}", error.details, hint)


def retry_after(header: str) -> float | None:
    """Seconds that `Retry-After` names, as a number or as a date."""
    text = header.strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        date = email.utils.parsedate_to_datetime(text)
        return max(date.timestamp() - time.time(), 0.0)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    return parts.scheme, (parts.hostname or "").lower(), port or PORTS.get(parts.scheme, 0)


def _hub(host: str) -> tuple[str, tuple[str, ...]]:
    """The host that is asked, and other keys of its credentials: the hub has names of its own."""
    from oras.defaults import registry as hub

    if host not in (hub.index_name, hub.index_hostname):
        return host, ()
    return hub.default_v2_registry["host"], (hub.index_server, hub.index_hostname)


def _on_hub(reference: Reference, host: str) -> Reference:
    """On the hub, a repository without a namespace is one of `library`."""
    is_bare = "/" not in reference.repository
    repository = f"library/{reference.repository}" if is_bare else reference.repository
    return reference._replace(host=host, repository=repository)
