"""Which types fit where, and what two branches make together (contract/language.md §5)."""

from typing import Final

from x07bundle.lang import types
from x07bundle.lang.check import poison
from x07bundle.lang.check.flow import Flow
from x07bundle.lang.types import ANY_BRAND, Type

BRAND_MISMATCH: Final = "E_BRAND_MISMATCH"
HINTS: Final = {
    ("bytes", "bytes_view"): "copy the view with `view.to_bytes`",
    ("bytes", "vec_u8"): "turn the vector into bytes with `vec_u8.into_bytes`",
    ("bytes_view", "bytes"): "bind the value to a local with `let` first and take a view of it",
    ("bytes_view", "vec_u8"): "bind the value to a local with `let` first and take a view of it",
    ("i32", "f64"): "cut the number with `f64.to_i32_trunc`",
    ("f64", "i32"): "turn the number into an f64 with `f64.of_i32`",
    ("i32", "bytes"): "read a number with `codec.read_u32_le`, or from text with `parse.u32_dec`",
    ("i32", "option_i32"): "take the number out with `option_i32.unwrap_or`",
    ("i32", "result_i32"): "take the number out with `result_i32.unwrap_or` or with `try`",
    ("bytes", "option_bytes"): "take the bytes out with `option_bytes.unwrap_or`",
    ("bytes", "result_bytes"): "take the bytes out with `result_bytes.unwrap_or` or with `try`",
    ("bytes", "i32"): "write the number with `fmt.s32_to_dec`, or with `codec.write_u32_le`",
}
"""What turns a value of the second kind into one of the first."""


def brand_fits(wanted: str | None, found: str | None) -> bool:
    """A brand may be dropped in silence, never added."""
    return wanted in (None, ANY_BRAND) or found in (wanted, ANY_BRAND)


def fits(wanted: Type, found: Type) -> bool:
    if poison.fits_anywhere(found) or wanted.kind == "error":
        return True
    return wanted.kind == found.kind and brand_fits(wanted.brand, found.brand)


def require(flow: Flow, wanted: Type, found: Type, at: str, code: str, what: str) -> None:
    """Reports a value that does not fit; `what` is how the error calls the place."""
    if fits(wanted, found):
        return
    if wanted.kind != found.kind:
        near = HINTS.get((wanted.kind, found.kind))
        flow.report.error(code, at, f"{what} must be {wanted}, not {found}", near)
        return
    hint = f'ask a validator: `["std.brand.cast_bytes_v1", "{wanted.brand}", validator, value]`'
    if wanted.brand in flow.environment.owners:
        hint = f"make it with a head of `{wanted.brand}`"
    message = f"{what} must carry the brand `{wanted.brand}`, but is {_described(found)}"
    flow.report.error(BRAND_MISMATCH, at, message, hint)


def _described(found: Type) -> str:
    return f"branded `{found.brand}`" if found.brand else "unbranded"


def unify(one: Type, other: Type) -> Type | None:
    """The type of a value that comes from either of two places, or None when there is none."""
    if poison.fits_anywhere(one):
        return other if one.kind == "never" else one
    if poison.fits_anywhere(other):
        return one if other.kind == "never" else other
    if one.kind != other.kind:
        return None
    return _unify_brands(one, other)


def _unify_brands(one: Type, other: Type) -> Type | None:
    if one.brand == other.brand or other.brand == ANY_BRAND:
        return one
    if one.brand == ANY_BRAND:
        return other
    if one.brand is None or other.brand is None:
        return types.make(one.kind)
    return None
