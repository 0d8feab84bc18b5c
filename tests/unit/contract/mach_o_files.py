"""Small executables of macOS, put together by hand: two segments, a UUID and a signature."""

import struct
from typing import Final, NamedTuple

from x07bundle.contract import launcher_trailer, mach_o
from x07bundle.contract.launcher_trailer import Trailer
from x07bundle.files import sha256_bytes

CODE: Final = b"code" * 40
SYMBOLS: Final = b"symbols."
SIGNATURE_BYTES: Final = 48
TAIL_BYTES: Final = 16
"""Four numbers at the end of a segment's command, which are not looked at."""


class Parts(NamedTuple):
    """What one is made of. `within`, `beside`: at the ends of the two segments."""

    within: bytes
    beside: bytes = b""
    after: bytes = b""
    uuid: bytes = b"u" * mach_o.UUID_BYTES
    is_signed: bool = True
    repeated: int = 1
    kind: int = mach_o.EXECUTABLE


def made(parts: Parts) -> bytes:
    """`repeated`: how often the UUID is there."""
    uuid = struct.pack("<II", mach_o.UUID, 24) + parts.uuid
    uuids = uuid * parts.repeated
    signature_size = mach_o.DATA.size if parts.is_signed else 0
    head = mach_o.HEADER.size + 2 * (mach_o.SEGMENT.size + TAIL_BYTES) + len(uuids) + signature_size
    text_bytes = head + len(CODE) + len(parts.within)
    beside = SYMBOLS + parts.beside
    signature = b"s" * (SIGNATURE_BYTES if parts.is_signed else 0)
    commands = (
        _segment(b"__TEXT", 0, text_bytes)
        + _segment(b"__LINKEDIT", text_bytes, len(beside) + len(signature))
        + uuids
    )
    count = 2 + parts.repeated
    if parts.is_signed:
        at = text_bytes + len(beside)
        commands += mach_o.DATA.pack(mach_o.CODE_SIGNATURE, mach_o.DATA.size, at, len(signature))
        count += 1
    header = mach_o.HEADER.pack(mach_o.MAGIC, 12, 0, parts.kind, count, len(commands), 0, 0)
    return header + commands + CODE + parts.within + beside + signature + parts.after


def _segment(name: bytes, offset: int, size: int) -> bytes:
    fields = (name.ljust(16, b"\0"), offset, size, offset, size)
    return mach_o.SEGMENT.pack(
        mach_o.SEGMENT_64, mach_o.SEGMENT.size + TAIL_BYTES, *fields
    ) + bytes(TAIL_BYTES)


def carrying(trailer: Trailer, **others: object) -> bytes:
    """An executable that is as `x07 bundle` makes it."""

    def of(digest: str) -> bytes:
        marked = launcher_trailer.marked(launcher_trailer.text_of(trailer, digest))
        return made(Parts(marked)._replace(**others))  # type: ignore[arg-type]

    return of(sha256_bytes(launcher_trailer.find(of("0" * 64), "app").program))
