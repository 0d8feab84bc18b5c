"""Reads the tar of a guest's agent, which is foreign: the guest's program may have made it.

The agent writes one form (stubs/guestd/pack.c): a header that is not, byte for byte, how it would
write what the header says is none of its. So there are no extensions, sizes or lengths that two
readers could understand in two ways.
"""

import os
from collections.abc import Iterator
from typing import IO, Final, Literal, NamedTuple

Kind = Literal["file", "link", "folder"]

BLOCK_BYTES: Final = 512
END: Final = bytes(2 * BLOCK_BYTES)
NAME_BYTES: Final = 99
MOST_PATH_BYTES: Final = 4095
MOST_NAME_BYTES: Final = 255
MOST_RECORDS_BYTES: Final = 2 * (MOST_PATH_BYTES + 32)
KINDS: Final[dict[bytes, Kind]] = {b"0": "file", b"2": "link", b"5": "folder"}
RECORDS: Final = b"x"
RECORDS_NAME: Final = b"pax"
RECORDS_MODE: Final = 0o644
MOST_DIGITS: Final = 5
KEYS: Final = (b"path", b"linkpath")


class Member(NamedTuple):
    """`path`: of the guest, without the first `/`. `offset`: of a file's bytes in the archive."""

    path: str
    kind: Kind
    mode: int
    size_bytes: int
    target: str
    offset: int


class _Header(NamedTuple):
    name: bytes
    kind: bytes
    mode: int
    size_bytes: int
    link: bytes


def members(archive: IO[bytes]) -> Iterator[Member]:
    """Each file, link and folder, in their order.

    Raises:
        ValueError: it is not a whole tar as the agent writes it.
    """
    at = 0
    while (block := _read(archive, at, BLOCK_BYTES)) != END[:BLOCK_BYTES]:
        at += BLOCK_BYTES
        header, records = _header(block), {}
        if header.kind == RECORDS:
            records = _records(header, _read(archive, at, _whole(header.size_bytes)))
            at += _whole(header.size_bytes)
            header = _header(_read(archive, at, BLOCK_BYTES))
            at += BLOCK_BYTES
        yield _member(header, records, at)
        fill_bytes = _whole(header.size_bytes) - header.size_bytes
        if any(_read(archive, at + header.size_bytes, fill_bytes)):
            raise ValueError("a file is filled up with something")
        at += _whole(header.size_bytes)
    archive.seek(at)
    if archive.read(len(END) + 1) != END:
        raise ValueError("it does not end where it ends")


def _read(archive: IO[bytes], at: int, size: int) -> bytes:
    archive.seek(at)
    data = archive.read(size)
    if len(data) != size:
        raise ValueError("it is cut short")
    return data


def _whole(size: int) -> int:
    """With what fills the last block."""
    return -(-size // BLOCK_BYTES) * BLOCK_BYTES


def _header(block: bytes) -> _Header:
    header = _Header(
        name=block[:100].partition(b"\0")[0],
        kind=block[156:157],
        mode=_number(block[100:107], 8),
        size_bytes=_number(block[124:135], 8),
        link=block[157:257].partition(b"\0")[0],
    )
    if _block(header) != block:
        raise ValueError("a header is none that the agent writes")
    return header


def _number(digits: bytes, base: int) -> int:
    if not digits.isdigit() or (base == 8 and digits.translate(None, b"01234567")):
        raise ValueError("a header is none that the agent writes")
    return int(digits, base)


def _block(header: _Header) -> bytes:
    """How the agent writes it."""
    numbers = b"%07o\0" % header.mode + 2 * b"0000000\0" + b"%011o\0" % header.size_bytes
    start = header.name.ljust(100, b"\0") + numbers + b"00000000000\0"
    rest = header.kind + header.link.ljust(100, b"\0") + b"ustar\0" + b"00"
    rest = rest.ljust(BLOCK_BYTES - len(start) - 8, b"\0")
    checksum = sum(start) + 8 * ord(" ") + sum(rest)
    return start + b"%06o\0 " % checksum + rest


def _records(header: _Header, data: bytes) -> dict[bytes, bytes]:
    """Of the paths that are too long for a header."""
    size = header.size_bytes
    expected = _Header(RECORDS_NAME, RECORDS, RECORDS_MODE, size, b"")
    if header != expected or not 0 < size <= MOST_RECORDS_BYTES or any(data[size:]):
        raise ValueError("a long path is none that the agent writes")
    found: dict[bytes, bytes] = {}
    rest = data[:size]
    while rest:
        length = _number(rest[:MOST_DIGITS].partition(b" ")[0], 10)
        key, _, value = rest[:length].partition(b" ")[2].removesuffix(b"\n").partition(b"=")
        is_right = key in KEYS and key not in found and len(value) > NAME_BYTES
        if not is_right or _record(key, value) != rest[:length]:
            raise ValueError("a long path is none that the agent writes")
        found[key] = value
        rest = rest[length:]
    return found


def _record(key: bytes, value: bytes) -> bytes:
    """Its length counts itself."""
    rest = b" %s=%s\n" % (key, value)
    length = len(rest) + 1
    while len(b"%d" % length) + len(rest) != length:
        length += 1
    return b"%d" % length + rest


def _member(header: _Header, records: dict[bytes, bytes], offset: int) -> Member:
    path = records.get(b"path", header.name)
    target = records.get(b"linkpath", header.link)
    is_cut = header.name != path[:NAME_BYTES] or header.link != target[:NAME_BYTES]
    if header.kind not in KINDS:
        raise ValueError(f"`/{_shown(path)}` is no file, folder or link")
    kind = KINDS[header.kind]
    if is_cut or (header.size_bytes and kind != "file") or (kind == "link") != bool(target):
        raise ValueError(f"`/{_shown(path)}` says two things")
    names = path.split(b"/")
    if any(name in (b"", b".", b"..") or len(name) > MOST_NAME_BYTES for name in names):
        raise ValueError(f"`/{_shown(path)}` is no path of a file")
    if len(path) > MOST_PATH_BYTES or b"\0" in path + target or header.mode > 0o777:
        raise ValueError(f"`/{_shown(path)}` is no path of a file")
    return Member(
        os.fsdecode(path), kind, header.mode, header.size_bytes, os.fsdecode(target), offset
    )


def _shown(path: bytes) -> str:
    text = path[:200].decode("utf-8", "replace")
    return "".join(char if char.isprintable() else "?" for char in text)
