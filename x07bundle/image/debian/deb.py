"""A package: what it says of itself, and what it puts where (deb(5))."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, Self

from x07bundle.errors import X07Error
from x07bundle.image.debian import ar, fields
from x07bundle.image.debian.unpacking import Unpacked, unpacked, wrong
from x07bundle.image.layer import Entry, Span
from x07bundle.image.tar_reader import Content, Limits, Member, TarReader

FORMAT: Final = b"2."
FORMAT_FILE: Final = "debian-binary"
MAX_FORMAT_BYTES: Final = 64
MAX_CONTROL_BYTES: Final = 16 << 20
MAX_DATA_BYTES: Final = 512 << 20
"""Unpacked. The compiler's package holds an eighth."""
MAX_FILE_BYTES: Final = 128 << 20
LIMITS: Final = Limits(members=100_000, content_bytes=MAX_DATA_BYTES)
READ_BYTES: Final = 1 << 20
LARGE_BYTES: Final = 1 << 16
"""What has more is kept in a file: a compiler's programs have tens of megabytes each."""
STICKY: Final = 0o1000
BITS: Final = 0o777 | STICKY
"""Permissions that are kept: nothing in a guest runs as somebody else than who starts it."""


class Package(NamedTuple):
    """`control` is its text as it is in the package; `entries` as they come."""

    control: bytes
    fields: Mapping[str, str]
    entries: tuple[Entry, ...]


class Shelf:
    """The file that large contents of a package go to, one after the other."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.size_bytes = 0
        self.stream: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.stream is not None:
            self.stream.close()

    def keep(self, content: Content) -> Span:
        """Raises OSError: it cannot be written."""
        if self.stream is None:
            self.stream = self.file.open("xb")
        start = self.size_bytes
        for chunk in content.chunks():
            self.size_bytes += self.stream.write(chunk)
        return Span(self.file, start, self.size_bytes - start)


def read(file: Path, env: Mapping[str, str], where: str, shelf: Path) -> Package:
    """A package whose digest was checked; `where` names it in errors. Large contents go to `shelf`,
    a file that is not there yet.

    Raises:
        X07Error: it cannot be read, or it is none.
        ToolMissingError: nothing on this machine unpacks it.
    """
    try:
        with file.open("rb") as stream, Shelf(shelf) as large:
            parts = _parts(stream, file.stat().st_size, where)
            control = _control(_opened(stream, parts[1], MAX_CONTROL_BYTES, env, where), where)
            data = _opened(stream, parts[2], MAX_DATA_BYTES, env, where)
            entries = tuple(_entry(*each, large) for each in TarReader(data, where, LIMITS))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise X07Error(f"cannot read {where} (`{file}`): {reason}") from error
    return Package(control, fields.single(control, f"the control file of {where}"), entries)


def _parts(stream: BinaryIO, file_bytes: int, where: str) -> list[ar.Member]:
    """The three that a package has, in their order. What begins with `_` is for others."""
    found = [
        each for each in ar.members(stream, file_bytes, where) if not each.name.startswith("_")
    ]
    kinds = [each.name.partition(".tar")[0] for each in found[:3]]
    if kinds != [FORMAT_FILE, "control", "data"]:
        raise wrong(where, "it has other parts than a package")
    stream.seek(found[0].offset_bytes)
    if not stream.read(min(found[0].size_bytes, MAX_FORMAT_BYTES)).startswith(FORMAT):
        raise wrong(where, "it is of a format that is not known")
    return found[:3]


def _opened(
    stream: BinaryIO, part: ar.Member, most_bytes: int, env: Mapping[str, str], where: str
) -> Unpacked:
    ending = part.name.partition(".tar")[2]
    return unpacked(_chunks(stream, part), ending, most_bytes, env, where)


def _chunks(stream: BinaryIO, part: ar.Member) -> Iterator[bytes]:
    at, left = part.offset_bytes, part.size_bytes
    while left:
        stream.seek(at)
        chunk = stream.read(min(left, READ_BYTES))
        if not chunk:
            return
        at, left = at + len(chunk), left - len(chunk)
        yield chunk


def _control(unpacked: Unpacked, where: str) -> bytes:
    found = b""
    for member, content in TarReader(unpacked, where, LIMITS):
        if member.path == "control" and member.kind == "file":
            found = content.all()
    if not found:
        raise wrong(where, "it does not say what it is: `control` is missing")
    return found


def _entry(member: Member, content: Content, large: Shelf) -> Entry:
    if member.size_bytes > MAX_FILE_BYTES:
        raise wrong(content.what, f"`{member.path}` has more than {MAX_FILE_BYTES} bytes")
    kept = large.keep(content) if member.size_bytes > LARGE_BYTES else content.all()
    bits, time = member.mode & BITS, member.time_seconds
    return Entry(member.path, member.kind, bits, kept, member.target, time_seconds=time)
