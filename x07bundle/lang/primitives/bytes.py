"""bytes and bytes_view (contract/language.md §4).

`bytes.lit` and `bytes.view_lit` are nodes of the typed tree, not rows. `bytes.eq` writes: it
remembers the operands that differed.
"""

from typing import Final

from x07bundle.lang.primitives.row import Effect, Primitive, row

ROWS: Final[tuple[Primitive, ...]] = (
    row("bytes.alloc", "i", "B"),
    row("bytes.empty", "", "B", Effect.PURE),
    row("bytes1", "i", "B"),
    row("bytes.len", "V", "i", Effect.PURE, c="x07_view_len"),
    row("bytes.get_u8", "V i", "i", c="x07_view_get_u8", traps=("view.get_u8 oob",)),
    row("bytes.set_u8", "B i i", "B", traps=("bytes.set_u8 oob",), mutates=True),
    row("bytes.eq", "V V", "i", site=False),
    row("bytes.cmp_range", "V i i V i i", "i", traps=("bytes.cmp_range oob",)),
    row("bytes.copy", "B B", "B", traps=("bytes.copy dst too small",)),
    row("bytes.concat", "B B", "B", traps=("bytes.concat overflow",)),
    row("bytes.slice", "V i i", "B", traps=("bytes.slice oob",)),
    row("bytes.view", "!B", "V", Effect.PURE, c="x07_bytes_as_view", borrows=0),
    row("bytes.subview", "!B i i", "V", traps=("bytes.subview oob",), borrows=0),
    row("view.len", "V", "i", Effect.PURE),
    row("view.get_u8", "V i", "i", traps=("view.get_u8 oob",)),
    row("view.slice", "V i i", "V", traps=("view.slice oob",), borrows=0),
    row("view.to_bytes", "V", "B"),
    row("view.eq", "V V", "i", Effect.READS),
    row("view.cmp_range", "V i i V i i", "i", traps=("view.cmp_range oob",)),
)
