"""Expressions that C has too: literals, variables, operators."""

import operator
from collections.abc import Callable
from typing import Final

from x07bundle.lang import ir, tree, types
from x07bundle.lang.ir import Value
from x07bundle.lang.lower.builder import Builder, Handler, Held, as_view, c_type, cleared


def _integer(builder: Builder, node: tree.Node) -> Value:
    assert isinstance(node, tree.Integer)
    return ir.integer(node.value)


def _literal(builder: Builder, node: tree.Node) -> Value:
    assert isinstance(node, tree.Literal_)
    text, length = ir.string(node.data), f"{len(node.data)}u"
    if node.ty.is_owned:
        return ir.call("x07_bytes_lit", text, length, builder.site(node.at))
    return ir.call("x07_text", text, length)


def _read(builder: Builder, node: tree.Node) -> Value:
    assert isinstance(node, tree.Read)
    return ir.atom(builder.name(node.variable))


def _move(builder: Builder, node: tree.Node) -> Value:
    assert isinstance(node, tree.Move)
    name = builder.name(node.variable)
    if not node.variable.clear_on_move:
        return ir.atom(name)
    taken = builder.temporary(node.ty, ir.atom(name))
    builder.line(f"{name} = {cleared(node.variable.ty)}")
    return ir.atom(taken)


def _borrow(builder: Builder, node: tree.Node) -> Value:
    assert isinstance(node, tree.Borrow)
    name = builder.name(node.variable)
    return ir.atom(as_view(node.variable.ty, name) if node.ty.is_view else name)


def _temporary(builder: Builder, node: tree.Node) -> Value:
    assert isinstance(node, tree.Temporary)
    name = builder.temporary(node.value.ty, builder.value(node.value))
    held = Held(name, node.value.ty)
    if node.escapes:
        builder.regions[-1].temporaries.append(held)
    else:
        builder.pending.append(held)
    return ir.atom(as_view(node.value.ty, name) if node.ty.is_view else name)


def _rebrand(builder: Builder, node: tree.Node) -> Value:
    assert isinstance(node, tree.Rebrand)
    return builder.value(node.value)


def _pointer_cast(builder: Builder, node: tree.Node) -> Value:
    assert isinstance(node, tree.PointerCast)
    inner = builder.value(node.value)
    return Value(f"({c_type(node.ty).rstrip()})({inner.text})", ir.Shape.INFIX)


def _address_of(builder: Builder, node: tree.Node) -> Value:
    assert isinstance(node, tree.AddressOf)
    return Value(f"(void *)&{builder.name(node.variable)}", ir.Shape.INFIX)


# -- operators

_PLAIN: Final = {"+": "+", "-": "-", "*": "*", "&": "&", "|": "|", "^": "^"}
_SHIFTS: Final = {"<<u": "<<", ">>u": ">>"}
_DIVISIONS: Final = {"/": ("/", "x07_div"), "%": ("%", "x07_mod")}
_UNSIGNED: Final = {"=": "==", "!=": "!=", "<u": "<", "<=u": "<=", ">u": ">", ">=u": ">="}
_SIGNED: Final = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}
_COMPARISONS: Final = frozenset({*_UNSIGNED, *_SIGNED})


def _signed(word: int) -> int:
    return word - (1 << 32) if word >= 1 << 31 else word


