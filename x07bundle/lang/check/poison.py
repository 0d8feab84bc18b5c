"""What an expression in error becomes: a node whose type fits everywhere and reports nothing."""

from typing import Final

from x07bundle.lang import tree, types

POISON: Final = types.make("error")
_SILENT: Final = frozenset({"error", "never"})


def node(at: str) -> tree.Node:
    return tree.Integer(POISON, at, 0)


def is_poison(value: tree.Node) -> bool:
    return value.ty.kind == "error"


def fits_anywhere(ty: types.Type) -> bool:
    """A value that is never there, or that was reported already."""
    return ty.kind in _SILENT
