"""Makers of brand heads (contract/language.md §5): casts by a validator, and values as they are."""

from typing import Final

from tests.fuzz.program import Node
from tests.fuzz.writer import Options, Signature, Writer

NAMES: Final = ("acme.doc_v1", "x", "NULL", "Point")


def casts(w: Writer, depth: int) -> Options:
    """What a validator says of bytes or a view, as a number."""
    found = [f for f in w.callables if is_validator(f)]
    if not found:
        return []
    return [(4, lambda: cast(w, w.rng.choice(found), depth))]


def is_validator(f: Signature) -> bool:
    return f.result == "result_i32" and [ty for _, ty in f.params] == ["bytes_view"]


def cast(w: Writer, validator: Signature, depth: int) -> Node:
    form, ty, result = w.rng.choice(
        (
            ("cast_bytes", "bytes", "result_bytes"),
            ("cast_view", "bytes_view", "result_bytes_view"),
            ("cast_view_copy", "bytes_view", "result_bytes"),
        )
    )
    value = w.any_argument(ty, depth - 1)
    brand = w.rng.choice(NAMES)
    question = w.rng.choice(("is_ok", "err_code"))
    return [f"{result}.{question}", [f"std.brand.{form}_v1", brand, validator.name, value]]


def assumed(w: Writer, brand: str, depth: int) -> Node:
    """Bytes of the right layout under a brand, on the program's word."""
    with w.scopes.inner():
        made = ["std.brand.erase_bytes_v1", w.expr(f"bytes@{brand}", depth - 1)]
        return ["unsafe", ["std.brand.assume_bytes_v1", brand, made]]
