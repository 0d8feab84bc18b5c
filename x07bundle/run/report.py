"""The documents of a run: pure functions (contract/reports.md §1 and §3).

`solve_output_b64` stands at the top level too: it is what the tutorial reads there.
"""

import os
from base64 import b64encode
from pathlib import Path
from typing import Any, Final

from x07bundle.contract.compile_report import CompileResult
from x07bundle.contract.worlds import OS_WORLDS
from x07bundle.files import json_pretty
from x07bundle.run import metrics
from x07bundle.run.target import Target
from x07bundle.run.verdict import Solve

OS_REPORT: Final = "x07-os-runner.report@0.5.0"
RUN_REPORT: Final = "x07.run.report@0.3.0"


def artifact_report(world: str, solve: Solve) -> dict[str, Any]:
    """The report of a finished executable: the `solve` object, flat."""
    return {
        **solve_json(solve),
        "exit_code": 0 if solve.ok else 1,
        "mode": "run-os",
        "schema_version": OS_REPORT,
        "world": world,
    }


def compiled_report(
    target: Target, world: str, result: CompileResult, solve: Solve | None
) -> dict[str, Any]:
    """The report of a program or project. `solve` is None when it was not run."""
    ran_well = solve.ok if solve is not None else True
    return {
        "compile": result.as_json(),
        "exit_code": 0 if result.ok and ran_well else 1,
        "mode": "project-compile-run" if target.kind == "project" else "compile-run",
        "schema_version": OS_REPORT,
        "solve": solve_json(solve) if solve is not None else None,
        "solve_output_b64": _base64(solve.output) if solve is not None else "",
        "world": world,
    }


def vm_failure(target: Target, world: str, text: str) -> dict[str, Any]:
    """The report of a run for which there is no VM: nothing was compiled."""
    said = text.encode("utf-8", "replace")
    result = CompileResult(exit_status=1, world=world, compile_error=text, stderr=said)
    return {
        **compiled_report(target, world, result, None),
        "compile": result.as_json() | {"lang_id": "", "trap": f"vm backend failure: {text}"},
        "policy_denials": [],
        "policy_denials_collected": False,
        "sandbox_backend": "vm",
        "sandbox_layers": {},
        "sandbox_policy": None,
        "limit_exceeded": None,
    }


def solve_json(solve: Solve) -> dict[str, Any]:
    """The `solve` object; its counters are null where the program reported none."""
    counters = solve.metrics or dict.fromkeys(metrics.KEYS)
    return {
        **counters,
        "exit_status": solve.exit_status,
        "ok": solve.ok,
        "solve_output_b64": _base64(solve.output),
        "stderr_b64": _base64(solve.stderr),
        "stdout_b64": _base64(solve.stdout),
        "trap": solve.trap,
        "trap_help": solve.trap_help,
    }


def wrapped(target: Target, world: str, library: Path, report: bytes) -> bytes:
    """`x07.run.report`: what was run, and the runner's report, which is put in as it stands.

    `library`: the folder of the std modules that only OS worlds have.
    """
    head = json_pretty(
        {
            "schema_version": RUN_REPORT,
            "runner": "os",
            "world": world,
            "target": _target_json(target, world, library),
        }
    )
    return head.removesuffix(b"\n}\n") + b',\n  "report": ' + report.rstrip(b"\n") + b"\n}\n"


def _target_json(target: Target, world: str, library: Path) -> dict[str, Any]:
    project = target.project
    roots = [os.fspath(root) for root in target.module_roots]
    has_library = target.kind != "artifact" and world in OS_WORLDS
    return {
        "kind": target.kind,
        "path": os.fspath(target.path),
        "project_root": os.fspath(project.root.absolute()) if project else None,
        "lockfile": os.fspath(project.lockfile) if project else None,
        "resolved_module_roots": [*roots, os.fspath(library)] if has_library else roots,
    }


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")
