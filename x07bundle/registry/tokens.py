"""Answers to `401`: Basic, or a token from where the challenge says (distribution token protocol).

Tokens are kept by what they are for. A new challenge for the same thing means that the token is too
old or too small: another is got, for what this challenge names and what we need.
"""

import base64
import re
import threading
import time
from collections.abc import Iterable
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode, urlsplit

from x07bundle.registry.credentials import Credentials, Found
from x07bundle.registry.failure import RegistryError, harmless, status_error
from x07bundle.registry.settings import Settings
from x07bundle.registry.transport import Transport, whole
from x07bundle.strict_json import read

CLIENT: Final = "x07bundle"
USUAL_SECONDS: Final = 60
MARGIN_SECONDS: Final = 5
MOST_TOKEN_BYTES: Final = 1 << 18
CHALLENGE: Final = re.compile(
    r"""\s*,?\s*(?:
        (?P<key>[A-Za-z0-9_-]+)\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s,"]+))
        |(?P<scheme>[A-Za-z][A-Za-z0-9_-]*)(?=[\s,]|$))""",
    re.VERBOSE,
)
TOKEN: Final = re.compile(r"[\x21-\x7e]+")


class Challenge(NamedTuple):
    """`scheme` in lower case. `realm`, `service`, `scope`: "" where not said."""

    scheme: str
    realm: str = ""
    service: str = ""
    scope: str = ""


class Token(NamedTuple):
    value: str
    until_s: float


def challenges(header: str) -> tuple[Challenge, ...]:
    """The challenges of `WWW-Authenticate` that could be read: what is none ends them."""
    found: list[dict[str, str]] = []
    at = 0
    while match := CHALLENGE.match(header, at):
        at = match.end()
        if match["scheme"]:
            found.append({"scheme": match["scheme"].lower()})
        elif found and match["key"].lower() in Challenge._fields:
            quoted = match["quoted"]
            value = match["bare"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            found[-1].setdefault(match["key"].lower(), value)
    return tuple(Challenge(**one) for one in found)


def merged(scopes: Iterable[str]) -> tuple[str, ...]:
    """One scope for each resource, with all its actions: `repository:a:pull,push`."""
    actions: dict[str, set[str]] = {}
    for scope in scopes:
        for word in scope.split():
            resource, _, wanted = word.rpartition(":")
            actions.setdefault(resource, set()).update(wanted.split(","))
    return tuple(f"{resource}:{','.join(sorted(wanted))}" for resource, wanted in actions.items())


class Keys:
    """What `Authorization` says to one registry; to no other host is it ever sent."""

    def __init__(self, transport: Transport, found: Found) -> None:
        self.transport = transport
        self.found = found
        self.is_basic = False
        self.lock = threading.Lock()
        self.tokens: dict[tuple[str, ...], Token] = {}

    def header(self, scopes: tuple[str, ...]) -> dict[str, str]:
        """What is known already."""
        token = self.tokens.get(scopes)
        if token is not None and token.until_s > time.monotonic():
            return {"Authorization": f"Bearer {token.value}"}
        return self._basic() if self.is_basic else {}

    def answer(self, header: str, scopes: tuple[str, ...], used: dict[str, str]) -> bool:
        """Whether there is something new to say to a challenge. `used`: what was said before it;
        another thread may have learned something better since.

        Raises:
            RegistryError: a token cannot be got.
        """
        with self.lock:
            return self.header(scopes) != used or self._learn(header, scopes)

    def _learn(self, header: str, scopes: tuple[str, ...]) -> bool:
        offered = {challenge.scheme: challenge for challenge in reversed(challenges(header))}
        if "bearer" in offered:
            self.tokens[scopes] = self._token(offered["bearer"], scopes)
            return True
        is_new = "basic" in offered and not self.is_basic and bool(self._basic())
        self.is_basic = self.is_basic or is_new
        return is_new

    def _basic(self) -> dict[str, str]:
        known = self.found.credentials
        if known is None or not known.user:
            return {}
        pair = f"{known.user}:{known.password}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}

    def _token(self, challenge: Challenge, scopes: tuple[str, ...]) -> Token:
        wanted = [*scopes, *([challenge.scope] if challenge.scope else [])]
        service = [("service", challenge.service)] if challenge.service else []
        known = self.found.credentials
        _check_realm(challenge.realm, self.transport.settings)
        if known is not None and known.identity_token:
            asked = [*service, ("scope", " ".join(merged(wanted)))]
            return self._exchanged(challenge.realm, asked, known)
        query = urlencode([*service, *(("scope", scope) for scope in merged(wanted))])
        separator = "&" if urlsplit(challenge.realm).query else "?"
        return self._received("GET", f"{challenge.realm}{separator}{query}", self._basic(), None)

    def _exchanged(self, realm: str, asked: list[tuple[str, str]], known: Credentials) -> Token:
        """An access token for an identity token."""
        grant = [("grant_type", "refresh_token"), ("refresh_token", known.identity_token)]
        form = urlencode([*grant, ("client_id", CLIENT), *asked]).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._received("POST", realm, headers, form)

    def _received(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None
    ) -> Token:
        with self.transport.send(method, url, headers, body) as answer:
            data = whole(answer, MOST_TOKEN_BYTES)
        host = urlsplit(url).netloc
        if answer.status_code != 200:
            error = status_error(answer.status_code, f"cannot get a token from `{host}`", data)
            error.hint = self.hint()
            raise error
        return read_token(data, host)

    def hint(self) -> str:
        """What may help someone who was not let in."""
        if self.found.credentials is not None:
            source = self.found.credentials.source
            return f"the login of `{source}` was refused or may not do that: log in again"
        return "log in with `docker login` or `podman login`, or name a file: `--auth-file FILE`"


def read_token(data: bytes, host: str) -> Token:
    """Raises RegistryError: it is none."""
    members: Any = read(data).value
    members = members if isinstance(members, dict) else {}
    value = members.get("token") or members.get("access_token")
    if not isinstance(value, str) or not TOKEN.fullmatch(value):
        raise RegistryError(f"`{harmless(host)}` gave no token", hint="look at the registry's log")
    seconds = members.get("expires_in")
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    lasts_s = min(seconds, 1e6) if is_number and seconds > 0 else USUAL_SECONDS
    return Token(value, time.monotonic() + max(lasts_s - MARGIN_SECONDS, 1))


def _check_realm(realm: str, settings: Settings) -> None:
    """Raises RegistryError: a password would be sent there in the clear, or nowhere."""
    if not settings.may_ask(realm):
        raise RegistryError(
            f"the registry sends us for a token to `{harmless(realm)}`",
            "that is no place for a password: only https is, and plain HTTP on this machine",
            "look at the registry's configuration",
        )
