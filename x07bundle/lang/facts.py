"""What a typed node may do when it is evaluated: its effect, and whether it may leave the function.

Lowering asks, to know which arguments must be put into temporaries to keep them in order. The
answers are computed once per node, children first.
"""

from collections.abc import Iterator

from x07bundle.lang import tree
from x07bundle.lang.primitives.row import Effect


def children(node: tree.Node) -> Iterator[tree.Node]:
    """The direct parts of a node, in the order in which they are evaluated."""
    match node:
        case tree.Binary() | tree.ShortCircuit():
            yield node.left
            yield node.right
        case tree.CallPrimitive() | tree.CallFunction() | tree.CallExtern():
            yield from node.args
        case tree.Block():
            yield from node.body
        case tree.If():
            yield from (node.condition, node.then, node.other)
        case tree.For():
            yield from (node.start, node.end, node.body)
        case tree.While():
            yield from (node.condition, node.body)
        case tree.Match():
            yield node.value
            yield from (arm.body for arm in node.arms)
        case tree.RecordMake():
            yield from node.fields
        case tree.EnumMake():
            yield from () if node.payload is None else (node.payload,)
        case _:
            yield from _single(node)


def _single(node: tree.Node) -> tuple[tree.Node, ...]:
    value = getattr(node, "value", None)
    return (value,) if isinstance(value, tree.Node) else ()


_OWN_PURE = (
    tree.Integer,
    tree.Binary,
    tree.ShortCircuit,
    tree.Rebrand,
    tree.PointerCast,
    tree.AddressOf,
)


def _own_effect(node: tree.Node) -> Effect:
    """What the node does by itself, its parts aside."""
    match node:
        case tree.Move() if node.variable.clear_on_move:
            return Effect.WRITES
        case tree.Read() | tree.Borrow() | tree.Move():
            is_written = node.variable.assigned or node.variable.clear_on_move
            return Effect.READS if is_written else Effect.PURE
        case tree.Literal_():
            return Effect.WRITES if node.ty.is_owned else Effect.PURE
        case tree.CallPrimitive():
            row = node.primitive
            return Effect.WRITES if row.site else row.effect
        case _:
            return Effect.PURE if isinstance(node, _OWN_PURE) else Effect.WRITES


class Facts:
    """Effects and exits of the nodes of one function, kept as they are asked for."""

    def __init__(self) -> None:
        self._effects: dict[tree.Node, Effect] = {}
        self._exits: dict[tree.Node, bool] = {}

    def effect(self, node: tree.Node) -> Effect:
        found = self._effects.get(node)
        if found is None:
            found = _own_effect(node)
            if found is not Effect.WRITES:
                found = max([found, *(self.effect(part) for part in children(node))])
            self._effects[node] = found
        return found

    def exits(self, node: tree.Node) -> bool:
        """Whether evaluating the node may return from the function."""
        found = self._exits.get(node)
        if found is None:
            found = isinstance(node, tree.Return | tree.Try | tree.TryDoc) or any(
                self.exits(part) for part in children(node)
            )
            self._exits[node] = found
        return found
