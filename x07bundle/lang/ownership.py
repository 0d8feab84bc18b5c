"""Where owned values die: fills in `drops`, `drop_old` and `clear_on_move` of the typed tree.

Each owned variable is, at each point, HELD, GONE, or MAYBE held. A variable that dies as MAYBE, or
is used while it may be GONE (in a loop that moves it), is cleared wherever it is moved, so that
dropping and reading it are right either way; the others cost nothing at run time. A loop is
entered in the state that its entry and all of its rounds can give: `transfer` says what a part of
the tree does to each variable, as a table from state to state.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from x07bundle.lang import tree
from x07bundle.lang.facts import children

HELD: Final = 0
GONE: Final = 1
MAYBE: Final = 2

Table = tuple[int, int, int]
Transfer = dict[tree.Variable, Table]

_SAME: Final[Table] = (HELD, GONE, MAYBE)
_MOVED: Final[Table] = (GONE, GONE, GONE)
_FILLED: Final[Table] = (HELD, HELD, HELD)


def _join(one: int, other: int) -> int:
    return one if one == other else MAYBE


def _then(first: Table, second: Table) -> Table:
    return (second[first[0]], second[first[1]], second[first[2]])


def _either(one: Table, other: Table) -> Table:
    return (_join(one[0], other[0]), _join(one[1], other[1]), _join(one[2], other[2]))


def _rounds(once: Table) -> Table:
    """None, one or more rounds of a loop body; three states settle after two."""
    upto_one = _either(_SAME, once)
    return _either(upto_one, _then(upto_one, once))


class _Left(Exception):
    """The rest of this stretch is never reached."""


class _State:
    """States over an outer state: a branch writes its own layer."""

    __slots__ = ("outer", "own")

    def __init__(self, outer: "_State | None") -> None:
        self.outer = outer
        self.own: dict[tree.Variable, int] = {}

    def get(self, variable: tree.Variable) -> int:
        layer: _State | None = self
        while layer is not None:
            if variable in layer.own:
                return layer.own[variable]
            layer = layer.outer
        return GONE


def analyse(function: tree.Function) -> None:
    """Fills in the ownership facts of a function's body and contract clauses."""
    _Walker().function(function)


