"""Every exported function of the std modules, called in programs that the compiler makes."""

from collections.abc import Callable, Iterator
from typing import Final

import pytest

from tests.program_build import Workshop
from tests.program_cases import Ran, run_framed
from tests.unit.std import (
    table_bytes,
    table_documents,
    table_numbers,
    table_paths,
    table_text,
    table_traps,
)
from tests.unit.std.calls import ALL, Call, Program, Trap, functions_of, program
from x07bundle import std
from x07bundle.lang.compiler import compile_entry
from x07bundle.lang.options import Options

GROUPS: Final[dict[str, Callable[[], Iterator[Call]]]] = {
    "bytes": table_bytes.bytes_calls,
    "vectors": table_bytes.vector_calls,
    "codec": table_bytes.codec_calls,
    "documents": table_documents.document_calls,
    "status": table_documents.status_calls,
    "numbers": table_numbers.number_calls,
    "paths": table_paths.path_calls,
    "text": table_text.text_calls,
    "slices": table_text.slice_calls,
    "strings": table_text.string_calls,
    "readers": table_text.reader_calls,
}


def run(workshop: Workshop, name: str, made: Program, *chosen: int) -> list[Ran]:
    compiled = compile_entry(made.entry, made, Options())
    assert compiled.c_source is not None, [each.compile_error() for each in compiled.diagnostics]
    executable = workshop.build(f"std_{name}", compiled.c_source)
    return [run_framed(executable, made.input(each)) for each in chosen]


def call_all(workshop: Workshop, name: str, calls: list[Call]) -> None:
    """Makes all calls in one program, and looks at what they return."""
    made = program(calls)
    [ran] = run(workshop, name, made, ALL)
    assert ran.exit_code == 0, ran
    assert ran.output is not None, ran
    pairs = zip(made.calls, made.results(ran.output), strict=True)
    wrong = [(str(call), got, call.expected) for call, got in pairs if got != call.expected]
    assert wrong == []
    assert ran.metrics["mem_stats"]["live_allocs"] == 0


@pytest.mark.parametrize("group", GROUPS)
def test_functions_return_what_they_say(group: str, workshop: Workshop) -> None:
    call_all(workshop, group, list(GROUPS[group]()))


def test_functions_trap_where_they_say(workshop: Workshop) -> None:
    made = program(list(table_traps.trap_calls()))
    ran = run(workshop, "traps", made, *range(len(made.calls)))
    for call, each in zip(made.calls, ran, strict=True):
        assert isinstance(call.expected, Trap)
        assert each.exit_code == 132, call
        assert each.trap_line.startswith(call.expected.message), (call, each.stderr)


def test_every_function_of_every_world_is_called() -> None:
    called = {call.function for calls in GROUPS.values() for call in calls()}
    exported = {name for each in std.module_ids("solve-pure") for name in functions_of(each)}
    by_hand = set(functions_of("std.io.bufread"))
    assert exported - called == by_hand
