"""What a guest says of a compilation: foreign bytes, of which nothing is believed unread."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from x07bundle import strict_json
from x07bundle.contract.compile_report import NATIVE_REQUIRES
from x07bundle.run.report import OS_REPORT

MODES: Final = frozenset({"compile-run", "project-compile-run"})
TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "c_source_size": int,
    "compile_error": (str, type(None)),
    "exit_status": int,
    "fuel_used": (int, type(None)),
    "lang_id": str,
    "native_requires": dict,
    "ok": bool,
    "stderr_b64": str,
    "stdout_b64": str,
}
"""What the `compile` object must have (contract/reports.md §1)."""


class GuestCompile(NamedTuple):
    """`document`: the guest's report, whole. `problem`: why it is not one that can be used."""

    document: Mapping[str, Any]
    problem: str | None = None

    @property
    def compile(self) -> Mapping[str, Any]:
        return dict(self.document["compile"])

    @property
    def ok(self) -> bool:
        return self.problem is None and self.document["compile"]["ok"] is True


def read(stdout: bytes) -> GuestCompile:
    """The report on a guest's standard output."""
    found = strict_json.read(stdout)
    if found.problems:
        return GuestCompile({}, f"invalid run-os runner report JSON: {found.problems[0]}")
    document = found.value
    if not isinstance(document, dict) or document.get("schema_version") != OS_REPORT:
        return GuestCompile({}, "runner report schema_version mismatch")
    if document.get("mode") not in MODES:
        return GuestCompile({}, "runner report mode mismatch")
    problem = _problem(document.get("compile"))
    return GuestCompile(document if problem is None else {}, problem)


def _problem(compiled: object) -> str | None:
    if not isinstance(compiled, dict):
        return "invalid run-os runner report: no `compile`"
    wrong = [key for key, wanted in TYPES.items() if not isinstance(compiled.get(key), wanted)]
    return f"invalid run-os runner report: `compile.{wrong[0]}`" if wrong else None


def failed_compile(exit_status: int, stdout: bytes, stderr: bytes, trap: str) -> dict[str, Any]:
    """The `compile` object where the guest said nothing that can be used."""
    return {
        "c_source_size": 0,
        "compile_error": None,
        "compiled_exe": None,
        "compiled_exe_size": None,
        "exit_status": exit_status,
        "fuel_used": None,
        "lang_id": "",
        "native_requires": {"requires": [], "schema_version": NATIVE_REQUIRES},
        "ok": False,
        "stderr_b64": b64encode(stderr).decode(),
        "stdout_b64": b64encode(stdout).decode(),
        "trap": trap,
    }
