"""Bytes to stdout: data, exactly as it is."""

import sys


def echo_bytes(data: bytes) -> None:
    """Writes and flushes; a closed pipe or a full disk raises OSError."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
