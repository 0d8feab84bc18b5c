"""Makers of statements: what a `begin` holds before its value, and what a loop's body does."""

from typing import Final

from tests.fuzz.program import Node, never
from tests.fuzz.scope import Root, Variable, base, give_back, lend, lent
from tests.fuzz.writer import Options, Writer

LET_TYPES: Final = (
    *("i32", "i32", "i32", "bytes", "bytes", "bytes", "vec_u8", "bytes_view", "bytes_view"),
    *("option_i32", "option_bytes", "result_i32", "result_bytes", "option_bytes_view", "f64"),
    *("result_bytes_view", "iface", "map", "set", "branded", "branded"),
)


def statement(w: Writer, depth: int) -> Node:
    simple: Options = [
        (16, lambda: let(w, depth)),
        (9, lambda: assign(w, depth)),
        (1, lambda: ["process.set_exit_code_v1", w.rng.choice((0, 1, 7, 255, 256, -1))]),
        (2, lambda: w.expr("i32", depth)),
        (1, lambda: discarded(w, depth)),
    ]
    if depth <= 1 or w.budget <= 0:
        return w.pick(simple)
    nested: Options = [
        (5, lambda: conditional(w, depth)),
        (4, lambda: counted(w, depth)),
        (3, lambda: repeated(w, depth)),
        (2, lambda: early(w, depth)),
        (2, lambda: w.block("i32", depth)),
    ]
    return w.pick([*simple, *nested])


def let(w: Writer, depth: int) -> Node:
    ty = chosen_type(w)
    if ty == "bytes_view" and w.chance(10):
        return let_of_temporary(w, depth)
    root = w.rng.choice(w.roots()) if base(ty).endswith("view") else None
    with lent(root):
        value = w.constant(ty, None) if ty in ("map", "set") else w.expr(ty, depth, root)
    if never(value):
        return value
    name = w.local()
    w.scopes.declare(name, ty, root, fixed=ty in ("map", "set"))
    return ["let", name, value]


def let_of_temporary(w: Writer, depth: int) -> Node:
    """A view whose owner has no name and lives as long as the view."""
    owner = Variable("", "bytes", len(w.scopes.stack), w.scopes.loop)
    value = w.view_of_temporary(depth)
    name = w.local()
    w.scopes.declare(name, "bytes_view", owner)
    return ["let", name, value]


def chosen_type(w: Writer) -> str:
    ty = w.rng.choice(LET_TYPES)
    if ty != "branded":
        return ty
    return f"bytes@{w.rng.choice(w.brands())}" if w.brands() else "bytes"


def assign(w: Writer, depth: int) -> Node:
    found = [v for v in w.scopes.visible() if assignable(w, v)]
    if not found:
        return let(w, depth)
    target = w.rng.choice(found)
    if base(target.ty).endswith("view"):
        return assign_view(w, target, depth)
    if target.ty == "i32" and w.chance(10):
        return ["set0", target.name, w.expr("i32", depth)]
    target.pinned = True
    value = w.expr(target.ty, depth)
    target.pinned = False
    target.moved = False
    return ["set", target.name, value]


def assignable(w: Writer, variable: Variable) -> bool:
    if variable.fixed or variable.loans or variable.root is variable:
        return False
    in_this_scope = w.scopes.stack[-1].get(variable.name) is variable
    return not base(variable.ty).endswith("view") or in_this_scope or is_free(w, variable)


def is_free(w: Writer, view: Variable) -> bool:
    """A view of an outer scope that borrows from nothing yet: one branch may point it somewhere."""
    return view.root in ("input", "static") and view.loop == w.scopes.loop and not w.no_binding


def assign_view(w: Writer, target: Variable, depth: int) -> Node:
    """A view of this scope may come to borrow from something else."""
    root = w.rng.choice([r for r in w.roots() if outlives(r, target)])
    with lent(root):
        value = w.expr(target.ty, depth, root)
    give_back(target.root)
    target.root = root
    lend(root)
    return ["set", target.name, value]


def outlives(root: Root, view: Variable) -> bool:
    return not isinstance(root, Variable) or (root.scope <= view.scope and not root.pinned)


def discarded(w: Writer, depth: int) -> Node:
    """An owned value that nobody takes."""
    return w.temporary(w.rng.choice(("bytes", "vec_u8", "option_bytes", "result_bytes")), depth)


def conditional(w: Writer, depth: int) -> Node:
    """An `if` for its effects: the branches' types may differ."""
    test = w.expr("i32", depth - 1)
    makers = [
        lambda: w.body(depth - 1),
        lambda: w.expr("i32", depth - 2),
        lambda: ["bytes.lit", w.text()],
    ]
    return ["if", test, *w.scopes.branch(w.rng.sample(makers, 2))]


def counted(w: Writer, depth: int) -> Node:
    """`for`: over a new variable, or over an i32 local that is there already."""
    found = [v for v in w.scopes.visible() if v.ty == "i32" and not v.fixed and v.kind == "local"]
    start: Node = w.rng.randrange(2)
    end: Node = w.rng.randrange(4)
    reused = w.rng.choice(found) if found and w.chance(25) else None
    if reused is None and w.chance(40):
        start = few(w, depth, 1) if w.chance(50) else start
        end = few(w, depth, 3)
    numbers = {v.name for v in w.scopes.visible() if v.ty == "i32"}
    counter = reused or w.scopes.declare(w.local(numbers), "i32")
    counter.fixed = True
    with w.scopes.looping():
        body = w.body(depth - 1)
    counter.fixed = False
    if isinstance(end, list) and isinstance(end[1], str) and w.chance(50):
        body = ["begin", ["set", end[1], w.integer()], body]
    return ["for", counter.name, start, end, body]


def few(w: Writer, depth: int, most: int) -> Node:
    """A small number; half of the time it depends on a variable that the body may change."""
    found = [v.name for v in w.scopes.visible() if v.ty == "i32" and not v.fixed]
    if found and w.chance(50):
        return ["&", w.rng.choice(found), most]
    return ["&", w.expr("i32", depth - 2), most]


def repeated(w: Writer, depth: int) -> Node:
    """`while`: a number that only the loop itself counts down."""
    with w.scopes.inner():
        counter = w.scopes.declare(w.local(), "i32", fixed=True).name
        down = ["set", counter, ["-", counter, 1]]
        with w.scopes.looping(), w.unbound():
            with w.scopes.perhaps():
                extra = w.expr("i32", depth - 2) if w.chance(20) else 1
            rounds = w.rng.randrange(4)
            test: Node = counter if extra == 1 else ["&&", counter, ["|", extra, 1]]
            body = ["begin", down, w.body(depth - 1)]
        return ["begin", ["let", counter, rounds], ["while", test, body], 0]


def early(w: Writer, depth: int) -> Node:
    """Leaves the function from the middle of its statements."""
    test = w.expr("i32", depth - 1)

    def leave() -> Node:
        return w.returned(depth - 1)

    return ["if", test, *w.scopes.branch([leave, lambda: w.integer()])]
