"""The shape of the C that is written: values as text with a shape, statements as a small tree.

A `Value` is a C expression. Its shape says what it takes to use it as an operand; nobody else
puts parentheses. Statements nest; `emit` prints them.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Final, NamedTuple


class Shape(Enum):
    """ATOM stands anywhere. INFIX wants parentheses as an operand. TRUTH is a C condition."""

    ATOM = 0
    INFIX = 1
    TRUTH = 2


class Value(NamedTuple):
    """A C expression; `constant` is its value when it is an integer literal."""

    text: str
    shape: Shape = Shape.ATOM
    constant: int | None = None


def integer(value: int) -> Value:
    """An i32 literal as uint32_t: `5u`, `(uint32_t)-5`."""
    wrapped = value & 0xFFFFFFFF
    if value >= 0:
        return Value(f"{wrapped}u", constant=wrapped)
    if value == -0x80000000:
        return Value("0x80000000u", constant=wrapped)
    return Value(f"(uint32_t){value}", Shape.INFIX, constant=wrapped)


def atom(text: str) -> Value:
    return Value(text)


def truth(text: str) -> Value:
    """A comparison or a logical expression."""
    return Value(text, Shape.TRUTH)


def operand(value: Value) -> str:
    """The text of a value as an operand of type uint32_t (or of its own type, if not a number)."""
    if value.shape is Shape.ATOM:
        return value.text
    if value.shape is Shape.TRUTH:
        return f"(uint32_t)({value.text})"
    return f"({value.text})"


def argument(value: Value) -> str:
    """The text of a value where a comma or a semicolon ends it."""
    return operand(value) if value.shape is Shape.TRUTH else value.text


def condition(value: Value) -> str:
    """The text of a value as a C condition."""
    return value.text if value.shape is Shape.TRUTH else f"{operand(value)} != 0u"


def infix(left: Value, operator: str, right: Value) -> Value:
    return Value(f"{operand(left)} {operator} {operand(right)}", Shape.INFIX)


def call(function: str, *arguments: str) -> Value:
    return Value(f"{function}({', '.join(arguments)})")


_ESCAPES: Final = {0x22: '\\"', 0x5C: "\\\\", 0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t", 0x3F: "\\?"}


def string(data: bytes) -> str:
    """A C string literal. Octal escapes are three digits long, so that no digit can join them.

    `?` is written `\\?` next to another: strict C11 has trigraphs.
    """
    out = []
    for index, byte in enumerate(data):
        if byte == 0x3F and (index == 0 or data[index - 1] != 0x3F):
            out.append("?")
        elif byte in _ESCAPES:
            out.append(_ESCAPES[byte])
        else:
            out.append(chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}")
    return f'"{"".join(out)}"'


class Comment(NamedTuple):
    text: str


class Declare(NamedTuple):
    """A local. The printer adds `(void)name;` where nothing reads it."""

    c_type: str
    name: str
    value: str | None


class Line(NamedTuple):
    """One C statement, without its semicolon."""

    text: str


class Charge:
    """Fuel of a straight-line stretch, paid where the stretch begins."""

    __slots__ = ("amount", "site")
    __match_args__ = ("amount", "site")

    def __init__(self, amount: int, site: str) -> None:
        self.amount, self.site = amount, site


class If(NamedTuple):
    condition: str
    then: "list[Statement]"
    other: "Sequence[Statement]" = ()


class Loop(NamedTuple):
    """`head` is `while (…)` or `for (…)`."""

    head: str
    body: "list[Statement]"


class Braces(NamedTuple):
    body: "list[Statement]"


class Switch(NamedTuple):
    """Every case ends by itself or falls out by `break`; `default` does not return."""

    subject: str
    cases: "list[tuple[str, list[Statement]]]"
    default: str


Statement = Comment | Declare | Line | Charge | If | Loop | Braces | Switch


class FunctionText(NamedTuple):
    """`title` is the comment above it; `signature` has no semicolon; `read` names what is used."""

    title: str
    signature: str
    body: list[Statement]
    read: set[str]
    parameters: tuple[str, ...]


class Unit(NamedTuple):
    """A translation unit. `prelude` comes before the runtime's header."""

    prelude: list[str]
    externs: list[str]
    functions: list[FunctionText]
