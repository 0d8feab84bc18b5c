"""Checks one expression: the door that every form goes through for its parts."""

from typing import Final

from x07bundle.lang import source, tree, types
from x07bundle.lang.check import fit, moves, poison
from x07bundle.lang.check.bindings import Local
from x07bundle.lang.check.flow import Flow, find

UNKNOWN_NAME: Final = "X07-TYPE-0001"
ARGUMENT: Final = "X07-TYPE-CALL-0003"


def check(flow: Flow, expr: source.Expr, wanted: bool = True) -> tree.Node:
    """The typed node. `wanted` is False for a statement, whose value is thrown away."""
    if type(expr) is source.Form:
        return flow.handlers.get(expr.head, flow.otherwise)(flow, expr, wanted)
    if type(expr) is source.Int:
        return tree.Integer(types.I32, expr.at, expr.value)
    if type(expr) is source.Name:
        return _name(flow, expr)
    message = "free text is an argument of `bytes.lit` and `bytes.view_lit` only"
    flow.report.error(ARGUMENT, expr.at, message)
    return poison.node(expr.at)


def _name(flow: Flow, name: source.Name) -> tree.Node:
    local = named(flow, name)
    if local.owner is not None:
        return moves.move(flow, local, name.at)
    return read(flow, local, name.at)


def read(flow: Flow, local: Local, at: str) -> tree.Node:
    """The value of a local that is copied; a view goes on borrowing from its source."""
    variable = local.variable
    node = tree.Read(variable.ty, at, variable)
    if local.source is not None:
        flow.sources[node] = local.source
    return node


def named(flow: Flow, name: source.Name) -> Local:
    """The local of that name. An unknown one is reported once, then known as poison."""
    local = find(flow, name.name)
    if local is not None:
        return local
    if name.name not in flow.unknown:
        flow.unknown.add(name.name)
        hint = flow.environment.nearest.hint(name.name, flow.names, flow.signature.name)
        flow.report.error(UNKNOWN_NAME, name.at, f'unknown identifier: "{name.name}"', hint)
    return Local(tree.Variable(name.name, poison.POISON, "local", name.at), flow.scopes[-1], None)


def integer(flow: Flow, expr: source.Expr, code: str, what: str) -> tree.Node:
    """An expression that must be an i32; `what` is how the error calls it."""
    node = check(flow, expr)
    if node.ty.kind != "i32" and not poison.fits_anywhere(node.ty):
        hint = fit.HINTS.get(("i32", node.ty.kind))
        flow.report.error(code, expr.at, f"{what} must be i32, not {node.ty}", hint)
    return node


def skim(flow: Flow, args: tuple[source.Expr, ...]) -> None:
    """Looks for errors inside the arguments of a form that is already in error.

    Plain names are left alone: what would happen to them is not known.
    """
    for arg in args:
        if type(arg) is source.Form:
            check(flow, arg, False)


def arity(flow: Flow, form: source.Form, code: str, shape: str, least: int, most: int) -> bool:
    """Whether a form has the right number of arguments; reports it, and skims, if not."""
    if least <= len(form.args) <= most:
        return True
    message = f"`{form.head}` takes {count(least, most)}, not {len(form.args)}"
    flow.report.error(code, form.at, message, f"its form is `{shape}`")
    skim(flow, form.args)
    return False


def count(least: int, most: int) -> str:
    if least == most:
        return "no arguments" if most == 0 else f"{most} argument{'s' if most > 1 else ''}"
    return f"{least} or more arguments" if most > least + 1 else f"{least} or {most} arguments"
