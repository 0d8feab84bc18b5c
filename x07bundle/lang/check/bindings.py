"""What the checker knows about names: locals, the owners that views borrow from, and scopes.

A view, wherever it is, has one source: an `Owner`, or None when nothing can end before the view
does (a literal, `input`, state of the runtime). An owner is borrowed while it has holders (view
locals) or is held (by arguments of calls that are still being put together).
"""

from dataclasses import dataclass, field
from typing import Literal

from x07bundle.lang.tree import Variable


@dataclass(slots=True, eq=False)
class Scope:
    """Names and temporaries end with it."""

    is_open: bool = True
    locals: list["Local"] = field(default_factory=list)
    temporaries: list["Owner"] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Owner:
    """Something that views borrow from. `scope` is None for what outlives the function's body.

    `parameter` is the index of a view parameter: a source that a function's result may have.
    """

    name: str
    kind: Literal["local", "temporary", "parameter"]
    scope: Scope | None
    parameter: int = -1
    holders: dict["Local", str] = field(default_factory=dict)
    held: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """What messages call it."""
        return "a temporary value" if self.kind == "temporary" else f'"{self.name}"'


def both(one: Owner, other: Owner) -> str:
    """Two owners in a message; they may have one name."""
    if one.label != other.label:
        return f"{one.label} and {other.label}"
    return "two temporary values" if one.kind == "temporary" else f"two values called {one.label}"


@dataclass(slots=True, eq=False)
class Local:
    """A variable and its state at this point of the walk.

    `owner` is there for owned types; `source` and `borrowed_at` say what a view borrows from.
    `shadowed` is the local that the name means again when the scope ends.
    """

    variable: Variable
    scope: Scope
    shadowed: "Local | None"
    owner: Owner | None = None
    moved_at: str | None = None
    source: Owner | None = None
    borrowed_at: str = ""
