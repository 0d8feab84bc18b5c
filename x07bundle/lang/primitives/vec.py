"""vec_u8: a growable buffer (contract/language.md §4). What changes a vector takes it and gives it
back; growing doubles from 1.
"""

from typing import Final

from x07bundle.lang.primitives.row import Effect, Primitive, row

ROWS: Final[tuple[Primitive, ...]] = (
    row("vec_u8.with_capacity", "i", "vec"),
    row("vec_u8.len", "!vec", "i", Effect.PURE),
    row("vec_u8.cap", "!vec", "i", Effect.PURE),
    row("vec_u8.get", "&vec i", "i", traps=("vec_u8.get oob",)),
    row("vec_u8.set", "vec i i", "vec", traps=("vec_u8.set oob",), mutates=True),
    row("vec_u8.push", "vec i", "vec", traps=("vec_u8.push overflow",), mutates=True),
    row("vec_u8.clear", "vec", "vec", site=False, mutates=True),
    row(
        "vec_u8.reserve_exact",
        "vec i",
        "vec",
        traps=("vec_u8.reserve_exact overflow",),
        mutates=True,
    ),
    row(
        "vec_u8.extend_zeroes",
        "vec i",
        "vec",
        traps=("vec_u8.extend_zeroes overflow",),
        mutates=True,
    ),
    row(
        "vec_u8.extend_bytes",
        "vec V",
        "vec",
        traps=("vec_u8.extend_bytes overflow",),
        mutates=True,
    ),
    row(
        "vec_u8.extend_bytes_range",
        "vec V i i",
        "vec",
        traps=("vec_u8.extend_bytes_range oob", "vec_u8.extend_bytes overflow"),
        mutates=True,
    ),
    row("vec_u8.into_bytes", "vec", "B", site=False),
    row("vec_u8.as_view", "!vec", "V", Effect.PURE, borrows=0),
)
