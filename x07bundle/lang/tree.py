"""The typed tree: what `check` hands to `ownership` and `lower`.

One node for each source expression, plus the wrappers that make implicit steps explicit: `Move`
(an owned variable is given away), `Borrow` (an owned variable is looked at as a view), `Temporary`
(an owned value without a name is looked at as a view). `ty` is the node's type, `at` its JSON
pointer. Nothing here refers to C.
"""

from dataclasses import dataclass, field
from typing import Literal

from x07bundle.lang.primitives.row import Primitive
from x07bundle.lang.types import Type


@dataclass(slots=True, eq=False)
class Variable:
    """A parameter or a local. `assigned`: some `set` or `for` writes it after its binding."""

    name: str
    ty: Type
    kind: Literal["param", "local", "input", "result"]
    at: str
    assigned: bool = False
    clear_on_move: bool = False
    """Set by `ownership`: whether it still holds a value is known only at run time."""


@dataclass(slots=True, eq=False)
class Node:
    ty: Type
    at: str


@dataclass(slots=True, eq=False)
class Integer(Node):
    value: int


@dataclass(slots=True, eq=False)
class Literal_(Node):
    """`bytes.lit` (ty bytes: a fresh copy) or `bytes.view_lit` (ty bytes_view: static)."""

    data: bytes


@dataclass(slots=True, eq=False)
class Read(Node):
    """The value of a variable of a type that is copied (views included)."""

    variable: Variable


@dataclass(slots=True, eq=False)
class Move(Node):
    """An owned variable in value position: it gives its value away."""

    variable: Variable


@dataclass(slots=True, eq=False)
class Borrow(Node):
    """An owned variable looked at where it stands.

    With ty bytes_view: the coercion of bytes or vec_u8 to a view. With an owned ty: the variable
    is only inspected (`vec_u8.len`, `option_bytes.is_some`, `bytes.view`).
    """

    variable: Variable


@dataclass(slots=True, eq=False)
class Temporary(Node):
    """An owned value without a name, looked at (as `Borrow`), then dropped.

    Dropped after the enclosing call, or, when `escapes` (the call's result borrows from it), at
    the end of the enclosing block.
    """

    value: Node
    escapes: bool


@dataclass(slots=True, eq=False)
class Binary(Node):
    """`+ - * / % & | ^ <<u >>u` or a comparison: two i32 operands, both evaluated."""

    operator: str
    left: Node
    right: Node


@dataclass(slots=True, eq=False)
class ShortCircuit(Node):
    """`&&` or `||`; the value is 0 or 1."""

    operator: Literal["&&", "||"]
    left: Node
    right: Node


@dataclass(slots=True, eq=False)
class CallPrimitive(Node):
    primitive: Primitive
    args: list[Node]


@dataclass(slots=True, eq=False)
class CallFunction(Node):
    function: "Function"
    args: list[Node]


@dataclass(slots=True, eq=False)
class CallExtern(Node):
    """ty is VOID's stand-in i32 (value 0) for a void function."""

    extern: "Extern"
    args: list[Node]


@dataclass(slots=True, eq=False)
class Block(Node):
    """A scope: `begin`, `unsafe`, a branch, a loop body, a match arm, a function body.

    The value is that of the last statement (its ty is the block's); the others are discarded.
    `written` is False where the source has no `begin` there (a bare branch): no charge for it.
    """

    body: list[Node]
    written: bool
    drops: list[Variable] = field(default_factory=list)
    """Set by `ownership`: the variables of this scope that may still hold a value at its end."""


@dataclass(slots=True, eq=False)
class Let(Node):
    """Binds in the enclosing block. In value position the value is the variable's."""

    variable: Variable
    value: Node


@dataclass(slots=True, eq=False)
class Set(Node):
    """Assigns. In value position the value is the new one.

    `drop_old` (set by `ownership`): the variable may hold a value to drop first.
    """

    variable: Variable
    value: Node
    drop_old: bool = False


@dataclass(slots=True, eq=False)
class If(Node):
    condition: Node
    then: Block
    other: Block


