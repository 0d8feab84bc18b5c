"""What all makers of expressions share: choice, names, calls with their borrows, blocks."""

from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.fuzz import names
from tests.fuzz.program import Node
from tests.fuzz.scope import (
    VIEWS,
    Root,
    Scopes,
    Variable,
    base,
    give_back,
    lend,
    lent,
)

Maker = Callable[[], Node]
Options = list[tuple[int, Maker]]
"""Weighted makers: one is chosen."""

NUMBERS: Final = (0, 1, 2, 3, 7, 8, 31, 32, 33, 127, 128, 255, 256, 65535, -1, -2, -7, 1000)
EXTREMES: Final = (2147483647, -2147483648, -2147483647, 1073741824, 305419896, -559038737)
TEXTS: Final = (
    *("", "a", "b", "hello", "12", "0", "4294967295", "-1", "x y", "*/ // \\ \" ' ??/ %s %d"),
    *("\n\t\r", "\x00\x01", "\x01doc", "\x007", "é€😀", "\x7f\x80", "0123456789abcdef", "\\x41"),
)


@dataclass(frozen=True, slots=True)
class Signature:
    """A function. `source`: the parameter that its view result borrows from."""

    name: str
    params: tuple[tuple[str, str], ...]
    result: str
    source: int | None = None


@dataclass(frozen=True, slots=True)
class Shapes:
    """Records (name, fields) and enums (name, variants with their payload) in scope."""

    records: tuple[tuple[str, tuple[str, ...]], ...] = ()
    enums: tuple[tuple[str, tuple[tuple[str, bool], ...]], ...] = ()


