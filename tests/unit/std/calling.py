"""Runs programs of many calls, and looks at what they return."""

from collections.abc import Sequence

from tests.program_build import UNOPTIMIZED, Workshop
from tests.program_cases import Ran, run_framed
from tests.unit.std.calls import ALL, Call, Program, program
from x07bundle.lang.compiler import compile_entry
from x07bundle.lang.options import Options


def run(workshop: Workshop, name: str, made: Program, world: str, *chosen: int) -> list[Ran]:
    compiled = compile_entry(made.entry, made, Options(world=world))
    assert compiled.c_source is not None, [each.compile_error() for each in compiled.diagnostics]
    executable = workshop.build(name, compiled.c_source, UNOPTIMIZED)
    return [run_framed(executable, made.input(each)) for each in chosen]


def call_all(workshop: Workshop, name: str, calls: Sequence[Call], world: str = "run-os") -> None:
    """Makes all calls in one program: they return what they say, and leave no memory behind."""
    made = program(calls)
    [ran] = run(workshop, name.replace(" ", "_"), made, world, ALL)
    assert (ran.exit_code, ran.output is None) == (0, False), ran
    pairs = zip(made.calls, made.results(ran.output or b""), strict=True)
    wrong = [(str(call)[:400], got, call.expected) for call, got in pairs if got != call.expected]
    assert wrong == []
    assert ran.metrics["mem_stats"]["live_allocs"] == 0
