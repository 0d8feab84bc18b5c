"""Makers of owned values, and of what looks into them: guarded, so that few programs trap."""

from typing import Final

from tests.fuzz.program import Node, never
from tests.fuzz.scope import Variable, base, lent
from tests.fuzz.writer import Maker, Options, Writer


def bytes_makers(w: Writer, depth: int) -> Options:
    def call(head: str, *params: str) -> Maker:
        return lambda: w.call(head, params, depth)

    return [
        (8, call("bytes.concat", "bytes", "bytes")),
        (2, call("bytes1", "i32")),
        (3, call("codec.write_u32_le", "i32")),
        (3, call("fmt.s32_to_dec", "i32")),
        (1, call("fmt.u32_to_dec", "i32")),
        (4, call("view.to_bytes", "bytes_view")),
        (3, call("vec_u8.into_bytes", "vec_u8")),
        (3, call("option_bytes.unwrap_or", "option_bytes", "bytes")),
        (3, call("result_bytes.unwrap_or", "result_bytes", "bytes")),
        (1, lambda: ["bytes.empty"]),
        (1, lambda: ["bytes.alloc", ["&", w.expr("i32", depth - 1), 15]]),
        (1, lambda: ["io.read", w.expr("iface", depth - 1), w.rng.randrange(4)]),
        (3, lambda: guarded_slice(w, depth)),
        (3, lambda: set_byte(w, depth)),
        (2, lambda: copied(w, depth)),
        (1, lambda: risky_bytes(w, depth)),
        *erased(w, depth),
        (1, lambda: float_bytes(w, depth)),
    ]


def erased(w: Writer, depth: int) -> Options:
    if not w.brands():
        return []
    return [(2, lambda: ["std.brand.erase_bytes_v1", w.any_bytes(depth - 1)])]


def vec_makers(w: Writer, depth: int) -> Options:
    def call(head: str, *params: str) -> Maker:
        return lambda: w.call(head, params, depth)

    return [
        (6, call("vec_u8.push", "vec_u8", "i32")),
        (4, call("vec_u8.extend_bytes", "vec_u8", "bytes_view")),
        (1, call("vec_u8.clear", "vec_u8")),
        (1, lambda: ["vec_u8.extend_zeroes", w.expr("vec_u8", depth - 1), w.rng.randrange(4)]),
        (1, lambda: ["vec_u8.reserve_exact", w.expr("vec_u8", depth - 1), w.rng.randrange(9)]),
        (1, lambda: ["vec_u8.with_capacity", ["&", w.expr("i32", depth - 1), 7]]),
        (2, lambda: set_in_vec(w, depth)),
        (1, lambda: extended_by_range(w, depth)),
    ]


def extended_by_range(w: Writer, depth: int) -> Node:
    vec = w.expr("vec_u8", depth - 1)
    source, _ = w.viewed(depth - 1, None)
    start, length = (1, 1) if w.chance(10) else (0, 0)
    return ["vec_u8.extend_bytes_range", vec, source, start, length]


def reader_makers(w: Writer, depth: int) -> Options:
    return [(4, lambda: w.call("io.open_read_bytes", ["bytes_view"], depth))]


def container_makers(w: Writer, ty: str, depth: int) -> Options:
    element = ty.partition("_")[2]
    if ty.startswith("option"):
        none: Node = [f"{ty}.none"]
        return [(6, lambda: w.call(f"{ty}.some", [element], depth)), (2, lambda: none)]
    return [
        (6, lambda: w.call(f"{ty}.ok", [element], depth)),
        (3, lambda: w.call(f"{ty}.err", ["i32"], depth)),
    ]


# Looking into owners


def lookable(w: Writer) -> list[Variable]:
    kinds = ("bytes", "vec_u8", "bytes_view")
    return [v for v in w.scopes.visible() if base(v.ty) in kinds and not v.moved]


