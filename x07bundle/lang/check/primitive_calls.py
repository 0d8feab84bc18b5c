"""Calls of primitives, by their rows (contract/language.md §4)."""

from collections.abc import Callable, Mapping
from typing import Final

from x07bundle.lang import source, tree
from x07bundle.lang.check import arguments, moves, poison, worlds
from x07bundle.lang.check.expression import ARGUMENT, check, named
from x07bundle.lang.check.flow import Flow
from x07bundle.lang.primitives.row import Primitive
from x07bundle.lang.primitives.table import ROWS, TABLE, overload
from x07bundle.lang.types import ANY_BRAND, BRANDABLE, NEVER, POINTERS, Type


def _of_first(types: list[Type]) -> str | None:
    return types[0].brand


def _any(types: list[Type]) -> str | None:
    return ANY_BRAND


BRANDS: Final[Mapping[str, Callable[[list[Type]], str | None]]] = {
    "option_bytes.none": _any,
    "option_bytes.some": _of_first,
    "option_bytes_view.none": _any,
    "option_bytes_view.some": _of_first,
    "result_bytes.err": _any,
    "result_bytes.ok": _of_first,
    "result_bytes_view.err": _any,
    "result_bytes_view.ok": _of_first,
}
"""Heads whose result carries a brand, and where it comes from. `*.unwrap_or`: see `_brand`."""


OVERLOADED: Final = frozenset(row.head for row in ROWS if TABLE[row.head] is not row)


def call(flow: Flow, form: source.Form, row: Primitive) -> tree.Node:
    if row.world != "any" or row.unsafe or row.internal:
        worlds.gate(flow, row, form.at)
    if not arguments.right_count(flow, form, len(row.params)):
        return poison.node(form.at)
    mark = len(flow.arguments)
    if row.head in OVERLOADED:
        chosen, args = _overloaded(flow, form)
        if chosen is None:
            return poison.node(form.at)
        row = chosen
    else:
        args = [_argument(flow, form, row, index) for index in range(len(row.params))]
    moves.release(flow, mark)
    if row.backend is not None:
        flow.backends.add(row.backend)
    ty = row.result
    if ty.kind in BRANDABLE:
        ty = ty.with_brand(_brand(row.head, args))
    node = tree.CallPrimitive(ty, form.at, row, args)
    if ty.is_view:
        arguments.borrow_result(flow, node, _lenders(row, args))
    return node


def _overloaded(flow: Flow, form: source.Form) -> tuple[Primitive | None, list[tree.Node]]:
    """The row that the first argument, a pointer, chooses, if it does; and the arguments."""
    first = check(flow, form.args[0])
    row = overload(TABLE[form.head], first.ty)
    rest = [_argument(flow, form, row, index) for index in range(1, len(row.params))]
    if first.ty in (row.params[0].ty, NEVER):
        return row, [first, *rest]
    if not poison.is_poison(first):
        message = f"argument 1 of `{form.head}` must be {_pointers(form.head)}, not {first.ty}"
        flow.report.error(ARGUMENT, form.args[0].at, message)
    return None, []


def _pointers(head: str) -> str:
    kinds = [row.params[0].ty.kind for row in ROWS if row.head == head]
    return "a pointer" if len(kinds) == len(POINTERS) else " or ".join(kinds)


def _brand(head: str, args: list[tree.Node]) -> str | None:
    rule = BRANDS.get(head)
    if rule is not None:
        return rule([arg.ty for arg in args])
    if head.endswith(".unwrap_or"):
        return _unwrapped_brand(args[0].ty.brand, args[1].ty.brand)
    return None


def _unwrapped_brand(held: str | None, default: str | None) -> str | None:
    """What both have in common: the value is one or the other."""
    if held in (ANY_BRAND, default):
        return default
    return held if default == ANY_BRAND else None


def _argument(flow: Flow, form: source.Form, row: Primitive, index: int) -> tree.Node:
    parameter = row.params[index]
    if parameter.mode != "value":
        node = arguments.look(flow, form, index, parameter)
    elif row.mutates and index == 0:
        node = _changed(flow, form, row)
    else:
        node = arguments.value(flow, form, index, parameter.ty)
    if flow.sources:
        moves.hold(flow, node)
    return node


def _changed(flow: Flow, form: source.Form, row: Primitive) -> tree.Node:
    """The owner that the primitive changes in place: errors name the primitive."""
    expr = form.args[0]
    if type(expr) is source.Name:
        local = named(flow, expr)
        if local.owner is not None and local.variable.ty.kind == row.params[0].ty.kind:
            return moves.move(flow, local, expr.at, row.head)
    return arguments.value(flow, form, 0, row.params[0].ty)


def _lenders(row: Primitive, args: list[tree.Node]) -> list[tree.Node]:
    """The arguments that the resulting view may borrow from."""
    if row.head.endswith(".unwrap_or"):
        return args
    return [args[row.borrows]] if isinstance(row.borrows, int) else []
