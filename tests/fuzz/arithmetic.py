"""Operators over numbers at the edges: some that the compiler folds, some that only a run knows."""

from collections.abc import Callable
from typing import Final

from tests.fuzz.program import Node
from tests.fuzz.writer import EXTREMES, NUMBERS, Writer

COMPARING: Final = ("=", "!=", "<", "<=", ">", ">=", "<u", "<=u", ">u", ">=u")
KEEPING: Final = ("+", "-", "*", "/", "%", "&", "|", "^", "<<u", ">>u")
ABOVE_ZERO: Final = ("<u", ">=u")
"""Comparisons that a literal 0 on the right makes constant, and so refused."""
DEPTH: Final = 3

Leaf = Callable[[Writer], Node]


def shown(w: Writer) -> Node:
    """Bytes that show every bit of a few numbers."""
    made: Node = ["bytes.empty"]
    for leaf in (literal, literal, anything, anything):
        made = ["bytes.concat", made, ["codec.write_u32_le", tree(w, leaf, DEPTH)]]
    return made


def tree(w: Writer, leaf: Leaf, depth: int) -> Node:
    if depth == 0:
        return leaf(w)
    operator = w.rng.choice(COMPARING if w.chance(25) else KEEPING)
    left, right = tree(w, leaf, depth - 1), tree(w, leaf, w.rng.randrange(depth))
    return [operator, left, 1 if right == 0 and operator in ABOVE_ZERO else right]


def literal(w: Writer) -> Node:
    return w.rng.choice(EXTREMES if w.chance(40) else NUMBERS)


def anything(w: Writer) -> Node:
    names: list[Node] = [v.name for v in w.scopes.visible() if v.ty == "i32"]
    return w.rng.choice([*names, ["bytes.len", "input"]]) if w.chance(60) else literal(w)
