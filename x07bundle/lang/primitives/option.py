"""option_i32, option_bytes, option_bytes_view (contract/language.md §4)."""

from typing import Final

from x07bundle.lang.primitives.row import Effect, Primitive, row

ROWS: Final[tuple[Primitive, ...]] = (
    row("option_i32.none", "", "oI", Effect.PURE),
    row("option_i32.some", "i", "oI", Effect.PURE),
    row("option_i32.is_some", "oI", "i", Effect.PURE),
    row("option_i32.unwrap_or", "oI i", "i", Effect.PURE),
    row("option_bytes.none", "", "oB", Effect.PURE),
    row("option_bytes.some", "B", "oB", Effect.PURE),
    row("option_bytes.is_some", "&oB", "i", Effect.PURE),
    row("option_bytes.unwrap_or", "oB B", "B", site=False),
    row("option_bytes_view.none", "", "oV", Effect.PURE),
    row("option_bytes_view.some", "V", "oV", Effect.PURE, borrows=0),
    row("option_bytes_view.is_some", "oV", "i", Effect.PURE),
    row("option_bytes_view.unwrap_or", "oV V", "V", Effect.PURE, borrows=0),
)
