"""What the checker knows about names: locals, the owners that views borrow from, and scopes.

A view, wherever it is, has one source: an `Owner`, or None when nothing can end before the view
does (a literal, `input`, state of the runtime). An owner is borrowed while it has holders (view
locals) or is held (by arguments of calls that are still being put together).
"""

from typing import Literal

from x07bundle.lang.tree import Variable


class Scope:
    """Names and temporaries end with it."""

    __slots__ = ("is_open", "locals", "temporaries")

    def __init__(self) -> None:
        self.is_open = True
        self.locals: list[Local] = []
        self.temporaries: list[Owner] = []


class Owner:
    """Something that views borrow from. `scope` is None for what outlives the function's body.

    `parameter` is the index of a view parameter: a source that a function's result may have.
    """

    __slots__ = ("held", "holders", "kind", "name", "parameter", "scope")

    def __init__(
        self,
        name: str,
        kind: Literal["local", "temporary", "parameter"],
        scope: Scope | None,
        parameter: int = -1,
    ) -> None:
        self.name, self.kind, self.scope, self.parameter = name, kind, scope, parameter
        self.holders: dict[Local, str] = {}
        self.held: list[str] = []

    @property
    def label(self) -> str:
        """What messages call it."""
        return "a temporary value" if self.kind == "temporary" else f'"{self.name}"'


def both(one: Owner, other: Owner) -> str:
    """Two owners in a message; they may have one name."""
    if one.label != other.label:
        return f"{one.label} and {other.label}"
    return "two temporary values" if one.kind == "temporary" else f"two values called {one.label}"


class Local:
    """A variable and its state at this point of the walk.

    `owner` is there for owned types; `source` and `borrowed_at` say what a view borrows from.
    `shadowed` is the local that the name means again when the scope ends.
    """

    __slots__ = ("borrowed_at", "moved_at", "owner", "scope", "shadowed", "source", "variable")

    def __init__(self, variable: Variable, scope: Scope, shadowed: "Local | None") -> None:
        self.variable, self.scope, self.shadowed = variable, scope, shadowed
        self.owner: Owner | None = None
        self.moved_at: str | None = None
        self.source: Owner | None = None
        self.borrowed_at = ""
