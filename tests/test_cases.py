"""Runs every case of `tests/cases` (its README says what a case is)."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.program_build import Workshop
from tests.program_cases import Case, Ran, load_cases, run_framed
from x07bundle.lang.compiler import Compiled
from x07bundle.lang.diagnostics import Diagnostic, has_errors

ALL = load_cases()


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.id)
def test_case(case: Case, workshop: Workshop, tmp_path: Path) -> None:
    compiled = case.compile()
    found = _expect_findings(case, "errors", "error", compiled)
    found += _expect_findings(case, "warnings", "warning", compiled)
    mended = _mended(case, found)
    if "errors" in case.facts:
        assert compiled.c_source is None
    else:
        _expect_program(case, case.id, compiled, workshop, tmp_path)
    if mended is not None and _runs(case):
        _expect_program(case, f"{case.id} mended", mended, workshop, tmp_path)


def _runs(case: Case) -> bool:
    return all(_ends(run) for run in case.runs)


def _ends(run: Case) -> bool:
    return any(field in run.facts for field in ("output", "output_hex", "trap", "exit"))


def _mended(case: Case, found: list[Diagnostic]) -> Compiled | None:
    """The program after the quick fixes that the case asks for; they must help."""
    if not found:
        return None
    compiled = case.mend(found).compile()
    assert not has_errors(compiled.diagnostics), compiled.diagnostics
    left = {(each.code, each.at) for each in compiled.diagnostics}
    assert not left & {(each.code, each.at) for each in found}
    return compiled


def _expect_program(
    case: Case, title: str, compiled: Compiled, workshop: Workshop, folder: Path
) -> None:
    assert compiled.c_source is not None, [d.compile_error() for d in compiled.diagnostics]
    _expect_c(case, compiled.c_source)
    assert _runs(case), "a case needs `errors`, an `output`, a `trap` or an `exit`"
    executable = workshop.build(re.sub(r"[^A-Za-z0-9]", "_", title), compiled.c_source)
    try:
        for run in case.runs:
            run.lay_out(folder)
            ran = run_framed(executable, run.input, folder, run.facts.get("env"))
            _expect_run(run, ran)
            _expect_files(run, folder)
    finally:
        _clean(executable)


def _clean(executable: Path) -> None:
    executable.unlink(missing_ok=True)
    executable.with_suffix(".c").unlink(missing_ok=True)


def _expect_findings(case: Case, field: str, severity: str, compiled: Compiled) -> list[Diagnostic]:
    """Those whose quick fix the case asks for."""
    found = [each for each in compiled.diagnostics if each.severity == severity]
    wanted = case.facts.get(field, [])
    shown = [(each.code, each.at, each.message) for each in found]
    assert len(found) == len(wanted), shown
    for diagnostic, expected in zip(found, wanted, strict=True):
        _expect_finding(diagnostic, expected)
    pairs = zip(found, wanted, strict=True)
    return [diagnostic for diagnostic, expected in pairs if expected.get("fix")]


def _expect_finding(found: Diagnostic, expected: dict[str, Any]) -> None:
    assert found.code == expected["code"], found
    assert found.at == expected.get("ptr", found.at), found
    assert expected.get("message", "") in found.message, found
    assert expected.get("hint", "") in (found.hint or ""), found
    assert expected.get("module", found.module_id) == found.module_id, found


def _expect_c(case: Case, c_source: str) -> None:
    wanted = case.facts.get("c", "").strip("\n")
    assert wanted in c_source, c_source


def _expect_run(case: Case, ran: Ran) -> None:
    assert case.facts.get("stderr", "") in ran.stderr
    if "trap" in case.facts:
        message, _, pointer = ran.trap_line.partition(" ptr=")
        assert message == case.facts["trap"], ran
        assert pointer == case.facts.get("trap_ptr", pointer), ran
        assert ran.exit_code == 132, ran
        return
    assert ran.exit_code == case.facts.get("exit", 0), ran
    assert ran.output == case.output, ran
    if case.output is None:
        assert "mem_stats" not in ran.metrics, ran  # what ends by itself frees nothing
        return
    _expect_metrics({"mem_stats": {"live_bytes": 0, "live_allocs": 0}}, ran.metrics)
    _expect_metrics(case.facts.get("metrics", {}), ran.metrics)


def _expect_files(case: Case, folder: Path) -> None:
    for name, text in case.facts.get("wrote", {}).items():
        assert (folder / name).read_bytes() == text.encode()


def _expect_metrics(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    for key, value in wanted.items():
        if isinstance(value, dict):
            _expect_metrics(value, found[key])
        else:
            assert found[key] == value, (key, found)


def test_case_ids_are_unique() -> None:
    ids = [case.id for case in ALL]
    assert len(ids) == len(set(ids))
