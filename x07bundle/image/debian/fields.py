"""Paragraphs of `Name: value` fields (deb822(5)): releases, indices, control files, apt sources."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from x07bundle.errors import X07Error

Paragraph = Mapping[str, str]

MAX_BYTES: Final = 256 << 20
NAME: Final = re.compile(r"[!-,.-9;-~][!-9;-~]*")
"""Printable, no colon, no `-` in front. A `#` in front is a comment where those are allowed."""
BREAK: Final = re.compile(rb"\n(?:[ \t]*\n)+")
"""Empty lines between paragraphs."""


def paragraphs(
    data: bytes, where: str, *, only: frozenset[str] | None = None, comments: bool = False
) -> Iterator[dict[str, str]]:
    """The paragraphs; of fields in `only` where given. Names of fields are in lower case.

    A value keeps its line breaks; its lines are stripped. `where` names the file in errors.

    Raises:
        X07Error: it is no such file.
    """
    if len(data) > MAX_BYTES:
        raise _wrong(where, f"it has more than {MAX_BYTES} bytes")
    at, line = 0, 1
    while at < len(data):
        found = BREAK.search(data, at)
        end, following = (found.start(), found.end()) if found else (len(data), len(data))
        read = _paragraph(data[at:end], where, line, only, comments)
        if read:
            yield read
        line += data.count(b"\n", at, following)
        at = following


def single(data: bytes, where: str) -> dict[str, str]:
    """The fields of a file that has one paragraph.

    Raises:
        X07Error: it has another number of them, or is no such file.
    """
    found = list(paragraphs(data, where))
    if len(found) != 1:
        raise _wrong(where, f"it has {len(found)} paragraphs instead of one")
    return found[0]


def required(paragraph: Paragraph, name: str, where: str) -> str:
    """The value of a field.

    Raises:
        X07Error: there is none.
    """
    value = paragraph.get(name.lower(), "")
    if not value:
        raise _wrong(where, f"the field `{name}` is missing")
    return value


def _paragraph(
    data: bytes, where: str, first: int, only: frozenset[str] | None, comments: bool
) -> dict[str, str]:
    read: dict[str, str] = {}
    name = ""
    for number, line in enumerate(_text(data, where, first).split("\n"), first):
        if not line or (comments and line[0] == "#"):
            continue
        if line[0] in " \t":
            _continue(read, name, line, where, number)
            continue
        written, colon, value = line.partition(":")
        name = written.lower()
        if not colon or NAME.fullmatch(name) is None:
            raise _wrong(where, f"line {number} is no field: `{line[:60]}`")
        if name in read:
            raise _wrong(where, f"line {number} has the field `{written}` again")
        if only is None or name in only:
            read[name] = value.strip()
    return read


def _continue(read: dict[str, str], name: str, line: str, where: str, number: int) -> None:
    if not name:
        raise _wrong(where, f"line {number} continues a field, and there is none before it")
    if name in read:
        read[name] += "\n" + line.strip()


def _text(data: bytes, where: str, first: int) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        number = first + data.count(b"\n", 0, error.start)
        raise _wrong(where, f"line {number} is no UTF-8") from error
    if "\0" in text:
        raise _wrong(where, "it has a zero byte")
    return text


def _wrong(where: str, why: str) -> X07Error:
    return X07Error(f"cannot use {where}: {why}")
