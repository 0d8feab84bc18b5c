"""Calls that stop the program."""

from collections.abc import Iterator
from typing import Final

from tests.unit.std.calls import Call, Trap
from tests.unit.std.expected import expect
from tests.unit.std.models import slices

ONE_SLICE: Final = slices(((0, 9),))


def trap_calls() -> Iterator[Call]:
    yield expect("std.bytes.get_u8", b"ab", 2, gives=Trap("view.get_u8 oob"))
    yield expect("std.bytes.get_u8", b"ab", -1, gives=Trap("view.get_u8 oob"))
    yield expect("std.bytes.set_u8", b"ab", 2, 0, gives=Trap("bytes.set_u8 oob"))
    yield expect("std.bytes.slice", b"ab", 1, 2, gives=Trap("bytes.slice oob"))
    yield expect("std.bytes.slice_v1", b"ab", -1, 1, gives=Trap("bytes.slice oob"))
    yield expect("std.view.slice_v1", b"ab", 3, 0, gives=Trap("view.slice oob"))
    yield expect("std.bytes.cmp_range", b"ab", 1, 2, b"ab", 0, 2, gives=Trap("view.cmp_range oob"))
    yield expect("std.vec.get", b"", 0, gives=Trap("vec_u8.get oob"))
    yield expect("std.codec.read_u32_le", b"abcd", 1, gives=Trap("codec.read_u32_le oob"))
    yield expect("std.u32.read_le_at", b"abcd", -1, gives=Trap("codec.read_u32_le oob"))
    yield expect("std.u32.write_le_at", b"abcd", 1, 0, gives=Trap("bytes.set_u8 oob"))
    yield expect("std.u32.write_le_at_vec_u8", b"abcd", -1, 0, gives=Trap("vec_u8.set oob"))
    yield expect("std.hash.fnv1a32_range", b"ab", 1, 2, gives=Trap("view.slice oob"))
    yield expect("std.parse.u32_dec_at", b"12", 3, gives=Trap("parse.u32_dec_at oob"))
    yield expect("std.parse.u32_dec_at", b"12x", 0, gives=Trap("parse.u32_dec non-digit"))
    yield expect("std.text.slices.start_v1", ONE_SLICE, 1, gives=Trap("codec.read_u32_le oob"))
    yield expect("std.text.slices.len_v1", ONE_SLICE, 2**29, gives=Trap("codec.read_u32_le oob"))
    yield expect("std.text.slices.view_at_v1", b"ab", ONE_SLICE, 0, gives=Trap("view.slice oob"))
    yield expect("std.text.slices.copy_at_v1", b"ab", ONE_SLICE, 0, gives=Trap("bytes.slice oob"))
