"""Checks one function: its contract, its body, and what a resulting view borrows from."""

from typing import Final, NamedTuple

from x07bundle.lang import tree
from x07bundle.lang.check import contracts, exits, moves
from x07bundle.lang.check.bindings import Owner, both
from x07bundle.lang.check.blocks import parts_of, reached, statements
from x07bundle.lang.check.branches import ONE_SOURCE
from x07bundle.lang.check.calls import otherwise
from x07bundle.lang.check.environment import Environment, Signature
from x07bundle.lang.check.flow import Flow, bind, scope
from x07bundle.lang.check.heads import HANDLERS
from x07bundle.lang.check.report import Report
from x07bundle.lang.diagnostics import Diagnostic
from x07bundle.lang.options import Options

TOO_MANY_LOCALS: Final = "X07-LIMIT-LOCALS-0001"


class Checked(NamedTuple):
    """What checking a function gives besides its typed tree."""

    found: list[Diagnostic]
    externs: set[str]
    backends: set[str]


def check_function(environment: Environment, signature: Signature, options: Options) -> Checked:
    """Fills in the signature's function."""
    flow = Flow(
        environment=environment,
        options=options,
        report=Report(signature.module, signature.name),
        signature=signature,
        handlers=HANDLERS,
        otherwise=otherwise,
    )
    with scope(flow):
        _bind_parameters(flow)
        contracts.at_entry(flow)
        flow.function.body = _body(flow)
        exits.note_gone(flow)
        contracts.at_exit(flow)
    signature.borrows = _borrowed_parameter(flow)
    _count_locals(flow)
    return Checked(flow.report.found, flow.externs, flow.backends)


def _bind_parameters(flow: Flow) -> None:
    for index, param in enumerate(flow.signature.declared.params):
        local = bind(flow, param.name, flow.signature.params[index], param.at, "param")
        flow.function.params.append(local.variable)
        if local.variable.ty.is_view:
            owner = Owner(param.name, "parameter", None, parameter=index)
            moves.repoint(local, owner, param.at)


def _body(flow: Flow) -> tree.Block:
    """The value of the body is the function's result, if it comes to its end."""
    declared = flow.signature.declared.body
    parts, written = parts_of(declared)
    with scope(flow) as opened:
        body = reached(statements(flow, parts, True))
        if body[-1].ty.kind != "never":
            exits.give_back(flow, body[-1])
        moves.leave(flow, opened, declared.at)
    return tree.Block(body[-1].ty, declared.at, body, written)


def _borrowed_parameter(flow: Flow) -> int | None:
    """All ways out of a function must give views of one parameter."""
    owners: dict[Owner, str] = {}
    for owner, at in flow.returned:
        if owner is not None:
            owners.setdefault(owner, at)
    if len(owners) > 1:
        (one, _), (other, at) = list(owners.items())[:2]
        message = f'the result of "{flow.signature.name}" must have a single borrow source '
        message += f"across branches, not {both(one, other)}"
        flow.report.error(ONE_SOURCE, at, message, "return bytes instead (`view.to_bytes`)")
    return next(iter(owners)).parameter if owners else None


def _count_locals(flow: Flow) -> None:
    flow.function.locals_count = flow.locals_count
    most = flow.options.max_locals
    if flow.locals_count > most:
        message = f'function "{flow.signature.name}" has too many locals: '
        message += f"max_locals={most} got {flow.locals_count}"
        at = flow.signature.declared.at
        flow.report.error(TOO_MANY_LOCALS, at, message, "split the function", kind="Budget")
