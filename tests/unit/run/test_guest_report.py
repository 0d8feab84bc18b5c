"""What is believed of a guest that compiled."""

import json
from typing import Any

import pytest

from x07bundle.contract.compile_report import CompileResult
from x07bundle.run import guest_report
from x07bundle.run.report import OS_REPORT


def document(**changed: object) -> dict[str, Any]:
    compiled = CompileResult(0, "run-os-sandboxed").as_json()
    return {
        "schema_version": OS_REPORT,
        "mode": "compile-run",
        "compile": compiled,
        **changed,
    }


def said(found: object) -> guest_report.GuestCompile:
    return guest_report.read(json.dumps(found).encode())


def test_a_report_is_read() -> None:
    found = said(document())
    assert found.ok
    assert found.compile["exit_status"] == 0


def test_a_compilation_that_failed_is_a_report_too() -> None:
    compiled = CompileResult(1, "run-os-sandboxed", compile_error="Typing: no").as_json()
    found = said(document(compile=compiled))
    assert found.problem is None
    assert not found.ok


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        ([], "runner report schema_version mismatch"),
        (document(schema_version="x07-os-runner.report@9"), "schema_version mismatch"),
        (document(mode="run-os"), "runner report mode mismatch"),
        (document(compile=None), "no `compile`"),
        (document(compile={"ok": True}), "`compile."),
    ],
)
def test_other_documents_are_not_believed(found: object, problem: str) -> None:
    read = said(found)
    assert problem in (read.problem or "")
    assert not read.ok


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[" * 9999, b'{"a":1,"a":2}'])
def test_what_is_no_json_is_not_believed(data: bytes) -> None:
    read = guest_report.read(data)
    assert (read.problem or "").startswith("invalid run-os runner report JSON: ")


@pytest.mark.parametrize("key", sorted(guest_report.TYPES))
def test_each_member_has_its_type(key: str) -> None:
    compiled = CompileResult(0, "run-os-sandboxed").as_json() | {key: [1]}
    read = said(document(compile=compiled))
    assert read.problem == f"invalid run-os runner report: `compile.{key}`"
