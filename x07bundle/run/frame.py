"""Frames and arguments: what goes into a program and comes out of it (contract/abi.md §1, §2)."""

import struct
from collections.abc import Sequence
from typing import Final

from x07bundle.errors import UsageError

MOST_BYTES: Final = 0xFFFF_FFFF


def framed(data: bytes) -> bytes:
    """`u32le` length, then the bytes.

    Raises:
        UsageError: more bytes than the length can say.
    """
    if len(data) > MOST_BYTES:
        raise UsageError(
            f"the input has {len(data)} bytes, more than a program can take",
            hint=f"at most {MOST_BYTES} bytes go in",
        )
    return _u32(len(data)) + data


def arguments(words: Sequence[bytes]) -> bytes:
    """The `argv_v1` bytes of arguments, without a program name before them."""
    return _u32(len(words)) + b"".join(_u32(len(word)) + word for word in words)


def unframed(stdout: bytes, max_output_bytes: int) -> tuple[bytes, str | None]:
    """The output in a frame, or b"" and what is wrong with it. `max_output_bytes` 0: no limit."""
    if len(stdout) < 4:
        return b"", "native stdout too short for length prefix"
    (length,) = struct.unpack_from("<I", stdout)
    if max_output_bytes and length > max_output_bytes:
        return b"", f"native output too large: {length} > max_output_bytes={max_output_bytes}"
    if length != len(stdout) - 4:
        expected = 4 + length
        return b"", f"native stdout length mismatch: expected {expected} got {len(stdout)}"
    return stdout[4:], None


def _u32(value: int) -> bytes:
    return struct.pack("<I", value)
