"""Bytes of a file -> JSON value, or everything that keeps them from being one.

Stricter than `json.loads`: no key twice, no `NaN`, no half of a surrogate pair. Whatever could make
it fail in another way than by a syntax error is looked for in the text first: nesting is counted
before it is recursed into.
"""

import json
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, Final, NamedTuple

MAX_DEPTH: Final = 256
"""Arrays and objects inside each other. Readers recurse once or a few times for each."""

STRING: Final = r'(?s)"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)'
"""A JSON string; an unterminated one runs to the end, so that each character is read once.

The patterns are compiled where they are used: most files need none of them.
"""
NO_BRACKETS: Final = r"[^][{}]+"
STEP: Final = {"[": 1, "{": 1, "]": -1, "}": -1}
ESCAPE: Final = r"(?s)\\(?:u([0-9a-fA-F]{4})|.)"
SURROGATE_HINT: Final = r"\\u[dD][89a-fA-F]"
DIGITS: Final = r"\d{4000,}"


class Read(NamedTuple):
    """`value` is None where there are `problems`. `is_too_deep`: what the only one of them is."""

    value: object
    problems: tuple[str, ...] = ()
    is_too_deep: bool = False


class _NotJson(ValueError):
    """`NaN`, `Infinity` or `-Infinity`, which Python's reader would take."""


class _Refused(Exception):
    """The text holds no JSON value; the argument says why."""


def read(data: bytes) -> Read:
    """The JSON value of a file."""
    try:
        text = _decode(data)
        depth = _depth(text)
        if depth > MAX_DEPTH:
            problem = f"nested too deeply: {depth} levels, at most {MAX_DEPTH} are read"
            return Read(None, (problem,), is_too_deep=True)
        value, repeated = _parse(text)
    except _Refused as refusal:
        return Read(None, (str(refusal),))
    problems = [f"the key `{key}` appears twice in one object" for key in repeated]
    if "\\u" in text and re.search(SURROGATE_HINT, text):
        halves = _lone_surrogates(text)
        problems += ["half of a surrogate pair in a string" + _place(text, at) for at in halves]
    return Read(None if problems else value, tuple(problems))


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        place = f"(line {line}, column {column})"
        raise _Refused(f"not valid UTF-8: {error.reason} {place}") from error


def _depth(text: str) -> int:
    """How deep arrays and objects nest, at most; counted only where it may matter."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return 0
    brackets = re.sub(NO_BRACKETS, "", re.sub(STRING, "", text))
    return max(accumulate(map(STEP.__getitem__, brackets)), default=0)


def _parse(text: str) -> tuple[object, list[str]]:
    """The value, and the keys that are repeated."""
    repeated: list[str] = []
    try:
        value = json.loads(
            text,
            parse_constant=_refuse_constant,
            object_pairs_hook=lambda pairs: _object(pairs, repeated),
        )
    except json.JSONDecodeError as error:
        if text.startswith("\ufeff"):
            raise _Refused("starts with a byte order mark; save it as UTF-8 without one") from error
        message = f"not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        raise _Refused(message + _place(text, error.pos)) from error
    except _NotJson as error:
        place = _place(text, _outside_strings(text, re.escape(str(error))))
        raise _Refused(f"not valid JSON: `{error}` is not a JSON number{place}") from error
    except ValueError as error:
        place = _place(text, _outside_strings(text, DIGITS))
        raise _Refused(f"a number has too many digits{place}") from error
    return value, repeated


def _refuse_constant(word: str) -> None:
    raise _NotJson(word)


def _object(pairs: list[tuple[str, Any]], repeated: list[str]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        keys = [key for key, _ in pairs]
        repeated.extend(key for key in members if keys.count(key) > 1)
    return members


def _outside_strings(text: str, pattern: str) -> int:
    """Offset of the first match of `pattern` that is not inside a string, or 0."""
    blanked = re.sub(STRING, lambda match: " " * len(match.group()), text)
    match = re.search(pattern, blanked)
    return match.start() if match else 0


def _lone_surrogates(text: str) -> Iterator[int]:
    """Offsets of `\\uD800`…`\\uDFFF` escapes that form no pair (high, then low, side by side)."""
    high: re.Match[str] | None = None
    for match in re.finditer(ESCAPE, text):
        unit = int(match.group(1) or "0", 16)
        is_low = 0xDC00 <= unit <= 0xDFFF
        is_paired = high is not None and is_low and match.start() == high.end()
        if high is not None and not is_paired:
            yield high.start()
        if is_low and not is_paired:
            yield match.start()
        high = match if 0xD800 <= unit <= 0xDBFF else None
    if high is not None:
        yield high.start()


def _place(text: str, offset: int) -> str:
    line = text.count("\n", 0, offset) + 1
    column = offset - text.rfind("\n", 0, offset)
    return f" (line {line}, column {column})"
