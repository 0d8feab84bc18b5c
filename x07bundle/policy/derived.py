"""Derived policies: their names, notes and files (contract/policy.md §4).

The same base and the same options give the same file, byte for byte. Its name does not depend on
the order of options; the order of its roots does.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from x07bundle.contract.policy import LONGEST_NOTES, Policy
from x07bundle.contract.policy_problems import PolicySchemaError
from x07bundle.contract.policy_reading import parse
from x07bundle.files import (
    json_compact,
    json_pretty_sorted,
    read_bytes,
    sha256_bytes,
    write_atomic,
)
from x07bundle.policy.merge import Grants

FOLDER: Final = Path(".x07/policies/_generated")
DIGEST_LENGTH: Final = 8
LONGEST_BASE_ID: Final = 54
"""So that an id and `.g<digest>` have 64 characters at most."""


def digest(base: bytes, grants: Grants) -> str:
    """What tells derived policies of one base apart: hex digits of a SHA-256."""
    overrides = {
        "allow_hosts": [
            {"host": host, "ports": sorted(ports)} for host, ports in sorted(grants.allow.items())
        ],
        "allow_read_roots": sorted(set(grants.read_roots)),
        "allow_write_roots": sorted(set(grants.write_roots)),
        "deny_hosts": [
            {"all_ports": ports is None, "host": host, "ports": sorted(ports or ())}
            for host, ports in sorted(grants.deny.items())
        ],
    }
    return sha256_bytes(base + json_compact(overrides).rstrip(b"\n"))[:DIGEST_LENGTH]


def path_of(root: Path, policy_id: str, digest8: str) -> Path:
    """Where the derived policy of a base is kept."""
    return root / FOLDER / f"{policy_id}.g{digest8}.policy.json"


def named(document: Mapping[str, Any], base: Path, root: Path, digest8: str) -> dict[str, Any]:
    """A merged policy with an id and a note of its own."""
    policy_id = f"{document['policy_id'][:LONGEST_BASE_ID]}.g{digest8}"
    origin = f"Derived from {_shown(base, root)} by options of the command, digest {digest8}."
    notes = document.get("notes", "")
    longer = f"{notes}\n{origin}" if notes else origin
    if len(longer.encode()) > LONGEST_NOTES:
        return {**document, "policy_id": policy_id}
    return {**document, "policy_id": policy_id, "notes": longer}


def checked(document: Mapping[str, Any], path: Path) -> tuple[Policy, bytes]:
    """A derived policy and its bytes; `path` is its name for people.

    Raises:
        PolicySchemaError: it is not valid.
    """
    policy, problems = parse(document)
    if policy is None:
        raise PolicySchemaError(str(path), problems)
    return policy, json_pretty_sorted(document)


def write(path: Path, data: bytes) -> None:
    """Writes a derived policy, unless it is there.

    Raises:
        OutputError: it cannot be written.
    """
    if not path.is_file() or read_bytes(path) != data:
        write_atomic(path, data, parents=True)


def _shown(base: Path, root: Path) -> str:
    """The base policy as the project knows it: a path on this machine says nothing on another."""
    try:
        return Path(os.path.abspath(base)).relative_to(os.path.abspath(root)).as_posix()  # noqa: PTH100  links stay
    except ValueError:
        return base.as_posix()
