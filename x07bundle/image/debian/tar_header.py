"""One header of a tar archive: 512 bytes, of the kinds v7, ustar and GNU."""

from typing import Final, NamedTuple

from x07bundle.image.debian.unpacking import wrong

BLOCK_BYTES: Final = 512
USTAR: Final = b"ustar\x0000"
GNU: Final = b"ustar  \0"
OLD: Final = bytes(8)
BINARY: Final = 0x80
"""In front of a number that is no text."""


class Header(NamedTuple):
    """As written: names are checked by who uses them."""

    path: bytes
    kind: bytes
    mode: int
    size_bytes: int
    target: bytes


def header_of(block: bytes, where: str) -> Header:
    """Raises X07Error: it is no header, or a number in it is none."""
    _check_sum(block, where)
    magic = block[257:265]
    if magic not in (USTAR, GNU, OLD):
        raise wrong(where, "a header is of a kind that is not known")
    prefix = _text(block[345:500]) if magic == USTAR else b""
    name = _text(block[:100])
    return Header(
        prefix + b"/" + name if prefix else name,
        block[156:157],
        _number(block[100:108], where),
        _number(block[124:136], where),
        _text(block[157:257]),
    )


def _check_sum(block: bytes, where: str) -> None:
    """The sum of all bytes, those of the sum itself taken as spaces."""
    found = sum(block) - sum(block[148:156]) + 8 * ord(" ")
    if _number(block[148:156], where) != found:
        raise wrong(where, "a header is damaged")


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _number(field: bytes, where: str) -> int:
    if field[0] == BINARY:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if not digits:
        return 0
    if not digits.isdigit() or b"8" in digits or b"9" in digits:
        raise wrong(where, "a number in a header is damaged")
    return int(digits, 8)
