"""The surface tree: what a file says, before anything is known about it.

Every node carries `at`, its JSON pointer in the canonical document (contract/language.md §13).
Nodes are plain slotted classes: a program may have 250,000 of them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple


class Int:
    __slots__ = ("at", "value")

    def __init__(self, value: int, at: str) -> None:
        self.value, self.at = value, at


class Name:
    __slots__ = ("at", "name")

    def __init__(self, name: str, at: str) -> None:
        self.name, self.at = name, at


class Text:
    """Free text: the argument of `bytes.lit` and `bytes.view_lit`, and nothing else."""

    __slots__ = ("at", "text")

    def __init__(self, text: str, at: str) -> None:
        self.text, self.at = text, at


class Form:
    """`[head, args…]`. Argument `i` is at `<at>/<i + 1>`."""

    __slots__ = ("args", "at", "head")

    def __init__(self, head: str, args: "tuple[Expr, ...]", at: str) -> None:
        self.head, self.args, self.at = head, args, at


Expr = Int | Name | Text | Form


class Param(NamedTuple):
    """`ty` is the type as written: a name, or a structured type such as `["option", "bytes"]`."""

    name: str
    ty: Any
    brand: str | None
    at: str


class Clause(NamedTuple):
    """A contract clause: an i32 expression that must hold, and what to show when it does not."""

    id: str | None
    expr: Expr
    witness: tuple[Expr, ...]
    at: str


class LoopContract(NamedTuple):
    ptr: str
    invariant: tuple[Clause, ...]
    decreases: tuple[Clause, ...]
    at: str


class Function(NamedTuple):
    """`defn` or `defasync`."""

    name: str
    params: tuple[Param, ...]
    result: Any
    result_brand: str | None
    body: Expr
    at: str
    doc: str | None = None
    type_params: tuple[Mapping[str, Any], ...] = ()
    requires: tuple[Clause, ...] = ()
    ensures: tuple[Clause, ...] = ()
    invariant: tuple[Clause, ...] = ()
    decreases: tuple[Clause, ...] = ()
    loop_contracts: tuple[LoopContract, ...] = ()
    is_async: bool = False
    protocol: Mapping[str, Any] | None = None


class Extern(NamedTuple):
    """A C function: only i32 and raw pointers cross. `result` may also be "void"."""

    name: str
    link_name: str
    params: tuple[Param, ...]
    result: Any
    at: str
    abi: str = "C"


class Record(NamedTuple):
    """`fields` are names in order; each is one u32, little-endian, in the packed bytes."""

    name: str
    fields: tuple[str, ...]
    at: str


class Variant(NamedTuple):
    name: str
    has_payload: bool
    at: str


class Enum(NamedTuple):
    name: str
    variants: tuple[Variant, ...]
    at: str


class Module(NamedTuple):
    """One file. `document` is the canonical JSON value that all pointers refer to."""

    kind: Literal["entry", "module"]
    module_id: str
    schema_version: str
    imports: tuple[str, ...]
    exports: frozenset[str]
    functions: tuple[Function, ...]
    externs: tuple[Extern, ...]
    records: tuple[Record, ...]
    enums: tuple[Enum, ...]
    solve: Expr | None
    document: Mapping[str, Any]
    file: str
    node_count: int
    builtin: bool = False
    """True for the std modules that come with the tool: they may use internal heads."""
    meta: Mapping[str, Any] = MappingProxyType({})
