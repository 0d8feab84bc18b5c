"""Arguments of calls: what is moved, what is looked at, and what the result borrows from.

A view parameter takes bytes and vectors too: a name is borrowed, any other value is a temporary.
"""

from typing import Final

from x07bundle.lang import source, tree
from x07bundle.lang.check import fit, moves, poison
from x07bundle.lang.check.bindings import Local, Owner, both
from x07bundle.lang.check.expression import ARGUMENT, check, count, named, skim
from x07bundle.lang.check.flow import Flow
from x07bundle.lang.primitives.row import Parameter
from x07bundle.lang.types import Type

COUNT: Final = "X07-TYPE-CALL-0002"
NEEDS_NAME: Final = "X07-BORROW-0001"
VIEWED: Final = frozenset({"bytes", "vec_u8"})


def right_count(flow: Flow, form: source.Form, wanted: int) -> bool:
    found = len(form.args)
    if found == wanted:
        return True
    message = f"`{form.head}` takes {count(wanted, wanted)}, not {found}"
    flow.report.error(COUNT, form.at, message)
    skim(flow, form.args)
    return False


def value(flow: Flow, form: source.Form, index: int, wanted: Type) -> tree.Node:
    """An argument that is copied, moved, or turned into a view."""
    expr = form.args[index]
    if wanted.kind == "bytes_view":
        return view(flow, form, index, wanted)
    node = check(flow, expr)
    if node.ty is not wanted:
        require(flow, form, index, wanted, node.ty)
    return node


def view(flow: Flow, form: source.Form, index: int, wanted: Type) -> tree.Node:
    expr = form.args[index]
    if type(expr) is source.Name:
        local = named(flow, expr)
        if local.owner is not None and local.variable.ty.kind in VIEWED:
            return _borrowed_view(flow, form, index, wanted, local)
    node = check(flow, expr)
    if node.ty.kind in VIEWED:
        node = tree.Temporary(_as_view(node.ty, wanted), expr.at, node, escapes=False)
    if node.ty is not wanted:
        require(flow, form, index, wanted, node.ty)
    return node


def _as_view(ty: Type, wanted: Type) -> Type:
    return wanted.with_brand(ty.brand)


def _borrowed_view(
    flow: Flow, form: source.Form, index: int, wanted: Type, local: Local
) -> tree.Node:
    at = form.args[index].at
    ty = _as_view(local.variable.ty, wanted)
    require(flow, form, index, wanted, ty)
    return borrow(flow, local, ty, at)


def borrow(flow: Flow, local: Local, ty: Type, at: str) -> tree.Node:
    """A look at an owned local; views of it borrow from it."""
    moves.use(flow, local, at)
    node = tree.Borrow(ty, at, local.variable)
    if local.owner is not None:
        flow.sources[node] = local.owner
    return node


def require(flow: Flow, form: source.Form, index: int, wanted: Type, found: Type) -> None:
    if not fit.fits(wanted, found):
        what = f"argument {index + 1} of `{form.head}`"
        fit.require(flow, wanted, found, form.args[index].at, ARGUMENT, what)


def look(flow: Flow, form: source.Form, index: int, parameter: Parameter) -> tree.Node:
    """An argument that is inspected: a name stays, anything else is dropped after the call."""
    expr = form.args[index]
    if type(expr) is source.Name:
        local = named(flow, expr)
        if local.owner is not None:
            require(flow, form, index, parameter.ty, local.variable.ty)
            return borrow(flow, local, local.variable.ty, expr.at)
    if parameter.mode == "identifier":
        return _without_name(flow, form, index, parameter)
    node = check(flow, expr)
    require(flow, form, index, parameter.ty, node.ty)
    return tree.Temporary(node.ty, expr.at, node, escapes=False) if node.ty.is_owned else node


def _without_name(flow: Flow, form: source.Form, index: int, parameter: Parameter) -> tree.Node:
    expr = form.args[index]
    node = check(flow, expr)
    if poison.fits_anywhere(node.ty):
        return node
    if node.ty.kind != parameter.ty.kind:
        require(flow, form, index, parameter.ty, node.ty)
    else:
        refuse_temporary(flow, form.head, expr.at)
    return poison.node(expr.at)


def refuse_temporary(flow: Flow, head: str, at: str) -> None:
    message = f"{head} requires an identifier owner (bind the value to a local with let first)"
    hint = 'write `["let", "owner", …]` before, and `"owner"` here'
    flow.report.error(NEEDS_NAME, at, message, hint)


def borrow_result(flow: Flow, node: tree.Node, lenders: list[tree.Node]) -> None:
    """A view that is a call's result borrows from what some of the arguments borrow from."""
    owners = [owner for lender in lenders if (owner := _lender_owner(flow, lender)) is not None]
    if not owners:
        return
    flow.sources[node] = owners[0]
    other = next((owner for owner in owners if owner is not owners[0]), None)
    if other is not None:
        message = "the result of this call must have a single borrow source, not "
        message += both(owners[0], other)
        hint = "copy with `view.to_bytes`, or use views of one owner"
        flow.report.error("X07-BORROW-0003", node.at, message, hint)


def _lender_owner(flow: Flow, lender: tree.Node) -> Owner | None:
    if type(lender) is not tree.Temporary:
        return flow.sources.get(lender)
    lender.escapes = True
    home = flow.scopes[-1]
    owner = Owner("", "temporary", home)
    home.temporaries.append(owner)
    return owner
