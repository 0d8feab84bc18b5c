"""A tar of others, member by member, read strictly and never written anywhere.

ustar, PAX and the long names of GNU are read. Refused: names that are absolute or leave the tree,
names twice, names below what is no folder, links that lead out, devices and pipes, sparse files,
numbers and checksums that are none, an end that is missing, more than the limits allow.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

from x07bundle.errors import X07Error
from x07bundle.image.layer import Kind

BLOCK_BYTES: Final = 512
CHUNK_BYTES: Final = 1 << 20
MOST_EXTENSION_BYTES: Final = 1 << 20
MOST_NAME_BYTES: Final = 4096
KINDS: Final[Mapping[bytes, Kind]] = {
    b"0": "file",
    b"\0": "file",
    b"7": "file",
    b"1": "hardlink",
    b"2": "symlink",
    b"5": "folder",
}
REFUSED_TYPES: Final = {
    b"3": "a character device",
    b"4": "a block device",
    b"6": "a pipe",
    b"S": "a sparse file",
}
RECORD: Final = re.compile(rb"(\d{1,7}) ([^=]+)=")
OCTAL: Final = re.compile(rb"[ ]*([0-7]+)[ \0]*")


class TarError(X07Error):
    """An archive that is not read further: damaged, hostile, or with what no image has."""


class Source(Protocol):
    """What a tar is read from: a file, or a stream that is decompressed."""

    def read(self, size: int, /) -> bytes: ...


class Limits(NamedTuple):
    """What an archive may hold."""

    members: int = 500_000
    content_bytes: int = 4 << 30


class Member(NamedTuple):
    """`path` as in `layer.Entry`; bytes that are no UTF-8 are surrogate escapes. `target`: the text
    of a symlink, the path of what a hard link names. `extended`: PAX records, xattrs among them.
    `offset_bytes`: where in the tar its content starts.
    """

    path: str
    kind: Kind
    mode: int
    user: int
    group: int
    time_seconds: int
    size_bytes: int
    target: str
    extended: Mapping[str, bytes]
    offset_bytes: int


class Content:
    """The bytes of the member at hand."""

    def __init__(self, source: Source, size_bytes: int, what: str) -> None:
        self.source, self.left, self.what = source, size_bytes, what

    def chunks(self) -> Iterator[bytes]:
        """Raises TarError: the archive ends first."""
        while self.left:
            chunk = self.source.read(min(self.left, CHUNK_BYTES))
            if not chunk:
                raise TarError(f"{self.what} is truncated", hint="get it again")
            self.left -= len(chunk)
            yield chunk

    def all(self) -> bytes:
        return b"".join(self.chunks())

    def skip(self) -> None:
        """A file is sought past, whose end is found when the next header is read."""
        seek = getattr(self.source, "seek", None)
        if seek is not None:
            seek(self.left, 1)
            self.left = 0
        for _ in self.chunks():
            pass


class _Extended(NamedTuple):
    """What headers before a member say of it."""

    path: bytes | None = None
    target: bytes | None = None
    size_bytes: int | None = None
    records: Mapping[str, bytes] = MappingProxyType({})


NOTHING: Final = _Extended()


class TarReader:
    """Iterating gives each member with its content, which is skipped where nobody read it.

    `what` names the archive in errors.
    """

    def __init__(self, source: Source, what: str, limits: Limits | None = None) -> None:
        self.source, self.what = source, what
        self.limits = limits or Limits()
        self.names = _Names(what)
        self.position = 0
        self.content_bytes = 0

    def __iter__(self) -> Iterator[tuple[Member, Content]]:
        """Raises TarError."""
        extended = NOTHING
        while (header := self._header()) is not None:
            found = self._extension(header, extended)
            if found is not None:
                extended = found
                continue
            member = self._member(header, extended)
            extended = NOTHING
            content = Content(self.source, member.size_bytes, self.what)
            if member.path or member.kind != "folder":
                self.names.add(member)
                yield member, content
            content.skip()
            self._pass_padding(member.size_bytes)
        if extended is not NOTHING:
            raise self._error("ends after a header that tells of a member")

    def _error(self, problem: str) -> TarError:
        return TarError(
            f"{self.what} {problem}", hint="it is damaged or was not made in good faith"
        )

    def _header(self) -> bytes | None:
        """The next header, or None at the end: two blocks of zeros, and nothing but zeros after."""
        block = self._exactly(BLOCK_BYTES)
        if any(block):
            self._check_sum(block)
            return block
        while chunk := self.source.read(CHUNK_BYTES):
            if chunk.count(0) != len(chunk):
                raise self._error("has something after its end")
        return None

    def _check_sum(self, header: bytes) -> None:
        blanked = header[:148] + b" " * 8 + header[156:]
        if _octal(header[148:156]) != sum(blanked):
            raise self._error(f"has a header with a wrong checksum at byte {self.position - 512}")

    def _exactly(self, size_bytes: int) -> bytes:
        data = bytearray()
        while len(data) < size_bytes:
            chunk = self.source.read(size_bytes - len(data))
            if not chunk:
                raise self._error(f"is truncated at byte {self.position + len(data)}")
            data += chunk
        self.position += size_bytes
        return bytes(data)

    def _extension(self, header: bytes, before: _Extended) -> _Extended | None:
        """What a header tells of the member after it; None when it is a member itself."""
        kind = header[156:157]
        if kind not in b"xgLK":
            return None
        size_bytes = self._number(header[124:136], "size")
        if size_bytes > MOST_EXTENSION_BYTES:
            raise self._error(f"has a header of {size_bytes} bytes")
        data = self._exactly(size_bytes)
        self._pass_padding(size_bytes, is_counted=False)
        if kind in b"LK":
            name = data.rstrip(b"\0")
            return before._replace(path=name) if kind == b"L" else before._replace(target=name)
        records = self._records(data)
        if kind == b"g":
            return self._global(records, before)
        return self._local(records, before)

    def _global(self, records: Mapping[str, bytes], before: _Extended) -> _Extended:
        """A comment at most: what it says of every member could not be told from the member."""
        if set(records) - {"comment"}:
            raise self._error("has a global PAX header")
        return before

    def _local(self, records: Mapping[str, bytes], before: _Extended) -> _Extended:
        if any(key.startswith("GNU.sparse") for key in records):
            raise self._error("has a sparse file")
        size = records.get("size")
        if size is not None and not re.fullmatch(rb"\d{1,18}", size):
            raise self._error("has a PAX header whose size is none")
        return _Extended(
            records.get("path", before.path),
            records.get("linkpath", before.target),
            None if size is None else int(size),
            records,
        )

    def _records(self, data: bytes) -> Mapping[str, bytes]:
        """PAX: `LENGTH KEY=VALUE\\n`, LENGTH counts all of it."""
        records: dict[str, bytes] = {}
        at = 0
        while at < len(data):
            match = RECORD.match(data, at)
            end = at + int(match.group(1)) if match else 0
            if match is None or end <= match.end() or data[end - 1 : end] != b"\n":
                raise self._error("has a PAX header that is none")
            records[match.group(2).decode("utf-8", "surrogateescape")] = data[match.end() : end - 1]
            at = end
        return records

    def _member(self, header: bytes, extended: _Extended) -> Member:
        kind = self._kind(header)
        size = self._number(header[124:136], "size")
        size_bytes = size if extended.size_bytes is None else extended.size_bytes
        if kind != "file" and size_bytes:
            raise self._error("has content where none belongs")
        self._count(size_bytes)
        target = header[157:257].split(b"\0")[0] if extended.target is None else extended.target
        return Member(
            path=self.names.clean(_name(header) if extended.path is None else extended.path),
            kind=kind,
            mode=self._number(header[100:108], "mode") & 0o7777,
            user=self._number(header[108:116], "user"),
            group=self._number(header[116:124], "group"),
            time_seconds=self._number(header[136:148], "time"),
            size_bytes=size_bytes,
            target=self.names.target(target, kind),
            extended=extended.records,
            offset_bytes=self.position,
        )

    def _kind(self, header: bytes) -> Kind:
        letter = header[156:157]
        if letter in REFUSED_TYPES:
            raise self._error(f"has {REFUSED_TYPES[letter]}: `{_shown(_name(header))}`")
        if letter not in KINDS:
            raise self._error(f"has a member of an unknown type: {letter!r}")
        is_folder = letter in b"0\0" and _name(header).endswith(b"/")
        return "folder" if is_folder else KINDS[letter]

    def _count(self, size_bytes: int) -> None:
        self.content_bytes += size_bytes
        if self.content_bytes > self.limits.content_bytes:
            raise self._error(f"holds more than {self.limits.content_bytes} bytes")
        if len(self.names.kinds) >= self.limits.members:
            raise self._error(f"has more than {self.limits.members} members")

    def _number(self, field: bytes, what: str) -> int:
        """Octal, or base 256 of GNU for what does not fit."""
        number = int.from_bytes(field[1:], "big") if field[0] == 0x80 else _octal(field)
        if number is None or number >= 1 << 63:
            raise self._error(f"has a header whose {what} is no number")
        return number

    def _pass_padding(self, size_bytes: int, *, is_counted: bool = True) -> None:
        self.position += size_bytes if is_counted else 0
        self._exactly(-size_bytes % BLOCK_BYTES)


class _Names:
    """Every name so far, and what may stand beside it."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.kinds: dict[str, Kind] = {}
        self.folders = {""}
        """What something is below of, whether it had a member itself or not."""

    def _error(self, name: str, problem: str) -> TarError:
        return TarError(
            f"{self.what} has `{name}`, {problem}", hint="it was not made in good faith: refused"
        )

    def clean(self, name: bytes) -> str:
        """Without `./` and a slash at the end; "" is the root itself."""
        text = name.decode("utf-8", "surrogateescape")
        if text.startswith("/"):
            raise self._error(_shown(name), "an absolute name")
        names = [part for part in text.split("/") if part not in ("", ".")]
        if ".." in names:
            raise self._error(_shown(name), "which leaves the tree")
        if "\0" in text or len(name) > MOST_NAME_BYTES:
            raise self._error(_shown(name), "which is no name")
        return "/".join(names)

    def target(self, target: bytes, kind: Kind) -> str:
        if kind == "hardlink":
            return self.clean(target)
        return target.decode("utf-8", "surrogateescape") if kind == "symlink" else ""

    def add(self, member: Member) -> None:
        """Raises TarError: it may not stand beside the others."""
        path = member.path
        if path in self.kinds:
            raise self._error(path, "which is there twice")
        if path in self.folders and member.kind != "folder":
            raise self._error(path, f"a {member.kind} where a folder is")
        self._check_parents(path)
        if member.kind == "hardlink" and self.kinds.get(member.target) not in ("file", "hardlink"):
            raise self._error(path, f"a hard link to `{member.target}`, which is no file before it")
        if member.kind == "symlink" and leaves_tree(path, member.target):
            raise self._error(path, f"a link out of the tree, to `{member.target}`")
        self.kinds[path] = member.kind

    def _check_parents(self, path: str) -> None:
        parent = path.rpartition("/")[0]
        while parent not in self.folders:
            if self.kinds.get(parent, "folder") != "folder":
                raise self._error(path, f"below `{parent}`, which is a {self.kinds[parent]}")
            self.folders.add(parent)
            parent = parent.rpartition("/")[0]


def leaves_tree(path: str, target: str) -> bool:
    """Whether a link climbs above the root. An absolute one starts at the root of the image."""
    depth = 0 if target.startswith("/") else path.count("/")
    for name in target.split("/"):
        depth += -1 if name == ".." else name not in ("", ".")
        if depth < 0:
            return True
    return target == "" or "\0" in target


def _name(header: bytes) -> bytes:
    name = header[:100].split(b"\0")[0]
    prefix = header[345:500].split(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _octal(field: bytes) -> int | None:
    """None: no number. A field of nothing is 0, as old archives have it."""
    if not field.strip(b" \0"):
        return 0
    match = OCTAL.fullmatch(field)
    return int(match.group(1), 8) if match else None


def _shown(name: bytes) -> str:
    return name[:200].decode("utf-8", "backslashreplace")
