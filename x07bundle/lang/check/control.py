"""Branches: `if`, `&&`, `||`, and what they share with `match` (contract/language.md §2, §3)."""

from typing import Final, Literal

from x07bundle.lang import source, tree, types
from x07bundle.lang.check import fit, moves, poison
from x07bundle.lang.check.blocks import branch
from x07bundle.lang.check.branches import (
    Changes,
    merge,
    never_returns,
    one_source,
    take_back,
)
from x07bundle.lang.check.expression import arity, integer
from x07bundle.lang.check.flow import Flow, scope
from x07bundle.lang.types import Type

CONDITION: Final = "X07-TYPE-IF-0001"
BRANCHES: Final = "X07-TYPE-IF-0002"
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