@dataclass(slots=True)
class Writer:
    """Makes the body of one function. `budget`: how many nodes it may still make."""

    rng: Random
    result: str
    shapes: Shapes = Shapes()
    callables: tuple[Signature, ...] = ()
    budget: int = 100
    root: Root | None = None
    """What a view result borrows from."""
    no_binding: bool = False
    scopes: Scopes = field(default_factory=Scopes)
    makers: Callable[["Writer", str, int, Root | None], Options] | None = None
    statement: Callable[["Writer", int], Node] | None = None

    def chance(self, percent: int) -> bool:
        return self.rng.randrange(100) < percent

    def pick(self, options: Options) -> Node:
        weights = [weight for weight, _ in options]
        return self.rng.choices([make for _, make in options], weights)[0]()

    def expr(self, ty: str, depth: int, root: Root | None = None) -> Node:
        """An expression of type `ty`; if it is a view, one that borrows from `root`."""
        self.budget -= 1
        if depth <= 0 or self.budget <= 0 or self.makers is None:
            return self.leaf(ty, root)
        return self.pick(self.makers(self, ty, depth, root))

    def integer(self) -> int:
        return self.rng.choice(EXTREMES if self.chance(15) else NUMBERS)

    def text(self) -> str:
        return self.rng.choice(TEXTS)

    def leaf(self, ty: str, root: Root | None) -> Node:
        found = self.names_of(ty, root)
        if found and self.chance(60):
            return self.take(self.rng.choice(found))
        return self.constant(ty, root)

    def names_of(self, ty: str, root: Root | None = None) -> list[Variable]:
        """Variables whose name alone is an expression of this type."""
        return [
            v
            for v in self.scopes.visible()
            if v.ty == ty
            and (not v.is_owned or (v.can_move and self.may_move(v)))
            and (base(ty) not in VIEWS or v.root is root)
        ]

    def may_move(self, variable: Variable) -> bool:
        """An outer variable that a loop moves is empty from the second round on: seldom useful."""
        return variable.loop == self.scopes.loop or self.chance(25)

    def take(self, variable: Variable) -> Node:
        variable.moved = variable.is_owned
        return variable.name

    def constant(self, ty: str, root: Root | None) -> Node:
        kind, _, brand = ty.partition("@")
        if brand:
            return self.branded(brand)
        match kind:
            case "i32":
                return self.integer()
            case "f64":
                return ["f64.of_i32", self.rng.randrange(-100, 100)]
            case "bytes":
                return ["bytes.lit", self.text()]
            case "vec_u8":
                return ["vec_u8.with_capacity", self.rng.randrange(5)]
            case "bytes_view":
                return self.base_view(root)
            case "iface":
                return ["io.open_read_bytes", ["bytes.lit", self.text()]]
            case "map" | "set":
                return [f"{kind}_u32.new", 16]
            case _:
                return self.container(kind, root)

    def branded(self, brand: str) -> Node:
        """A record or enum value that needs nothing."""
        for name, fields in self.shapes.records:
            if name == brand:
                return [f"{name}.make", *(self.integer() for _ in fields)]
        variants = dict(self.shapes.enums)[brand]
        variant, has_payload = self.rng.choice(variants)
        return [f"{brand}.{variant}", *([self.integer()] if has_payload else [])]

    def container(self, kind: str, root: Root | None) -> Node:
        element = kind.partition("_")[2]
        if element == "bytes_view":
            word = "some" if kind.startswith("option") else "ok"
            return [f"{kind}.{word}", self.base_view(root)]
        return [f"{kind}.none"] if kind.startswith("option") else [f"{kind}.err", self.integer()]

    # Views

    def roots(self) -> list[Root]:
        """What a new view may borrow from here."""
        owners: list[Root] = ["input", "static"]
        for v in self.scopes.visible():
            if v.ty in ("bytes", "vec_u8") and not v.moved:
                owners.append(v)
            elif v.ty == "bytes_view" and v.root is not None:
                owners.append(v.root)
        return owners

    def base_view(self, root: Root | None) -> Node:
        """The simplest view of `root`: a variable, or a head on the owner."""
        views = [v for v in self.scopes.visible() if v.ty == "bytes_view" and v.root is root]
        if views and self.chance(60):
            return self.rng.choice(views).name
        if root == "input":
            return "input"
        if isinstance(root, Variable) and root in self.scopes.visible() and root.is_owned:
            head = "bytes.view" if root.ty == "bytes" else "vec_u8.as_view"
            return [head, root.name]
        if isinstance(root, Variable):
            return self.rng.choice(views).name
        return ["bytes.view_lit", self.text()]

    # Calls

    def call(
        self,
        head: str,
        params: Sequence[str],
        depth: int,
        root: Root | None = None,
        source: int | None = None,
    ) -> Node:
        """A call; parameter words are types, or `&T` for a value that is only looked at."""
        return [head, *self.arguments(head, params, depth, root, source)]

    def arguments(
        self, head: str, params: Sequence[str], depth: int, root: Root | None, source: int | None
    ) -> list[Node]:
        params = [self.any_brand(head, ty) for ty in params]
        held: list[Root | None] = []
        made = []
        for index, ty in enumerate(params):
            given = root if index == source else None
            node, borrowed = self.argument(ty, depth - 1, given)
            lend(borrowed)
            held.append(borrowed)
            made.append(node)
        for borrowed in held:
            give_back(borrowed)
        return made

    def argument(self, ty: str, depth: int, root: Root | None) -> tuple[Node, Root | None]:
        """One argument, and what it borrows from until the call ends."""
        if ty.startswith("&"):
            return self.looked(ty[1:], depth)
        if ty == "bytes_view":
            return self.viewed(depth, root)
        if base(ty) in VIEWS:
            root = root or self.rng.choice(self.roots())
            with lent(root):
                return self.expr(ty, depth, root), root
        return self.expr(ty, depth), None

    def any_bytes(self, depth: int) -> Node:
        """bytes of any brand, where there is one."""
        return self.expr(self.any_brand("", "bytes", 100), depth)

    def any_brand(self, head: str, ty: str, percent: int = 10) -> str:
        """Where no brand is asked for, each will do; but an option or a result takes it on."""
        keeps = head.startswith(("option_", "result_"))
        if ty != "bytes" or keeps or not self.brands() or not self.chance(percent):
            return ty
        return f"bytes@{self.rng.choice(self.brands())}"

    def brands(self) -> list[str]:
        return [name for name, _ in (*self.shapes.records, *self.shapes.enums)]

    def looked(self, ty: str, depth: int) -> tuple[Node, Root | None]:
        owners = [v for v in self.scopes.visible() if v.ty == ty and not v.moved]
        if owners and self.chance(70):
            owner = self.rng.choice(owners)
            return owner.name, owner
        return self.temporary(ty, depth), None

    def any_argument(self, ty: str, depth: int) -> Node:
        """An argument on its own: nothing comes after it in the call."""
        return self.argument(ty, depth, None)[0]

    def viewed(self, depth: int, root: Root | None) -> tuple[Node, Root | None]:
        """An argument for a view: an owner's name, a temporary, or a view."""
        if isinstance(root, Variable) and root.is_owned and root.name and self.chance(50):
            return root.name, root
        if root is None and self.chance(6):
            return self.view_of_temporary(depth), None
        if root is None and self.chance(25):
            return self.temporary(self.rng.choice(("bytes", "bytes", "vec_u8")), depth), None
        owners = [v for v in self.scopes.visible() if base(v.ty) in ("bytes", "vec_u8")]
        owners = [v for v in owners if not v.moved]
        if root is None and owners and self.chance(40):
            owner = self.rng.choice(owners)
            return owner.name, owner
        root = root or self.rng.choice(self.roots())
        with lent(root):
            return self.expr("bytes_view", depth, root), root

    def view_of_temporary(self, depth: int) -> Node:
        """A view of a value without a name: it lives to the end of the block."""
        lenders = [f for f in self.callables if f.result == "bytes_view" and len(f.params) == 1]
        if self.chance(40):
            return ["view.slice", ["bytes.lit", "0123456789"], self.rng.randrange(9), 2]
        value = self.temporary(self.rng.choice(("bytes", "vec_u8")), depth - 1)
        if lenders and self.chance(50):
            return [self.rng.choice(lenders).name, value]
        return ["view.slice", value, 0, 0]

    def temporary(self, ty: str, depth: int) -> Node:
        """An owned value that is no name: a name there would be borrowed, not moved."""
        node = self.expr(ty, depth)
        return ["begin", node] if isinstance(node, str) else node

    # Blocks

    def local(self, kept: Set[str] = frozenset()) -> str:
        """A name for a new local: it may hide one of an outer scope, but none of `kept`."""
        return names.local(self.rng, self.scopes.taken() | kept)

    def fresh(self, stem: str) -> str:
        return names.fresh(stem, self.scopes.all_names())

    @contextmanager
    def unbound(self) -> Iterator[None]:
        """What may not run, or run twice, binds nothing in the scope around it."""
        before, self.no_binding = self.no_binding, True
        try:
            yield
        finally:
            self.no_binding = before

    def statements(self, count: int, depth: int) -> list[Node]:
        if self.statement is None:
            return []
        return [self.statement(self, depth) for _ in range(count)]

    def block(self, ty: str, depth: int, root: Root | None = None) -> Node:
        """`begin` with statements before its value."""
        with self.scopes.inner(), lent(root):
            body = self.statements(self.rng.randrange(1, 3), depth - 1)
            return ["begin", *body, self.expr(ty, depth - 1, root)]

    def body(self, depth: int) -> Node:
        """A loop's body or a branch whose value is not used."""
        with self.scopes.inner():
            made = self.statements(self.rng.randrange(1, 3), depth - 1)
            return made[0] if len(made) == 1 and self.chance(30) else ["begin", *made, 0]

    def returned(self, depth: int) -> Node:
        with lent(self.root):
            return ["return", self.expr(self.result, depth, self.root)]
