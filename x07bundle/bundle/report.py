"""The report of a bundle, `x07.bundle.report@0.4.0` (contract/reports.md §4): pure functions."""

import os
from collections.abc import Mapping
from typing import Any, Final

from x07bundle.bundle.build import Made
from x07bundle.bundle.plan import Plan, path_or_none, target_json
from x07bundle.contract.compile_report import CompileResult

SCHEMA_VERSION: Final = "x07.bundle.report@0.4.0"
MODES: Final = {"project": "project-compile", "program": "compile"}


def bundle_report(plan: Plan, host_report: Mapping[str, Any]) -> dict[str, Any]:
    """The document, its keys in the contract's order. `host_report` is nested as it stands."""
    return {
        "schema_version": SCHEMA_VERSION,
        "runner": "host",
        "world": plan.world,
        "target": target_json(plan.target, plan.world),
        "bundle": {
            "out": os.fspath(plan.out),
            "name": plan.name,
            "abi": {"kind": "argv_v1"},
            "policy": _policy(plan),
            "emit_dir": path_or_none(plan.emit_folder),
            "kind": "native",
            "guest": None,
        },
        "report": host_report,
    }


def _policy(plan: Plan) -> dict[str, Any] | None:
    if plan.sandbox is None:
        return None
    from x07bundle.bundle import sandbox

    return sandbox.report_json(plan.sandbox)


def compile_result(plan: Plan, made: Made) -> CompileResult:
    """How the compilation went."""
    compiled = made.front.compiled
    linked = made.linked
    if linked is None:
        first = next(one for one in compiled.diagnostics if one.severity == "error")
        return CompileResult(1, plan.world, compile_error=first.compile_error())
    return CompileResult(
        exit_status=linked.built.exit_status,
        world=plan.world,
        backends=compiled.backends,
        c_source_size=len(linked.texts.program.encode()),
        compiled_exe=os.fspath(plan.out) if made.executable is not None else None,
        compiled_exe_size=len(made.executable) if made.executable is not None else None,
        compile_error=linked.built.compile_error,
        stdout=linked.built.stdout,
        stderr=linked.built.stderr,
        fuel_used=compiled.work_units,
    )
