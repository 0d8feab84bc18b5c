"""Damaged programs: never a traceback, and C that compiles in silence for what is accepted."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz import mutator
from tests.fuzz.batch import Bench
from tests.fuzz.compiled import Finding, Sources, compiled
from x07bundle.lang.options import Options

OPTIONS = Options()


def try_seeds(bench: Bench, name: str, seeds: Sequence[int]) -> dict[int, Finding]:
    """Findings by seed."""
    findings: dict[int, Finding] = {}
    folder = bench.folder / name
    folder.mkdir(parents=True)
    for seed in seeds:
        found = try_program(bench, folder, seed, mutator.mutate(seed))
        if found is not None:
            findings[seed] = found
    shutil.rmtree(folder, ignore_errors=True)
    return findings


def try_program(bench: Bench, folder: Path, key: int, program: Sources) -> Finding | None:
    found = compiled(program, OPTIONS)
    if isinstance(found, Finding):
        return found
    if found.c_source is None:
        silent = not any(d.severity == "error" for d in found.diagnostics)
        return Finding("silent refusal", "no C and no error") if silent else None
    failure = bench.compile(folder, key, found.c_source)
    return Finding("c compiler", failure) if failure else None
