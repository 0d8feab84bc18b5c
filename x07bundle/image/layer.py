"""Entries of a layer -> the bytes of its tar, the same for the same entries.

Byte-order sort with parents first, every folder present, hard links after what they name; fixed
users, no names of users, whole seconds, no padding beyond the two blocks that end an archive. Names
that do not fit a ustar header get PAX records, which every loader reads.
"""

import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from x07bundle.errors import X07Error

Kind = Literal["file", "folder", "symlink", "hardlink"]

FOLDER_MODE: Final = 0o755
BLOCK_BYTES: Final = 512
READ_BYTES: Final = 1 << 20
TYPES: Final[dict[Kind, bytes]] = {
    "file": tarfile.REGTYPE,
    "folder": tarfile.DIRTYPE,
    "symlink": tarfile.SYMTYPE,
    "hardlink": tarfile.LNKTYPE,
}


class Span(NamedTuple):
    """A part of a file of this machine: content that is not held in memory."""

    file: Path
    offset_bytes: int
    size_bytes: int

    def read(self) -> bytes:
        """All of it. Raises OSError."""
        with self.file.open("rb") as stream:
            stream.seek(self.offset_bytes)
            return stream.read(self.size_bytes)


class Entry(NamedTuple):
    """One name of a layer.

    `path`: relative, `/` between names, no `.`, no `..` (`usr/lib/libc.so.6`); bytes that are no
    UTF-8 as surrogate escapes. `mode`: permission bits. `target`: of a symlink its text, of a hard
    link the path of a file in the same layer. `time_seconds`: None is the time of the build, which
    is also the latest that an entry gets.
    """

    path: str
    kind: Kind
    mode: int
    content: bytes | Span = b""
    target: str = ""
    user: int = 0
    group: int = 0
    time_seconds: int | None = None

    def read(self) -> bytes:
        """The content. Raises OSError: it is in a file that cannot be read."""
        return self.content.read() if isinstance(self.content, Span) else self.content

    @property
    def size_bytes(self) -> int:
        return self.content.size_bytes if isinstance(self.content, Span) else len(self.content)


NOTHING: Final[Mapping[str, Entry]] = MappingProxyType({})


def ordered(entries: Iterable[Entry], below: Mapping[str, Entry] = NOTHING) -> list[Entry]:
    """The entries as they are written; folders that are missing are added, as they are in the
    layers `below` or else anew: a folder that came with other permissions would change theirs.

    Raises:
        X07Error: a name twice, a name that is none, a folder that is a file or a link too, a hard
            link to what is no file of the layer.
    """
    by_path: dict[str, Entry] = {}
    for entry in entries:
        _check_path(entry.path)
        if entry.path in by_path:
            raise X07Error(f"a layer has `{entry.path}` twice", hint="each name once")
        by_path[entry.path] = entry
    for path in list(by_path):
        _add_parents(path, by_path, below)
    _check_hard_links(by_path)
    return sorted(by_path.values(), key=_key)


def tar_chunks(entries: Iterable[Entry], time_seconds: int) -> Iterator[bytes]:
    """The bytes of the tar, in pieces of at most `READ_BYTES`. `entries` as from `ordered`.

    Raises:
        X07Error: a file is shorter than its span.
        OSError: a file cannot be read.
    """
    for entry in entries:
        yield _header(entry, time_seconds)
        if entry.kind == "file":
            yield from _content(entry)
            yield bytes(-entry.size_bytes % BLOCK_BYTES)
    yield bytes(2 * BLOCK_BYTES)


def _check_path(path: str) -> None:
    names = path.split("/")
    if "\0" in path or any(name in ("", ".", "..") for name in names):
        raise X07Error(
            f"`{path}` is no name of a layer", "names are relative, without `.` and `..`"
        )


def _add_parents(path: str, by_path: dict[str, Entry], below: Mapping[str, Entry]) -> None:
    parent = path.rpartition("/")[0]
    while parent:
        known = below.get(parent) or Entry(parent, "folder", FOLDER_MODE)
        above = by_path.setdefault(parent, known)
        if above.kind != "folder":
            raise X07Error(f"a layer has `{path}` below `{parent}`, which is a {above.kind}")
        parent = parent.rpartition("/")[0]


def _check_hard_links(by_path: dict[str, Entry]) -> None:
    for entry in by_path.values():
        if entry.kind == "hardlink":
            named = by_path.get(entry.target)
            if named is None or named.kind != "file":
                raise X07Error(
                    f"the hard link `{entry.path}` names `{entry.target}`",
                    "that is no file of the same layer",
                )


def _key(entry: Entry) -> tuple[bool, list[bytes]]:
    """Name by name, so that a folder is followed by what is in it; hard links last."""
    names = entry.path.encode("utf-8", "surrogateescape").split(b"/")
    return entry.kind == "hardlink", names


def _header(entry: Entry, time_seconds: int) -> bytes:
    info = tarfile.TarInfo(entry.path)
    info.type = TYPES[entry.kind]
    info.mode = entry.mode & 0o7777
    info.uid, info.gid = entry.user, entry.group
    own = time_seconds if entry.time_seconds is None else entry.time_seconds
    info.mtime = min(own, time_seconds)
    info.size = entry.size_bytes if entry.kind == "file" else 0
    info.linkname = entry.target
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _content(entry: Entry) -> Iterator[bytes]:
    if not isinstance(entry.content, Span):
        for start in range(0, len(entry.content), READ_BYTES):
            yield entry.content[start : start + READ_BYTES]
        return
    left = entry.content.size_bytes
    with entry.content.file.open("rb") as stream:
        stream.seek(entry.content.offset_bytes)
        while left:
            chunk = stream.read(min(left, READ_BYTES))
            if not chunk:
                file = entry.content.file
                raise X07Error(f"`{file}` ends before `{entry.path}` does", hint="did it change?")
            left -= len(chunk)
            yield chunk
