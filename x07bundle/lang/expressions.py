"""JSON value -> expression of the surface tree (contract/language.md §1, "Expressions").

This runs once for every node of a program, so the common cases come first and cost little.
"""

from typing import Any, Final

from x07bundle.lang.diagnostics import QuickFix
from x07bundle.lang.findings import Findings, replace
from x07bundle.lang.names import WORD
from x07bundle.lang.source import Expr, Form, Int, Name, Text

CODE: Final = "X07-AST-0001"
SMALLEST: Final = -(2**31)
LARGEST: Final = 2**31 - 1
TEXT_HEADS: Final = frozenset({"bytes.lit", "bytes.view_lit"})
"""Forms whose first argument is free text."""


def read(value: object, at: str, findings: Findings) -> Expr:
    """The expression; a placeholder, and something found, where the value is none."""
    findings.node_count += 1
    if type(value) is str:
        return _name(value, at, findings)
    if type(value) is list:
        return _form(value, at, findings)
    if type(value) is int and SMALLEST <= value <= LARGEST:
        return Int(value, at)
    _refuse(value, at, findings)
    return Int(0, at)


def _name(value: str, at: str, findings: Findings) -> Name:
    if not WORD(value):
        _refuse_name(value, at, findings)
    return Name(value, at)


def _form(value: list[Any], at: str, findings: Findings) -> Expr:
    head = value[0] if value else None
    if type(head) is not str or not WORD(head):
        _refuse_head(value, at, findings)
        head = ""
    if head in TEXT_HEADS and len(value) > 1 and type(value[1]) is str:
        findings.node_count += 1
        text = Text(value[1], f"{at}/1")
        return Form(head, (text, *_arguments(value, 2, at, findings)), at)
    return Form(head, tuple(_arguments(value, 1, at, findings)), at)


def _arguments(value: list[Any], start: int, at: str, findings: Findings) -> list[Expr]:
    return [read(value[index], f"{at}/{index}", findings) for index in range(start, len(value))]


def _refuse_name(value: str, at: str, findings: Findings) -> None:
    if not value:
        findings.add(CODE, "an empty string is not a name", at)
        return
    findings.add(
        CODE,
        f"a name cannot hold white space: {quoted(value)}",
        at,
        hint='text is written `["bytes.view_lit", text]` or `["bytes.lit", text]`',
        fix=replace(at, ["bytes.view_lit", value], "make it text"),
    )


def _refuse_head(value: list[Any], at: str, findings: Findings) -> None:
    if not value:
        findings.add(CODE, "an empty array is not an expression", at)
        return
    if isinstance(value[0], str):
        findings.add(CODE, f"no form is called {quoted(value[0])}", f"{at}/0")
        return
    findings.add(
        CODE,
        f"a form must begin with a name, not with {describe(value[0])}",
        f"{at}/0",
        hint='several expressions in order are written `["begin", …]`',
        fix=replace(at, ["begin", *value], "evaluate them in order"),
    )


def _refuse(value: object, at: str, findings: Findings) -> None:
    message, hint, fix = f"{describe(value)} is not an expression", None, _number_fix(value, at)
    if type(value) is int:
        message = f"the integer {describe(value)} does not fit in 32 bits"
        hint = f"integers go from {SMALLEST} to {LARGEST}"
    elif isinstance(value, bool):
        hint = "truth is 1 and falsehood is 0"
    elif isinstance(value, float):
        hint = "only integers are literals; `f64.of_i32` and `math.f64.parse_v1` make floats"
    elif isinstance(value, dict):
        hint = "expressions are integers, names and arrays"
    findings.add(CODE, message, at, hint=hint, fix=fix)


def _number_fix(value: object, at: str) -> QuickFix | None:
    if isinstance(value, bool):
        return replace(at, int(value), f"write it as {int(value)}")
    if type(value) is int and LARGEST < value < 2**32:
        return replace(at, value - 2**32, "the same 32 bits as a signed integer")
    if isinstance(value, float) and abs(value) <= LARGEST and value == int(value):
        return replace(at, int(value), "write it as an integer")
    return None


def describe(value: object) -> str:
    """A JSON value in a message: short, in the words of JSON."""
    if value is None or isinstance(value, bool):
        return f"`{str(value).lower().replace('none', 'null')}`"
    if isinstance(value, int):
        return f"`{value}`" if abs(value) < 10**20 else "of more than 20 digits"
    if isinstance(value, float):
        return f"the number `{value!r}`"
    if isinstance(value, str):
        return quoted(value)
    return "an array" if isinstance(value, list) else "an object"


def quoted(text: str) -> str:
    shown = text if len(text) <= 40 else text[:39] + "…"
    return f'"{shown}"'
