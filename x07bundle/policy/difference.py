"""What one policy grants that another does not.

Compares what is in effect: where a switch is off, nothing below it is granted, whatever is written
there. A grant is covered by a wider one: a folder by one above it, an address by its network, a
number by a larger one.
"""

from collections.abc import Callable, Iterator, Mapping
from math import inf
from posixpath import normpath
from typing import Final, NamedTuple

from x07bundle.contract import hosts
from x07bundle.contract.policy import Host, Policy

Fields = Mapping[str, object]
"""Dotted names of fields, and their values."""

SPAWN: Final = ("process.allow_spawn", "process.allow_exec")
WITHOUT_SPAWN: Final = ("process.enabled", "process.allow_exit")
"""The fields of `process` that mean something where nothing is started."""
SWITCHES: Final = {
    "time.max_sleep_ms": ("time.allow_sleep",),
    "process.allow_cwd_roots": ("process.allow_cwd",),
    "db.sqlite.": ("db.drivers.sqlite",),
}
"""Fields, or their beginning, and what else must be on."""

PROTECTIONS: Final = frozenset(
    "fs.deny_hidden db.sqlite.readonly_only db.net.require_tls db.net.require_verify "
    "process.kill_on_drop process.kill_tree".split()
)
"""Switches that grant something when they are off."""

ZEROS: Final = {
    "fs.max_read_bytes": 16 << 20,
    "fs.max_write_bytes": 16 << 20,
    "fs.max_entries": 10_000,
    "fs.max_depth": 64,
    "db.max_live_conns": 8,
    "db.max_queries": 1000,
    "db.connect_timeout_ms": 30_000,
    "db.query_timeout_ms": 60_000,
    "db.max_sql_bytes": 1 << 20,
    "db.max_rows": 10_000,
    "db.max_resp_bytes": 32 << 20,
    "threads.max_workers": inf,
    "process.max_stdout_bytes": inf,
    "process.max_stderr_bytes": inf,
    "process.max_total_bytes": inf,
}
"""What 0 stands for, where it is not nothing (contract/policy.md §6)."""

ARGUMENTS: Final = "process.allow_args_regex_lite"
ANY: Final = "any argument"


class Grant(NamedTuple):
    """`what`: an entry of a list, the value of a switch, or a number."""

    field: str
    what: str


def granted(policy: Policy, other: Policy) -> list[Grant]:
    """What `policy` grants and `other` does not, in the order of the format."""
    mine, theirs = _in_effect(policy), _in_effect(other)
    return [
        Grant(field, what)
        for field, value in mine.items()
        for what in _beyond(field, value, theirs.get(field))
    ]


def _in_effect(policy: Policy) -> Fields:
    fields = dict(_leaves(policy._replace(schema_version="", policy_id="", notes=""), ""))
    fields["env.allow_keys"] = tuple(
        key for key in policy.env.allow_keys if key not in policy.env.deny_keys
    )
    fields[ARGUMENTS] = policy.process.allow_args_regex_lite or (ANY,)
    del fields["env.deny_keys"]
    return {
        field: value
        for field, value in fields.items()
        if all(fields[switch] for switch in _switches(field, fields))
    }


def _leaves(value: object, name: str) -> Iterator[tuple[str, object]]:
    if not hasattr(value, "_asdict"):
        yield name, value
        return
    for inner, each in value._asdict().items():
        yield from _leaves(each, f"{name}.{inner}" if name else inner)


def _switches(field: str, fields: Fields) -> Iterator[str]:
    """The switches that must be on for a field to mean anything."""
    section = field.partition(".")[0]
    if f"{section}.enabled" in fields:
        yield f"{section}.enabled"
    if section == "process" and field not in WITHOUT_SPAWN:
        yield from SPAWN
    for beginning, switches in SWITCHES.items():
        if field.startswith(beginning):
            yield from switches


def _beyond(field: str, value: object, other: object) -> Iterator[str]:
    """What of a field goes beyond another policy's; None is a field without effect."""
    match value:
        case bool():
            is_granting = field not in PROTECTIONS
            if value is is_granting and other is not is_granting:
                yield str(value).lower()
        case int():
            amount, least = _amount(field, value), 0 if other is None else _amount(field, other)
            if amount > least:
                yield _shown(amount) + (f", not {_shown(least)}" if other is not None else "")
        case tuple():
            entries, others = _entries(value), _entries(other)
            is_covered = COVERS.get(field, _equal)
            for entry in entries:
                if not any(is_covered(wider, entry) for wider in others):
                    yield entry
        case _:
            pass


def _amount(field: str, value: object) -> float:
    assert isinstance(value, int)
    return value or ZEROS.get(field, 0)


def _shown(amount: float) -> str:
    return "no limit" if amount == inf else str(amount)


def _entries(value: object) -> list[str]:
    """The entries of a list as text; hosts one by one for each port."""
    found: list[str] = []
    for entry in value if isinstance(value, tuple) else ():
        found += _destinations(entry) if isinstance(entry, Host) else [str(entry)]
    return list(dict.fromkeys(found))


def _destinations(entry: Host) -> list[str]:
    host = hosts.key(entry.host)
    shown = f"[{host}]" if ":" in host else host
    return [f"{shown}:{port}" for port in entry.ports]


def _equal(wider: str, entry: str) -> bool:
    return wider == entry


def _destination_covers(wider: str, entry: str) -> bool:
    wider_host, _, wider_port = wider.rpartition(":")
    host, _, port = entry.rpartition(":")
    return port == wider_port and hosts.covers(wider_host, host)


def _folder_covers(wider: str, entry: str) -> bool:
    folder, path = normpath(wider), normpath(entry)
    if folder == ".":
        return path != ".." and not path.startswith(("/", "../"))
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _beginning_covers(wider: str, entry: str) -> bool:
    return entry.startswith(wider)


def _argument_covers(wider: str, entry: str) -> bool:
    return wider in (ANY, entry)


COVERS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "fs.read_roots": _folder_covers,
    "fs.write_roots": _folder_covers,
    "net.allow_hosts": _destination_covers,
    "db.net.allow_dns": hosts.covers,
    "db.net.allow_cidrs": hosts.covers,
    "process.allow_exec_prefixes": _beginning_covers,
    "process.allow_cwd_roots": _folder_covers,
    ARGUMENTS: _argument_covers,
}
"""Whether an entry of a list makes another one superfluous."""
