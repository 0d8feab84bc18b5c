"""Versions of packages, and ranges of them (contract/project.md §5).

A range is clauses `>=`, `<=`, `>`, `<`, `=` or bare, each with a whole version, separated by blanks
or commas; all must hold. `^` and `~` are not part of it.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

NUMBER: Final = r"(0|[1-9]\d{0,9})"
VERSION: Final = re.compile(
    rf"{NUMBER}\.{NUMBER}\.{NUMBER}"
    r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?",
    re.ASCII,
)
CLAUSE: Final = re.compile(r"(>=|<=|>|<|=)?\s*([^\s,<>=]+)")
MAX_LENGTH: Final = 64
"""Characters of a version: it becomes the name of a folder."""
MAX_RANGE_LENGTH: Final = 512

Order = tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]

COMPARISONS: Final[Mapping[str, Callable[[Order, Order], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
    "": operator.eq,
}


class Clause(NamedTuple):
    """One condition of a range."""

    comparison: str
    version: str


Range = tuple[Clause, ...]


def is_version(text: str) -> bool:
    return len(text) <= MAX_LENGTH and VERSION.fullmatch(text) is not None


def is_prerelease(version: str) -> bool:
    return not order(version)[3]


def order(version: str) -> Order:
    """What versions are compared by: semver precedence; a build's name does not count.

    Raises:
        ValueError: it is no version.
    """
    match = VERSION.fullmatch(version)
    if match is None:
        raise ValueError(version)
    major, minor, patch, before = match.groups()
    parts = tuple(_part(word) for word in before.split(".")) if before else ()
    return int(major), int(minor), int(patch), not before, parts


def _part(word: str) -> tuple[bool, int, str]:
    """Numbers come before words, and by value."""
    is_word = not word.isdigit()
    return is_word, 0 if is_word else int(word), word if is_word else ""


def read_range(text: str) -> Range | None:
    """The clauses of a range, or None where it is none."""
    if len(text) > MAX_RANGE_LENGTH:
        return None
    rest = CLAUSE.sub("", text).replace(",", " ").strip()
    clauses = tuple(Clause(match[1] or "", match[2]) for match in CLAUSE.finditer(text))
    if rest or not clauses or not all(is_version(clause.version) for clause in clauses):
        return None
    return clauses


def holds(wanted: Range, version: str) -> bool:
    """Whether a version is in a range."""
    place = order(version)
    return all(COMPARISONS[clause.comparison](place, order(clause.version)) for clause in wanted)


def highest(versions: Iterable[str], wanted: Range = ()) -> str | None:
    """The highest that is in the range and no prerelease."""
    fitting = [one for one in versions if not is_prerelease(one) and holds(wanted, one)]
    return max(fitting, key=order, default=None)
