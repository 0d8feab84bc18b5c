"""The compile attestation, `x07.compile.attest@0.1.0` (contract/reports.md §5).

Digests are bare SHA-256. `rebuild` is about a second build that used no cache. Of a VM bundle it is
about the payload.
"""

import json
import os
import re
from pathlib import Path
from typing import Any, Final

from x07bundle import LANG_ID, files, strict_json
from x07bundle.bundle.build import Linked, Made
from x07bundle.bundle.plan import Plan, path_or_none
from x07bundle.errors import X07Error
from x07bundle.lang.canonical import canonical, dump
from x07bundle.lang.load import ENTRY_ID
from x07bundle.lang.modules import SourceFile

SCHEMA_VERSION: Final = "x07.compile.attest@0.1.0"
C_DIGESTS: Final = ("combined_c_sha256", "freestanding_c_sha256", "wrapper_c_sha256")
SAID_DIGESTS: Final = ("stderr_sha256", "stdout_sha256")
_is_sha256 = re.compile(r"[0-9a-f]{64}").fullmatch


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
        "bundle_kind": plan.kind,
        "compiler": {
            "exit_status": built.exit_status,
            "lang_id": LANG_ID,
            "ok": True,
            "stderr_sha256": files.sha256_bytes(built.stderr),
            "stdout_sha256": files.sha256_bytes(built.stdout),
        },
        "inputs": _inputs(plan, entry),
        "output_path": _output_path(plan),
        "rebuild": _rebuild(binary, again.executable),
        "schema_version": SCHEMA_VERSION,
        "world": plan.world,
    }


def of_guest(plan: Plan, entry: SourceFile, said: bytes, payload: bytes) -> dict[str, Any]:
    """What a guest attested of its own two builds, with the paths of this machine.

    Raises:
        X07Error: it attested nothing of this payload.
    """
    found = _object(strict_json.read(said).value)
    artifacts, compiler = _object(found.get("artifacts")), _object(found.get("compiler"))
    binary = files.sha256_bytes(payload)
    if artifacts.get("binary_sha256") != binary:
        raise _no_attestation()
    again = _digest(_object(found.get("rebuild")).get("binary_sha256"))
    return {
        "artifacts": {
            "binary_sha256": binary,
            **{name: _digest(artifacts.get(name)) for name in C_DIGESTS},
        },
        "bundle_kind": plan.kind,
        "compiler": {
            "exit_status": 0,
            "lang_id": LANG_ID,
            "ok": True,
            **{name: _digest(compiler.get(name)) for name in SAID_DIGESTS},
        },
        "inputs": _inputs(plan, entry),
        "output_path": _output_path(plan),
        "rebuild": {"binary_sha256": again, "deterministic_match": again == binary},
        "schema_version": SCHEMA_VERSION,
        "world": plan.world,
    }


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _digest(value: object) -> str:
    if not isinstance(value, str) or not _is_sha256(value):
        raise _no_attestation()
    return value


def _no_attestation() -> X07Error:
    return X07Error(
        "the guest attested nothing of the payload that it made",
        "its image has to be of this version",
        "build the image again: `x07 image build --flavour full`",
    )


def entry_as_compiled(entry: SourceFile) -> bytes:
    """The entry's bytes; those of its canonical form where its module id had to become `main`."""
    document = json.loads(entry.data)
    if document["module_id"] == ENTRY_ID:
        return entry.data
    return dump({**canonical(document), "module_id": ENTRY_ID})


def _inputs(plan: Plan, entry: SourceFile) -> dict[str, Any]:
    target = plan.target
    lockfile = target.lockfile
    return {
        "lockfile_path": path_or_none(lockfile),
        "lockfile_sha256": files.sha256_file(lockfile) if lockfile is not None else None,
        "module_roots": [os.fspath(root) for root in target.module_roots],
        "program_sha256": files.sha256_bytes(entry_as_compiled(entry)),
        "project_path": path_or_none(_project_path(plan)),
        "target_kind": target.kind,
        "target_path": os.fspath(target.path),
    }


def _output_path(plan: Plan) -> str:
    if plan.kind == "native":
        return os.fspath(plan.out)
    from x07bundle.bundle import sidecar  # native bundles have none

    return os.fspath(sidecar.folder_of(plan.out) / sidecar.PAYLOAD)


def _project_path(plan: Plan) -> Path | None:
    """Of VM bundles its folder (contract/reports.md §5)."""
    project = plan.target.project
    if project is None:
        return None
    return project.root if plan.kind == "vm" else project.file


def _rebuild(binary: str, again: bytes | None) -> dict[str, Any]:
    digest = files.sha256_bytes(again) if again is not None else None
    return {"binary_sha256": digest, "deterministic_match": digest == binary}


def _text_digest(text: str) -> str:
    return files.sha256_bytes(text.encode("utf-8"))
