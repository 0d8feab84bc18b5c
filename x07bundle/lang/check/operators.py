"""Operators on i32 (contract/language.md §3). `&&` and `||` are in `control`."""

from typing import Final

from x07bundle.lang import source, tree, types
from x07bundle.lang.check import fixes, poison
from x07bundle.lang.check.expression import arity, integer
from x07bundle.lang.check.flow import Flow

OPERAND: Final = "X07-TYPE-CALL-0003"
CONSTANT: Final = "X07-TYPE-OP-0001"
EAGER: Final = "X07-BOOL-0001"

COMPARISONS: Final = ("=", "!=", "<", "<=", ">", ">=", "<u", "<=u", ">u", ">=u")
OPERATORS: Final = ("+", "-", "*", "/", "%", "&", "|", "^", "<<u", ">>u", *COMPARISONS)
TRUTHS: Final = frozenset({*COMPARISONS, "&&", "||"})
"""Heads whose value is 0 or 1."""
ALWAYS: Final = {"<u": "false", ">=u": "true"}
"""Comparisons with a literal 0 that say the same whatever the other operand is."""


def binary(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    head = form.head
    if len(form.args) != 2:
        arity(flow, form, "X07-ARITY-BINOP-0001", f'["{head}", a, b]', 2, 2)
        return poison.node(form.at)
    left = integer(flow, form.args[0], OPERAND, f"the left operand of `{head}`")
    right = integer(flow, form.args[1], OPERAND, f"the right operand of `{head}`")
    if head in ALWAYS and type(right) is tree.Integer and right.value == 0:
        _refuse_constant(flow, form)
    if head in ("&", "|"):
        _warn_eager(flow, form)
    return tree.Binary(types.I32, form.at, head, left, right)


def _refuse_constant(flow: Flow, form: source.Form) -> None:
    if type(form.args[1]) is not source.Int:
        return
    message = f"`{form.head}` with 0 is always {ALWAYS[form.head]}: no u32 is below 0"
    hint = f"compare as signed numbers with `{form.head[:-1]}`"
    flow.report.error(CONSTANT, form.at, message, hint)


def _warn_eager(flow: Flow, form: source.Form) -> None:
    if not all(type(arg) is source.Form and arg.head in TRUTHS for arg in form.args):
        return
    lazy = form.head * 2
    message = f"`{form.head}` of two truth values evaluates both"
    fix = fixes.other_head(form.at, lazy)
    flow.report.warning(EAGER, form.at, message, f"`{lazy}` stops when it knows", fix)
