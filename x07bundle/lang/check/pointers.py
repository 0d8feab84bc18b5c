"""Raw pointers whose types the rows of primitives cannot state (contract/language.md §4)."""

from typing import Final

from x07bundle.lang import source, tree, types
from x07bundle.lang.check import declared, moves, poison, worlds
from x07bundle.lang.check.expression import ARGUMENT, arity, check, named
from x07bundle.lang.check.flow import Flow

ADDRESSES: Final = {"addr_of": types.PTR_CONST_VOID, "addr_of_mut": types.PTR_MUT_VOID}


def address_of(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    """Where a variable stands. Nothing is known any more about what is written there."""
    worlds.need_unsafe_capability(flow, form.head, form.at)
    if not arity(flow, form, "X07-ARITY-0000", f'["{form.head}", x]', 1, 1):
        return poison.node(form.at)
    name = form.args[0]
    if type(name) is not source.Name:
        flow.report.error(ARGUMENT, name.at, f"`{form.head}` takes the name of a variable")
        return poison.node(form.at)
    local = named(flow, name)
    if poison.fits_anywhere(local.variable.ty):
        return poison.node(form.at)
    moves.use(flow, local, name.at)
    local.variable.assigned = True
    return tree.AddressOf(ADDRESSES[form.head], form.at, local.variable)


def cast(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    worlds.need_unsafe(flow, form.head, form.at)
    if not arity(flow, form, "X07-ARITY-0000", '["ptr.cast", type, p]', 2, 2):
        return poison.node(form.at)
    written = form.args[0]
    kind = declared.kind_of(written.name) if type(written) is source.Name else None
    value = _pointer(flow, form, 1)
    if kind not in types.POINTERS:
        hint = f"pointer types: {', '.join(sorted(types.POINTERS))}"
        flow.report.error(ARGUMENT, written.at, "`ptr.cast` needs a pointer type here", hint)
        return poison.node(form.at)
    return tree.PointerCast(types.make(kind), form.at, value)


def as_const(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    """The same address, for reading only."""
    worlds.need_unsafe_capability(flow, form.head, form.at)
    if not arity(flow, form, "X07-ARITY-0000", '["ptr.as_const", p]', 1, 1):
        return poison.node(form.at)
    value = _pointer(flow, form, 0)
    kind = value.ty.kind.replace("ptr_mut_", "ptr_const_", 1)
    if kind == value.ty.kind and not poison.fits_anywhere(value.ty):
        message = f"`ptr.as_const` takes a pointer for writing, not {value.ty}"
        flow.report.error(ARGUMENT, form.args[0].at, message)
    return tree.PointerCast(types.make(kind), form.at, value)


def _pointer(flow: Flow, form: source.Form, index: int) -> tree.Node:
    value = check(flow, form.args[index])
    if value.ty.kind not in types.POINTERS and not poison.fits_anywhere(value.ty):
        message = f"`{form.head}` takes a pointer, not {value.ty}"
        flow.report.error(ARGUMENT, form.args[index].at, message)
        return poison.node(value.at)
    return value
