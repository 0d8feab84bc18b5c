"""What is open while a function is lowered: statements, temporaries, fuel, names.

Order of evaluation: C leaves the order of arguments open, X07 does not. `arguments` puts a value
into a temporary when a later argument could change it or is seen by it.

Owned values without a name are in one of two places until they are consumed or dropped: `pending`
(arguments of a call that is not complete yet) and the temporaries of the open `Region`s (values
that a view still looks at). A return in the middle of an expression drops both.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple, Protocol

from x07bundle.lang import ir, tree, types
from x07bundle.lang.facts import Facts
from x07bundle.lang.ir import Value
from x07bundle.lang.lower.names import Names, local_name
from x07bundle.lang.primitives.row import Effect
from x07bundle.lang.types import Type

LONGEST_EXPRESSION: Final = 160
"""Characters of a C expression before a part of it gets a temporary: lines stay readable, and
nesting stays far below what C compilers guarantee."""

_POINTERS: Final = {
    "ptr_const_u8": "const uint8_t *",
    "ptr_mut_u8": "uint8_t *",
    "ptr_const_void": "const void *",
    "ptr_mut_void": "void *",
    "ptr_const_i32": "const uint32_t *",
    "ptr_mut_i32": "uint32_t *",
}


def c_type(ty: Type) -> str:
    """`uint32_t`, `x07_bytes`, `const uint8_t *`: to be followed by a name through `declare`."""
    match ty.kind:
        case "i32":
            return "uint32_t"
        case "f64":
            return "double"
        case "void":
            return "void"
        case _:
            return _POINTERS.get(ty.kind) or f"x07_{ty.kind}"


def cleared(ty: Type) -> str:
    """The value of a variable whose value was moved away."""
    return f"X07_NO_{ty.kind.upper()}"


def as_view(ty: Type, text: str) -> str:
    return f"x07_{ty.kind}_as_view({text})"


class Diverged(Exception):
    """What follows in this stretch of code is never reached."""


class Destination(Protocol):
    """Where the value of a form goes: `Discard`, into a variable, or out of the function."""

    def accept(self, builder: "Builder", value: Value) -> None: ...


class Discard:
    """The value is not wanted."""

    def accept(self, builder: "Builder", value: Value) -> None:
        """Nothing: a value that is delivered here has no effect of its own."""


DISCARD: Final = Discard()


class Into(NamedTuple):
    """Into a C variable that is declared already.

    Its own value is only looked at: C compilers warn about `x = x`.
    """

    name: str

    def accept(self, builder: "Builder", value: Value) -> None:
        text = ir.argument(value)
        builder.line(f"(void){text}" if text == self.name else f"{self.name} = {text}")


class Held(NamedTuple):
    """A C variable that owns a value. `consumed`: the call that is being built takes it over."""

    name: str
    ty: Type
    consumed: bool = False


class Region:
    """A stretch of C at whose end its temporaries are dropped."""

    __slots__ = ("temporaries",)

    def __init__(self) -> None:
        self.temporaries: list[Held] = []


Handler = Callable[["Builder", tree.Node], Value]
ControlHandler = Callable[["Builder", tree.Node, Destination], None]


class Handlers(NamedTuple):
    """By type of node: `values` give a C expression, `control` delivers to a destination."""

    values: dict[type[tree.Node], Handler]
    control: dict[type[tree.Node], ControlHandler]


class Builder:
    """One function in the making."""

    def __init__(
        self,
        function: tree.Function,
        handlers: Handlers,
        callee: Callable[[tree.Function | tree.Extern], str],
        charging: bool,
    ) -> None:
        self.function = function
        self.callee = callee
        self.facts = Facts()
        self.out: list[ir.Statement] = []
        self.read: set[str] = set()
        self.pending: list[Held] = []
        self.regions: list[Region] = []
        self.open_blocks: list[tree.Block] = []
        self._handlers = handlers
        self._charging = charging
        self._charge: ir.Charge | None = None
        self._names = Names()
        self._locals: dict[tree.Variable, str] = {}

    # -- statements

    def line(self, text: str) -> None:
        self.out.append(ir.Line(text))

    def emit(self, statement: ir.Statement) -> None:
        self.out.append(statement)

    def site(self, at: str) -> str:
        return f"X07_AT({ir.string(self.function.name.encode())}, {ir.string(at.encode())})"

    @contextmanager
    def nested(self) -> Iterator[list[ir.Statement]]:
        """A list of statements that runs on its own condition."""
        outer, outer_charge = self.out, self._charge
        self.out, self._charge = [], None
        try:
            yield self.out
        finally:
            self.out, self._charge = outer, outer_charge

    # -- fuel

    def charge(self, at: str) -> None:
        """One expression is evaluated here: paid with the rest of its straight-line stretch."""
        if not self._charging:
            return
        if self._charge is None:
            self._charge = ir.Charge(0, self.site(at))
            self.out.append(self._charge)
        self._charge.amount += 1

    def end_stretch(self) -> None:
        """What follows may not be reached: it is paid for on its own."""
        self._charge = None

    @property
    def charging(self) -> bool:
        return self._charging

    # -- names

    def reserve_name(self, variable: tree.Variable) -> str:
        return self._names.unique(local_name(variable.name))

    def bind(self, variable: tree.Variable, name: str) -> None:
        self._locals[variable] = name

    def declare_name(self, variable: tree.Variable) -> str:
        name = self.reserve_name(variable)
        self.bind(variable, name)
        return name

    def target(self, variable: tree.Variable) -> str:
        """The C name of a variable that is only written here."""
        return self._locals[variable]

    def name(self, variable: tree.Variable) -> str:
        """The C name of a variable that is read here."""
        name = self._locals[variable]
        self.read.add(name)
        return name

    def temporary(self, ty: Type, value: Value | None) -> str:
        """Declares a temporary; the caller reads it, or says that nobody does."""
        text = None if value is None else ir.argument(value)
        return self.private(c_type(ty), _TEMPORARY.get(ty.kind, "value"), text)

    def private(self, written: str, wanted: str, value: str | None) -> str:
        """Declares a C variable that no variable of the program stands for."""
        name = self._names.unique(wanted)
        self.emit(ir.Declare(written, name, value))
        self.read.add(name)
        return name

    # -- values

    def is_control(self, node: tree.Node) -> bool:
        """Whether the node is a form that delivers its value from inside."""
        return type(node) in self._handlers.control

    def value(self, node: tree.Node, charged: bool = True) -> Value:
        """The value of a node as a C expression that is to be used exactly once."""
        if isinstance(node, tree.Block) and len(node.body) == 1 and not node.drops:
            self.charge_form(node)
            return self.value(node.body[0])
        if self.is_control(node):
            return self._through_variable(node)
        if charged and not isinstance(node, _UNCHARGED):
            self.charge(node.at)
        value = self._handlers.values[type(node)](self, node)
        if node.ty is types.NEVER:
            self.line(ir.argument(value))
            raise Diverged
        if len(value.text) > LONGEST_EXPRESSION:
            return ir.atom(self.temporary(node.ty, value))
        return value

    def value_or_none(self, node: tree.Node) -> Value | None:
        """As `value`; None if control never comes back from it."""
        depth = len(self.pending)
        try:
            return self.value(node)
        except Diverged:
            del self.pending[depth:]
            return None

    def charge_form(self, node: tree.Node) -> None:
        """A form in value position; a bare branch has no form of its own."""
        if not isinstance(node, tree.Block) or node.written:
            self.charge(node.at)

    def leave_if_never(self, node: tree.Node) -> None:
        """Ends this stretch if the node never has a value."""
        if node.ty is types.NEVER:
            self.deliver(node, DISCARD)
            raise Diverged

    def _through_variable(self, node: tree.Node) -> Value:
        self.leave_if_never(node)
        mark = len(self.out)
        name = self.temporary(node.ty, None)
        try:
            self.deliver(node, Into(name))
        except Diverged:
            del self.out[mark]
            raise
        return ir.atom(name)

    def deliver(self, node: tree.Node, destination: Destination) -> None:
        """Evaluates a node and sends its value on; forms send it from inside."""
        control = self._handlers.control.get(type(node))
        if control is None and destination is DISCARD:
            self.discard(node)
        elif control is None:
            destination.accept(self, self.value(node))
        else:
            if destination is not DISCARD:
                self.charge_form(node)
            control(self, node, destination)

    def discard(self, node: tree.Node) -> None:
        """Evaluates a node for what it does."""
        depth = len(self.pending)
        value = self.value(node)
        if node.ty.is_owned:
            self.line(f"x07_{node.ty.kind}_drop({ir.argument(value)})")
        elif value.constant is None:
            self.line(f"(void){ir.operand(value)}")
        assert len(self.pending) == depth

    def completes(self, lower: Callable[[], None]) -> bool:
        """Lowers a stretch of its own; tells whether control comes out at the end."""
        depth = len(self.pending)
        try:
            lower()
        except Diverged:
            del self.pending[depth:]
            return False
        return True

    def keep_looked_at(self, depth: int) -> None:
        """What has been looked at since `depth` lives to the end of the region."""
        self.regions[-1].temporaries += self.pending[depth:]
        del self.pending[depth:]

    # -- order of arguments

    def arguments(self, nodes: Sequence[tree.Node]) -> list[Value]:
        """The values of arguments, from left to right."""
        effects = [self.facts.effect(node) for node in nodes]
        values: list[Value] = []
        for index, node in enumerate(nodes):
            value = self._argument(node, values)
            rest = effects[index + 1 :]
            exits = any(self.facts.exits(later) for later in nodes[index + 1 :])
            if _must_settle(effects[index], rest) or (exits and node.ty.is_owned):
                value = self.settle(node, value, exits)
            values.append(value)
        return values

    def _argument(self, node: tree.Node, before: list[Value]) -> Value:
        """The next value. If it never comes, C is told that those before it have no use."""
        mark = len(self.out)
        try:
            return self.value(node)
        except Diverged:
            held = {each.name for each in self.pending}
            unused = [each for each in before if each.constant is None and each.text not in held]
            self.out[mark:mark] = [ir.Line(f"(void){ir.operand(value)}") for value in unused]
            raise

    def settle(self, node: tree.Node, value: Value, exits: bool) -> Value:
        """Puts a value into a temporary, so that what follows cannot disturb it."""
        name = self.temporary(node.ty, value)
        if node.ty.is_owned and exits and not isinstance(node, tree.Borrow | tree.Temporary):
            self.pending.append(Held(name, node.ty, consumed=True))
        return ir.atom(name)

    def finish_call(self, depth: int, node: tree.Node, value: Value) -> Value:
        """The call is complete: forgets what it consumed, drops what it only looked at.

        What a resulting pointer may point into lives on to the end of the region.
        """
        looked_at = [held for held in self.pending[depth:] if not held.consumed]
        del self.pending[depth:]
        if node.ty.kind in types.POINTERS:
            self.regions[-1].temporaries += looked_at
        elif looked_at and node.ty is not types.NEVER:
            value = ir.atom(self.temporary(node.ty, value))
            self.out += self.drops(looked_at)
        return value

    # -- drops

    def drops(self, held: Sequence[Held]) -> list[ir.Statement]:
        """The statements that drop values without a name, the newest first."""
        return [ir.Line(f"x07_{each.ty.kind}_drop({each.name})") for each in reversed(held)]

    def drop_variable(self, variable: tree.Variable) -> None:
        self.line(f"x07_{variable.ty.kind}_drop({self.name(variable)})")

    @contextmanager
    def region(self) -> Iterator[Region]:
        region = Region()
        self.regions.append(region)
        try:
            yield region
        finally:
            self.regions.pop()

    def drop_all(self, variables: Sequence[tree.Variable]) -> None:
        """Before leaving the function: everything that is held, by name or without."""
        unnamed = [held for region in self.regions for held in region.temporaries]
        self.out += self.drops([*unnamed, *self.pending])
        for variable in variables:
            self.drop_variable(variable)

    @property
    def holds_unnamed(self) -> bool:
        return bool(self.pending) or any(region.temporaries for region in self.regions)


_TEMPORARY: Final = {"i32": "number", "bytes": "bytes", "bytes_view": "view", "vec_u8": "vec"}

_UNCHARGED: Final = (tree.Temporary, tree.Rebrand)


def _must_settle(effect: Effect, rest: Sequence[Effect]) -> bool:
    """Whether a value has to be fixed before later arguments are evaluated."""
    if effect is Effect.PURE or not rest:
        return False
    last = max(rest)
    return last is Effect.WRITES or (effect is Effect.WRITES and last is not Effect.PURE)
