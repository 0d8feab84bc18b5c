"""Scopes and bindings: `begin`, `unsafe`, `let`, `set`, `set0` (contract/language.md §2)."""

from typing import Final

from x07bundle.lang import source, tree, types
from x07bundle.lang.check import fit, moves, poison, worlds
from x07bundle.lang.check.bindings import Local, Scope
from x07bundle.lang.check.expression import arity, check
from x07bundle.lang.check.flow import Flow, bind, find, scope
from x07bundle.lang.names import LOCAL
from x07bundle.lang.types import ANY_BRAND

MANY: Final = 1 << 30
LONG_UNSAFE: Final = 16
VALUE_OF_LET: Final = "X07-TYPE-LET-0001"
BOUND_TWICE: Final = "X07-TYPE-LET-0002"
NOT_A_NAME: Final = "X07-ARITY-LET-0001"
SET_UNKNOWN: Final = "X07-TYPE-SET-0001"
SET_TYPE: Final = "X07-TYPE-SET-0002"


def begin(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    if not arity(flow, form, "X07-ARITY-BEGIN-0001", '["begin", e…]', 1, MANY):
        return poison.node(form.at)
    return block(flow, form.args, form.at, wanted, written=True)


def unsafe(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    if not arity(flow, form, "X07-ARITY-UNSAFE-0001", '["unsafe", e…]', 1, MANY):
        return poison.node(form.at)
    worlds.need_unsafe_capability(flow, "unsafe", form.at)
    if len(form.args) > LONG_UNSAFE:
        message = f"an unsafe block of {len(form.args)} expressions (more than {LONG_UNSAFE})"
        hint = "keep in it only what needs it"
        flow.report.warning("X07-UNSAFE-0001", form.at, message, hint)
    flow.unsafe += 1
    node = block(flow, form.args, form.at, wanted, written=True)
    flow.unsafe -= 1
    return node


def branch(flow: Flow, expr: source.Expr, wanted: bool) -> tree.Block:
    """A part with a scope of its own, whether or not the source writes `begin` there."""
    parts, written = parts_of(expr)
    return block(flow, parts, expr.at, wanted, written=written)


def parts_of(expr: source.Expr) -> tuple[tuple[source.Expr, ...], bool]:
    """The statements of a part, and whether the source has a `begin` around them."""
    if type(expr) is source.Form and expr.head == "begin" and expr.args:
        return expr.args, True
    return (expr,), False


def block(
    flow: Flow, parts: tuple[source.Expr, ...], at: str, wanted: bool, *, written: bool
) -> tree.Block:
    with scope(flow) as opened:
        body = reached(statements(flow, parts, wanted))
        node = tree.Block(body[-1].ty, at, body, written)
        if wanted:
            pass_on(flow, opened, node)
        moves.leave(flow, opened, at)
    return node


def statements(flow: Flow, parts: tuple[source.Expr, ...], wanted: bool) -> list[tree.Node]:
    body = [check(flow, part, False) for part in parts[:-1]]
    body.append(check(flow, parts[-1], wanted))
    return body


def reached(body: list[tree.Node]) -> list[tree.Node]:
    """The statements up to the first that never comes back."""
    for index, node in enumerate(body):
        if node.ty.kind == "never":
            return body[: index + 1]
    return body


def pass_on(flow: Flow, ended: Scope, node: tree.Block) -> None:
    """The value of a block borrows from what its last part does, if that is still there."""
    owner = flow.sources.get(node.body[-1])
    if owner is None:
        return
    if owner.scope is not ended:
        flow.sources[node] = owner
        return
    what = owner.label
    hint = "bind the owner outside this block, or copy with `view.to_bytes`"
    message = f"drop while borrowed: {what} ends with this block, and its value borrows from it"
    flow.report.error(moves.ESCAPE, node.body[-1].at, message, hint)


def variable_name(flow: Flow, form: source.Form, code: str) -> source.Name | None:
    """The first argument, which must be a name."""
    name = form.args[0]
    if type(name) is source.Name:
        return name if can_be_local(flow, name, code) else None
    flow.report.error(code, name.at, f"`{form.head}` needs the name of a variable here")
    return None


def can_be_local(flow: Flow, name: source.Name, code: str) -> bool:
    """Heads may be any word, variables not (§1)."""
    if LOCAL(name.name):
        return True
    flow.unknown.add(name.name)
    message = f'a variable cannot be called "{name.name}"'
    flow.report.error(code, name.at, message, "use letters, digits and `_`, no digit first")
    return False


def let(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    if not arity(flow, form, "X07-ARITY-LET-0001", '["let", x, e]', 2, 2):
        return poison.node(form.at)
    name = variable_name(flow, form, NOT_A_NAME)
    value = check(flow, form.args[1])
    if name is None:
        return poison.node(form.at)
    _refuse_second(flow, name)
    if wanted and value.ty.is_owned:
        message = f'`let` of "{name.name}" is used as a value, but its type {value.ty} is owned'
        hint = f'write the `let` as a statement of its own, then `"{name.name}"`'
        flow.report.error(VALUE_OF_LET, form.at, message, hint)
    local = bind(flow, name.name, value.ty, form.at)
    if value in flow.sources:
        moves.point(flow, local, flow.sources[value], form.at)
    if value.ty.kind == "never":
        return value
    return _valued(flow, tree.Let(value.ty, form.at, local.variable, value), local)


def _refuse_second(flow: Flow, name: source.Name) -> None:
    known = flow.names.get(name.name)
    if known is not None and known.scope is flow.scopes[-1]:
        message = f'"{name.name}" is bound twice in one scope (first: {known.variable.at})'
        hint = "use `set` to give it another value, or choose another name"
        flow.report.error(BOUND_TWICE, name.at, message, hint)


def _valued(flow: Flow, node: tree.Node, local: Local) -> tree.Node:
    if local.source is not None:
        flow.sources[node] = local.source
    return node


def set_(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    if not arity(flow, form, "X07-ARITY-0000", f'["{form.head}", x, e]', 2, 2):
        return poison.node(form.at)
    name = variable_name(flow, form, SET_UNKNOWN)
    local = _target(flow, name) if name is not None else None
    value = check(flow, form.args[1])
    if local is None:
        return poison.node(form.at)
    node = _assign(flow, local, value, form)
    if form.head == "set0":
        return _then_zero(node, form.at)
    if wanted and node.ty.is_owned:
        message = f'`set` of "{local.variable.name}" is used as a value, but its type is owned'
        hint = "write the `set` as a statement of its own"
        flow.report.error(SET_TYPE, form.at, message, hint)
    return node


def _target(flow: Flow, name: source.Name) -> Local | None:
    local = find(flow, name.name)
    if local is None and name.name not in flow.unknown:
        hint = flow.environment.nearest.hint(name.name, flow.names, flow.signature.name)
        message = f'set of unknown variable: "{name.name}"'
        flow.report.error(SET_UNKNOWN, name.at, message, hint or "bind it with `let` first")
    return local


def _assign(flow: Flow, local: Local, value: tree.Node, form: source.Form) -> tree.Node:
    variable = local.variable
    if variable.ty.brand == ANY_BRAND and variable.ty.kind == value.ty.kind:
        variable.ty = value.ty
        flow.branded.append(local)
    what = f'the value of "{variable.name}"'
    fit.require(flow, variable.ty, value.ty, value.at, SET_TYPE, what)
    variable.assigned = True
    if not moves.is_frozen(flow, local, form.at):
        _change(flow, local, value, form.at)
    if value.ty.kind == "never":
        return value
    return _valued(flow, tree.Set(variable.ty, form.at, variable, value), local)


def _change(flow: Flow, local: Local, value: tree.Node, at: str) -> None:
    if local.owner is not None:
        moves.fill(flow, local, at)
    elif local.source is not None or value in flow.sources:
        moves.point(flow, local, flow.sources.get(value), at)


def _then_zero(node: tree.Node, at: str) -> tree.Node:
    """`set0`: assigns, and has the value 0."""
    zero = tree.Integer(types.I32, at, 0)
    return tree.Block(types.I32, at, [node, zero], written=False)
