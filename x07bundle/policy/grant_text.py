"""The grants of denials, read from the words of reports (stubs/runtime/src/denial.c). Pure."""

import json
import re
from collections.abc import Callable
from typing import Final, NamedTuple

CUT: Final = "..."
LONGEST_SHOWN: Final = 900
"""Longer texts are cut where they are shown, in bytes."""
ESCAPED: Final = r"\\x[0-9a-f]{2}"
r"""A byte of a target that is not shown as it is; whether a `\` was its own cannot be told."""
NO_TEXT: Final = "\ufffd"
"""What is no UTF-8, in JSON strings."""


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


class Some(NamedTuple):
    """Raise a number above 0, to what people think right."""

    field: str


Grant = Switch | Entry | Destination | Amount | Some


class Unreadable(ValueError):
    """No grant; the argument says why."""


NUMBER: Final = r"([0-9]{1,20})"
FIELD: Final = r"([a-z_.]+)"
STRING: Final = r'("(?:[^"\\]|\\.)*")'
FORMS: Final[tuple[tuple[re.Pattern[str], Callable[..., Grant]], ...]] = (
    (
        re.compile(rf"set {FIELD} to (true|false)"),
        lambda field, value: Switch(field, value == "true"),
    ),
    (re.compile(rf"raise {FIELD} to {NUMBER}"), lambda field, most: Amount(field, int(most))),
    (re.compile(rf"raise {FIELD} above 0"), Some),
    (
        re.compile(rf'add \{{"host":{STRING},"ports":\[{NUMBER}\]\}} to {FIELD}'),
        lambda host, port, field: Destination(field, quoted(host), int(port)),
    ),
    (
        re.compile(rf"add {STRING} to {FIELD}"),
        lambda item, field: Entry(field, quoted(item)),
    ),
)
BETWEEN: Final = ", "


def read(text: str) -> tuple[Grant, ...]:
    """The grants that the words of a denial name: the one that it is about, and what no policy is
    valid without.

    Raises:
        Unreadable: they name none, or not exactly what it would be.
    """
    grant, end = _next(text, 0)
    grants = [grant]
    while end < len(text):
        grant, end = _next(text, end + len(BETWEEN))
        grants.append(grant)
    return tuple(grants)


def _next(text: str, start: int) -> tuple[Grant, int]:
    """A grant, and where it ends: at the end of the text, or before another one."""
    for form, made in FORMS:
        found = form.match(text, start)
        if found and (found.end() == len(text) or text.startswith(BETWEEN, found.end())):
            return made(*found.groups()), found.end()
    raise Unreadable(_why_none(text))


def quoted(string: str) -> str:
    """The text of a JSON string in a report.

    Raises:
        Unreadable: it is none, or one of another text; or people could not see what it is.
    """
    try:
        text: str = json.loads(string)
    except ValueError:
        raise Unreadable("the report does not say what would grant it") from None
    if NO_TEXT in text:
        raise Unreadable("it is no UTF-8: what it is exactly is lost")
    if not text.isprintable():
        raise Unreadable("it has characters that do not show; add it by hand, if it is meant")
    _refuse_cut(text)
    return text


def exact(shown: str) -> str:
    """The target that a report shows.

    Raises:
        Unreadable: it shows another one.
    """
    if re.search(ESCAPED, shown) or not shown.isprintable():
        raise Unreadable(
            "it has characters that reports show as `\\xNN`: what it is exactly is lost"
        )
    _refuse_cut(shown)
    return shown


def _refuse_cut(text: str) -> None:
    if text.endswith(CUT) and len(text.encode("utf-8", "surrogatepass")) >= LONGEST_SHOWN:
        raise Unreadable("it is too long for reports, which cut it: what it is exactly is lost")


def _why_none(text: str) -> str:
    none, _, instead = text.partition("; ")
    if none == "none" and instead:
        return f"no policy grants it; {instead}"
    if text.startswith("remove "):
        return "the policy denies it by name"
    if text.startswith("add the folder behind the link"):
        return "a symbolic link leads out of what is granted; use a path without the link"
    return "the report does not say what would grant it"
