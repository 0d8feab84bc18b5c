"""Bytes of a file -> JSON document, or the diagnostics that say why not.

Everything that could make `json.loads` fail in another way than by a syntax error is looked for
in the text first: nesting is counted before it is recursed into.
"""

import json
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, Final

from x07bundle.lang.findings import Findings

CODE: Final = "X07-X07AST-PARSE-0001"
MAX_DEPTH: Final = 256
"""Arrays and objects inside each other. The passes recurse once or a few times for each."""

STRING: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)', re.DOTALL)
"""A JSON string; an unterminated one runs to the end, so that each character is read once."""
BRACKETS: Final = re.compile(r"[^][{}]+")
STEP: Final = {"[": 1, "{": 1, "]": -1, "}": -1}
ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
SURROGATE_HINT: Final = re.compile(r"\\u[dD][89a-fA-F]")
DIGITS: Final = re.compile(r"\d{4000,}")


class _NotJson(ValueError):
    """`NaN`, `Infinity` or `-Infinity`, which Python's reader would take."""


def read(data: bytes, findings: Findings) -> object:
    """The JSON value of a file; None (and something found) when there is none."""
    text = _decode(data, findings)
    if text is None or not _is_shallow(text, findings):
        return None
    document = _parse(text, findings)
    if document is not None and SURROGATE_HINT.search(text):
        _refuse_lone_surrogates(text, findings)
    return None if findings.failed else document


def _decode(data: bytes, findings: Findings) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        findings.add(CODE, f"not valid UTF-8: {error.reason} (line {line}, column {column})")
        return None


def _is_shallow(text: str, findings: Findings) -> bool:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return True
    brackets = BRACKETS.sub("", STRING.sub("", text))
    depth = max(accumulate(map(STEP.__getitem__, brackets)), default=0)
    if depth <= MAX_DEPTH:
        return True
    message = f"nested too deeply: {depth} levels, at most {MAX_DEPTH} are read"
    findings.add(CODE, message, hint="move inner expressions into functions of their own")
    return False


def _parse(text: str, findings: Findings) -> object:
    repeated: list[str] = []
    try:
        document = json.loads(
            text,
            parse_constant=_refuse_constant,
            object_pairs_hook=lambda pairs: _object(pairs, repeated),
        )
    except json.JSONDecodeError as error:
        message = f"not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        findings.add(CODE, message + _place(text, error.pos))
        return None
    except _NotJson as error:
        pattern = re.compile(re.escape(str(error)))
        place = _place(text, _outside_strings(text, pattern))
        findings.add(CODE, f"not valid JSON: `{error}` is not a JSON number{place}")
        return None
    except ValueError:
        place = _place(text, _outside_strings(text, DIGITS))
        findings.add(CODE, f"a number has too many digits{place}")
        return None
    for key in repeated:
        findings.add(CODE, f"the key `{key}` appears twice in one object")
    return document


def _refuse_constant(word: str) -> None:
    raise _NotJson(word)


def _object(pairs: list[tuple[str, Any]], repeated: list[str]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        keys = [key for key, _ in pairs]
        repeated.extend(key for key in members if keys.count(key) > 1)
    return members


def _outside_strings(text: str, pattern: re.Pattern[str]) -> int:
    """Offset of the first match of `pattern` that is not inside a string, or 0."""
    blanked = STRING.sub(lambda match: " " * len(match.group()), text)
    match = pattern.search(blanked)
    return match.start() if match else 0


def _refuse_lone_surrogates(text: str, findings: Findings) -> None:
    for offset in _lone_surrogates(text):
        findings.add(CODE, "half of a surrogate pair in a string" + _place(text, offset))


def _lone_surrogates(text: str) -> Iterator[int]:
    """Offsets of `\\uD800`…`\\uDFFF` escapes that form no pair (high, then low, side by side)."""
    high: re.Match[str] | None = None
    for match in ESCAPE.finditer(text):
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
