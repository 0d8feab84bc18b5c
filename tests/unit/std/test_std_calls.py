"""Every exported function of the std modules, called in programs that the compiler makes."""

from collections.abc import Callable, Iterator
from typing import Final

import pytest

from tests.program_build import Workshop
from tests.unit.std import (
    table_bytes,
    table_documents,
    table_numbers,
    table_paths,
    table_text,
    table_traps,
)
from tests.unit.std.calling import call_all, run
from tests.unit.std.calls import Call, Trap, functions_of, program
from x07bundle import std

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


@pytest.mark.parametrize("group", GROUPS)
def test_functions_return_what_they_say(group: str, workshop: Workshop) -> None:
    call_all(workshop, f"std_{group}", list(GROUPS[group]()))


def test_functions_trap_where_they_say(workshop: Workshop) -> None:
    made = program(list(table_traps.trap_calls()))
    ran = run(workshop, "std_traps", made, "run-os", *range(len(made.calls)))
    for call, each in zip(made.calls, ran, strict=True):
        assert isinstance(call.expected, Trap)
        assert each.exit_code == 132, call
        assert each.trap_line.startswith(call.expected.message), (call, each.stderr)


def test_every_function_of_every_world_is_called() -> None:
    called = {call.function for calls in GROUPS.values() for call in calls()}
    exported = {name for each in std.module_ids("solve-pure") for name in functions_of(each)}
    by_hand = set(functions_of("std.io.bufread"))
    assert exported - called == by_hand
