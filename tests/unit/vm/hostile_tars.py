"""Tars that a guest might send back: the agent's own form, and everything that is none of it."""

import io
import tarfile
from collections.abc import Callable
from typing import Final, Literal, NamedTuple

ROOT: Final = "x07/work/out"
Change = Callable[[tarfile.TarInfo], None]


class Part(NamedTuple):
    """`change`: of what the header says, before it is written."""

    path: str
    kind: bytes = tarfile.REGTYPE
    content: bytes = b""
    target: str = ""
    change: Change = lambda info: None
    form: Literal[0, 1, 2] = tarfile.USTAR_FORMAT


FOLDER: Final = Part(ROOT, tarfile.DIRTYPE)
LONG: Final = f"{ROOT}/{'n' * 120}"


def record(key: str, value: str) -> bytes:
    rest = f" {key}={value}\n"
    length = len(rest) + 1
    while len(str(length)) + len(rest) != length:
        length += 1
    return f"{length}{rest}".encode()


def header(part: Part) -> bytes:
    info = tarfile.TarInfo(part.path)
    info.linkname, info.size = part.target, len(part.content)
    # Python puts a `/` behind names of folders, the agent does not.
    info.type = tarfile.REGTYPE if part.kind == tarfile.DIRTYPE else part.kind
    info.mode = 0o755 if part.kind == tarfile.DIRTYPE else 0o644
    part.change(info)
    data = info.tobuf(part.form, "utf-8", "surrogateescape")
    return said_checksum(data[:156] + part.kind + data[157:])


def whole(content: bytes) -> bytes:
    return content + bytes(-len(content) % tarfile.BLOCKSIZE)


def block(part: Part) -> bytes:
    return header(part) + whole(part.content)


def long_file(path: str, content: bytes, records: bytes | None = None) -> bytes:
    """As the agent writes a path that is too long for a header."""
    said = record("path", path) if records is None else records
    pax = Part("pax", b"x", said)
    return block(pax) + block(Part(path[:99], tarfile.REGTYPE, content))


def tar(*parts: Part | bytes, end: bytes = bytes(1024)) -> io.BytesIO:
    found = [part if isinstance(part, bytes) else block(part) for part in (FOLDER, *parts)]
    return io.BytesIO(b"".join(found) + end)


def said_checksum(data: bytes) -> bytes:
    """The same header with the checksum that it has to have."""
    blank = data[:148] + b" " * 8 + data[156:512]
    return data[:148] + b"%06o\0 " % sum(blank) + data[156:]
