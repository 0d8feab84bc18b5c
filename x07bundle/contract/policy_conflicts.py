"""Fields of a policy that do not go together (contract/policy.md §2).

Looks at the JSON, not at the policy, so that these problems are said together with all others.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from x07bundle.contract.policy_problems import Problem

SPAWN_LIMITS: Final = {"max_live": None, "max_spawns": None, "max_runtime_ms": 0}
"""What starting programs needs, and what holds where it is left out: that None is a problem is said
elsewhere."""


def conflicts(document: Mapping[str, Any]) -> Iterator[Problem]:
    process = _section(document, "process")
    if process.get("allow_spawn") is True:
        yield from _spawning(process)
    if process.get("allow_cwd") is True and not process.get("allow_cwd_roots"):
        yield Problem("/process/allow_cwd_roots", "must be non-empty when `allow_cwd` is true")
    database = _section(document, "db")
    if database.get("enabled") is True and True not in _section(database, "drivers").values():
        yield Problem("/db/drivers", "must allow at least one driver when `db.enabled` is true")


def _spawning(process: Mapping[str, Any]) -> Iterator[Problem]:
    if not process.get("allow_execs") and not process.get("allow_exec_prefixes"):
        yield Problem(
            "/process/allow_execs",
            "this or `allow_exec_prefixes` must be non-empty when `allow_spawn` is true",
        )
    for name, default in SPAWN_LIMITS.items():
        limit = process.get(name, default)
        if limit == 0 and limit is not False:
            yield Problem(f"/process/{name}", "must be non-zero when `allow_spawn` is true")


def _section(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}
