"""Values of ext-data-model, encoded in Python from the package's documentation."""

import struct
from typing import Any


class Number(str):
    """A number as it is written."""

    __slots__ = ()


def encode(value: Any) -> bytes:  # noqa: ANN401  what JSON has
    """None, bool, int, `Number`, str, list or dict; the keys of a dict are put in order."""
    match value:
        case None:
            return b"\0"
        case bool():
            return bytes([1, value])
        case int() | Number():
            return b"\2" + text(str(value).encode())
        case str():
            return b"\3" + text(value.encode())
        case list():
            return container(4, [encode(item) for item in value])
        case _:
            members = sorted((key.encode(), encode(item)) for key, item in value.items())
            return container(5, [text(key) + item for key, item in members])


def text(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def container(kind: int, items: list[bytes], count: int | None = None) -> bytes:
    """`count`: another number of items than there are."""
    body = struct.pack("<I", len(items) if count is None else count) + b"".join(items)
    return bytes([kind]) + text(body)


def nested(depth: int) -> bytes:
    """A sequence in a sequence, `depth` of them; the innermost one is empty."""
    levels = range(depth - 1, 0, -1)
    heads = [b"\4" + struct.pack("<II", 4 + 9 * level, 1) for level in levels]
    return b"".join(heads) + container(4, [])
