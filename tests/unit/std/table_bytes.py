"""Calls of the modules about bytes: bytes, view, vec, slice, codec."""

from base64 import b64encode
from collections.abc import Iterator
from itertools import product

from tests.unit.std import models
from tests.unit.std.calls import Call
from tests.unit.std.expected import NUMBERS, TEXTS, each, expect, singles
from tests.unit.std.models import signed, u32


def bytes_calls() -> Iterator[Call]:
    texts = singles(*TEXTS)
    pairs = list(product((b"", b"a", b"an", b"banana", b"nan"), repeat=2))
    sizes = list(product((b"", b"banana"), (0, 1, 5, 6, 7, -1)))
    yield expect("std.bytes.alloc", 3, gives=b"\0\0\0")
    yield expect("std.bytes.alloc", 0, gives=b"")
    yield from each("std.bytes.len", texts, len)
    yield from each("std.bytes.copy", texts, bytes)
    yield from each("std.bytes.reverse", texts, lambda b: b[::-1])
    yield from each("std.bytes.sum_u8", texts, sum)
    yield from each("std.bytes.max_u8", texts, lambda b: max(b, default=0))
    yield from each("std.bytes.concat", pairs, lambda a, b: a + b)
    yield from each("std.bytes.eq", pairs, lambda a, b: int(a == b))
    yield from each("std.bytes.find_sub", pairs, lambda a, b: a.find(b))
    yield from each("std.bytes.starts_with", pairs, lambda a, b: int(a.startswith(b)))
    yield from each("std.bytes.ends_with", pairs, lambda a, b: int(a.endswith(b)))
    yield from each("std.bytes.strip_prefix_view", pairs, lambda a, b: a.removeprefix(b))
    yield from each("std.bytes.strip_suffix_view", pairs, lambda a, b: a.removesuffix(b))
    yield from each("std.bytes.take", sizes, lambda b, n: b[: n % 2**32])
    yield from each("std.bytes.drop", sizes, lambda b, n: b[n % 2**32 :])
    letters = [(b"banana", 97), (b"banana", 98), (b"banana", 0), (b"", 0), (b"a", 97 + 256)]
    yield from each(
        "std.bytes.find_u8", letters, lambda b, c: [*b, c].index(c) if c in [*b] else -1
    )
    yield from each("std.bytes.count_u8", letters, lambda b, c: list(b).count(c))
    spaces = singles(b"", b" ", b" \t\n\v\f\ra b \r\n", b"a", b"\0 a\x08", b"\x0ea\x1f")
    yield from each("std.bytes.trim_ascii_view", spaces, lambda b: b.strip(b" \t\n\v\f\r"))
    yield expect("std.bytes.get_u8", b"\xffa", 0, gives=255)
    yield expect("std.bytes.set_u8", b"abc", 1, 0x158, gives=b"aXc")
    for function in ("std.bytes.slice", "std.bytes.slice_v1", "std.view.slice_v1"):
        yield expect(function, b"banana", 2, 3, gives=b"nan")
        yield expect(function, b"banana", 6, 0, gives=b"")
    ranges = [(b"abc", 0, 1, b"abc", 1, 1), (b"abc", 1, 2, b"bc", 0, 2), (b"b", 0, 1, b"", 0, 0)]
    yield from each(
        "std.bytes.cmp_range",
        ranges,
        lambda a, i, m, b, j, n: models.compared(a[i : i + m], b[j : j + n]),
    )


def vector_calls() -> Iterator[Call]:
    yield expect("std.vec.as_bytes", b"abc", gives=b"abc")
    yield expect("std.vec.extend_bytes", b"abc", b"\0d", gives=b"abc\0d")
    yield expect("std.vec.get", b"abc", 2, gives=99)
    yield expect("std.vec.len", b"abc", gives=3)
    yield expect("std.vec.push", b"abc", 0x164, gives=b"abcd")
    yield expect("std.vec.reserve_exact", b"abc", 100, gives=b"abc")
    yield expect("std.vec.with_capacity", 9, gives=b"")
    spans = [(0, 6), (2, 3), (4, 9), (6, 1), (7, 1), (-1, 1), (1, -1)]
    for start, length in spans:
        first, count = min(start % 2**32, 6), length % 2**32
        clamped = b"banana"[first : first + count]
        yield expect("std.slice.clamp", b"banana", start, length, gives=clamped)
    pairs = product((b"", b"a", b"ab", b"b", b"\xff"), repeat=2)
    yield from each("std.slice.cmp_bytes", pairs, models.compared)


def codec_calls() -> Iterator[Call]:
    texts = singles(*TEXTS, b"ab", b"abc", b"abcd", b"\xfb\xff\xfe")
    yield from each("std.codec.base64_encode_v1", texts, b64encode)
    yield from each("std.codec.hex_encode_v1", texts, lambda b: b.hex().encode())
    base64 = [*(b64encode(text) for (text,) in texts if isinstance(text, bytes))]
    base64 += [b"A", b"====", b"A===", b"AA==", b"AB==", b"AAA=", b"AAB=", b"A=A=", b"AA=A"]
    base64 += [b"AA*A", b"AAAA====", b"AAA-", b"AAA_", b"AA\n=", b"AAAA\n", b"\xffAAA"]
    yield from each("std.codec.base64_decode_v1", singles(*base64), models.base64_doc)
    hexes = singles(b"", b"00fF", b"0", b"abc", b"0g", b"g0", b"0x", b"@0", b"`0", b":0", b"\xff0")
    yield from each("std.codec.hex_decode_v1", hexes, models.hex_doc)
    yield from each("std.codec.write_u32_le", singles(*NUMBERS), lambda x: u32(x))
    yield expect("std.codec.read_u32_le", b"\xff\1\2\3\x84", 1, gives=signed(0x84030201))
