"""Prints the C tree: four spaces, one statement a line, braces always."""

from collections.abc import Iterable, Iterator

from x07bundle.lang import ir

_INDENT = "    "


def emit(unit: ir.Unit) -> str:
    """The text of a translation unit, without a main function."""
    parts = [
        [*unit.prelude, '#include "x07.h"'],
        ["X07_PROGRAM_LIMITS;"],
        unit.externs,
        [f"{function.signature};" for function in unit.functions],
    ]
    sections = ["\n".join(lines) for lines in parts if lines]
    sections += ["\n".join(_function(function)) for function in unit.functions]
    return "\n\n".join(sections) + "\n"


def _function(function: ir.FunctionText) -> Iterator[str]:
    yield f"/* {function.title} */"
    yield function.signature
    yield "{"
    for name in function.parameters:
        if name not in function.read:
            yield f"{_INDENT}(void){name};"
    yield from _statements(function.body, _INDENT, function.read)
    yield "}"


def _statements(body: Iterable[ir.Statement], indent: str, read: set[str]) -> Iterator[str]:
    for statement in body:
        yield from _statement(statement, indent, read)


def _statement(statement: ir.Statement, indent: str, read: set[str]) -> Iterator[str]:
    match statement:
        case ir.Comment(text):
            yield f"{indent}/* {text} */"
        case ir.Line(text):
            yield f"{indent}{text};"
        case ir.Charge(amount, site):
            yield f"{indent}X07_FUEL({amount}u, {site});"
        case ir.Declare():
            yield from _declare(statement, indent, read)
        case ir.If():
            yield from _if(statement, indent, read)
        case ir.Loop(head, body):
            yield f"{indent}{head} {{"
            yield from _statements(body, indent + _INDENT, read)
            yield f"{indent}}}"
        case ir.Braces(body):
            yield f"{indent}{{"
            yield from _statements(body, indent + _INDENT, read)
            yield f"{indent}}}"
        case ir.Switch():
            yield from _switch(statement, indent, read)


def _declare(statement: ir.Declare, indent: str, read: set[str]) -> Iterator[str]:
    space = "" if statement.c_type.endswith("*") else " "
    value = "" if statement.value is None else f" = {statement.value}"
    yield f"{indent}{statement.c_type}{space}{statement.name}{value};"
    if statement.name not in read:
        yield f"{indent}(void){statement.name};"


def _if(statement: ir.If, indent: str, read: set[str]) -> Iterator[str]:
    yield f"{indent}if ({statement.condition}) {{"
    yield from _statements(statement.then, indent + _INDENT, read)
    if statement.other:
        yield f"{indent}}} else {{"
        yield from _statements(statement.other, indent + _INDENT, read)
    yield f"{indent}}}"


def _switch(statement: ir.Switch, indent: str, read: set[str]) -> Iterator[str]:
    yield f"{indent}switch ({statement.subject}) {{"
    for label, body in statement.cases:
        yield f"{indent}case {label}: {{"
        yield from _statements(body, indent + _INDENT, read)
        yield f"{indent}{_INDENT}break;"
        yield f"{indent}}}"
    yield f"{indent}default:"
    yield f"{indent}{_INDENT}{statement.default};"
    yield f"{indent}}}"
