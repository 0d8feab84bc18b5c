"""The grants of denials, read from the words of reports (stubs/runtime/src/denial.c). Pure."""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

CUT: Final = "..."
LONGEST_SHOWN: Final = 900
"""Longer texts are cut where they are shown, in bytes."""
ESCAPED: Final = r"\\x[0-9a-f]{2}"
"""A byte that is not shown as it is; whether a `\\` was its own cannot be told."""


class Switch(NamedTuple):
    """Set a field to a value."""

    field: str
    value: bool


class Entry(NamedTuple):
    """Add an item to a list."""

    field: str
    item: str


class Destination(NamedTuple):
    """Add a host with a port to a list of hosts."""

    field: str
    host: str
    port: int


class Amount(NamedTuple):
    """Raise a number."""

    field: str
    amount: int


Grant = Switch | Entry | Destination | Amount


class Unreadable(ValueError):
    """No grant; the argument says why."""


NUMBER: Final = r"([0-9]{1,20})"
FIELD: Final = r"([a-z_.]+)"
FORMS: Final[tuple[tuple[str, Callable[..., Grant]], ...]] = (
    (rf"set {FIELD} to (true|false)", lambda field, value: Switch(field, value == "true")),
    (rf"raise {FIELD} to {NUMBER}", lambda field, amount: Amount(field, int(amount))),
    (
        rf'add \{{"host":"(.*)","ports":\[{NUMBER}\]\}} to {FIELD}',
        lambda host, port, field: Destination(field, exact(host), int(port)),
    ),
    (rf'add "(.*)" to {FIELD}', lambda item, field: Entry(field, exact(item))),
)


def read(text: str) -> Grant:
    """The grant that the words of a denial name.

    Raises:
        Unreadable: they name none, or not exactly what it would be.
    """
    for form, made in FORMS:
        found = re.fullmatch(form, text)
        if found:
            return made(*found.groups())
    raise Unreadable(_why_none(text))


def exact(shown: str) -> str:
    """The text that a report shows.

    Raises:
        Unreadable: it shows another one.
    """
    if re.search(ESCAPED, shown) or not shown.isprintable():
        raise Unreadable(
            "it has characters that reports show as `\\xNN`: what it is exactly is lost"
        )
    if shown.endswith(CUT) and len(shown.encode()) >= LONGEST_SHOWN:
        raise Unreadable("it is too long for reports, which cut it: what it is exactly is lost")
    return shown


def _why_none(text: str) -> str:
    none, _, instead = text.partition("; ")
    if none == "none" and instead:
        return f"no policy grants it; {instead}"
    if text.startswith("remove "):
        return "the policy denies it by name"
    if text.startswith("add the folder behind the link"):
        return "a symbolic link leads out of what is granted; use a path without the link"
    return "the report does not say what would grant it"
