"""Makers of expressions: control that fits any type, numbers, and calls of the program's own."""

from collections.abc import Callable
from typing import Final

from tests.fuzz import brands, owners, races, views
from tests.fuzz.program import Node, never
from tests.fuzz.scope import VIEWS, Root, base, lent
from tests.fuzz.writer import Maker, Options, Writer

BINARY: Final = "+ - * / % & | ^ <<u >>u = != < <= > >= <u <=u >u >=u + - * + - & | ^ = <u".split()
ABOVE_ZERO: Final = ("<u", ">=u")
"""Comparisons that a literal 0 on the right makes constant, and so refused."""

Specific = Callable[[Writer, str, int, Root | None], Options]


def makers(w: Writer, ty: str, depth: int, root: Root | None) -> Options:
    """All ways to make an expression of type `ty`."""
    specific = SPECIFIC[base(ty)](w, ty, depth, root)
    return [*general(w, ty, depth, root), *calls(w, ty, depth, root), *specific]


def general(w: Writer, ty: str, depth: int, root: Root | None) -> Options:
    return [
        (14, lambda: w.leaf(ty, root)),
        (5, lambda: choose(w, ty, depth, root)),
        (4, lambda: w.block(ty, depth, root)),
        (2, lambda: leaving(w, ty, depth, root)),
        *([(2, lambda: matched(w, ty, depth, root))] if w.shapes.enums else []),
        (1, lambda: unsafe(w, ty, depth, root)),
        *([(1, lambda: w.returned(depth - 1))] if w.chance(25) else []),
    ]


def unsafe(w: Writer, ty: str, depth: int, root: Root | None) -> Node:
    with w.scopes.inner(), lent(root):
        return ["unsafe", w.expr(ty, depth - 1, root)]


def calls(w: Writer, ty: str, depth: int, root: Root | None) -> Options:
    found = [f for f in w.callables if f.result == ty]
    if not found:
        return []

    def made() -> Node:
        f = w.rng.choice(found)
        params = ["i32" if kind == "u32" else kind for _, kind in f.params]
        with lent(root):
            return w.call(f.name, params, depth, root, f.source)

    return [(8, made)]


def condition(w: Writer, depth: int) -> Node:
    return w.expr("i32", depth - 1)


def choose(w: Writer, ty: str, depth: int, root: Root | None) -> Node:
    test = condition(w, depth)

    def arm() -> Node:
        return w.expr(ty, depth - 1, root)

    with lent(root):
        return ["if", test, *w.scopes.branch([arm, arm])]


def leaving(w: Writer, ty: str, depth: int, root: Root | None) -> Node:
    """A value, or an early return from where the value is wanted."""
    test = condition(w, depth)

    def leave() -> Node:
        if w.chance(80):
            return w.returned(depth - 1)
        with w.scopes.inner():
            before = w.statements(1, depth - 1)
            return ["begin", *before, w.returned(depth - 1)]

    def stay() -> Node:
        return w.expr(ty, depth - 1, root)

    arms = [leave, stay] if w.chance(50) else [stay, leave]
    with lent(root):
        return ["if", test, *w.scopes.branch(arms)]


def matched(w: Writer, ty: str, depth: int, root: Root | None) -> Node:
    """`match` with every variant once, in any order."""
    enum, variants = w.rng.choice(w.shapes.enums)
    node, borrowed = w.looked(f"bytes@{enum}", depth - 1)
    order = w.rng.sample(variants, len(variants))
    bound: list[str] = []

    def arm(has_payload: bool) -> Maker:
        def made() -> Node:
            if not has_payload:
                bound.append("")
                return w.expr(ty, depth - 1, root)
            name = w.local()
            bound.append(name)
            w.scopes.declare(name, "i32")
            return w.expr(ty, depth - 1, root)

        return made

    with lent(root), lent(borrowed):
        bodies = w.scopes.branch([arm(has_payload) for _, has_payload in order])
    arms = [
        [f"{enum}.{variant}", *([name] if name else []), body]
        for (variant, _), name, body in zip(order, bound, bodies, strict=True)
    ]
    return ["match", node, *arms]


def numbers(w: Writer, _ty: str, depth: int, _root: Root | None) -> Options:
    def call(head: str, *params: str) -> Maker:
        return lambda: w.call(head, params, depth)

    return [
        (22, lambda: binary(w, depth)),
        (3, lambda: logical(w, depth)),
        (4, call("bytes.len", "bytes_view")),
        (2, call("view.len", "bytes_view")),
        (2, call("bytes.eq", "bytes_view", "bytes_view")),
        (1, call("view.eq", "bytes_view", "bytes_view")),
        (1, call("prng.lcg_next_u32", "i32")),
        (2, call("option_i32.is_some", "option_i32")),
        (2, call("option_i32.unwrap_or", "option_i32", "i32")),
        (2, call("option_bytes.is_some", "&option_bytes")),
        (1, call("result_i32.is_ok", "result_i32")),
        (2, call("result_i32.err_code", "result_i32")),
        (2, call("result_i32.unwrap_or", "result_i32", "i32")),
        (2, call("result_bytes.is_ok", "&result_bytes")),
        (2, call("result_bytes.err_code", "&result_bytes")),
        (1, call("option_bytes_view.is_some", "option_bytes_view")),
        (1, call("result_bytes_view.err_code", "result_bytes_view")),
        (3, lambda: owners.vec_number(w, "vec_u8.len", depth)),
        (1, lambda: owners.vec_number(w, "vec_u8.cap", depth)),
        (1, lambda: ["codec.read_u32_le", ["codec.write_u32_le", w.expr("i32", depth - 1)], 0]),
        (1, lambda: ["parse.u32_dec", ["fmt.u32_to_dec", w.expr("i32", depth - 1)]]),
        (1, lambda: ["f64.to_i32_trunc", small_float(w, depth)]),
        (4, lambda: owners.guarded_get(w, depth)),
        (1, lambda: owners.guarded_compare(w, depth)),
        (1, lambda: owners.risky_number(w, depth)),
        (2, lambda: bound_here(w, depth)),
        (3, lambda: assigned_here(w, depth)),
        (3, lambda: owners.table_call(w, depth)),
        *races.numbers(w, depth),
        *record_fields(w, depth),
        *brands.casts(w, depth),
        *attempts(w, "result_i32", depth),
    ]