_FOLD: Final[dict[str, Callable[[int, int], int]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<u": lambda a, b: a << (b & 31),
    ">>u": lambda a, b: a >> (b & 31),
    "/": lambda a, b: a // b if b else 0,
    "%": lambda a, b: a % b if b else a,
    "=": operator.eq,
    "!=": operator.ne,
    "<u": operator.lt,
    "<=u": operator.le,
    ">u": operator.gt,
    ">=u": operator.ge,
    "<": lambda a, b: _signed(a) < _signed(b),
    "<=": lambda a, b: _signed(a) <= _signed(b),
    ">": lambda a, b: _signed(a) > _signed(b),
    ">=": lambda a, b: _signed(a) >= _signed(b),
}


def _binary(builder: Builder, node: tree.Node) -> Value:
    assert isinstance(node, tree.Binary)
    left, right = builder.arguments([node.left, node.right])
    if left.constant is not None and right.constant is not None:
        return ir.integer(int(_FOLD[node.operator](left.constant, right.constant)) & 0xFFFFFFFF)
    if node.operator in _COMPARISONS:
        left, right = _number(builder, left, right), _number(builder, right, left)
    return _operation(node.operator, left, right)


def _number(builder: Builder, value: Value, other: Value) -> Value:
    """A comparison that is compared with a constant: C compilers warn unless it is a number."""
    if value.shape is ir.Shape.TRUTH and other.constant is not None:
        return ir.atom(builder.temporary(types.I32, value))
    return value


def _operation(name: str, left: Value, right: Value) -> Value:
    if name in _PLAIN:
        return ir.infix(left, _PLAIN[name], right)
    if name in _SHIFTS:
        return ir.infix(left, _SHIFTS[name], _shift_amount(right))
    if name in _DIVISIONS:
        sign, function = _DIVISIONS[name]
        if right.constant:
            return ir.infix(left, sign, right)
        return ir.call(function, ir.argument(left), ir.argument(right))
    if name in _SIGNED:
        return ir.truth(f"{_as_signed(left)} {_SIGNED[name]} {_as_signed(right)}")
    return ir.truth(f"{ir.operand(left)} {_UNSIGNED[name]} {ir.operand(right)}")


def _shift_amount(amount: Value) -> Value:
    """The low five bits: what C leaves undefined, X07 masks."""
    if amount.constant is not None:
        return ir.integer(amount.constant & 31)
    return ir.infix(amount, "&", ir.integer(31))


def _as_signed(value: Value) -> str:
    if value.constant is None:
        return f"(int32_t){ir.operand(value)}"
    number = _signed(value.constant)
    return str(number) if number != -(1 << 31) else "INT32_MIN"


def _short_circuit(builder: Builder, node: tree.Node) -> Value:
    """`&&` and `||` of C where the right side is one expression; else an `if`."""
    assert isinstance(node, tree.ShortCircuit)
    left = builder.value(node.left)
    with builder.nested() as statements, builder.region() as region:
        right = builder.value_or_none(node.right)
    if right is not None and not statements and not region.temporaries:
        return _joined(left, node.operator, right)
    name = builder.temporary(types.I32, ir.truth(ir.condition(left)))
    if right is not None:
        statements.append(ir.Line(f"{name} = {ir.argument(ir.truth(ir.condition(right)))}"))
        statements += builder.drops(region.temporaries)
    builder.emit(ir.If(f"{name} {'!=' if node.operator == '&&' else '=='} 0u", statements))
    if builder.facts.exits(node.right):
        builder.end_stretch()
    return ir.atom(name)


def _joined(left: Value, name: str, right: Value) -> Value:
    if left.constant is not None and right.constant is not None:
        both = [left.constant != 0, right.constant != 0]
        return ir.integer(int(all(both) if name == "&&" else any(both)))
    return ir.truth(f"{_side(left)} {name} {_side(right)}")


def _side(value: Value) -> str:
    """A value as an operand of `&&` or `||`."""
    text = ir.condition(value)
    return text if " && " not in text and " || " not in text else f"({text})"


HANDLERS: Final[dict[type[tree.Node], Handler]] = {
    tree.Integer: _integer,
    tree.Literal_: _literal,
    tree.Read: _read,
    tree.Move: _move,
    tree.Borrow: _borrow,
    tree.Temporary: _temporary,
    tree.Rebrand: _rebrand,
    tree.PointerCast: _pointer_cast,
    tree.AddressOf: _address_of,
    tree.Binary: _binary,
    tree.ShortCircuit: _short_circuit,
}
