"""The eight templates, field by field against the contract's tables (policy.md §3)."""

import json
from typing import Any, Final

import pytest

from tests.unit.contract.policies import schema_errors
from x07bundle.contract.policy_reading import read
from x07bundle.policy import templates
from x07bundle.policy.templates import NAMES, base_policy

TABLE: Final = """
| Field | cli | http-client | web-service | fs-tool | sqlite-app | postgres-client | worker | worker-parallel |
| limits.cpu_ms | 60000 | 180000 | 180000 | 90000 | 120000 | 120000 | 300000 | 300000 |
| limits.wall_ms | 120000 | 300000 | 600000 | 180000 | 300000 | 300000 | 300000 | 300000 |
| limits.mem_bytes | 536870912 | 1073741824 | 1073741824 | 536870912 | 1073741824 | 1073741824 | 1073741824 | 1073741824 |
| limits.fds | 128 | 256 | 512 | 256 | 256 | 256 | 64 | 128 |
| limits.procs | 16 | 32 | 64 | 16 | 32 | 32 | 16 | 1024 |
| fs.enabled | true | true | true | true | true | true | false | false |
| fs.read_roots | ["."] | ["."] | ["."] | ["."] | ["."] | ["."] | [] | [] |
| fs.write_roots | ["out"] | ["out"] | ["out"] | ["src","out"] | ["out"] | ["out"] | [] | [] |
| fs.allow_mkdir | true | true | true | true | true | true | false | false |
| fs.allow_rename | true | true | true | true | true | true | false | false |
| fs.allow_walk | true | true | true | true | true | true | false | false |
| fs.allow_glob | true | false | true | true | true | true | false | false |
| fs.max_read_bytes | 67108864 | 67108864 | 67108864 | 268435456 | 134217728 | 67108864 | 0 | 0 |
| fs.max_write_bytes | 67108864 | 268435456 | 134217728 | 268435456 | 268435456 | 67108864 | 0 | 0 |
| fs.max_entries | 50000 | 20000 | 50000 | 200000 | 100000 | 50000 | 0 | 0 |
| fs.max_depth | 64 | 32 | 64 | 128 | 64 | 64 | 0 | 0 |
| net.enabled | false | true | true | false | false | false | false | false |
| net.allow_dns | false | true | true | false | false | false | false | false |
| net.allow_tcp | false | true | true | false | false | false | false | false |
| env.enabled | false | false | true | false | false | false | false | false |
| env.allow_keys | [] | [] | ["PORT","HOST","LOG_LEVEL"] | [] | [] | [] | [] | [] |
| time.allow_wall_clock | true | true | true | true | true | true | false | false |
| time.allow_sleep | false | true | true | false | false | false | true | true |
| time.max_sleep_ms | 0 | 5000 | 1000 | 0 | 0 | 0 | 5000 | 5000 |
| language.allow_unsafe | false | true | true | false | true | true | false | false |
| language.allow_ffi | false | true | true | false | true | true | false | false |
| process.allow_spawn | false | false | false | false | false | false | false | true |
| process.allow_exec | false | false | false | false | false | false | false | true |
| process.max_live | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 16 |
| process.max_spawns | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 64 |
| process.allow_exec_prefixes | [] | [] | [] | [] | [] | [] | [] | ["deps/x07/"] |
| process.max_runtime_ms | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 60000 |
"""  # noqa: E501  as the contract has it

IN_ALL: Final = """
schema_version = "x07.run-os-policy@0.1.0"
limits.core_dumps = false
fs.deny_hidden = true
fs.allow_symlinks = false
fs.allow_remove = false
env.deny_keys = []
net.allow_udp = false
net.allow_hosts = []
time.enabled = true
time.allow_monotonic = true
time.allow_local_tzid = false
threads.enabled = true
threads.max_workers = 0
threads.max_blocking = 4
threads.max_queue = 1024
process.enabled = true
process.allow_exit = true
process.allow_execs = []
process.allow_args_regex_lite = []
process.allow_env_keys = []
process.max_exe_bytes = 4096
process.max_args = 64
process.max_arg_bytes = 4096
process.max_env = 64
process.max_env_key_bytes = 256
process.max_env_val_bytes = 4096
process.max_stdout_bytes = 10485760
process.max_stderr_bytes = 10485760
process.max_total_bytes = 16777216
process.max_stdin_bytes = 1048576
process.kill_on_drop = true
process.kill_tree = true
process.allow_cwd = false
process.allow_cwd_roots = []
"""

DATABASES: Final[dict[str, dict[str, Any]]] = {
    "sqlite-app": {
        "enabled": True,
        "drivers": {"sqlite": True, "postgres": False, "mysql": False, "redis": False},
        "max_live_conns": 8,
        "max_queries": 10000,
        "connect_timeout_ms": 2000,
        "query_timeout_ms": 30000,
        "max_sql_bytes": 1048576,
        "max_rows": 100000,
        "max_resp_bytes": 16777216,
        "sqlite": {
            "allow_paths": ["out/app.sqlite"],
            "readonly_only": False,
            "allow_create": True,
            "allow_in_memory": True,
        },
    },
    "postgres-client": {
        "enabled": True,
        "drivers": {"sqlite": False, "postgres": True, "mysql": False, "redis": False},
        "max_live_conns": 8,
        "max_queries": 10000,
        "connect_timeout_ms": 5000,
        "query_timeout_ms": 30000,
        "max_sql_bytes": 1048576,
        "max_rows": 100000,
        "max_resp_bytes": 16777216,
        "net": {
            "allow_dns": [],
            "allow_cidrs": [],
            "allow_ports": [],
            "require_tls": True,
            "require_verify": True,
        },
    },
}


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def expected() -> dict[str, dict[str, Any]]:
    """Template -> dotted field -> value."""
    header, *rows = (cells(line) for line in TABLE.strip().splitlines())
    common = {
        field: json.loads(value)
        for field, value in (line.split(" = ") for line in IN_ALL.strip().splitlines())
    }
    return {
        name: common | {row[0]: json.loads(row[column]) for row in rows}
        for column, name in enumerate(header)
        if column
    }


def flat(document: dict[str, Any]) -> dict[str, Any]:
    """Dotted field -> value; `db` stays whole."""
    fields: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, dict) and name != "db":
            fields |= {f"{name}.{inner}": each for inner, each in value.items()}
        else:
            fields[name] = value
    return fields


def test_the_names() -> None:
    assert tuple(expected()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_field(name: str) -> None:
    fields = flat(json.loads(base_policy(name)))
    assert fields.pop("policy_id") == f"sandbox.{name}.base"
    assert 40 < len(fields.pop("notes")) < 300
    assert fields.pop("db", None) == DATABASES.get(name)
    assert fields == expected()[name]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_valid(name: str) -> None:
    data = base_policy(name)
    assert schema_errors(json.loads(data)) == []
    assert read(data, name).policy.policy_id == f"sandbox.{name}.base"


def test_the_file() -> None:
    data = base_policy("cli", "mine")
    document = json.loads(data)
    assert document["policy_id"] == "mine"
    assert data.decode() == json.dumps(document, indent=2, sort_keys=True) + "\n"
    path = str(templates.file_of("cli"))
    assert path == ".x07/policies/base/cli.sandbox.base.policy.json"
