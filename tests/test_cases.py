"""Runs every case of `tests/cases` (its README says what a case is)."""

import re
from pathlib import Path

import pytest

from tests.program_build import Workshop
from tests.program_cases import Case, Ran, load_cases, run_framed
from x07bundle.lang.compiler import Compiled
from x07bundle.lang.diagnostics import Diagnostic

ALL = load_cases()


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.id)
def test_case(case: Case, workshop: Workshop) -> None:
    compiled = case.compile()
    _expect_findings(case, "errors", "error", compiled)
    _expect_findings(case, "warnings", "warning", compiled)
    if "errors" in case.facts:
        assert compiled.c_source is None
        return
    assert compiled.c_source is not None, [d.compile_error() for d in compiled.diagnostics]
    _expect_c(case, compiled.c_source)
    name = re.sub(r"[^A-Za-z0-9]", "_", case.id)
    executable = workshop.build(name, compiled.c_source)
    try:
        _expect_run(case, run_framed(executable, case.input))
    finally:
        _clean(executable)


def _clean(executable: Path) -> None:
    executable.unlink(missing_ok=True)
    executable.with_suffix(".c").unlink(missing_ok=True)


def _expect_findings(case: Case, field: str, severity: str, compiled: Compiled) -> None:
    found = [each for each in compiled.diagnostics if each.severity == severity]
    wanted = case.facts.get(field, [])
    shown = [(each.code, each.at, each.message) for each in found]
    assert len(found) == len(wanted), shown
    for diagnostic, expected in zip(found, wanted, strict=True):
        _expect_finding(diagnostic, expected)


def _expect_finding(found: Diagnostic, expected: dict[str, str]) -> None:
    assert found.code == expected["code"], found
    assert found.at == expected.get("ptr", found.at), found
    assert expected.get("message", "") in found.message, found


def _expect_c(case: Case, c_source: str) -> None:
    wanted = case.facts.get("c", "").strip("\n")
    assert wanted in c_source, c_source


def _expect_run(case: Case, ran: Ran) -> None:
    assert case.facts.get("stderr", "") in ran.stderr
    if "trap" in case.facts:
        pointer = case.facts.get("trap_ptr")
        wanted = case.facts["trap"] + (f" ptr={pointer}" if pointer is not None else "")
        assert ran.trap_line.startswith(wanted), ran
        assert ran.exit_code == 132, ran
        return
    assert ran.exit_code == case.facts.get("exit", 0), ran
    assert ran.output == case.output, ran
    assert ran.metrics["mem_stats"]["live_bytes"] == 0, ran
    assert ran.metrics["mem_stats"]["live_allocs"] == 0, ran


def test_case_ids_are_unique() -> None:
    ids = [case.id for case in ALL]
    assert len(ids) == len(set(ids))
