"""Heads that people bring along from elsewhere: literals as calls, types as modules."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from x07bundle.lang.diagnostics import QuickFix
from x07bundle.lang.findings import replace
from x07bundle.lang.source import Form, Int

NUMBERS: Final = "numbers are written as they are; `+`, `-`, `=`, `<` and their like take them"
INSTEAD: Final[Mapping[str, str]] = {
    "i32": NUMBERS,
    "u32": NUMBERS,
    "int": NUMBERS,
    "bool": "1 is true and 0 is false; comparisons, `&&` and `||` give one of them",
    "string": 'text is bytes: `["bytes.lit", "text"]`',
}
"""First words that are no modules -> what to write."""
LITERALS: Final = frozenset({"i32.lit", "u32.lit", "int.lit"})
FLOAT_LITERAL: Final = "f64.lit"


class Advice(NamedTuple):
    hint: str
    fix: QuickFix | None = None


def advice(form: Form) -> Advice | None:
    """What to write instead; None for a head that is no such habit."""
    if form.head in LITERALS:
        return _number(form)
    if form.head == FLOAT_LITERAL:
        return Advice("`f64.of_i32` makes an f64 of a number")
    hint = INSTEAD.get(form.head.partition(".")[0])
    return Advice(hint) if hint is not None and "." in form.head else None


def _number(form: Form) -> Advice:
    """`i32.lit` is a word of some cfg forms, and no expression (contract/language.md §2)."""
    if len(form.args) != 1 or not isinstance(form.args[0], Int):
        return Advice(NUMBERS)
    value = form.args[0].value
    return Advice(f"write the number itself: `{value}`", replace(form.at, value, f"write {value}"))
