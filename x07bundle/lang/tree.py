"""The typed tree: what `check` hands to `ownership` and `lower`.

One node for each source expression, plus the wrappers that make implicit steps explicit: `Move`
(an owned variable is given away), `Borrow` (an owned variable is looked at as a view), `Temporary`
(an owned value without a name is looked at as a view). `ty` is the node's type, `at` its JSON
pointer. Nothing here refers to C.

The nodes are written out as slotted classes: there may be hundreds of thousands of them, and what
generates such classes costs a compilation of a small program more than compiling it.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from x07bundle.lang.primitives.row import Primitive
from x07bundle.lang.types import Type


class Variable:
    """A parameter or a local. `assigned`: some `set` or `for` writes it after its binding.

    `clear_on_move` is set by `ownership`: whether it still holds a value is known only at run time.
    """

    __slots__ = ("assigned", "at", "clear_on_move", "kind", "name", "ty")

    def __init__(
        self, name: str, ty: Type, kind: Literal["param", "local", "input", "result"], at: str
    ) -> None:
        self.name, self.ty, self.kind, self.at = name, ty, kind, at
        self.assigned = False
        self.clear_on_move = False


class Node:
    __slots__ = ("at", "ty")

    def __init__(self, ty: Type, at: str) -> None:
        self.ty, self.at = ty, at


class OfVariable(Node):
    __slots__ = ("variable",)

    def __init__(self, ty: Type, at: str, variable: Variable) -> None:
        self.ty, self.at, self.variable = ty, at, variable


class OfValue(Node):
    __slots__ = ("value",)

    def __init__(self, ty: Type, at: str, value: Node) -> None:
        self.ty, self.at, self.value = ty, at, value


class Integer(Node):
    __slots__ = ("value",)

    def __init__(self, ty: Type, at: str, value: int) -> None:
        self.ty, self.at, self.value = ty, at, value


class Literal_(Node):
    """`bytes.lit` (ty bytes: a fresh copy) or `bytes.view_lit` (ty bytes_view: static)."""

    __slots__ = ("data",)

    def __init__(self, ty: Type, at: str, data: bytes) -> None:
        self.ty, self.at, self.data = ty, at, data


class Read(OfVariable):
    """The value of a variable of a type that is copied (views included)."""

    __slots__ = ()


class Move(OfVariable):
    """An owned variable in value position: it gives its value away."""

    __slots__ = ()


class Borrow(OfVariable):
    """An owned variable looked at where it stands: with ty bytes_view as a view, with an owned ty
    as what it is (`vec_u8.len`, `option_bytes.is_some`, `bytes.view`)."""

    __slots__ = ()


class Temporary(Node):
    """An owned value without a name, looked at (as `Borrow`), then dropped.

    Dropped after the enclosing call, or, when `escapes` (the call's result borrows from it), at
    the end of the enclosing block.
    """

    __slots__ = ("escapes", "value")

    def __init__(self, ty: Type, at: str, value: Node, escapes: bool) -> None:
        self.ty, self.at, self.value, self.escapes = ty, at, value, escapes


class Binary(Node):
    """`+ - * / % & | ^ <<u >>u` or a comparison: two i32 operands, both evaluated."""

    __slots__ = ("left", "operator", "right")

    def __init__(self, ty: Type, at: str, operator: str, left: Node, right: Node) -> None:
        self.ty, self.at = ty, at
        self.operator, self.left, self.right = operator, left, right


class ShortCircuit(Node):
    """`&&` or `||`; the value is 0 or 1."""

    __slots__ = ("left", "operator", "right")

    def __init__(
        self, ty: Type, at: str, operator: Literal["&&", "||"], left: Node, right: Node
    ) -> None:
        self.ty, self.at = ty, at
        self.operator, self.left, self.right = operator, left, right


class CallPrimitive(Node):
    __slots__ = ("args", "primitive")

    def __init__(self, ty: Type, at: str, primitive: Primitive, args: list[Node]) -> None:
        self.ty, self.at, self.primitive, self.args = ty, at, primitive, args


class CallFunction(Node):
    __slots__ = ("args", "function")

    def __init__(self, ty: Type, at: str, function: "Function", args: list[Node]) -> None:
        self.ty, self.at, self.function, self.args = ty, at, function, args


class CallExtern(Node):
    """ty is VOID's stand-in i32 (value 0) for a void function."""

    __slots__ = ("args", "extern")

    def __init__(self, ty: Type, at: str, extern: "Extern", args: list[Node]) -> None:
        self.ty, self.at, self.extern, self.args = ty, at, extern, args


class Block(Node):
    """A scope: `begin`, `unsafe`, a branch, a loop body, a match arm, a function body.

    The value is that of the last statement (its ty is the block's); the others are discarded.
    `written` is False where the source has no `begin` there (a bare branch): no charge for it.
    """

    __slots__ = ("body", "drops", "written")

    def __init__(self, ty: Type, at: str, body: list[Node], written: bool) -> None:
        self.ty, self.at, self.body, self.written = ty, at, body, written
        self.drops: list[Variable] = []
        """Set by `ownership`: what this scope may still hold at its end."""


class Let(Node):
    """Binds in the enclosing block. In value position the value is the variable's."""

    __slots__ = ("value", "variable")

    def __init__(self, ty: Type, at: str, variable: Variable, value: Node) -> None:
        self.ty, self.at, self.variable, self.value = ty, at, variable, value


class Set(Node):
    """Assigns. In value position the value is the new one.

    `drop_old` (set by `ownership`): the variable may hold a value to drop first.
    """

    __slots__ = ("drop_old", "value", "variable")

    def __init__(self, ty: Type, at: str, variable: Variable, value: Node) -> None:
        self.ty, self.at, self.variable, self.value = ty, at, variable, value
        self.drop_old: bool = False


class If(Node):
    __slots__ = ("condition", "other", "then")

    def __init__(self, ty: Type, at: str, condition: Node, then: Block, other: Block) -> None:
        self.ty, self.at = ty, at
        self.condition, self.then, self.other = condition, then, other


class For(Node):
    """`variable` runs from start while unsigned below end. `binds`: the loop made the variable."""

    __slots__ = ("binds", "body", "end", "start", "variable")

    def __init__(
        self,
        ty: Type,
        at: str,
        variable: Variable,
        binds: bool,
        start: Node,
        end: Node,
        body: Block,
    ) -> None:
        self.ty, self.at = ty, at
        self.variable, self.binds = variable, binds
        self.start, self.end, self.body = start, end, body


class While(Node):
    __slots__ = ("body", "condition")

    def __init__(self, ty: Type, at: str, condition: Node, body: Block) -> None:
        self.ty, self.at, self.condition, self.body = ty, at, condition, body


class Return(Node):
    """ty is never."""

    __slots__ = ("drops", "value")

    def __init__(self, ty: Type, at: str, value: Node) -> None:
        self.ty, self.at, self.value = ty, at, value
        self.drops: list[Variable] = []
        """Set by `ownership`: all variables of the function that may hold a value here."""


class Try(Node):
    """`try`: the ok value, or return the error as the function's result type."""

    __slots__ = ("drops", "value")

    def __init__(self, ty: Type, at: str, value: Node) -> None:
        self.ty, self.at, self.value = ty, at, value
        self.drops: list[Variable] = []


class TryDoc(Node):
    """`try_doc` (ty bytes): what follows a leading byte 1, or return the document as it is.

    `value` is owned bytes, or a view.
    """

    __slots__ = ("drops", "value")

    def __init__(self, ty: Type, at: str, value: Node) -> None:
        self.ty, self.at, self.value = ty, at, value
        self.drops: list[Variable] = []


class Arm(NamedTuple):
    """`bind` is the payload's variable (i32), or None."""

    variant_index: int
    variant_name: str
    bind: Variable | None
    body: Block
    at: str


class Match(Node):
    """`value` is a view of the enum's bytes (a `Read`, `Borrow` or `Temporary`)."""

    __slots__ = ("arms", "enum_name", "value")

    def __init__(self, ty: Type, at: str, value: Node, enum_name: str, arms: list[Arm]) -> None:
        self.ty, self.at = ty, at
        self.value, self.enum_name, self.arms = value, enum_name, arms


class RecordMake(Node):
    __slots__ = ("fields", "record_name")

    def __init__(self, ty: Type, at: str, record_name: str, fields: list[Node]) -> None:
        self.ty, self.at, self.record_name, self.fields = ty, at, record_name, fields


class RecordGet(Node):
    """`value` is a view of the record's bytes; field `index` is the u32 at 4 * index."""

    __slots__ = ("field_name", "index", "record_name", "value")

    def __init__(
        self, ty: Type, at: str, record_name: str, field_name: str, index: int, value: Node
    ) -> None:
        self.ty, self.at = ty, at
        self.record_name, self.field_name = record_name, field_name
        self.index, self.value = index, value


class EnumMake(Node):
    __slots__ = ("enum_name", "payload", "variant_index", "variant_name")

    def __init__(
        self,
        ty: Type,
        at: str,
        enum_name: str,
        variant_name: str,
        variant_index: int,
        payload: Node | None,
    ) -> None:
        self.ty, self.at = ty, at
        self.enum_name, self.variant_name = enum_name, variant_name
        self.variant_index, self.payload = variant_index, payload


class Cast(Node):
    """`std.brand.cast_*_v1`: the validator is asked; ok carries the value, err its code.

    ty: result_bytes (value is owned bytes; or, for `copy`, a view that is copied) or
    result_bytes_view (value is a view).
    """

    __slots__ = ("copy", "validator", "value")

    def __init__(self, ty: Type, at: str, validator: "Function", value: Node, copy: bool) -> None:
        self.ty, self.at = ty, at
        self.validator, self.value, self.copy = validator, value, copy


class Rebrand(OfValue):
    """A brand added or dropped: the same value at run time. Not charged, not seen in C."""

    __slots__ = ()


class PointerCast(OfValue):
    """`ptr.cast` and the const coercion of extern arguments."""

    __slots__ = ()


class AddressOf(OfVariable):
    """`addr_of`, `addr_of_mut` of a variable; ty is a pointer to void."""

    __slots__ = ()


class Clause(NamedTuple):
    """A contract clause, ready to evaluate. `witness` are nodes of copyable or inspected type."""

    kind: Literal["requires", "ensures", "invariant"]
    id: str
    position: int
    at: str
    expr: Block
    witness: list[Node]


class Function:
    """A reached function. `module_id` names the file that its pointers refer to.

    `input` is the variable `input` if the body uses it. `result_variable` is `__result`, present
    when `ensures` is not empty.
    """

    def __init__(
        self, name: str, module_id: str, params: list[Variable], result: Type, at: str
    ) -> None:
        self.name, self.module_id, self.at = name, module_id, at
        self.params, self.result = params, result
        self.body: Block | None = None
        self.input: Variable | None = None
        self.result_variable: Variable | None = None
        self.requires: list[Clause] = []
        self.ensures: list[Clause] = []
        self.invariant: list[Clause] = []
        self.locals_count = 0


class Extern:
    def __init__(self, name: str, link_name: str, params: list[Type], result: Type) -> None:
        self.name, self.link_name = name, link_name
        self.params, self.result = params, result


class Program(NamedTuple):
    """What is compiled: `solve`, and every function that it reaches, sorted by name.

    `solve` is a function of no parameters with result bytes, named `main.solve` in messages.
    """

    solve: Function
    functions: list[Function]
    externs: list[Extern]
    backends: Sequence[str] = ()
    """Ids of native backends in use, sorted (reports: `native_requires`)."""

    @property
    def has_contracts(self) -> bool:
        return any(f.requires or f.ensures or f.invariant for f in [self.solve, *self.functions])
