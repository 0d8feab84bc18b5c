"""Brands: facts about bytes that are known while compiling only (contract/language.md §5)."""

from typing import Final

from x07bundle.lang import source, tree, types
from x07bundle.lang.check import arguments, calls, moves, poison, worlds
from x07bundle.lang.check.environment import Signature
from x07bundle.lang.check.expression import ARGUMENT, arity, check, named
from x07bundle.lang.check.flow import Flow
from x07bundle.lang.primitives.table import TABLE
from x07bundle.lang.types import Type

VALIDATOR: Final = "E_BRAND_VALIDATOR"
MISSING: Final = "E_BRAND_MISSING"


def _brand(flow: Flow, form: source.Form) -> str | None:
    name = form.args[0]
    if type(name) is source.Name:
        return name.name
    flow.report.error(ARGUMENT, name.at, f"`{form.head}` needs the name of a brand here")
    return None


def _validator(flow: Flow, form: source.Form) -> Signature | None:
    """The function that says whether a view deserves the brand."""
    name = form.args[1]
    known = flow.environment.functions.get(name.name) if type(name) is source.Name else None
    if known is None:
        hint = "a validator is a function (bytes_view) -> result_i32"
        flow.report.error(VALIDATOR, name.at, f"`{form.head}` needs a validator here", hint)
        return None
    calls.need_visible(flow, known.name, name.at, known.module)
    right = known.params == (types.VIEW,) and known.result == types.RESULT_I32
    if not right or known.is_later:
        message = f'the validator "{known.name}" must be (bytes_view) -> result_i32'
        flow.report.error(VALIDATOR, name.at, message)
        return None
    return known


def _cast(flow: Flow, form: source.Form, wanted: Type, result: Type) -> tree.Node:
    if not arity(flow, form, "X07-ARITY-0000", f'["{form.head}", brand, validator, v]', 3, 3):
        return poison.node(form.at)
    brand, validator = _brand(flow, form), _validator(flow, form)
    mark = len(flow.arguments)
    value = arguments.value(flow, form, 2, wanted)
    moves.release(flow, mark)
    if brand is None or validator is None:
        return poison.node(form.at)
    copy = form.head == "std.brand.cast_view_copy_v1"
    node = tree.Cast(result.with_brand(brand), form.at, validator.function, value, copy)
    if result.is_view:
        arguments.borrow_result(flow, node, [value])
    return node


def cast_bytes(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    return _cast(flow, form, types.BYTES, types.RESULT_BYTES)


def cast_view(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    copies = form.head == "std.brand.cast_view_copy_v1"
    return _cast(flow, form, types.VIEW, types.RESULT_BYTES if copies else types.RESULT_VIEW)


def assume(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    """A brand that nobody checks."""
    worlds.need_unsafe(flow, form.head, form.at)
    if not arity(flow, form, "X07-ARITY-0000", f'["{form.head}", brand, b]', 2, 2):
        return poison.node(form.at)
    brand = _brand(flow, form)
    value = arguments.value(flow, form, 1, types.BYTES)
    return tree.Rebrand(types.BYTES.with_brand(brand), form.at, value)


def erase_bytes(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    return _erase(flow, form, types.BYTES)


def erase_view(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    return _erase(flow, form, types.VIEW)


def _erase(flow: Flow, form: source.Form, wanted: Type) -> tree.Node:
    if not arguments.right_count(flow, form, 1):
        return poison.node(form.at)
    value = arguments.value(flow, form, 0, wanted)
    node = tree.Rebrand(wanted, form.at, value)
    if wanted.is_view:
        arguments.borrow_result(flow, node, [value])
    return node


def view(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    """A view that keeps the brand of its owner."""
    if not arguments.right_count(flow, form, 1):
        return poison.node(form.at)
    name = form.args[0]
    local = named(flow, name) if type(name) is source.Name else None
    if local is None or local.owner is None:
        return _view_of_no_owner(flow, form)
    ty = local.variable.ty
    arguments.require(flow, form, 0, types.BYTES, ty)
    if ty.kind != "bytes" or not _has_brand(flow, form, ty):
        return poison.node(form.at)
    return arguments.borrow(flow, local, types.VIEW.with_brand(ty.brand), form.at)


def _view_of_no_owner(flow: Flow, form: source.Form) -> tree.Node:
    value = check(flow, form.args[0])
    if value.ty.kind == "bytes":
        arguments.refuse_temporary(flow, form.head, form.args[0].at)
    else:
        arguments.require(flow, form, 0, types.BYTES, value.ty)
    return poison.node(form.at)


def to_bytes(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    """A copy of a branded view. A branded view is always that of a whole value."""
    if not arguments.right_count(flow, form, 1):
        return poison.node(form.at)
    value = arguments.view(flow, form, 0, types.VIEW)
    row = TABLE["view.to_bytes"]
    return tree.CallPrimitive(row.result.with_brand(value.ty.brand), form.at, row, [value])


def _has_brand(flow: Flow, form: source.Form, ty: Type) -> bool:
    if ty.brand is None:
        message = f"`{form.head}` takes a branded value, and this one has no brand"
        flow.report.error(MISSING, form.args[0].at, message, "use `bytes.view` for plain bytes")
    return ty.brand is not None
