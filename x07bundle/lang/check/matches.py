"""`match` on a value that is branded with an enum (contract/language.md §2)."""

from typing import Final

from x07bundle.lang import source, tree, types
from x07bundle.lang.check import arguments, control, moves, poison
from x07bundle.lang.check.blocks import MANY, branch, can_be_local
from x07bundle.lang.check.branches import Changes, merge, never_returns, take_back
from x07bundle.lang.check.expression import arity, skim
from x07bundle.lang.check.flow import Flow, bind, scope

ARM: Final = "X07-TYPE-MATCH-0001"
COVERAGE: Final = "X07-TYPE-MATCH-0002"
BRANCHES: Final = "X07-TYPE-UNIFY-0001"
SHAPE: Final = '["match", v, ["E.Variant", body] or ["E.Variant", name, body]…]'


def match(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    if not arity(flow, form, "X07-ARITY-0000", SHAPE, 2, MANY):
        return poison.node(form.at)
    enum = _enum_of(flow, form.args[1])
    if enum is None:
        skim(flow, form.args[:1])
        return poison.node(form.at)
    mark = len(flow.arguments)
    value = arguments.view(flow, form, 0, types.VIEW.with_brand(enum.name))
    moves.release(flow, mark)
    arms = _arms(flow, form, enum, wanted)
    _refuse_missing(flow, form, enum, arms)
    if not arms:
        return poison.node(form.at)
    bodies = [arm.body for arm in arms]
    ty = control.common_type(flow, bodies, form.at, wanted, BRANCHES, "the arms of `match`")
    return control.join(flow, tree.Match(ty, form.at, value, enum.name, arms), bodies, wanted)


def _enum_of(flow: Flow, arm: source.Expr) -> source.Enum | None:
    """The first arm says which enum is meant."""
    head = arm.head if type(arm) is source.Form else ""
    known = flow.environment.variant_heads.get(head)
    if known is not None:
        return known.enum
    hint = flow.environment.nearest.hint(head, flow.environment.variant_heads, "variants")
    message = f'the first arm of `match` names no variant of an enum: "{head}"'
    flow.report.error(ARM, arm.at, message, hint or f"its form is `{SHAPE}`")
    return None


def _arms(flow: Flow, form: source.Form, enum: source.Enum, wanted: bool) -> list[tree.Arm]:
    """The arms that could be read; one will run, each from the same state."""
    arms: list[tree.Arm] = []
    ends: list[Changes] = []
    seen: dict[str, str] = {}
    for written in form.args[1:]:
        index = _variant_index(flow, written, enum, seen)
        if index is None or type(written) is not source.Form:
            continue
        mark = len(flow.journal)
        arms.append(_arm(flow, written, enum, index, wanted))
        changes = take_back(flow, mark)
        if not never_returns(arms[-1].body):
            ends.append(changes)
    merge(flow, ends, form.at)
    return arms


def _variant_index(
    flow: Flow, written: source.Expr, enum: source.Enum, seen: dict[str, str]
) -> int | None:
    head = written.head if type(written) is source.Form else ""
    known = flow.environment.variant_heads.get(head)
    if known is None or known.enum is not enum:
        message = f'an arm of this `match` must name a variant of {enum.name}, not "{head}"'
        names = ", ".join(f"{enum.name}.{variant.name}" for variant in enum.variants[:8])
        flow.report.error(ARM, written.at, message, f"its variants: {names}")
        return None
    if head in seen:
        message = f"the variant {head} has two arms (first: {seen[head]})"
        flow.report.error(COVERAGE, written.at, message)
    seen.setdefault(head, written.at)
    return known.position


def _arm(flow: Flow, written: source.Form, enum: source.Enum, index: int, wanted: bool) -> tree.Arm:
    variant = enum.variants[index]
    with scope(flow) as opened:
        bound = _payload(flow, written, variant)
        body = _arm_body(flow, written, wanted)
        moves.leave(flow, opened, written.at)
    return tree.Arm(index, variant.name, bound, body, written.at)


def _payload(flow: Flow, written: source.Form, variant: source.Variant) -> tree.Variable | None:
    if len(written.args) != 2:
        return None
    name = written.args[0]
    if type(name) is not source.Name:
        flow.report.error(ARM, name.at, "an arm binds its payload to a name")
        return None
    if not can_be_local(flow, name, ARM):
        return None
    if not variant.has_payload:
        message = f"the variant {variant.name} has no payload to bind"
        flow.report.error(ARM, name.at, message, f'write `["{written.head}", body]`')
    return bind(flow, name.name, types.I32, name.at).variable


def _arm_body(flow: Flow, written: source.Form, wanted: bool) -> tree.Block:
    if 1 <= len(written.args) <= 2:
        return branch(flow, written.args[-1], wanted)
    arity(flow, written, "X07-ARITY-0000", '["E.Variant", name, body]', 1, 2)
    return tree.Block(poison.POISON, written.at, [poison.node(written.at)], written=False)


def _refuse_missing(flow: Flow, form: source.Form, enum: source.Enum, arms: list[tree.Arm]) -> None:
    covered = {arm.variant_index for arm in arms}
    missing = [
        f"{enum.name}.{variant.name}"
        for index, variant in enumerate(enum.variants)
        if index not in covered
    ]
    if missing:
        message = f"this `match` has no arm for {', '.join(missing)}"
        flow.report.error(COVERAGE, form.at, message, "every variant needs one arm")
