"""The special forms: head -> what checks it. A form is added by one line here."""

from collections.abc import Mapping
from typing import Final

from x07bundle.lang.check import (
    blocks,
    brands,
    control,
    exits,
    literals,
    loops,
    matches,
    operators,
    pointers,
)
from x07bundle.lang.check.flow import Handler

HANDLERS: Final[Mapping[str, Handler]] = {
    "begin": blocks.begin,
    "unsafe": blocks.unsafe,
    "let": blocks.let,
    "set": blocks.set_,
    "set0": blocks.set_,
    "if": control.if_,
    "for": loops.for_,
    "while": loops.while_,
    "match": matches.match,
    "return": exits.return_,
    "try": exits.try_,
    "try_doc": exits.try_doc,
    "&&": control.short_circuit,
    "||": control.short_circuit,
    **dict.fromkeys(operators.OPERATORS, operators.binary),
    "bytes.lit": literals.text,
    "bytes.view_lit": literals.text,
    "addr_of": pointers.address_of,
    "addr_of_mut": pointers.address_of,
    "ptr.cast": pointers.cast,
    "ptr.as_const": pointers.as_const,
    "std.brand.cast_bytes_v1": brands.cast_bytes,
    "std.brand.cast_view_v1": brands.cast_view,
    "std.brand.cast_view_copy_v1": brands.cast_view,
    "std.brand.assume_bytes_v1": brands.assume,
    "std.brand.erase_bytes_v1": brands.erase_bytes,
    "std.brand.erase_view_v1": brands.erase_view,
    "std.brand.view_v1": brands.view,
    "std.brand.to_bytes_preserve_if_full_v1": brands.to_bytes,
}
