"""Branches and loops: `if`, `for`, `while`, `&&`, `||` (contract/language.md §2, §3)."""

from typing import Final, Literal

from x07bundle.lang import source, tree, types
from x07bundle.lang.check import fit, moves, poison
from x07bundle.lang.check.bindings import Local
from x07bundle.lang.check.blocks import branch, variable_name
from x07bundle.lang.check.branches import (
    Changes,
    merge,
    merge_loop,
    never_returns,
    one_source,
    take_back,
)
from x07bundle.lang.check.expression import arity, integer
from x07bundle.lang.check.flow import Flow, bind, scope
from x07bundle.lang.types import Type

CONDITION: Final = "X07-TYPE-IF-0001"
BRANCHES: Final = "X07-TYPE-IF-0002"
LOOP_VARIABLE: Final = "X07-FOR-0001"
BOUND: Final = "X07-TYPE-FOR-0001"
WHILE: Final = "X07-TYPE-WHILE-0001"
OPERAND: Final = "X07-TYPE-CALL-0003"


def if_(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    if not arity(flow, form, "X07-ARITY-IF-0001", '["if", c, a, b]', 3, 3):
        return poison.node(form.at)
    condition = integer(flow, form.args[0], CONDITION, "the condition of `if`")
    then, other = alternatives(flow, list(form.args[1:]), wanted, form.at)
    ty = common_type(flow, [then, other], form.at, wanted, BRANCHES, "the branches of `if`")
    return join(flow, tree.If(ty, form.at, condition, then, other), [then, other], wanted)


def alternatives(flow: Flow, parts: list[source.Expr], wanted: bool, at: str) -> list[tree.Block]:
    """Parts of which one will run, and the state after it."""
    blocks: list[tree.Block] = []
    ends: list[Changes] = []
    for part in parts:
        mark = len(flow.journal)
        blocks.append(branch(flow, part, wanted))
        changes = take_back(flow, mark)
        if not never_returns(blocks[-1]):
            ends.append(changes)
    merge(flow, ends, at)
    return blocks


def common_type(
    flow: Flow, blocks: list[tree.Block], at: str, wanted: bool, code: str, what: str
) -> Type:
    """The type of whichever block runs; void where the value is thrown away and they differ."""
    ty = blocks[0].ty
    for block in blocks[1:]:
        both = fit.unify(ty, block.ty)
        if both is None:
            return _refuse_types(flow, ty, block, code, what) if wanted else types.VOID
        ty = both
    return ty


def _refuse_types(flow: Flow, ty: Type, block: tree.Block, code: str, what: str) -> Type:
    if ty.kind == block.ty.kind:
        code = fit.BRAND_MISMATCH
    message = f"{what} must have one type, not {ty} and {block.ty}"
    flow.report.error(code, block.at, message)
    return poison.POISON


def join(flow: Flow, node: tree.Node, blocks: list[tree.Block], wanted: bool) -> tree.Node:
    """The node, and what its view borrows from."""
    owners = [flow.sources.get(block) for block in blocks] if wanted else []
    owner = one_source(flow, owners, f"the value of `{_word(node)}`", node.at)
    if owner is not None:
        flow.sources[node] = owner
    return node


def _word(node: tree.Node) -> Literal["if", "match"]:
    return "if" if isinstance(node, tree.If) else "match"


def condition_of(flow: Flow, expr: source.Expr, code: str, what: str) -> tree.Node:
    """An i32 that is not evaluated exactly once: what it binds and owns ends with it."""
    with scope(flow) as opened:
        node = integer(flow, expr, code, what)
        moves.leave(flow, opened, expr.at)
    return node


def while_(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    if not arity(flow, form, "X07-ARITY-WHILE-0001", '["while", c, body]', 2, 2):
        return poison.node(form.at)
    mark, started = len(flow.journal), flow.clock
    condition = condition_of(flow, form.args[0], WHILE, "the condition of `while`")
    body = branch(flow, form.args[1], False)
    end_loop(flow, body, mark, started, form.at)
    return tree.While(types.I32, form.at, condition, body)


def end_loop(flow: Flow, body: tree.Block, mark: int, started: int, at: str) -> None:
    changes = take_back(flow, mark)
    if not never_returns(body):
        merge_loop(flow, changes, started, at)


def for_(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    if not arity(flow, form, "X07-ARITY-FOR-0001", '["for", i, start, end, body]', 4, 4):
        return poison.node(form.at)
    name = variable_name(flow, form, LOOP_VARIABLE)
    start = integer(flow, form.args[1], BOUND, "the start of `for`")
    end = integer(flow, form.args[2], BOUND, "the end of `for`")
    if name is None:
        return poison.node(form.at)
    known = flow.names.get(name.name)
    local = _loop_variable(flow, name, known)
    mark, started = len(flow.journal), flow.clock
    body = branch(flow, form.args[3], False)
    end_loop(flow, body, mark, started, form.at)
    binds = local is not known
    return tree.For(types.I32, form.at, local.variable, binds, start, end, body)


def _loop_variable(flow: Flow, name: source.Name, known: Local | None) -> Local:
    """An i32 local of that name is used again; anything else is shadowed."""
    if known is not None and known.variable.ty.kind in ("i32", "error"):
        moves.is_frozen(flow, known, name.at)
    else:
        _refuse_other_type(flow, name, known)
        known = bind(flow, name.name, types.I32, name.at)
    known.variable.assigned = True
    return known


def _refuse_other_type(flow: Flow, name: source.Name, known: Local | None) -> None:
    if known is not None and known.scope is flow.scopes[-1]:
        message = f'the variable of `for` must be i32, but "{name.name}" is {known.variable.ty}'
        flow.report.error(LOOP_VARIABLE, name.at, message, "choose another name")


def short_circuit(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    if not arity(flow, form, "X07-ARITY-BINOP-0001", f'["{form.head}", a, b]', 2, 2):
        return poison.node(form.at)
    left = integer(flow, form.args[0], OPERAND, f"the left operand of `{form.head}`")
    mark = len(flow.journal)
    right = condition_of(flow, form.args[1], OPERAND, f"the right operand of `{form.head}`")
    changes = take_back(flow, mark)
    merge(flow, [{}] if never_returns(right) else [changes, {}], form.at)
    operator: Literal["&&", "||"] = "&&" if form.head == "&&" else "||"
    return tree.ShortCircuit(types.I32, form.at, operator, left, right)