def guarded_get(w: Writer, depth: int) -> Node:
    """`if` it has bytes, the one at an index that is within it, else a number."""
    found = lookable(w)
    if not found:
        return w.integer()
    owner = w.rng.choice(found)
    head = "vec_u8.get" if owner.ty == "vec_u8" else w.rng.choice(("bytes.get_u8", "view.get_u8"))
    length = ["vec_u8.len" if owner.ty == "vec_u8" else "bytes.len", owner.name]

    def inside() -> Node:
        with lent(owner if owner.is_owned else owner.root):
            return [head, owner.name, ["%", w.expr("i32", depth - 2), length]]

    return ["if", length, *w.scopes.branch([inside, lambda: w.expr("i32", depth - 2)])]


def guarded_compare(w: Writer, depth: int) -> Node:
    head = w.rng.choice(("bytes.cmp_range", "view.cmp_range"))
    left, held = w.viewed(depth - 1, None)
    with lent(held):
        right, _ = w.viewed(depth - 1, None)
    size = 0 if w.chance(90) else 1
    return [head, left, 0, size, right, 0, size]


def guarded_slice(w: Writer, depth: int) -> Node:
    found = lookable(w)
    if not found:
        return ["bytes.slice", ["bytes.lit", "hello"], 1, 3]
    owner = w.rng.choice(found)
    with lent(owner if owner.is_owned else owner.root), w.scopes.inner():
        room = ["+", ["bytes.len", owner.name], 1]
        start = w.fresh("at")
        first = ["let", start, ["%", w.expr("i32", depth - 2), room]]
        w.scopes.declare(start, "i32", fixed=True)
        length = ["%", w.expr("i32", depth - 2), ["-", room, start]]
        return ["begin", first, ["bytes.slice", owner.name, start, length]]


def risky_number(w: Writer, depth: int) -> Node:
    """What traps when the numbers are wrong."""
    text = ["bytes.lit", w.rng.choice(("", "x", "4294967296", "12", "99", "007"))]
    head = w.rng.choice(("bytes.cmp_range", "view.cmp_range"))
    makers: Options = [
        (1, lambda: compared(w, head, depth)),
        (2, lambda: w.call("bytes.get_u8", ["bytes_view", "i32"], depth)),
        (1, lambda: w.call("codec.read_u32_le", ["bytes_view", "i32"], depth)),
        (1, lambda: vec_number(w, "vec_u8.get", depth)),
        (2, lambda: ["parse.u32_dec", text]),
        (1, lambda: ["parse.u32_dec_at", ["bytes.lit", "x12"], w.rng.randrange(1, 3)]),
        (1, lambda: ["map_u32.len", ["map_u32.new", w.rng.choice((1, 2, 1024, 3))]]),
        (1, lambda: wrapping_range(w)),
    ]
    return w.pick(makers)


def wrapping_range(w: Writer) -> Node:
    """A range whose end is beyond the view, or beyond all numbers."""
    start, length = w.rng.choice((0, 4, 5, 6, -1, -3)), w.rng.choice((0, 1, 2, 4, -1, -5))
    return ["view.len", ["view.slice", ["bytes.view_lit", "hello"], start, length]]


def compared(w: Writer, head: str, depth: int) -> Node:
    """Two ranges, each of two small numbers."""
    left, held = w.viewed(depth - 1, None)
    with lent(held):
        first = [w.rng.randrange(3), w.rng.randrange(3)]
        right, _ = w.viewed(depth - 1, None)
    return [head, left, *first, right, w.rng.randrange(3), w.rng.choice((0, 1, 2, -1))]


def vec_number(w: Writer, head: str, depth: int) -> Node:
    """A head that takes a vec_u8 by its name only."""
    found = [v for v in w.scopes.visible() if v.ty == "vec_u8" and not v.moved]
    if not found:
        return w.integer()
    owner = w.rng.choice(found)
    with lent(owner):
        rest = [w.expr("i32", depth - 1)] if head == "vec_u8.get" else []
        return [head, owner.name, *rest]


