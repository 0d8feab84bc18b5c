"""Versions of Debian packages, compared by the rules of deb-version(7)."""

import re
from functools import cache
from typing import Final

from x07bundle.errors import X07Error

VALID: Final = re.compile(r"[0-9]{1,9}:[0-9A-Za-z][0-9A-Za-z.+~:-]*|[0-9A-Za-z][0-9A-Za-z.+~-]*")
PARTS: Final = re.compile(r"([^0-9]*)([0-9]*)")
END: Final = 0
"""Where a run of non-digits ends; `~` sorts before it, all else after."""

Part = tuple[tuple[int, ...], int]


def check(text: str) -> str:
    """The version, when it is one.

    Raises:
        X07Error: it is none.
    """
    if VALID.fullmatch(text) is None or text.endswith("-") or len(text) > 256:
        raise X07Error(f"`{text[:80]}` is no version of a package")
    return text


def compare(left: str, right: str) -> int:
    """Less than, equal to or greater than 0."""
    first, second = key(left), key(right)
    return (first > second) - (first < second)


@cache
def key(version: str) -> tuple[int, tuple[Part, ...], tuple[Part, ...]]:
    """What sorts as the version does."""
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = rest, ""
    return int(epoch or "0"), _parts(upstream), _parts(revision)


def _parts(text: str) -> tuple[Part, ...]:
    """Non-digits and numbers by turns, and nothing at the end.

    Only the first part may be as good as nothing, as that of `0` is: it stays.
    """
    found = [
        ((*map(_order, letters), END), int(digits or "0"))
        for letters, digits in PARTS.findall(text)
    ]
    nothing = ((END,), 0)
    while len(found) > 1 and found[-1] == nothing:
        found.pop()
    return (*found, nothing)


def _order(character: str) -> int:
    """`~` before the end, then letters, then the rest."""
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256
