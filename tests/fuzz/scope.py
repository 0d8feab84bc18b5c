"""What a generated function may still do with its variables: moves and borrows.

The rules are those of contract/language.md §5, on the strict side: a variable that may have been
moved counts as moved, and an owner that is looked at stays untouched to the end of the call.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

Made = TypeVar("Made")

OWNED: Final = frozenset({"bytes", "vec_u8", "option_bytes", "result_bytes"})
VIEWS: Final = frozenset({"bytes_view", "option_bytes_view", "result_bytes_view"})


def base(ty: str) -> str:
    """The kind of a type without its brand: `bytes@Point` is `bytes`."""
    return ty.partition("@")[0]


@dataclass(eq=False, slots=True)
class Variable:
    """`loans`: how many live views and running calls look at it."""

    name: str
    ty: str
    scope: int
    loop: int
    kind: Literal["param", "local"] = "local"
    root: "Root | None" = None
    moved: bool = False
    loans: int = 0
    fixed: bool = False
    """Never assigned: a loop or a guard relies on it."""
    pinned: bool = False
    """About to be assigned: no view of an outer scope may come to borrow from it."""

    @property
    def is_owned(self) -> bool:
        return base(self.ty) in OWNED

    @property
    def can_move(self) -> bool:
        return self.is_owned and not self.moved and self.loans == 0


Root = Variable | Literal["input", "static"]
"""What a view borrows from. A parameter that is a view is a root of its own."""


@dataclass(slots=True)
class Scopes:
    """The scopes of one function, from outer to inner."""

    stack: list[dict[str, Variable]] = field(default_factory=lambda: [{}])
    loop: int = 0

    def declare(
        self, name: str, ty: str, root: Root | None = None, *, fixed: bool = False
    ) -> Variable:
        variable = Variable(name, ty, len(self.stack), self.loop, root=root, fixed=fixed)
        self.stack[-1][name] = variable
        lend(root)
        return variable

    def taken(self) -> set[str]:
        """Names that a new local must not have: those of this scope, and of what is lent."""
        kept = {v.name for v in self.visible() if v.loans or base(v.ty) in VIEWS or v.fixed}
        return kept | set(self.stack[-1])

    def all_names(self) -> set[str]:
        return {name for scope in self.stack for name in scope}

    def visible(self) -> list[Variable]:
        found: dict[str, Variable] = {}
        for scope in self.stack:
            found.update(scope)
        return list(found.values())

    @contextmanager
    def inner(self) -> Iterator[None]:
        self.stack.append({})
        try:
            yield
        finally:
            for variable in self.stack.pop().values():
                give_back(variable.root)

    @contextmanager
    def looping(self) -> Iterator[None]:
        """What may run no times or many: moved before or in it is moved afterwards."""
        before = self.moved()
        self.loop += 1
        try:
            yield
        finally:
            self.loop -= 1
            self.mark_moved(before)

    @contextmanager
    def perhaps(self) -> Iterator[None]:
        before = self.moved()
        try:
            yield
        finally:
            self.mark_moved(before)

    def moved(self) -> set[Variable]:
        return {v for scope in self.stack for v in scope.values() if v.moved}

    def mark_moved(self, variables: set[Variable]) -> None:
        for variable in variables:
            variable.moved = True

    def branch(self, makers: Sequence[Callable[[], Made]]) -> list[Made]:
        """Makes each branch from the same state; moved in one is moved afterwards."""
        before, after, made = self.moved(), set[Variable](), []
        for make in makers:
            for variable in self.moved() - before:
                variable.moved = False
            self.mark_moved(before)
            with self.inner():
                made.append(make())
            after |= self.moved()
        self.mark_moved(after)
        return made


def lend(root: Root | None) -> None:
    if isinstance(root, Variable):
        root.loans += 1


def give_back(root: Root | None) -> None:
    if isinstance(root, Variable):
        root.loans -= 1


@contextmanager
def lent(root: Root | None) -> Iterator[None]:
    lend(root)
    try:
        yield
    finally:
        give_back(root)
