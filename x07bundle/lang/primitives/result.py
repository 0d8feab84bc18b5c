"""result_i32, result_bytes, result_bytes_view, result_result_bytes (contract/language.md §4).

The error code of an ok value is 0; any u32 is a legal error code.
"""

from typing import Final

from x07bundle.lang.primitives.row import Effect, Primitive, row

ROWS: Final[tuple[Primitive, ...]] = (
    row("result_i32.ok", "i", "rI", Effect.PURE),
    row("result_i32.err", "i", "rI", Effect.PURE),
    row("result_i32.is_ok", "rI", "i", Effect.PURE),
    row("result_i32.err_code", "rI", "i", Effect.PURE),
    row("result_i32.unwrap_or", "rI i", "i", Effect.PURE),
    row("result_bytes.ok", "B", "rB", Effect.PURE),
    row("result_bytes.err", "i", "rB", Effect.PURE),
    row("result_bytes.is_ok", "&rB", "i", Effect.PURE),
    row("result_bytes.err_code", "&rB", "i", Effect.PURE),
    row("result_bytes.unwrap_or", "rB B", "B", site=False),
    row("result_bytes_view.ok", "V", "rV", Effect.PURE, borrows=0),
    row("result_bytes_view.err", "i", "rV", Effect.PURE),
    row("result_bytes_view.is_ok", "rV", "i", Effect.PURE),
    row("result_bytes_view.err_code", "rV", "i", Effect.PURE),
    row("result_bytes_view.unwrap_or", "rV V", "V", Effect.PURE, borrows=0),
    row("result_result_bytes.is_ok", "&rrB", "i", Effect.PURE),
    row("result_result_bytes.err_code", "&rrB", "i", Effect.PURE),
    row("result_result_bytes.unwrap_or", "rrB rB", "rB", site=False),
)
