"""Small executables of macOS, put together by hand: two segments, a UUID and a signature."""

import struct
from typing import Final, NamedTuple

from x07bundle.contract import launcher_trailer, mach_o
from x07bundle.contract.launcher_trailer import Trailer
from x07bundle.files import sha256_bytes

CODE: Final = b"code" * 40
SYMBOLS: Final = b"symbols."
UUID_BYTES: Final = 16
TAIL_BYTES: Final = 16
"""Four numbers at the end of a segment's command, which are not looked at."""


class Parts(NamedTuple):
    """What one is made of. `within`, `beside`: at the ends of the two segments."""

    within: bytes
    beside: bytes = b""
    after: bytes = b""
    uuid: bytes = b"u" * UUID_BYTES
    signature: bytes = b"signed.."
    segments: int = 1
    kind: int = mach_o.EXECUTABLE


def made(parts: Parts) -> bytes:
    """`segments`: how often the first one is there."""
    uuid = struct.pack("<II", mach_o.UUID, 24) + parts.uuid
    signature_size = mach_o.DATA.size if parts.signature else 0
    segments_size = (parts.segments + 1) * (mach_o.SEGMENT.size + TAIL_BYTES)
    head = mach_o.HEADER.size + segments_size + len(uuid) + signature_size
    text_bytes = head + len(CODE) + len(parts.within)
    beside = SYMBOLS + parts.beside
    commands = (
        _segment(b"__TEXT", 0, text_bytes) * parts.segments
        + _segment(b"__LINKEDIT", text_bytes, len(beside) + len(parts.signature))
        + uuid
    )
    count = parts.segments + 2
    if parts.signature:
        at = text_bytes + len(beside)
        commands += mach_o.DATA.pack(
            mach_o.CODE_SIGNATURE, mach_o.DATA.size, at, len(parts.signature)
        )
        count += 1
    header = mach_o.HEADER.pack(mach_o.MAGIC, 12, 0, parts.kind, count, len(commands), 0, 0)
    return header + commands + CODE + parts.within + beside + parts.signature + parts.after


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
