"""Rules that the fields of a policy keep, and those of other documents, as values: `policy` puts
them into its annotations.

`problem` of a rule says what is wrong with a JSON value, in words that follow its pointer; None is
nothing.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

TextCheck = Callable[[str], str | None]
"""Why a string is refused, or None."""

POLICY_ID: Final = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
LONGEST_SHOWN: Final = 80
WORDS: Final = {str: "a long string", list: "an array", dict: "an object", float: "a fraction"}


class Exactly(NamedTuple):
    """The one string that a field may hold."""

    text: str

    def problem(self, value: object) -> str | None:
        return None if value == self.text else f"must be `{self.text}`, this is {described(value)}"


class Flag(NamedTuple):
    def problem(self, value: object) -> str | None:
        if isinstance(value, bool):
            return None
        return f"must be true or false, this is {described(value)}"


class Range(NamedTuple):
    """An integer, both ends included."""

    least: int
    most: int

    def problem(self, value: object) -> str | None:
        if type(value) is int and self.least <= value <= self.most:
            return None
        return f"must be an integer in {self.least}..{self.most}, this is {described(value)}"


class Text(NamedTuple):
    """A string; lengths are in characters."""

    longest: int
    check: TextCheck | None = None
    shortest: int = 1

    def problem(self, value: object) -> str | None:
        if not isinstance(value, str):
            return f"must be a string, this is {described(value)}"
        if not self.shortest <= len(value) <= self.longest:
            return f"must have {self.shortest}..{self.longest} characters, this has {len(value)}"
        problem = self.check(value) if self.check else None
        return f"`{shown(value)}`: {problem}" if problem else None


class Many(NamedTuple):
    """An array; `item` is the annotation of its items, which are checked one by one."""

    most: int
    item: object
    least: int = 0

    def problem(self, value: object) -> str | None:
        if not isinstance(value, list):
            return f"must be an array, this is {described(value)}"
        if not self.least <= len(value) <= self.most:
            return f"must have {self.least}..{self.most} entries, this has {len(value)}"
        return None


class Choice(NamedTuple):
    """One of some words."""

    words: tuple[str, ...]

    def problem(self, value: object) -> str | None:
        if isinstance(value, str) and value in self.words:
            return None
        return f"must be one of {', '.join(self.words)}; this is {described(value)}"


class Table(NamedTuple):
    """An object whose names are data; `item` is the annotation of its values."""

    most: int
    key: Text | Choice
    item: object

    def problem(self, value: object) -> str | None:
        if not isinstance(value, dict):
            return f"must be an object, this is {described(value)}"
        if len(value) > self.most:
            return f"must have at most {self.most} members, this has {len(value)}"
        return None


class OrNull(NamedTuple):
    """What is null, or as `item`, an annotation, says."""

    item: object


Rule = Exactly | Flag | Range | Text | Many | Choice | Table | OrNull


def policy_id_problem(text: str) -> str | None:
    if POLICY_ID.fullmatch(text):
        return None
    return "must be 1 to 64 ASCII letters, digits, `_`, `.` and `-`"


def entry_problem(text: str) -> str | None:
    """An entry of a list that the program gets as one string, with `;` between (policy.md §5)."""
    if ";" in text:
        return "must not contain `;`"
    return "must not contain NUL" if "\0" in text else None


def key_problem(text: str) -> str | None:
    """The name of an environment variable."""
    return "must not contain `=`: name the variable alone" if "=" in text else entry_problem(text)


def shown(text: str) -> str:
    """Text of a file as a terminal may show it: not long, no control characters."""
    cut = text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in cut)


def described(value: object) -> str:
    """A JSON value in a few words."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str) and len(value) <= LONGEST_SHOWN:
        return f'"{shown(value)}"'
    return shown(str(value)) if isinstance(value, int) else WORDS[type(value)]
