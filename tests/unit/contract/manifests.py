"""A manifest to change."""

import copy
import json
from pathlib import Path
from typing import Any, Final

import jsonschema

from x07bundle.contract import vm_manifest

SCHEMA: Final = json.loads(
    (
        Path(vm_manifest.__file__).parents[1] / "schemas/x07.vm.bundle.manifest@0.3.0.schema.json"
    ).read_bytes()
)
VALIDATOR: Final = jsonschema.Draft202012Validator(SCHEMA)
DIGEST: Final = "sha256:" + "a" * 64
SHA256: Final = "0" * 64

MANIFEST: Final[dict[str, Any]] = {
    "schema_version": "x07.vm.bundle.manifest@0.3.0",
    "backend": "docker",
    "guest_image": "x07.local/guest:0.1.0",
    "guest_digest": DIGEST,
    "payload": "payload",
    "workdir": "/x07/work",
    "policy": "policy.json",
    "guest_digest_kind": "config",
    "guest_digests": {"config": DIGEST, "manifest": "sha256:" + "b" * 64},
    "guest_archive": "guest.tar",
    "files": {
        "guest.tar": SHA256,
        "payload": SHA256,
        "policy.json": SHA256,
        "runtime/launcher": SHA256,
    },
    "limits": {
        "cpu_ms": 1000,
        "wall_ms": 2000,
        "mem_bytes": 1 << 26,
        "fds": 64,
        "procs": 8,
    },
    "payload_build": {
        "where": "guest",
        "tool": "x07bundle 0.1.0",
        "language": "0.2.17",
        "architecture": "x86_64",
        "compiler": "gcc (Debian 12.2.0) 12.2.0",
        "static": True,
        "image": {"reference": "x07.local/full:0.1.0", "digest": DIGEST, "digest_kind": "manifest"},
        "command": ["bundle", "--project", "x07.json", "--profile", "sandbox", ""],
        "inputs": {"x07.json": SHA256, "src/main.x07.json": SHA256},
    },
    "launcher": {"version": "0.1.0", "platform": "linux-x86_64", "python": "3.11.2"},
    "signature": {"algorithm": "ed25519", "key_sha256": SHA256},
}


def manifest(**changes: object) -> dict[str, Any]:
    return {**copy.deepcopy(MANIFEST), **changes}
