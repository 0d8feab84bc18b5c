"""Loops: `for` and `while` (contract/language.md §2).

A body is checked once, as what may not run at all. Only when a variable from outside borrows from
something new at its end, or has a brand there, is it checked again, as the round that starts so.
"""

from collections.abc import Callable
from typing import Final

from x07bundle.lang import source, tree, types
from x07bundle.lang.check import moves, poison
from x07bundle.lang.check.bindings import Local
from x07bundle.lang.check.blocks import branch, variable_name
from x07bundle.lang.check.branches import (
    ONE_SOURCE,
    Changes,
    merge_loop,
    never_returns,
    take_back,
)
from x07bundle.lang.check.control import condition_of
from x07bundle.lang.check.expression import arity, integer
from x07bundle.lang.check.flow import Flow, bind

LOOP_VARIABLE: Final = "X07-FOR-0001"
BOUND: Final = "X07-TYPE-FOR-0001"
CONDITION: Final = "X07-TYPE-WHILE-0001"
MOST_ROUNDS: Final = 8
DEEPEST_RECHECK: Final = 3
"""Loops inside loops multiply their rounds; no sensible program comes near."""

Parts = tuple[tree.Node, tree.Block]
"""What is evaluated before each round, and the body."""


def while_(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    if not arity(flow, form, "X07-ARITY-WHILE-0001", '["while", c, body]', 2, 2):
        return poison.node(form.at)
    condition, body = rounds(flow, form.at, lambda: _while_round(flow, form))
    return tree.While(types.I32, form.at, condition, body)


def _while_round(flow: Flow, form: source.Form) -> Parts:
    condition = condition_of(flow, form.args[0], CONDITION, "the condition of `while`")
    return condition, branch(flow, form.args[1], False)


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
    _, body = rounds(flow, form.at, lambda: (end, branch(flow, form.args[3], False)))
    binds = local is not known
    return tree.For(types.I32, form.at, local.variable, binds, start, end, body)


def rounds(flow: Flow, at: str, once: Callable[[], Parts]) -> Parts:
    """Checks what a loop repeats until another round finds no new owner and no new brand."""
    known = len(flow.branded)
    parts, changes = _round(flow, once)
    locals_count = flow.locals_count
    flow.rechecks += 1
    for _ in range(MOST_ROUNDS):
        if not (_carry_over(flow, changes) or _has_branded(flow, known)):
            break
        known = len(flow.branded)
        if flow.rechecks > DEEPEST_RECHECK:
            _refuse_depth(flow, at)
            break
        parts, changes = _round(flow, once)
    flow.rechecks -= 1
    flow.locals_count = locals_count
    merge_loop(flow, changes, at)
    return parts


def _round(flow: Flow, once: Callable[[], Parts]) -> tuple[Parts, Changes]:
    mark = len(flow.journal)
    parts = once()
    changes = take_back(flow, mark)
    return parts, {} if never_returns(parts[1]) else changes


def _carry_over(flow: Flow, changes: Changes) -> bool:
    """Views that borrowed from nothing before, and from an owner at the end of the round."""
    carried = False
    for local, (_, source_, borrowed_at) in changes.items():
        if source_ is not None and local.source is None:
            moves.point(flow, local, source_, borrowed_at)
            carried = True
    return carried


def _has_branded(flow: Flow, known: int) -> bool:
    """Whether a variable from outside got its brand: what the round did before was to any."""
    return any(local.scope.is_open for local in flow.branded[known:])


def _refuse_depth(flow: Flow, at: str) -> None:
    message = "views from outside these nested loops must have a single borrow source in them"
    flow.report.error(ONE_SOURCE, at, message, "bind the views inside the loops")


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
