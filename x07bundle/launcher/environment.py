"""The variables of whoever started a bundle.

The executable has set the highest bit of the first byte of each name (stubs/launcher/launcher.c),
so that nothing which was loaded on the way here took one for its own. Whatever has no such name
comes from that way: Python, and what unpacked it.
"""

from collections.abc import Mapping
from typing import Final

VEIL: Final = 0x80


def unveiled(variables: Mapping[bytes, bytes]) -> dict[str, str]:
    """As the caller has them; bytes that are no UTF-8 as `os.fsdecode` has them."""
    return {
        _text(bytes([name[0] ^ VEIL]) + name[1:]): _text(value)
        for name, value in variables.items()
        if name and name[0] & VEIL
    }


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
