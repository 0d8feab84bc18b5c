"""The compile attestation, `x07.compile.attest@0.1.0` (contract/reports.md §5).

Digests are bare SHA-256. `rebuild` is about a second build that used no cache.
"""

import json
import os
from typing import Any, Final

from x07bundle import LANG_ID, files
from x07bundle.bundle.build import Linked, Made
from x07bundle.bundle.plan import Plan, path_or_none
from x07bundle.lang.canonical import canonical, dump
from x07bundle.lang.load import ENTRY_ID
from x07bundle.lang.modules import SourceFile

SCHEMA_VERSION: Final = "x07.compile.attest@0.1.0"


def attestation(plan: Plan, entry: SourceFile, linked: Linked, again: Made) -> dict[str, Any]:
    """The document, its keys alphabetical. `linked` is good; `again` is the second build."""
    texts, built = linked.texts, linked.built
    binary = files.sha256_bytes(built.executable or b"")
    return {
        "artifacts": {
            "binary_sha256": binary,
            "combined_c_sha256": _text_digest(texts.combined),
            "freestanding_c_sha256": _text_digest(texts.program),
            "wrapper_c_sha256": _text_digest(texts.wrapper),
        },
        "bundle_kind": "native",
        "compiler": {
            "exit_status": built.exit_status,
            "lang_id": LANG_ID,
            "ok": True,
            "stderr_sha256": files.sha256_bytes(built.stderr),
            "stdout_sha256": files.sha256_bytes(built.stdout),
        },
        "inputs": _inputs(plan, entry),
        "output_path": os.fspath(plan.out),
        "rebuild": _rebuild(binary, again),
        "schema_version": SCHEMA_VERSION,
        "world": plan.world,
    }


def entry_as_compiled(entry: SourceFile) -> bytes:
    """The entry's bytes; those of its canonical form where its module id had to become `main`."""
    document = json.loads(entry.data)
    if document["module_id"] == ENTRY_ID:
        return entry.data
    return dump({**canonical(document), "module_id": ENTRY_ID})


def _inputs(plan: Plan, entry: SourceFile) -> dict[str, Any]:
    target = plan.target
    lockfile = target.lockfile
    project = target.project.file if target.project is not None else None
    return {
        "lockfile_path": path_or_none(lockfile),
        "lockfile_sha256": files.sha256_file(lockfile) if lockfile is not None else None,
        "module_roots": [os.fspath(root) for root in target.module_roots],
        "program_sha256": files.sha256_bytes(entry_as_compiled(entry)),
        "project_path": path_or_none(project),
        "target_kind": target.kind,
        "target_path": os.fspath(target.path),
    }


def _rebuild(binary: str, again: Made) -> dict[str, Any]:
    digest = files.sha256_bytes(again.executable) if again.executable is not None else None
    return {"binary_sha256": digest, "deterministic_match": digest == binary}


def _text_digest(text: str) -> str:
    return files.sha256_bytes(text.encode("utf-8"))
