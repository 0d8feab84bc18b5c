"""Calls of the modules about numbers: parse, fmt, bit, hash, prng, u32."""

from collections.abc import Iterator

from tests.unit.std import models
from tests.unit.std.calls import Call
from tests.unit.std.expected import NUMBERS, TEXTS, each, expect, singles
from tests.unit.std.models import signed, u32


def number_calls() -> Iterator[Call]:
    texts = [b"", b"0", b"-", b"-0", b"7", b"-7", b"+7", b"007", b"12x", b"x", b" 1", b"1 ", b"--1"]
    texts += [b"2147483647", b"2147483648", b"-2147483648", b"-2147483649", b"4294967295"]
    texts += [b"4294967296", b"4294967300", b"99999999999999999999", b"9999999999x"]
    i32 = (-(2**31), 2**31 - 1)
    unsigned = (0, 2**32 - 1)
    for text in texts:
        signed_value, unsigned_value = models.parsed(text, *i32), models.parsed(text, *unsigned)
        yield expect("std.parse.i32_dec", text, gives=signed_value)
        yield expect("std.parse.u32_dec", text, gives=unsigned_value)
        yield expect("std.parse.i32_status_le", text, gives=models.status(signed_value))
        yield expect("std.parse.u32_status_le", text, gives=models.status(unsigned_value))
    for offset in (0, 1, 2, 3, -1):
        text = b"x-12"[offset % 2**32 :]
        yield expect(
            "std.parse.i32_status_le_at",
            b"x-12",
            offset,
            gives=models.status(models.parsed(text, *i32)),
        )
        yield expect(
            "std.parse.u32_status_le_at",
            b"x-12",
            offset,
            gives=models.status(models.parsed(text, *unsigned)),
        )
    yield expect("std.parse.u32_dec_at", b"x-12", 2, gives=12)
    numbers = singles(*NUMBERS)
    yield from each("std.fmt.s32_to_dec", numbers, lambda x: str(x).encode())
    yield from each("std.fmt.u32_to_dec", numbers, lambda x: str(x % 2**32).encode())
    yield from each("std.bit.popcount_u32", numbers, lambda x: (x % 2**32).bit_count())
    yield from each("std.hash.mix32", numbers, models.mix32)
    yield from each("std.prng.lcg_next_u32", numbers, lambda x: signed(x * 1103515245 + 12345))
    streams = [u32(seed) + u32(count) for seed, count in ((0, 0), (1, 1), (-1, 5))]
    for data in streams:
        seed, count = int.from_bytes(data[:4], "little"), data[4]
        gives = models.lcg_stream(seed, count)
        yield expect("std.prng.x07rand32_v1_stream", data, gives=gives)
        yield expect("std.prng.x07rand32_v1_stream", data + b"more", gives=gives)
    yield expect("std.prng.x07rand32_v1_stream", b"1234567", gives=b"")
    yield expect("std.prng.x07rand32_v1_stream", u32(1) + u32(2**30), gives=b"")
    yield from each("std.hash.fnv1a32_bytes", singles(*TEXTS), models.fnv1a32)
    yield from each("std.hash.fnv1a32_view", singles(*TEXTS), models.fnv1a32)
    yield expect("std.hash.fnv1a32_range", b"banana", 1, 3, gives=models.fnv1a32(b"ana"))
    yield from u32_calls()


def u32_calls() -> Iterator[Call]:
    powers = {0: 1, 1: 1, 2: 2, 3: 4, 5: 8, 1 << 30: 1 << 30, (1 << 30) + 1: -(2**31), -1: 0}
    powers |= {-(2**31): -(2**31), -(2**31) + 1: 0}
    for value, power in powers.items():
        yield expect("std.u32.pow2_ceil", value, gives=power)
    number = signed(0x84030201)
    yield expect("std.u32.push_le", b"x", number, gives=b"x\1\2\3\x84")
    yield expect("std.u32.read_le_at", b"x\1\2\3\x84", 1, gives=number)
    yield expect("std.u32.read_le_at_vec_u8", b"x\1\2\3\x84", 1, gives=number)
    yield expect("std.u32.write_le_at", b"abcdef", 1, number, gives=b"a\1\2\3\x84f")
    yield expect("std.u32.write_le_at_vec_u8", b"abcdef", 2, number, gives=b"ab\1\2\3\x84")
