"""Types as declarations write them -> types (contract/language.md §1, "Types").

`load` has refused what is no type at all; what is left here as None mentions a type parameter.
"""

from collections.abc import Sequence
from typing import Final

from x07bundle.lang import types
from x07bundle.lang.check.poison import POISON
from x07bundle.lang.types import Type

CARRIERS: Final = {"u32": "i32"}


def kind_of(written: object) -> str | None:
    if isinstance(written, str):
        return CARRIERS.get(written, written) if written in types.NAMED else None
    if isinstance(written, Sequence) and len(written) == 2:
        return _structured(written[0], written[1])
    return None


def _structured(word: object, inner: object) -> str | None:
    if word == "t":
        return kind_of(inner)
    held = kind_of(inner)
    kind = f"{word}_{held}"
    return kind if held is not None and kind in types.NAMED else None


def type_of(written: object, brand: str | None = None) -> Type:
    kind = kind_of(written)
    if kind is None:
        return types.VOID if written == "void" else POISON
    return types.make(kind, brand if kind in types.BRANDABLE else None)
