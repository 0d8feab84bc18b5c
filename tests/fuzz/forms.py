"""The special forms of contract/language.md §2, for the reference interpreter.

Each takes the run, the form, its place, and whether its value is wanted.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from tests.fuzz.program import Cell, Node, Place, Return, pointer
from tests.fuzz.values import (
    MASK,
    Bytes,
    IllTyped,
    Result,
    Unspecified,
    Value,
    View,
    is_owned,
    number_of,
)

if TYPE_CHECKING:
    from tests.fuzz.interpreter import Interpreter

Form = Sequence[Node]

Meaning = Callable[["Interpreter", Form, Place, bool], Value]


def sequence(run: "Interpreter", node: Form, at: Place, wanted: bool) -> Value:
    result: Value = 0
    last = len(node) - 1
    with run.scope():
        for index in range(1, len(node)):
            result = run.value(node[index], (at, index), wanted and index == last)
    return result


def bind(run: "Interpreter", node: Form, at: Place, wanted: bool) -> Value:
    if isinstance(node[2], str) and is_owned(run.peek(node[2])):
        run.fuel_used -= 1  # a move from one name to another is free
    value = run.value(node[2], (at, 2))
    scope = run.frame.scopes[-1]
    if node[1] in scope:
        raise IllTyped(f"{node[1]} is bound twice")
    scope[node[1]] = Cell(value)
    return value


def assign(run: "Interpreter", node: Form, at: Place, wanted: bool) -> Value:
    cell = run.cell(node[1])
    value = cell.value = run.value(node[2], (at, 2))
    if node[0] == "set":
        return value
    run.fuel_used += 1  # the zero, which comes last
    return 0


def choose(run: "Interpreter", node: Form, at: Place, wanted: bool) -> Value:
    chosen = 2 if run.number(node[1], (at, 1)) else 3
    return run.scoped(node[chosen], (at, chosen), wanted)


def count(run: "Interpreter", node: Form, at: Place, wanted: bool) -> Value:
    start = run.number(node[2], (at, 2))
    end = run.number(node[3], (at, 3))
    counter = run.frame.find(node[1])
    if counter is None or not isinstance(counter.value, int):
        counter = run.frame.scopes[-1][node[1]] = Cell(0)
    counter.value = start
    while number_of(counter.value) < end:
        run.scoped(node[4], (at, 4), False)
        counter.value = (number_of(counter.value) + 1) & MASK
    return 0


def repeat(run: "Interpreter", node: Form, at: Place, wanted: bool) -> Value:
    while run.number(node[1], (at, 1)):
        run.scoped(node[2], (at, 2), False)
    return 0


def leave(run: "Interpreter", node: Form, at: Place, wanted: bool) -> Value:
    raise Return(run.value(node[1], (at, 1)))


def attempt(run: "Interpreter", node: Form, at: Place, wanted: bool) -> Value:
    result = run.value(node[1], (at, 1))
    if not isinstance(result, Result):
        raise IllTyped(f"{pointer(at)} tries no result")
    if not result.is_ok:
        raise Return(Result(run.frame.result.removeprefix("result_"), False, result.value))
    return result.value


def attempt_doc(run: "Interpreter", node: Form, at: Place, wanted: bool) -> Value:
    document = run.value(node[1], (at, 1))
    if not isinstance(document, Bytes | View):
        raise IllTyped(f"{pointer(at)} tries no document")
    if document.data[:1] == b"\x01":
        return Bytes(document.data[1:])
    raise Return(Bytes(document.data))


def select(run: "Interpreter", node: Form, at: Place, wanted: bool) -> Value:
    data = run.data(node[1], (at, 1))
    chosen = int.from_bytes(data[:4], "little")
    for index in range(2, len(node)):
        arm = node[index]
        size = 4 * (len(arm) - 1)  # the variant, and its payload where the arm names it
        if run.declared.variants[arm[0]] != chosen or len(data) < size:
            continue
        with run.scope() as names:
            if len(arm) == 3:
                names[arm[1]] = Cell(int.from_bytes(data[4:8], "little"))
            return run.scoped(arm[-1], ((at, index), len(arm) - 1), wanted)
    raise Unspecified("a match on bytes that are no enum value")


def short_circuit(run: "Interpreter", node: Form, at: Place, wanted: bool) -> Value:
    left = run.number(node[1], (at, 1))
    if bool(left) is (node[0] == "||"):
        return int(bool(left))
    return int(run.number(node[2], (at, 2)) != 0)


def cast(run: "Interpreter", node: Form, at: Place, wanted: bool) -> Value:
    return run.cast(node, at)


def assume(run: "Interpreter", node: Form, at: Place, wanted: bool) -> Value:
    return run.value(node[2], (at, 2))


def text(run: "Interpreter", node: Form, at: Place, wanted: bool) -> Value:
    data = node[1].encode()
    return Bytes(data) if node[0] == "bytes.lit" else View(data)


BRANDS: Final = ("erase_bytes", "erase_view", "assume_bytes", "view")
UNCHARGED: Final = frozenset({"set0", *(f"std.brand.{what}_v1" for what in BRANDS)})
"""Brands are nothing at run time."""
STATEMENTS: Final = frozenset("begin unsafe if match let set for while return".split())
"""Forms that cost nothing where their value is not wanted."""

CASTS: Final = tuple(f"std.brand.cast_{what}_v1" for what in ("bytes", "view", "view_copy"))

FORMS: Final[Mapping[str, Meaning]] = {
    "begin": sequence,
    "unsafe": sequence,
    "let": bind,
    "set": assign,
    "set0": assign,
    "if": choose,
    "for": count,
    "while": repeat,
    "return": leave,
    "try": attempt,
    "try_doc": attempt_doc,
    "match": select,
    "&&": short_circuit,
    "||": short_circuit,
    "bytes.lit": text,
    "bytes.view_lit": text,
    "std.brand.assume_bytes_v1": assume,
    **dict.fromkeys(CASTS, cast),
}
