"""Numbers as bytes and as text, pseudo-random numbers, the exit code (contract/language.md §4).

Words are written in place for std.u32, which may not cost four stores of a byte.
`parse.u32_dec_at` reads to the end of the view and fails as `parse.u32_dec` does.
"""

from typing import Final

from x07bundle.lang.primitives.row import Effect, Primitive, row

_PARSE: Final = ("parse.u32_dec empty", "parse.u32_dec non-digit", "parse.u32_dec overflow")

ROWS: Final[tuple[Primitive, ...]] = (
    row("codec.read_u32_le", "V i", "i", traps=("codec.read_u32_le oob",)),
    row("codec.write_u32_le", "i", "B"),
    row(
        "__internal.bytes.write_u32_le",
        "B i i",
        "B",
        c="x07_bytes_write_u32_le",
        traps=("bytes.set_u8 oob",),
        mutates=True,
        internal=True,
    ),
    row(
        "__internal.vec_u8.write_u32_le",
        "vec i i",
        "vec",
        c="x07_vec_u8_write_u32_le",
        traps=("vec_u8.set oob",),
        mutates=True,
        internal=True,
    ),
    row("fmt.u32_to_dec", "i", "B"),
    row("fmt.s32_to_dec", "i", "B"),
    row("parse.u32_dec", "V", "i", traps=_PARSE),
    row("parse.u32_dec_at", "V i", "i", traps=("parse.u32_dec_at oob", *_PARSE)),
    row("prng.lcg_next_u32", "i", "i", Effect.PURE),
    row("process.set_exit_code_v1", "i", "i", site=False),
)
