"""The outer archive of a package: `ar`, as deb(5) allows it. Nothing is read past what is there."""

import re
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from x07bundle.errors import X07Error

MAGIC: Final = b"!<arch>\n"
HEADER_BYTES: Final = 60
END: Final = b"`\n"
NAME: Final = re.compile(rb"([A-Za-z0-9._-]{1,16})/?")
MAX_MEMBERS: Final = 16
"""A package has three; others may come after them, and are passed over."""


class Member(NamedTuple):
    """Where the bytes of a member are."""

    name: str
    offset_bytes: int
    size_bytes: int


def members(stream: BinaryIO, file_bytes: int, where: str) -> Iterator[Member]:
    """The members of an archive of `file_bytes`; `where` names it in errors.

    Raises:
        X07Error: it is no such archive, or it ends too early.
        OSError: it cannot be read.
    """
    stream.seek(0)
    if stream.read(len(MAGIC)) != MAGIC:
        raise _wrong(where, "it does not begin as an archive does")
    at = len(MAGIC)
    names: set[str] = set()
    while at < file_bytes:
        stream.seek(at)
        member = _member(stream.read(HEADER_BYTES), at, where)
        at = member.offset_bytes + member.size_bytes
        if at > file_bytes:
            raise _wrong(where, f"it ends within `{member.name}`")
        if member.name in names:
            raise _wrong(where, f"it has `{member.name}` twice")
        names.add(member.name)
        if len(names) > MAX_MEMBERS:
            raise _wrong(where, f"it has more than {MAX_MEMBERS} members")
        yield member
        at += at % 2


def _member(header: bytes, at: int, where: str) -> Member:
    if len(header) < HEADER_BYTES:
        raise _wrong(where, "it ends within the header of a member")
    name = NAME.fullmatch(header[:16].rstrip(b" "))
    size = header[48:58].rstrip(b" ")
    if header[58:] != END or name is None or not size.isdigit():
        raise _wrong(where, f"at byte {at} there is no header of a member")
    return Member(name[1].decode("ascii"), at + HEADER_BYTES, int(size))


def _wrong(where: str, why: str) -> X07Error:
    return X07Error(f"cannot unpack {where}: {why}")