class _Walker:
    def __init__(self) -> None:
        self.state = _State(None)
        self.scopes: list[list[tree.Variable]] = []
        self.transfers: dict[tree.Node, Transfer] = {}

    def function(self, function: tree.Function) -> None:
        owned = [parameter for parameter in function.params if parameter.ty.is_owned]
        checked_at_exit = bool(function.ensures or function.invariant)
        for parameter in owned:
            self.state.own[parameter] = HELD
            parameter.clear_on_move = checked_at_exit
        if function.result_variable is not None and function.result_variable.ty.is_owned:
            self.state.own[function.result_variable] = GONE
        assert function.body is not None
        for clause in (*function.requires, *function.invariant):
            self.attempt(clause.expr)
        with suppress(_Left):
            self.block(function.body, owned)
        for clause in function.ensures:
            self.attempt(clause.expr)

    # -- the walk, in order of evaluation

    def walk(self, node: tree.Node) -> None:
        match node:
            case tree.Block():
                self.block(node, [])
            case tree.Move():
                self.look(node.variable)
                self.state.own[node.variable] = GONE
            case tree.Borrow():
                self.look(node.variable)
            case tree.Let():
                self.let(node)
            case tree.Set():
                self.assign(node)
            case tree.If():
                self.walk(node.condition)
                self.branches([node.then, node.other])
            case tree.ShortCircuit():
                self.walk(node.left)
                self.branches([node.right, None])
            case tree.Match():
                self.walk(node.value)
                self.branches([arm.body for arm in node.arms])
            case tree.While() | tree.For():
                self.loop(node)
            case _:
                self.plain(node)

    def look(self, variable: tree.Variable) -> None:
        """From the second round of a loop on, what was moved must be seen as empty."""
        if self.state.get(variable) is not HELD:
            variable.clear_on_move = True

    def plain(self, node: tree.Node) -> None:
        for part in children(node):
            self.walk(part)
        if isinstance(node, tree.Return | tree.Try | tree.TryDoc):
            node.drops = self.to_drop([each for scope in self.scopes for each in scope])
        if node.ty.kind == "never":
            raise _Left

    def let(self, node: tree.Let) -> None:
        self.walk(node.value)
        if node.variable.ty.is_owned:
            self.state.own[node.variable] = HELD
            self.scopes[-1].append(node.variable)

    def assign(self, node: tree.Set) -> None:
        self.walk(node.value)
        if node.variable.ty.is_owned:
            node.drop_old = bool(self.to_drop([node.variable]))
            self.state.own[node.variable] = HELD

    def block(self, node: tree.Block, bound: list[tree.Variable]) -> None:
        self.scopes.append(list(bound))
        try:
            for part in node.body:
                self.walk(part)
            node.drops = self.to_drop(self.scopes[-1])
        finally:
            self.scopes.pop()

    def to_drop(self, variables: list[tree.Variable]) -> list[tree.Variable]:
        """Those that may hold a value now, the newest first."""
        kept = []
        for variable in reversed(variables):
            state = self.state.get(variable)
            if state is not GONE:
                kept.append(variable)
            if state is MAYBE:
                variable.clear_on_move = True
        return kept

    # -- joins

    def attempt(self, node: tree.Node | None) -> _State | None:
        """The layer that evaluating the node leaves behind, or None if it never comes back."""
        before, self.state = self.state, _State(self.state)
        try:
            if node is not None:
                self.walk(node)
        except _Left:
            return None
        else:
            return self.state
        finally:
            self.state = before

    def branches(self, nodes: Sequence[tree.Node | None]) -> None:
        ends = [end for end in map(self.attempt, nodes) if end is not None]
        if not ends:
            raise _Left
        touched = {variable for end in ends for variable in end.own}
        for variable in touched:
            states = {end.get(variable) for end in ends}
            self.state.own[variable] = states.pop() if len(states) == 1 else MAYBE

    def loop(self, node: tree.While | tree.For) -> None:
        if isinstance(node, tree.For):
            self.walk(node.start)
            self.walk(node.end)
        for variable, once in self.round_of(node).items():
            self.state.own[variable] = _rounds(once)[self.state.get(variable)]
        if isinstance(node, tree.While):
            self.walk(node.condition)
        self.attempt(node.body)

    # -- summaries, for loops

    def round_of(self, node: tree.While | tree.For) -> Transfer:
        """What one round does to each variable; computed once per loop."""
        found = self.transfers.get(node)
        if found is None:
            parts = [node.condition, node.body] if isinstance(node, tree.While) else [node.body]
            found = self.transfers[node] = self.sequence(parts) or {}
        return found

    def sequence(self, nodes: Sequence[tree.Node]) -> Transfer | None:
        """The parts one after another; None if the end is never reached."""
        total: Transfer = {}
        for node in nodes:
            step = self.transfer(node)
            if step is None:
                return None
            for variable, table in step.items():
                total[variable] = _then(total.get(variable, _SAME), table)
        return total

    def transfer(self, node: tree.Node) -> Transfer | None:
        match node:
            case tree.Move():
                return {node.variable: _MOVED}
            case tree.Let() | tree.Set():
                return self.filled(node)
            case tree.If():
                return self.split([node.condition], [[node.then], [node.other]])
            case tree.ShortCircuit():
                return self.split([node.left], [[node.right], []])
            case tree.Match():
                return self.split([node.value], [[arm.body] for arm in node.arms])
            case tree.While() | tree.For():
                return self.repeated(node)
            case _:
                step = self.sequence(list(children(node)))
                return None if node.ty.kind == "never" else step

    def filled(self, node: tree.Let | tree.Set) -> Transfer | None:
        step = self.sequence([node.value])
        if step is not None and node.variable.ty.is_owned:
            step[node.variable] = _FILLED
        return step

    def split(
        self, first: Sequence[tree.Node], ways: Sequence[Sequence[tree.Node]]
    ) -> Transfer | None:
        step = self.sequence(first)
        ends = [end for end in map(self.sequence, ways) if end is not None]
        if step is None or not ends:
            return None
        for variable in {variable for end in ends for variable in end}:
            table = ends[0].get(variable, _SAME)
            for end in ends[1:]:
                table = _either(table, end.get(variable, _SAME))
            step[variable] = _then(step.get(variable, _SAME), table)
        return step

    def repeated(self, node: tree.While | tree.For) -> Transfer | None:
        before = [node.start, node.end] if isinstance(node, tree.For) else []
        step = self.sequence(before)
        if step is None:
            return None
        for variable, once in self.round_of(node).items():
            step[variable] = _then(step.get(variable, _SAME), _rounds(once))
        return step
