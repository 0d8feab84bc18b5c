"""The documents of a run, byte for byte."""

import json
from pathlib import Path

import pytest

from tests.unit.run.reports import ARTIFACT, COMPILED, REFUSED, WRAPPED
from x07bundle.contract.compile_report import CompileResult
from x07bundle.files import json_pretty_sorted
from x07bundle.run import metrics
from x07bundle.run.report import artifact_report, compiled_report, wrapped
from x07bundle.run.target import Target
from x07bundle.run.verdict import Solve

COUNTERS = dict.fromkeys(metrics.KEYS, 0) | {
    "sched_stats": {"tasks_spawned": 0, "spawn_calls": 0},
    "mem_stats": {"realloc_calls": 0, "alloc_calls": 1},
    "debug_stats": None,
}
GOOD = Solve(0, b"hi", b"\2\0\0\0hi", b"{}\n", COUNTERS, None, None)
TRAPPED = Solve(132, b"", b"", b"fuel exhausted\n", None, "fuel exhausted", "raise it")
RESULT = CompileResult(0, "run-os", c_source_size=10, compiled_exe="p", compiled_exe_size=20,
                       fuel_used=5)  # fmt: skip


def test_artifact() -> None:
    assert json_pretty_sorted(artifact_report("run-os", TRAPPED)).decode() == ARTIFACT


def test_program() -> None:
    target = Target("program", Path("main.x07.json"))
    report = compiled_report(target, "run-os", RESULT, GOOD)
    assert json_pretty_sorted(report).decode() == COMPILED


def test_refused_program() -> None:
    result = CompileResult(1, "run-os", compile_error="Typing: no", diagnostics=[{"code": "X"}])
    report = compiled_report(Target("project", Path("x07.json")), "run-os", result, None)
    assert json_pretty_sorted(report).decode() == REFUSED


@pytest.mark.parametrize(
    ("solve", "exit_code"),
    [(GOOD, 0), (TRAPPED, 1), (None, 0),
     (Solve(3, b"hi", b"", b"", COUNTERS, None, None), 1)],
)  # fmt: skip
def test_exit_code(solve: Solve | None, exit_code: int) -> None:
    report = compiled_report(Target("program", Path("m")), "run-os", RESULT, solve)
    assert report["exit_code"] == exit_code
    if solve is not None:
        assert artifact_report("run-os", solve)["exit_code"] == exit_code


def test_wrapped_has_the_report_as_it_stands() -> None:
    inner = json_pretty_sorted({"a": {"b": 1}, "exit_code": 0})
    target = Target("program", Path("main.x07.json"), Path("main.x07.json"), (Path("src"),))
    text = wrapped(target, "run-os", Path("/std/os"), inner).decode()
    assert text == WRAPPED
    assert json.loads(text)["report"] == {"a": {"b": 1}, "exit_code": 0}


def test_wrapped_artifact_has_no_roots() -> None:
    text = wrapped(Target("artifact", Path("app")), "run-os", Path("/std/os"), b"{}\n")
    target = json.loads(text)["target"]
    assert (target["kind"], target["resolved_module_roots"]) == ("artifact", [])
    assert (target["project_root"], target["lockfile"]) == (None, None)
