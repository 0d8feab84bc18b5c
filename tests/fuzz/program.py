"""What a program declares and how a run of it stands, for the reference interpreter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fuzz.values import Bytes, Trap, Value, Vec, View

Node = Any
"""Surface JSON of an expression: an int, a name, or a list whose first element is the head."""

Place = tuple[Any, ...]
"""A JSON pointer as nested pairs (parent, last), made without touching strings."""


class Return(Exception):
    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


@dataclass(slots=True, eq=False)
class Cell:
    value: Value


@dataclass(slots=True)
class Frame:
    """One call: its function's name and result kind, and its scopes from outer to inner."""

    function: str
    result: str
    scopes: list[dict[str, Cell]]

    def find(self, name: str) -> Cell | None:
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return None


@dataclass(frozen=True, slots=True)
class Declared:
    """A function of the program, with the place of its declaration."""

    decl: Mapping[str, Any]
    at: Place


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run shows: its output and exit code, or the trap that ended it."""

    output: bytes
    exit_code: int = 0
    fuel_used: int | None = None
    trap: Trap | None = None


@dataclass(slots=True)
class Declarations:
    functions: dict[str, Declared] = field(default_factory=dict)
    fields: dict[str, int] = field(default_factory=dict)
    """`R.field` to its index."""
    records: dict[str, int] = field(default_factory=dict)
    """`R.make` to its number of fields."""
    variants: dict[str, int] = field(default_factory=dict)

    def add(self, document: Mapping[str, Any]) -> None:
        for index, decl in enumerate(document["decls"]):
            name = decl.get("name", "")
            if decl["kind"] == "defn":
                self.functions[name] = Declared(decl, (((), "decls"), index))
            elif decl["kind"] == "defrecord":
                self.records[f"{name}.make"] = len(decl["fields"])
                for position, member in enumerate(decl["fields"]):
                    self.fields[f"{name}.{member['name']}"] = position
            elif decl["kind"] == "defenum":
                for position, member in enumerate(decl["variants"]):
                    self.variants[f"{name}.{member['name']}"] = position


def pointer(place: Place) -> str:
    text = ""
    while place:
        text = f"/{place[1]}{text}"
        place = place[0]
    return text


def kind_of(ty: Node) -> str:
    """The kind of a type as written: a name, or `["option", T]` and `["result", T]`."""
    name = ty if isinstance(ty, str) else "_".join(ty)
    return "i32" if name == "u32" else name


def coerced(value: Value, kind: str) -> Value:
    """bytes and vec_u8 become bytes_view where one is wanted, and nothing else does."""
    if kind == "bytes_view" and isinstance(value, Bytes | Vec):
        return View(value.data)
    return value


def u32(value: int) -> bytes:
    return value.to_bytes(4, "little")


def never(node: Node) -> bool:
    """Whether an expression has no value because it always leaves the function."""
    if not isinstance(node, list):
        return False
    match node[0]:
        case "return":
            return True
        case "begin" | "unsafe":
            return any(map(never, node[1:]))
        case "if":
            return never(node[1]) or (never(node[2]) and never(node[3]))
        case "match":
            return never(node[1]) or all(never(arm[-1]) for arm in node[2:])
        case "&&" | "||":
            return never(node[1])
        case _:
            return stuck(node)


def stuck(node: Node) -> bool:
    """Whether a part of a form never has a value, so that the rest of it never runs."""
    head = node[0]
    if head in ("begin", "unsafe"):
        return any(map(never, node[1:-1]))
    if head in ("if", "match", "return"):
        return never(node[1])
    last = 2 if head == "while" else 4 if head == "for" else len(node)
    return any(map(never, node[1:last]))
