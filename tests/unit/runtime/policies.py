"""Policies of the runtime's tests: variables as in contract/policy.md §5, and how denials read."""

import json
from collections.abc import Mapping
from typing import Any, Final

from tests.unit.runtime.c_program import Ran

SANDBOXED: Final = {"X07_WORLD": "run-os-sandboxed", "X07_OS_SANDBOXED": "1"}
NO_LIMIT: Final = 0xFFFFFFFF


def variables(fields: Mapping[str, Any]) -> dict[str, str]:
    """`FS_READ_ROOTS=["a", "b"]` → `X07_OS_FS_READ_ROOTS=a;b`; booleans are 0 and 1."""
    return {f"X07_OS_{name}": _text(value) for name, value in fields.items()}


def sandbox(**fields: Any) -> dict[str, str]:  # noqa: ANN401  a policy's fields differ
    return {**SANDBOXED, **variables(fields)}


def files(**fields: Any) -> dict[str, str]:  # noqa: ANN401  a policy's fields differ
    """A policy that allows much of what can be done with files, below `data` and `out`."""
    allowed = dict.fromkeys(("MKDIR", "REMOVE", "RENAME", "WALK", "GLOB"), True)
    usual = {
        "FS": True,
        "DENY_HIDDEN": True,
        "FS_READ_ROOTS": ["data"],
        "FS_WRITE_ROOTS": ["out"],
        **{f"FS_ALLOW_{name}": on for name, on in allowed.items()},
    }
    return sandbox(**{**usual, **fields})


def denials(ran: Ran) -> list[dict[str, str]]:
    """What a runner finds on stderr."""
    [line] = [line for line in ran.stderr.splitlines() if '"policy_denials"' in line]
    whole = line if line.startswith("{") else "{" + line + "}"
    found = json.loads(whole)["policy_denials"]
    assert isinstance(found, list)
    return found


def _text(value: Any) -> str:  # noqa: ANN401  a policy's fields differ
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, list):
        return ";".join(value)
    return str(value)