def binary(w: Writer, depth: int) -> Node:
    operator = w.rng.choice(BINARY)
    left = w.expr("i32", depth - 1)
    right = w.expr("i32", depth - 1)
    return [operator, left, 1 if right == 0 and operator in ABOVE_ZERO else right]


def logical(w: Writer, depth: int) -> Node:
    left = w.expr("i32", depth - 1)
    with w.scopes.perhaps(), w.unbound():
        return [w.rng.choice(("&&", "||")), left, w.expr("i32", depth - 1)]


def small_float(w: Writer, depth: int) -> Node:
    """An f64 that an i32 can hold."""
    number = ["f64.of_i32", ["&", w.expr("i32", depth - 1), 1023]]
    head = w.rng.choice(("f64.add", "f64.sub", "f64.mul", "f64.div"))
    return [head, number, ["f64.of_i32", w.rng.randrange(1, 99)]]


def floats(w: Writer, _ty: str, depth: int, _root: Root | None) -> Options:
    head = w.rng.choice(("f64.add", "f64.sub", "f64.mul"))
    return [
        (4, lambda: ["f64.of_i32", w.expr("i32", depth - 1)]),
        (4, lambda: small_float(w, depth)),
        (3, lambda: w.call(head, ["f64", "f64"], depth)),
    ]


def bound_here(w: Writer, depth: int) -> Node:
    """`let` in value position: it binds in the scope around."""
    if w.no_binding:
        return w.integer()
    value = w.expr("i32", depth - 1)
    if never(value):
        return value
    name = w.fresh("n")
    w.scopes.declare(name, "i32")
    return ["let", name, value]


def assigned_here(w: Writer, depth: int) -> Node:
    """`set` or `set0` in value position."""
    found = [v for v in w.scopes.visible() if v.ty == "i32" and not v.fixed]
    if not found:
        return w.integer()
    head = "set0" if w.chance(20) else "set"
    return [head, w.rng.choice(found).name, w.expr("i32", depth - 1)]


def record_fields(w: Writer, depth: int) -> Options:
    def made() -> Node:
        name, fields = w.rng.choice(w.shapes.records)
        node, owner = w.looked(f"bytes@{name}", depth - 1)
        if owner is not None and w.chance(30):
            node = ["std.brand.view_v1", node]
        return [f"{name}.{w.rng.choice(fields)}", node]

    return [(4, made)] if w.shapes.records else []


def attempts(w: Writer, ty: str, depth: int, root: Root | None = None) -> Options:
    """`try`, where the function's result type lets the error out."""
    if w.result not in ALLOWED[ty]:
        return []
    return [(6, lambda: ["try", w.expr(ty, depth - 1, root)])]


ALLOWED: Final = {
    "result_i32": ("result_i32", "result_bytes"),
    "result_bytes": ("result_bytes", "result_i32"),
    "result_bytes_view": ("result_bytes_view", "result_i32"),
}


def bytes_makers(w: Writer, ty: str, depth: int, _root: Root | None) -> Options:
    if "@" in ty:
        brand = ty.partition("@")[2]
        assumed: Options = [(1, lambda: brands.assumed(w, brand, depth))]
        return [(9, lambda: branded(w, brand, depth)), *assumed]
    tries = attempts(w, "result_bytes", depth)
    documents = [(4, lambda: ["try_doc", document(w, depth)])] if w.result == "bytes" else []
    return [*owners.bytes_makers(w, depth), *tries, *documents]


def document(w: Writer, depth: int) -> Node:
    """A std.doc value: ok or not as the program goes."""
    rest = w.expr("bytes", depth - 1)
    return ["bytes.concat", ["bytes1", w.rng.choice((0, 1, 1, 2))], rest]


def branded(w: Writer, brand: str, depth: int) -> Node:
    for name, fields in w.shapes.records:
        if name == brand:
            return w.call(f"{name}.make", ["i32"] * len(fields), depth)
    variant, has_payload = w.rng.choice(dict(w.shapes.enums)[brand])
    return w.call(f"{brand}.{variant}", ["i32"] * has_payload, depth)


def view_makers(w: Writer, ty: str, depth: int, root: Root | None) -> Options:
    made = views.makers(w, ty, depth, root)
    if ty == "bytes_view":
        made += attempts(w, "result_bytes_view", depth, root)
    return made


SPECIFIC: Final[dict[str, Specific]] = {
    "i32": numbers,
    "f64": floats,
    "bytes": bytes_makers,
    "vec_u8": lambda w, _ty, depth, _root: owners.vec_makers(w, depth),
    "iface": lambda w, _ty, depth, _root: owners.reader_makers(w, depth),
    **dict.fromkeys(VIEWS, view_makers),
    **dict.fromkeys(
        ("option_i32", "option_bytes", "result_i32", "result_bytes"),
        lambda w, ty, depth, _root: owners.container_makers(w, ty, depth),
    ),
}
