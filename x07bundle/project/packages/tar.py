"""The plain tar of package archives (contract/project.md §5): GNU headers, files and folders only.

A reader of its own, because whatever it does not know must be refused: links, devices, sparse and
compressed members, extensions. It looks at bytes and makes none of the files.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

BLOCK_BYTES: Final = 512
MAX_NAME_BYTES: Final = 1024
MAX_MEMBERS: Final = 10_000
MAX_MEMBER_BYTES: Final = 32 << 20
SHORT_NAME_BYTES: Final = 100
"""A longer name is a member of its own (type `L`) before the file's."""

MAGICS: Final = (b"ustar  \0", b"ustar\x0000")
LONG_NAME: Final = "././@LongLink"
CHECKSUM: Final = slice(148, 156)

KINDS: Final[Mapping[bytes, str]] = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a device",
    b"4": "a device",
    b"6": "a fifo",
}
"""What is refused by name; every other type is `of an unknown type`."""


class TarError(Exception):
    """The bytes are no archive that is taken; the argument says why."""


class Member(NamedTuple):
    """A file or, with `is_folder`, a folder (whose `data` is empty). `name` as it is written."""

    name: str
    data: bytes
    is_folder: bool = False


def write(files: Mapping[str, bytes]) -> bytes:
    """The archive of files, sorted by the bytes of their names: the same bytes every time."""
    parts = []
    for name in sorted(files, key=str.encode):
        data = files[name]
        raw = name.encode()
        if len(raw) > SHORT_NAME_BYTES:
            parts += [_header(LONG_NAME.encode(), len(raw) + 1, b"L"), _padded(raw + b"\0")]
        parts += [_header(raw[:SHORT_NAME_BYTES], len(data), b"0"), _padded(data)]
    return b"".join(parts) + bytes(2 * BLOCK_BYTES)


def read(archive: bytes) -> list[Member]:
    """The members of an archive, in its order.

    Raises:
        TarError: the archive is damaged, or holds something else than files and folders.
    """
    members: list[Member] = []
    long_name: str | None = None
    for header, data in _blocks(archive):
        kind = header[156:157]
        if kind == b"L":
            long_name = _long_name(data, long_name)
            continue
        members.append(_member(header, data, long_name))
        long_name = None
        if len(members) > MAX_MEMBERS:
            raise TarError(f"it has more than {MAX_MEMBERS} members")
    if long_name is not None:
        raise TarError(f"nothing follows the long name `{long_name}`")
    return members


def _blocks(archive: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Headers, each with the bytes that belong to it, up to the empty block at the end."""
    offset = 0
    while True:
        header = archive[offset : offset + BLOCK_BYTES]
        if len(header) < BLOCK_BYTES:
            raise TarError("it ends too early")
        if not any(header):
            break
        size = _size(header)
        offset += BLOCK_BYTES
        if offset + size > len(archive):
            raise TarError("it ends too early")
        yield header, archive[offset : offset + size]
        offset += -(-size // BLOCK_BYTES) * BLOCK_BYTES
    if archive[offset:].strip(b"\0"):
        raise TarError("something follows its end")


def _size(header: bytes) -> int:
    if header[257:265] not in MAGICS:
        raise TarError("it is no tar archive")
    blanked = header[: CHECKSUM.start] + b" " * 8 + header[CHECKSUM.stop :]
    if _octal(header[CHECKSUM]) != sum(blanked):
        raise TarError("a header is damaged: its checksum is wrong")
    size = _octal(header[124:136])
    if size > MAX_MEMBER_BYTES:
        raise TarError(f"a member has {size} bytes, at most {MAX_MEMBER_BYTES} are taken")
    return size


def _octal(field: bytes) -> int:
    digits = field.strip(b" \0")
    if not digits or digits.strip(b"01234567"):
        raise TarError("a header is damaged: a number is none")
    return int(digits, 8)


def _long_name(data: bytes, before: str | None) -> str:
    if before is not None or len(data) > MAX_NAME_BYTES:
        raise TarError("a member's name is too long")
    return _text(data.rstrip(b"\0"))


def _member(header: bytes, data: bytes, long_name: str | None) -> Member:
    kind = header[156:157]
    name = long_name if long_name is not None else _short_name(header)
    if kind not in (b"0", b"\0", b"5"):
        what = KINDS.get(kind, "of an unknown type")
        raise TarError(f"`{name}` is {what}; only files and folders are taken")
    is_folder = kind == b"5"
    if is_folder and data:
        raise TarError(f"the folder `{name}` has bytes of its own")
    return Member(name, data, is_folder)


def _short_name(header: bytes) -> str:
    """POSIX archives put the front of a long name into the last field of the header."""
    name = header[:SHORT_NAME_BYTES].partition(b"\0")[0]
    front = header[345:500].partition(b"\0")[0] if header[257:265] == MAGICS[1] else b""
    return _text(front + b"/" + name if front else name)


def _text(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TarError("a member's name is not UTF-8") from error
    if not text or not text.isprintable():
        raise TarError(f"a member's name cannot be used: {text!a}")
    return text


def _header(name: bytes, size: int, kind: bytes) -> bytes:
    """Mode 0644, no owner, no time: only name, size and type differ."""
    fields = (
        name.ljust(SHORT_NAME_BYTES, b"\0"),
        *(b"0000644\0", b"0000000\0", b"0000000\0"),
        b"%011o\0" % size,
        *(b"00000000000\0", b" " * 8, kind, bytes(100), MAGICS[0]),
    )
    header = b"".join(fields).ljust(BLOCK_BYTES, b"\0")
    return header[: CHECKSUM.start] + b"%07o\0" % sum(header) + header[CHECKSUM.stop :]


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK_BYTES)