@dataclass(slots=True, eq=False)
class For(Node):
    """`variable` runs from start while unsigned below end. `binds`: the loop made the variable."""

    variable: Variable
    binds: bool
    start: Node
    end: Node
    body: Block


@dataclass(slots=True, eq=False)
class While(Node):
    condition: Node
    body: Block


@dataclass(slots=True, eq=False)
class Return(Node):
    """ty is never."""

    value: Node
    drops: list[Variable] = field(default_factory=list)
    """Set by `ownership`: all variables of the function that may hold a value here."""


@dataclass(slots=True, eq=False)
class Try(Node):
    """`try`: the ok value, or return the error as the function's result type."""

    value: Node
    drops: list[Variable] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class TryDoc(Node):
    """`try_doc` (ty bytes): what follows a leading byte 1, or return the document as it is.

    `value` is owned bytes, or a view.
    """

    value: Node
    drops: list[Variable] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Arm:
    """`bind` is the payload's variable (i32), or None."""

    variant_index: int
    variant_name: str
    bind: Variable | None
    body: Block
    at: str


@dataclass(slots=True, eq=False)
class Match(Node):
    """`value` is a view of the enum's bytes (a `Read`, `Borrow` or `Temporary`)."""

    value: Node
    enum_name: str
    arms: list[Arm]


@dataclass(slots=True, eq=False)
class RecordMake(Node):
    record_name: str
    fields: list[Node]


@dataclass(slots=True, eq=False)
class RecordGet(Node):
    """`value` is a view of the record's bytes; field `index` is the u32 at 4 * index."""

    record_name: str
    field_name: str
    index: int
    value: Node


@dataclass(slots=True, eq=False)
class EnumMake(Node):
    enum_name: str
    variant_name: str
    variant_index: int
    payload: Node | None


@dataclass(slots=True, eq=False)
class Cast(Node):
    """`std.brand.cast_*_v1`: the validator is asked; ok carries the value, err its code.

    ty: result_bytes (value is owned bytes; or, for `copy`, a view that is copied) or
    result_bytes_view (value is a view).
    """

    validator: "Function"
    value: Node
    copy: bool


@dataclass(slots=True, eq=False)
class Rebrand(Node):
    """A brand added or dropped: the same value at run time. Not charged, not seen in C."""

    value: Node


@dataclass(slots=True, eq=False)
class PointerCast(Node):
    """`ptr.cast` and the const coercion of extern arguments."""

    value: Node


@dataclass(slots=True, eq=False)
class AddressOf(Node):
    """`addr_of`, `addr_of_mut` of a variable; ty is a pointer to void."""

    variable: Variable


@dataclass(slots=True, eq=False)
class Clause:
    """A contract clause, ready to evaluate. `witness` are nodes of copyable or inspected type."""

    kind: Literal["requires", "ensures", "invariant"]
    id: str
    index: int
    at: str
    expr: Block
    witness: list[Node]


@dataclass(slots=True, eq=False)
class Function:
    """A reached function. `module_id` names the file that its pointers refer to.

    `input` is the variable `input` if the body uses it. `result_variable` is `__result`, present
    when `ensures` is not empty.
    """

    name: str
    module_id: str
    params: list[Variable]
    result: Type
    at: str
    body: Block | None = None
    input: Variable | None = None
    result_variable: Variable | None = None
    requires: list[Clause] = field(default_factory=list)
    ensures: list[Clause] = field(default_factory=list)
    invariant: list[Clause] = field(default_factory=list)
    locals_count: int = 0


@dataclass(slots=True, eq=False)
class Extern:
    name: str
    link_name: str
    params: list[Type]
    result: Type


@dataclass(slots=True, eq=False)
class Program:
    """What is compiled: `solve`, and every function that it reaches, sorted by name.

    `solve` is a function of no parameters with result bytes, named `main.solve` in messages.
    """

    solve: Function
    functions: list[Function]
    externs: list[Extern]
    backends: list[str] = field(default_factory=list)
    """Ids of native backends in use, sorted (reports: `native_requires`)."""

    @property
    def has_contracts(self) -> bool:
        return any(f.requires or f.ensures or f.invariant for f in [self.solve, *self.functions])
