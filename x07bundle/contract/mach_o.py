"""What matters here of an executable of macOS: Mach-O of 64 bits (<mach-o/loader.h>)."""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

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
CODE_SIGNATURE: Final = 0x1D
TEXT: Final = b"__TEXT".ljust(16, b"\0")
LINKEDIT: Final = b"__LINKEDIT".ljust(16, b"\0")
"""The segment that a signature is the end of."""

UUID_PLACE: Final = range(8, 24)
DATA_SIZE_PLACE: Final = range(12, 16)
SEGMENT_SIZE_PLACES: Final = (range(32, 40), range(48, 56))
"""In memory and in the file. All from the beginning of their commands."""


class MachO(NamedTuple):
    """`text`: the segment that is executed, and read-only, in the file. `signature`: where that
    begins, which is last; the length of the file where there is none. `computed`: what a linker
    makes of all the rest, and what is another number with another signature.
    """

    text: range
    signature: int
    computed: tuple[range, ...]


def is_one(data: bytes) -> bool:
    return data.startswith(MAGIC)


def read(data: bytes) -> MachO | None:
    """None: it is no executable, not whole, or something follows its last segment."""
    try:
        commands = list(_commands(data))
        segments = _segments(data, commands)
        signature = _signature(data, commands)
    except (struct.error, ValueError):
        return None
    text = segments.get(TEXT, range(0))
    last = max((each.stop for each in segments.values()), default=0)
    if not text or text.start or not last == signature.stop == len(data):
        return None
    if signature.start < text.stop:
        return None
    return MachO(text, signature.start, tuple(_computed(data, commands)))


def _commands(data: bytes) -> Iterator[tuple[int, int]]:
    """Kinds, and where they are.

    Raises:
        ValueError, struct.error: they are not whole.
    """
    magic, _, _, kind, count, _, _, _ = HEADER.unpack_from(data)
    if magic != MAGIC or kind != EXECUTABLE:
        raise ValueError(kind)
    at = HEADER.size
    for _ in range(count):
        kind, size = COMMAND.unpack_from(data, at)
        if size < COMMAND.size or at + size > len(data):
            raise ValueError(size)
        yield kind, at
        at += size


def _segments(data: bytes, commands: list[tuple[int, int]]) -> dict[bytes, range]:
    """By name. Raises ValueError: one is there twice."""
    found: dict[bytes, range] = {}
    for kind, at in commands:
        if kind == SEGMENT_64:
            _, _, name, _, _, offset, size = SEGMENT.unpack_from(data, at)
            if name in found:
                raise ValueError(name)
            found[name] = range(offset, offset + size)
    return found


def _signature(data: bytes, commands: list[tuple[int, int]]) -> range:
    """Empty, and at the end, where there is none. Raises ValueError: there are two."""
    places = [at for kind, at in commands if kind == CODE_SIGNATURE]
    if not places:
        return range(len(data), len(data))
    (at,) = places
    _, _, offset, size = DATA.unpack_from(data, at)
    return range(offset, offset + size)


def _computed(data: bytes, commands: list[tuple[int, int]]) -> Iterator[range]:
    for kind, at in commands:
        places: tuple[range, ...] = ()
        if kind == UUID:
            places = (UUID_PLACE,)
        elif kind == CODE_SIGNATURE:
            places = (DATA_SIZE_PLACE,)
        elif kind == SEGMENT_64 and SEGMENT.unpack_from(data, at)[2] == LINKEDIT:
            places = SEGMENT_SIZE_PLACES
        yield from (range(at + place.start, at + place.stop) for place in places)