def risky_bytes(w: Writer, depth: int) -> Node:
    makers: Options = [
        (2, lambda: w.call("bytes.slice", ["bytes_view", "i32", "i32"], depth)),
        (1, lambda: w.call("bytes.copy", ["bytes", "bytes"], depth)),
        (1, lambda: w.call("bytes.set_u8", ["bytes", "i32", "i32"], depth)),
    ]
    return w.pick(makers)


# Changing owners


def movable(w: Writer, ty: str) -> list[Variable]:
    return [v for v in w.scopes.visible() if v.ty == ty and v.can_move and w.may_move(v)]


def set_byte(w: Writer, depth: int) -> Node:
    found = movable(w, "bytes")
    if not found or w.chance(30):
        index = ["&", w.expr("i32", depth - 1), 3]
        return ["bytes.set_u8", ["bytes.alloc", 4], index, w.expr("i32", depth - 1)]
    return changed(w, w.rng.choice(found), "bytes.len", "bytes.set_u8", depth)


def set_in_vec(w: Writer, depth: int) -> Node:
    found = movable(w, "vec_u8")
    if not found:
        return ["vec_u8.extend_zeroes", ["vec_u8.with_capacity", 0], 3]
    return changed(w, w.rng.choice(found), "vec_u8.len", "vec_u8.set", depth)


def changed(w: Writer, owner: Variable, measure: str, head: str, depth: int) -> Node:
    """The owner with one byte set if it has any: both branches move it."""
    with w.scopes.inner():
        size = w.fresh("size")
        w.scopes.declare(size, "i32", fixed=True)

        def inside() -> Node:
            owner.moved = True
            index = ["%", w.expr("i32", depth - 2), size]
            return [head, owner.name, index, w.expr("i32", depth - 2)]

        def untouched() -> Node:
            return w.take(owner)

        branches = w.scopes.branch([inside, untouched])
        return ["begin", ["let", size, [measure, owner.name]], ["if", size, *branches]]


def copied(w: Writer, depth: int) -> Node:
    """`bytes.copy` into a place that is as large, or larger."""
    with w.scopes.inner():
        source = w.fresh("from")
        value = w.expr("bytes", depth - 1)
        if never(value):
            return ["begin", value]
        size = w.rng.randrange(3)
        target = ["bytes.alloc", ["+", ["bytes.len", source], size]]
        place = w.fresh("to")
        steps = [["let", source, value], ["let", place, target]]
        return ["begin", *steps, ["bytes.copy", source, place]]


FLOAT_HEADS: Final = ("add", "sub", "mul")


def float_bytes(w: Writer, depth: int) -> Node:
    left = ["math.f64.from_i32_v1", w.expr("i32", depth - 1)]
    if w.chance(30):
        head = w.rng.choice(("neg", "abs", "floor", "ceil"))
        return [f"math.f64.{head}_v1", left]
    right = ["math.f64.from_i32_v1", w.expr("i32", depth - 1)]
    return [f"math.f64.{w.rng.choice(FLOAT_HEADS)}_v1", left, right]


# Tables


def table_call(w: Writer, depth: int) -> Node:
    """A call on a map or a set in scope; keys are few, so that no table fills up."""
    found = [v for v in w.scopes.visible() if v.ty in ("map", "set")]
    if not found:
        return w.integer()
    table = w.rng.choice(found)
    shared = ("contains", "remove")
    if table.ty == "set":
        return [f"set_u32.{w.rng.choice(('add', *shared))}", table.name, few_keys(w, depth)]
    head = w.rng.choice(("set", "set", "get", "len", *shared))
    if head == "len":
        return ["map_u32.len", table.name]
    key = few_keys(w, depth)
    tail = [w.expr("i32", depth - 1)] if head in ("set", "get") else []
    return [f"map_u32.{head}", table.name, key, *tail]


def few_keys(w: Writer, depth: int) -> Node:
    return ["&", w.expr("i32", depth - 1), 7]
