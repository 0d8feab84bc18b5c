"""Makers of what shows the order of evaluation: operands that read, write and trap."""

from tests.fuzz import owners
from tests.fuzz.program import Node
from tests.fuzz.scope import Variable, lent
from tests.fuzz.writer import Options, Writer


def numbers(w: Writer, depth: int) -> Options:
    found = [v for v in w.scopes.visible() if v.ty == "i32" and not v.fixed]
    views = [v for v in w.scopes.stack[-1].values() if v.ty == "bytes_view" and v.root is not v]
    owned = [v for v in w.scopes.visible() if v.ty == "bytes" and not v.moved]
    trapping: Options = [(1, lambda: operands(w, trap_or_number(w), trap_or_number(w)))]
    writing: Options = [(6, lambda: read_and_written(w, w.rng.choice(found), depth))]
    pointing: Options = [(3, lambda: seen_and_pointed(w, w.rng.choice(views), depth))]
    measured: Options = [(3, lambda: measured_and_set(w, w.rng.choice(owned), depth))]
    return [
        *trapping,
        (3, lambda: of_a_table(w)),
        *(writing if found else []),
        *(pointing if views else []),
        *(measured if owned else []),
    ]


def operands(w: Writer, *parts: Node) -> Node:
    """The parts, in order, in one expression whose value depends on each."""
    wide = [f for f in w.callables if [ty for _, ty in f.params] == ["i32"] * len(parts)]
    wide = [f for f in wide if f.result == "i32"]
    if wide and w.chance(50):
        return [w.rng.choice(wide).name, *parts]
    if len(parts) == 2 and w.chance(50):  # a call in C, where the order of arguments is open
        return ["%", ["+", parts[0], 65537], ["+", parts[1], 97]]
    made = parts[0]
    for number, part in enumerate(parts[1:], 3):
        made = ["+", ["*", made, number], part]
    return made


def trap_or_number(w: Writer) -> Node:
    return owners.risky_number(w, 1) if w.chance(15) else w.integer()


def of_a_table(w: Writer) -> Node:
    """What calls say that change a table and look at it; the table is their own."""
    name, key = w.fresh("m"), w.rng.randrange(3)
    change = w.rng.choice((["map_u32.set", name, key, w.integer()], ["map_u32.remove", name, key]))
    look = w.rng.choice((["map_u32.get", name, key, 5], ["map_u32.len", name]))
    add = ["map_u32.set", name, w.rng.randrange(3), w.integer()]
    parts = w.rng.choice(([change, look], [look, change], [add, look], [add, change]))
    return ["begin", ["let", name, ["map_u32.new", 4]], operands(w, *parts)]


def read_and_written(w: Writer, variable: Variable, depth: int) -> Node:
    """A variable before, while and after it is assigned."""
    name = variable.name
    with w.unbound():
        write: Node = ["set", name, w.expr("i32", depth - 2)]
    if w.chance(30):
        write = ["begin", write, w.integer()]
    parts = w.rng.choice(([name, write], [name, write, name], [write, name], [name, name, write]))
    if w.chance(20):
        parts = [["+", part, 1] for part in parts]
    return operands(w, *parts)


def seen_and_pointed(w: Writer, view: Variable, depth: int) -> Node:
    """A view variable that is read, pointed elsewhere, and read again, in one call.

    The new place is the old one, cut: nothing else may be lent to it while the call runs.
    """
    cut = ["view.slice", view.name, 0, ["&", ["view.len", view.name], w.rng.randrange(4)]]
    again = ["begin", ["set", view.name, cut], view.name]
    with lent(view.root):
        other = w.expr("i32", depth - 2)
    head = w.rng.choice(("view.eq", "bytes.eq"))
    return ["+", ["*", other, 2], [head, view.name, again]]


def measured_and_set(w: Writer, owner: Variable, depth: int) -> Node:
    """An owner's length before and after it is assigned."""
    length = [w.rng.choice(("bytes.len", "view.len")), owner.name]
    settable = not owner.loans and not owner.pinned and owner.can_move
    was_pinned, owner.pinned = owner.pinned, True
    with w.scopes.inner():
        value = w.expr("bytes" if settable else "i32", depth - 2)
    owner.pinned = was_pinned
    if not settable:
        return operands(w, length, value, length)
    change = ["begin", ["set", owner.name, value], w.integer()]
    owner.moved = False
    return operands(w, length, change, length)
