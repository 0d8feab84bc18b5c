"""The metrics line that a framed program writes last on stderr (contract/abi.md §1)."""

import json
from typing import Any, Final

COUNTERS: Final = (
    "fuel_used", "heap_used",
    "fs_read_file_calls", "fs_list_dir_calls",
    "rr_open_calls", "rr_close_calls", "rr_stats_calls",
    "rr_next_calls", "rr_next_miss_calls", "rr_append_calls",
    "kv_get_calls", "kv_set_calls",
)  # fmt: skip
GROUPS: Final = ("sched_stats", "mem_stats", "debug_stats")
KEYS: Final = (*COUNTERS, *GROUPS)


def parse(stderr: bytes) -> dict[str, Any] | None:
    """Every key of the contract, None where the line lacks it; None where there is no such line.

    The line is the last one that is a JSON object with a known key.
    """
    for line in reversed(stderr.splitlines()):
        found = _object(line.strip())
        if any(key in found for key in KEYS):
            return {key: _checked(key, found.get(key)) for key in KEYS}
    return None


def _object(line: bytes) -> dict[str, Any]:
    if not line.startswith(b"{"):
        return {}
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _checked(key: str, value: object) -> object:
    """The value, where it has the type that a report promises: a program may write anything."""
    wanted = int if key in COUNTERS else dict
    return value if type(value) is wanted else None
