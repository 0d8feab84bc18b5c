"""What matters here of an executable of macOS: Mach-O of 64 bits (<mach-o/loader.h>)."""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple, TypeVar

Key = TypeVar("Key", bytes, int)

MAGIC: Final = b"\xcf\xfa\xed\xfe"
EXECUTABLE: Final = 2
HEADER: Final = struct.Struct("<4s2iIIIII")
"""Magic, processor, its subtype, kind of file, count of commands, their size, flags, nothing."""
COMMAND: Final = struct.Struct("<II")
"""Kind and size."""
SEGMENT: Final = struct.Struct("<II16sQQQQ")
"""Kind and size, name, address and size in memory, offset and size in the file."""
DATA: Final = struct.Struct("<IIII")
"""Kind and size, offset and size in the file."""

SEGMENT_64: Final = 0x19
UUID: Final = 0x1B
UUID_BYTES: Final = 16
CODE_SIGNATURE: Final = 0x1D
TEXT: Final = b"__TEXT"


class MachO(NamedTuple):
    """Ranges of the file. `text`: the segment that is executed, and read-only. `computed`: what a
    linker makes of all the rest: a UUID, and a signature, which is last.
    """

    text: range
    computed: tuple[range, ...]


def is_one(data: bytes) -> bool:
    return data.startswith(MAGIC)


def read(data: bytes) -> MachO | None:
    """None: it is no executable, not whole, or something follows its last segment."""
    try:
        segments, computed = _commands(data)
    except (struct.error, ValueError):
        return None
    text = segments.get(TEXT)
    ends = max((each.stop for each in segments.values()), default=0)
    if text is None or text.start != 0 or ends != len(data):
        return None
    signature = computed.get(CODE_SIGNATURE, range(len(data), len(data)))
    if signature.start < text.stop or signature.stop != len(data):
        return None
    return MachO(text, tuple(computed.values()))


def _commands(data: bytes) -> tuple[dict[bytes, range], dict[int, range]]:
    """Segments by name, and what is computed by its kind.

    Raises:
        ValueError, struct.error: they are not whole, or one is there twice.
    """
    segments: dict[bytes, range] = {}
    computed: dict[int, range] = {}
    for kind, at in _places(data):
        if kind == SEGMENT_64:
            _, _, name, _, _, offset, size = SEGMENT.unpack_from(data, at)
            _put(segments, name.rstrip(b"\0"), range(offset, offset + size))
        elif kind == UUID:
            start = at + COMMAND.size
            _put(computed, kind, range(start, start + UUID_BYTES))
        elif kind == CODE_SIGNATURE:
            _, _, offset, size = DATA.unpack_from(data, at)
            _put(computed, kind, range(offset, offset + size))
    return segments, computed


def _places(data: bytes) -> Iterator[tuple[int, int]]:
    """Kinds of commands, and where they are."""
    magic, _, _, kind, count, _, _, _ = HEADER.unpack_from(data)
    if magic != MAGIC or kind != EXECUTABLE:
        raise ValueError(kind)
    at = HEADER.size
    for _ in range(count):
        kind, size = COMMAND.unpack_from(data, at)
        if size < COMMAND.size:
            raise ValueError(size)
        yield kind, at
        at += size


def _put(ranges: dict[Key, range], key: Key, place: range) -> None:
    if key in ranges:
        raise ValueError(key)
    ranges[key] = place
