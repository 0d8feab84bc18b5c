"""Generated programs: each is accepted, compiles in silence, and does what the interpreter does."""

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.fuzz import batch, oracle
from tests.fuzz.batch import Bench
from tests.fuzz.compiled import Finding, Sources, compiled, documents, errors
from tests.fuzz.program import Outcome
from x07bundle.lang.options import Options

UNLIMITED: Final = Options()
COUNTING: Final = Options(fuel=1_000_000_000)


@dataclass(frozen=True, slots=True)
class Ready:
    """A program with its C text, and what it must do; None: anything but crash."""

    c_source: str
    input: bytes | None
    """None: it is compiled, and not run."""
    outcome: Outcome | None


Prepare = Callable[[Sources], Ready | Finding | None]


def try_programs(
    prepare: Prepare, bench: Bench, name: str, programs: Mapping[int, Sources]
) -> dict[int, Finding]:
    findings: dict[int, Finding] = {}
    ready: dict[int, Ready] = {}
    for key, program in programs.items():
        found = prepare(program)
        if isinstance(found, Finding):
            findings[key] = found
        elif found is not None:
            ready[key] = found
    findings.update(build_and_run(bench, name, ready))
    return findings


def prepare(program: Sources) -> Ready | Finding | None:
    """None where the contract does not say what the program does."""
    outcome = oracle.expected(documents(program))
    if outcome is None or isinstance(outcome, Finding):
        return outcome
    found = compiled(program, COUNTING if len(program.entry) % 2 else UNLIMITED)
    if isinstance(found, Finding):
        return found
    if found.c_source is None:
        codes = sorted({d.code for d in found.diagnostics if d.severity == "error"})
        return Finding(f"rejected {' '.join(codes)}", errors(found))
    return Ready(found.c_source, program.input, outcome)


def build_and_run(bench: Bench, name: str, ready: Mapping[int, Ready]) -> dict[int, Finding]:
    units = {key: each.c_source for key, each in ready.items()}
    linked = {key for key, each in ready.items() if each.input is not None}
    built = bench.build(name, units, linked)
    findings = {key: Finding(c_kind(text), text) for key, text in built.failures.items()}
    if built.executable is not None:
        for key, place in built.places.items():
            found = run(built.executable, place, ready[key])
            if found is not None:
                findings[key] = found
    shutil.rmtree(bench.folder / name, ignore_errors=True)
    return findings


def c_kind(text: str) -> str:
    """Warnings are told apart by the option that names them."""
    option = re.search(r"\[(-W[^]]*)\]", text)
    return f"c compiler {option[1]}" if option else "c compiler"


def run(executable: Path, place: int, ready: Ready) -> Finding | None:
    try:
        ran = batch.run(executable, place, ready.input or b"")
    except subprocess.TimeoutExpired:
        return Finding("timeout", f"no end after {batch.RUN_SECONDS} s")
    return oracle.difference(ready.outcome, ran) if ready.outcome else oracle.crash(ran)
