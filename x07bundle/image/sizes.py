"""Sizes, as people read them."""

from typing import Final

MIB: Final = 1 << 20


def mib(size_bytes: int) -> str:
    """One unit for all rows of a table: `57.2 MiB`, `0.0 MiB`."""
    return f"{size_bytes / MIB:.1f} MiB"


def size(size_bytes: int) -> str:
    """`57.2 MiB`, `561 bytes`."""
    return mib(size_bytes) if size_bytes >= MIB // 10 else f"{size_bytes} bytes"
