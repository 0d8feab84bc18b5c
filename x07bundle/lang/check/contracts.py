"""Contract clauses of a function (contract/language.md §11).

A clause is an i32 that looks at the parameters (and, in `ensures`, at `__result`) and changes
nothing. `decreases` and loop contracts are for proofs: they are not evaluated.
"""

from typing import Final, Literal

from x07bundle.lang import source, tree
from x07bundle.lang.check import poison
from x07bundle.lang.check.blocks import branch
from x07bundle.lang.check.expression import check, named
from x07bundle.lang.check.flow import Flow, bind, scope

NOT_TRUTH: Final = "X07-CONTRACT-0001"
NO_RESULT: Final = "X07-CONTRACT-0002"
WITNESS: Final = "X07-CONTRACT-0004"
RESULT: Final = "__result"
SHOWN: Final = frozenset(
    {
        "i32",
        "bytes",
        "bytes_view",
        "vec_u8",
        "option_i32",
        "option_bytes",
        "option_bytes_view",
        "result_i32",
        "result_bytes",
        "result_bytes_view",
    }
)
"""Types of which a violation can show a value."""

ClauseKind = Literal["requires", "ensures", "invariant"]


def at_entry(flow: Flow) -> None:
    """Clauses that see the parameters as they come in."""
    declared = flow.signature.declared
    flow.function.requires = _clauses(flow, "requires", declared.requires)
    flow.function.invariant = _clauses(flow, "invariant", declared.invariant)


def at_exit(flow: Flow) -> None:
    """Clauses that see the parameters as any way out of the function leaves them."""
    declared = flow.signature.declared
    for local, moved_at in flow.gone_at_exit.items():
        local.moved_at = moved_at
    _clauses(flow, "invariant", declared.invariant)
    if declared.ensures:
        with scope(flow):
            local = bind(flow, RESULT, flow.signature.result, declared.at, "result")
            flow.function.result_variable = local.variable
            flow.function.ensures = _clauses(flow, "ensures", declared.ensures)


def _clauses(flow: Flow, kind: ClauseKind, clauses: tuple[source.Clause, ...]) -> list[tree.Clause]:
    with scope(flow):
        flow.frozen = len(flow.scopes)
        checked = [_clause(flow, kind, index, clause) for index, clause in enumerate(clauses)]
        flow.frozen = 0
    return checked


def _clause(flow: Flow, kind: ClauseKind, index: int, clause: source.Clause) -> tree.Clause:
    if kind != "ensures" and RESULT not in flow.names:
        _refuse_result(flow, clause)
    body = branch(flow, clause.expr, True)
    if body.ty.kind != "i32" and not poison.fits_anywhere(body.ty):
        message = f"a contract clause must be i32, not {body.ty}"
        flow.report.error(NOT_TRUTH, clause.expr.at, message, "1 is holds, 0 is violated")
    witness = [_witness(flow, each) for each in clause.witness]
    name = clause.id or f"{kind}_{index}"
    return tree.Clause(kind, name, index, clause.at, body, witness)


def _refuse_result(flow: Flow, clause: source.Clause) -> None:
    for name in _mentions(clause):
        message = "`__result` is known in `ensures` only"
        flow.report.error(NO_RESULT, name.at, message, "move the clause to `ensures`")
        bind(flow, RESULT, poison.POISON, name.at, "result")


def _mentions(clause: source.Clause) -> list[source.Name]:
    found, waiting = [], [clause.expr, *clause.witness]
    while waiting:
        expr = waiting.pop()
        if type(expr) is source.Form:
            waiting += expr.args
        elif type(expr) is source.Name and expr.name == RESULT:
            found.append(expr)
    return found


def _witness(flow: Flow, expr: source.Expr) -> tree.Node:
    node = _shown(flow, expr)
    if poison.fits_anywhere(node.ty):
        return node
    if node.ty.kind not in SHOWN:
        message = f"a witness cannot be of type {node.ty}"
        hint = f"it can be {', '.join(sorted(SHOWN))}"
        flow.report.error(WITNESS, expr.at, message, hint)
    return node


def _shown(flow: Flow, expr: source.Expr) -> tree.Node:
    """A named value is looked at where it stands."""
    if type(expr) is source.Name:
        local = named(flow, expr)
        if local.owner is not None:
            return tree.Borrow(local.variable.ty, expr.at, local.variable)
    node = check(flow, expr)
    if node.ty.is_owned:
        message = "a witness is the name of a value, or an expression that owns nothing"
        flow.report.error(WITNESS, expr.at, message, "show its length, or a view of its owner")
        return poison.node(expr.at)
    return node
