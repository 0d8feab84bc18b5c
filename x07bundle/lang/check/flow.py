"""The state of checking one function, and what changes it: names, scopes, counters.

Moves and borrows are in `moves`, branches in `branches`. State that a branch may have to take
back goes through `journal`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

from x07bundle.lang import source, tree, types
from x07bundle.lang.check.bindings import Local, Owner, Scope
from x07bundle.lang.check.environment import Environment, Signature
from x07bundle.lang.check.report import Report
from x07bundle.lang.options import Options
from x07bundle.lang.types import Type

Handler = Callable[["Flow", source.Form, bool], tree.Node]
"""Checks one form. The flag: whether its value is wanted, or is it a statement."""

Entry = tuple[Local, str | None, Owner | None, str]
"""A local as it was before a change: moved_at, source, borrowed_at."""


class Flow:
    """`sources` says what the view of a node borrows from; a node that is not there, nothing.

    `unsafe` is the number of unsafe blocks around this point, `rechecks` that of loops in a round
    after their first; `branded` has the locals whose brand a `set` told. `frozen` is the number of
    scopes whose variables a contract clause may only look at.
    """

    def __init__(
        self,
        environment: Environment,
        options: Options,
        report: Report,
        signature: Signature,
        handlers: Mapping[str, Handler],
        otherwise: Handler,
    ) -> None:
        self.environment, self.options, self.report = environment, options, report
        self.signature, self.module, self.function = signature, signature.module, signature.function
        self.handlers, self.otherwise = handlers, otherwise
        self.scopes: list[Scope] = []
        self.names: dict[str, Local] = {}
        self.sources: dict[tree.Node, Owner] = {}
        self.journal: list[Entry] = []
        self.branded: list[Local] = []
        self.arguments: list[Owner] = []
        self.returned: list[tuple[Owner | None, str]] = []
        self.unknown: set[str] = set()
        self.gone_at_exit: dict[Local, str] = {}
        self.unsafe = self.rechecks = self.frozen = self.locals_count = 0
        self.backends: set[str] = set()
        self.externs: set[str] = set()

    @property
    def in_clause(self) -> bool:
        return self.frozen > 0


@contextmanager
def scope(flow: Flow) -> Iterator[Scope]:
    """A scope; its names mean again what they meant before when it ends."""
    opened = Scope()
    flow.scopes.append(opened)
    try:
        yield opened
    finally:
        flow.scopes.pop()
        opened.is_open = False
        for local in reversed(opened.locals):
            restore(flow, local)
        opened.locals.clear()


def restore(flow: Flow, local: Local) -> None:
    if local.shadowed is None:
        del flow.names[local.variable.name]
    else:
        flow.names[local.variable.name] = local.shadowed


def bind(
    flow: Flow, name: str, ty: Type, at: str, kind: Literal["param", "local", "result"] = "local"
) -> Local:
    """A new local of the current scope, in the place of whatever the name meant before."""
    home = flow.scopes[-1]
    local = Local(tree.Variable(name, ty, kind, at), home, flow.names.get(name))
    if ty.kind in types.OWNED:
        local.owner = Owner(name, "local", home)
    home.locals.append(local)
    flow.names[name] = local
    flow.locals_count += kind == "local"
    return local


def find(flow: Flow, name: str) -> Local | None:
    local = flow.names.get(name)
    return bind_input(flow) if local is None and name == "input" else local


def bind_input(flow: Flow) -> Local:
    """`input` is there in every body; the function gets the variable when it is first used."""
    variable = tree.Variable("input", types.VIEW, "input", flow.function.at)
    flow.function.input = variable
    local = Local(variable, flow.scopes[0], None)
    flow.scopes[0].locals.insert(0, local)
    flow.names["input"] = local
    return local
