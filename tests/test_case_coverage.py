"""What the cases of `tests/cases` leave out of the language.

Each row of the primitives has to be used by a case that runs, each of its traps provoked, each of
its parameters refused; a trap belongs to the row whose call stands at `trap_ptr`. Each form has to
be part of a program that runs; each code of the compiler and each trap of the runtime has to occur.
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

from tests.program_build import ROOT
from tests.program_cases import Case, CaseModules, load_cases
from x07bundle.lang import tree
from x07bundle.lang.check import check
from x07bundle.lang.facts import children
from x07bundle.lang.load import load
from x07bundle.lang.primitives.row import Primitive
from x07bundle.lang.primitives.table import ROWS
from x07bundle.lang.resolve import resolve

COUNT: Final = "X07-TYPE-CALL-0002"
ARGUMENT: Final = "X07-TYPE-CALL-0003"
NEEDS_NAME: Final = "X07-BORROW-0001"
BORROWED: Final = "X07-MOVE-0902"
INTERNAL: Final = "X07-WORLD-0001"
WORLD: Final = "X07-WORLD-OS-0001"
NO_CAPABILITY: Final = "X07-WORLD-UNSAFE-0001"
NO_BLOCK: Final = "X07-WORLD-UNSAFE-0002"

UNPROVOKED: Final = {
    "os.env.get too large": "no environment holds 4 GiB",
    "os.time.now_unix_ms failed": "every system has the clock",
}

TRAP: Final = re.compile(r'x07_trap\w*\(\s*"([^"]+)"')
DIAGNOSTIC: Final = re.compile(r'"((?:X07|E|W)[-_][A-Z0-9_-]+)"')
NO_DIAGNOSTICS: Final = {"X07_FUEL_LIMIT", "X07_HEAP_LIMIT"}
"""Names in the C that is written."""

Refusal = tuple[str, str, int]
"""A code, the head of the form that it is about, and the argument (0: the form itself)."""


# -- programs that run


def _program(case: Case) -> tree.Program:
    module, _ = load(case.entry())
    assert module is not None
    program, _ = check(resolve(module, CaseModules(case)), module, case.options)
    assert program is not None
    return program


def _nodes(program: tree.Program) -> Iterator[tree.Node]:
    waiting = [each.body for each in (program.solve, *program.functions) if each.body is not None]
    nodes: list[tree.Node] = [*waiting]
    while nodes:
        node = nodes.pop()
        nodes += children(node)
        yield node


def _calls(case: Case) -> Iterator[tree.CallPrimitive]:
    found = _nodes(_program(case))
    return (node for node in found if isinstance(node, tree.CallPrimitive))


@cache
def _used() -> tuple[frozenset[Primitive], frozenset[tuple[Primitive, str]]]:
    """The rows of programs that end well, and the traps that were provoked."""
    used: set[Primitive] = set()
    provoked: set[tuple[Primitive, str]] = set()
    for case in load_cases():
        if "errors" in case.facts:
            continue
        calls = list(_calls(case))
        if any("trap" not in run.facts for run in case.runs):
            used.update(call.primitive for call in calls)
        for run in case.runs:
            provoked.update(_provoked(run, calls))
    return frozenset(used), frozenset(provoked)


def _provoked(run: Case, calls: list[tree.CallPrimitive]) -> Iterator[tuple[Primitive, str]]:
    message = run.facts.get("trap", "").partition(" path=")[0]
    for call in calls:
        if message and call.at == (run.facts.get("trap_ptr") or _plain_pointer(run)):
            yield call.primitive, message


@cache
def _forms() -> frozenset[type[tree.Node]]:
    """The types of node in programs that run."""
    found: set[type[tree.Node]] = set()
    for case in load_cases():
        if "errors" not in case.facts:
            found.update(type(node) for node in _nodes(_program(case)))
    return frozenset(found)


def _plain_pointer(run: Case) -> str:
    """Of a trap that shows its pointer in the line before the message."""
    return str(run.facts.get("stderr", "")).strip().rpartition(" ")[2]


def test_every_row_is_used() -> None:
    used, _ = _used()
    assert [row.head for row in ROWS if row not in used] == []


def test_every_trap_is_provoked() -> None:
    _, provoked = _used()
    wanted = [(row, trap) for row in ROWS for trap in row.traps if trap not in UNPROVOKED]
    assert [(row.head, trap) for row, trap in wanted if (row, trap) not in provoked] == []


def test_every_form_runs() -> None:
    forms = {each for each in vars(tree).values() if isinstance(each, type) and is_form(each)}
    assert forms - _forms() == set()


def is_form(found: type) -> bool:
    return issubclass(found, tree.Node) and not found.__subclasses__()


def test_every_trap_of_the_runtime_is_provoked() -> None:
    """Also those that belong to no row: of forms, of contracts, of limits."""
    sources = [path.read_text() for path in sorted((ROOT / "stubs").rglob("*.[ch]"))]
    messages = {text for source in sources for text in TRAP.findall(source)}
    runs = [run for case in load_cases() for run in case.runs]
    said = {run.facts.get("trap", "").partition(" path=")[0] for run in runs}
    shown = "".join(run.facts.get("stderr", "") for run in runs)
    assert len(messages) > 40
    assert {m for m in messages - said - set(UNPROVOKED) if m not in shown} == set()


# -- programs that are refused


def _refusal(solve: object, error: dict[str, str]) -> Refusal | None:
    """What an error in `solve` is about, if its place is a form or an argument."""
    steps = [int(step) for step in error["ptr"].split("/")[2:]]
    about_argument = error["code"] in (ARGUMENT, NEEDS_NAME, BORROWED)
    form = _at(solve, steps[:-1] if about_argument else steps)
    if not isinstance(form, list) or not form:
        return None
    return error["code"], form[0], steps[-1] if about_argument and steps else 0


def _at(solve: object, steps: list[int]) -> object:
    for step in steps:
        if not isinstance(solve, list) or step >= len(solve):
            return None
        solve = solve[step]
    return solve


@cache
def _refused() -> frozenset[Refusal]:
    refusals: set[Refusal] = set()
    for case in load_cases():
        if "errors" not in case.facts or "solve" not in case.facts:
            continue
        solve = json.loads(case.facts["solve"])
        errors = [each for each in case.facts["errors"] if each.get("ptr", "").startswith("/solve")]
        refusals.update(found for each in errors if (found := _refusal(solve, each)) is not None)
    return frozenset(refusals)


def test_every_code_occurs() -> None:
    texts = [path.read_text() for path in sorted((ROOT / "x07bundle" / "lang").rglob("*.py"))]
    codes = {code for text in texts for code in DIAGNOSTIC.findall(text)} - NO_DIAGNOSTICS
    facts = [case.facts for case in load_cases()]
    found = {each["code"] for f in facts for each in (*f.get("errors", ()), *f.get("warnings", ()))}
    assert len(codes) > 60
    assert codes - found == set()


def _missing(code: str, concerns: Callable[[Primitive], bool]) -> list[str]:
    rows = [row for row in ROWS if concerns(row)]
    return [row.head for row in rows if (code, row.head, 0) not in _refused()]


def test_every_head_refuses_another_number_of_arguments() -> None:
    assert _missing(COUNT, lambda row: not row.internal) == []


def test_every_parameter_refuses_another_type() -> None:
    wanted = [
        (row.head, index)
        for row in ROWS
        if not row.internal
        for index, _ in enumerate(row.params, 1)
    ]
    assert [each for each in wanted if (ARGUMENT, *each) not in _refused()] == []


def test_every_parameter_that_needs_a_name_refuses_other_values() -> None:
    wanted = [
        (row.head, index)
        for row in ROWS
        for index, parameter in enumerate(row.params, 1)
        if parameter.mode == "identifier"
    ]
    assert [each for each in wanted if (NEEDS_NAME, *each) not in _refused()] == []


def test_every_head_that_changes_its_owner_refuses_a_borrowed_one() -> None:
    heads = [row.head for row in ROWS if row.mutates and not row.internal]
    assert [head for head in heads if (BORROWED, head, 1) not in _refused()] == []


def test_every_head_that_needs_a_world_or_a_block_refuses_others() -> None:
    assert _missing(WORLD, lambda row: row.world == "os") == []
    assert _missing(NO_CAPABILITY, lambda row: row.unsafe != "") == []
    assert _missing(NO_BLOCK, lambda row: row.unsafe == "block") == []
    assert _missing(INTERNAL, lambda row: row.internal) == []
