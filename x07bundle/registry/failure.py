"""What can go wrong with a registry, and what can be done about it."""

import re
from typing import Final

from x07bundle.errors import RefusedError, X07Error
from x07bundle.strict_json import read

UNPRINTABLE: Final = re.compile(r"[^\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd]+")
MOST_TEXT: Final = 300
MOST_ERRORS: Final = 5

CAUSES: Final = {
    403: "this login may not do that: ask those who run the registry for the right",
    404: "check the spelling of repository and tag; some registries hide what a login may not see",
    405: "the registry does not take this operation: it may be a read-only mirror",
    413: "the registry, or a proxy before it, takes no blob of this size",
    429: "the registry limits how much it is asked: wait, or log in",
}
NOT_BY_THE_BOOK: Final = "check that the host is a registry, and look at proxies before it"
"""Where the status is one of success, and not the one that belongs there."""


class RegistryError(X07Error):
    """A registry that cannot be reached, or says no."""


class UntrueError(RefusedError):
    """A registry whose bytes or answers are not what was asked for or stored."""


class InterruptedTransferError(RegistryError):
    """It may work when tried again. `pause_s`: what the registry asks us to wait, if it does.
    `was_answered`: by a status, which says that nothing was cut."""

    pause_s: float | None = None
    was_answered = False


class StatusError(RegistryError):
    """An answer that is none of those that were expected."""

    status = 0
    codes: tuple[str, ...] = ()


def status_error(status: int, what: str, body: bytes) -> StatusError:
    """`what`: the thing that was being done, as `cannot get …`."""
    codes, texts = said(body)
    error = StatusError(
        f"{what}: the registry answered {status}",
        "\n".join(texts) or None,
        CAUSES.get(status, NOT_BY_THE_BOOK if 200 <= status < 300 else None),
    )
    error.status, error.codes = status, codes
    return error


def said(body: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The error codes of a body and its errors in words: none where it is no document of errors."""
    document = read(body).value
    errors = document.get("errors") if isinstance(document, dict) else None
    known = [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
    codes = tuple(harmless(one.get("code")) for one in known[:MOST_ERRORS])
    texts = tuple(
        f"{code}: {harmless(one.get('message'))}".rstrip(": ")
        for code, one in zip(codes, known, strict=False)
    )
    return codes, tuple(text for text in texts if text)


def harmless(value: object) -> str:
    """Text of others, for a terminal: one short line without control characters."""
    return UNPRINTABLE.sub(" ", value)[:MOST_TEXT].strip() if isinstance(value, str) else ""
