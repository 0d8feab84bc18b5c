"""The base policies of `x07 policy init` (contract/policy.md §3): eight, as data.

Each starts from what a program of its kind needs; `|` names where it differs from the common case.
Destinations, variables and programs are left empty: nobody but the user knows them.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from x07bundle.contract.policy import SCHEMA_VERSION
from x07bundle.files import json_pretty_sorted

Section = Mapping[str, Any]

MIB: Final = 1 << 20
GIB: Final = 1 << 30
FOLDER: Final = PurePosixPath(".x07/policies/base")

FILES: Final[dict[str, Any]] = {
    "enabled": True,
    "read_roots": ["."],
    "write_roots": ["out"],
    "deny_hidden": True,
    "allow_symlinks": False,
    "allow_mkdir": True,
    "allow_remove": False,
    "allow_rename": True,
    "allow_walk": True,
    "allow_glob": True,
    "max_read_bytes": 64 * MIB,
    "max_write_bytes": 64 * MIB,
    "max_entries": 50_000,
    "max_depth": 64,
}
NO_FILES: Final = FILES | {
    "enabled": False,
    "read_roots": [],
    "write_roots": [],
    "allow_mkdir": False,
    "allow_rename": False,
    "allow_walk": False,
    "allow_glob": False,
    "max_read_bytes": 0,
    "max_write_bytes": 0,
    "max_entries": 0,
    "max_depth": 0,
}
NETWORK: Final[dict[str, Any]] = {
    "enabled": True,
    "allow_dns": True,
    "allow_tcp": True,
    "allow_udp": False,
    "allow_hosts": [],
}
NO_NETWORK: Final = NETWORK | {"enabled": False, "allow_dns": False, "allow_tcp": False}
NO_VARIABLES: Final[dict[str, Any]] = {"enabled": False, "allow_keys": [], "deny_keys": []}
SERVICE_VARIABLES: Final = NO_VARIABLES | {
    "enabled": True,
    "allow_keys": ["PORT", "HOST", "LOG_LEVEL"],
}
CLOCKS: Final[dict[str, Any]] = {
    "enabled": True,
    "allow_monotonic": True,
    "allow_wall_clock": True,
    "allow_sleep": False,
    "allow_local_tzid": False,
    "max_sleep_ms": 0,
}
WORKER_CLOCKS: Final = CLOCKS | {
    "allow_wall_clock": False,
    "allow_sleep": True,
    "max_sleep_ms": 5000,
}
SAFE: Final = {"allow_unsafe": False, "allow_ffi": False}
NATIVE: Final = {"allow_unsafe": True, "allow_ffi": True}
THREADS: Final = {"enabled": True, "max_workers": 0, "max_blocking": 4, "max_queue": 1024}
EXIT_ALONE: Final[dict[str, Any]] = {
    "enabled": True,
    "allow_spawn": False,
    "allow_exec": False,
    "allow_exit": True,
    "max_live": 0,
    "max_spawns": 0,
    "allow_execs": [],
    "allow_exec_prefixes": [],
    "allow_args_regex_lite": [],
    "allow_env_keys": [],
    "max_exe_bytes": 4096,
    "max_args": 64,
    "max_arg_bytes": 4096,
    "max_env": 64,
    "max_env_key_bytes": 256,
    "max_env_val_bytes": 4096,
    "max_runtime_ms": 0,
    "max_stdout_bytes": 10 * MIB,
    "max_stderr_bytes": 10 * MIB,
    "max_total_bytes": 16 * MIB,
    "max_stdin_bytes": 1 * MIB,
    "kill_on_drop": True,
    "kill_tree": True,
    "allow_cwd": False,
    "allow_cwd_roots": [],
}
CHILD_WORKERS: Final = EXIT_ALONE | {
    "allow_spawn": True,
    "allow_exec": True,
    "max_live": 16,
    "max_spawns": 64,
    "allow_exec_prefixes": ["deps/x07/"],
    "max_runtime_ms": 60_000,
}
DATABASE: Final[dict[str, Any]] = {
    "enabled": True,
    "drivers": {"sqlite": False, "postgres": False, "mysql": False, "redis": False},
    "max_live_conns": 8,
    "max_queries": 10_000,
    "connect_timeout_ms": 5000,
    "query_timeout_ms": 30_000,
    "max_sql_bytes": 1 * MIB,
    "max_rows": 100_000,
    "max_resp_bytes": 16 * MIB,
}
SQLITE: Final = DATABASE | {
    "drivers": DATABASE["drivers"] | {"sqlite": True},
    "connect_timeout_ms": 2000,
    "sqlite": {
        "allow_paths": ["out/app.sqlite"],
        "readonly_only": False,
        "allow_create": True,
        "allow_in_memory": True,
    },
}
POSTGRES: Final = DATABASE | {
    "drivers": DATABASE["drivers"] | {"postgres": True},
    "net": {
        "allow_dns": [],
        "allow_cidrs": [],
        "allow_ports": [],
        "require_tls": True,
        "require_verify": True,
    },
}


def _limits(cpu_ms: int, wall_ms: int, mem_bytes: int, fds: int, procs: int) -> Section:
    return {
        "cpu_ms": cpu_ms,
        "wall_ms": wall_ms,
        "mem_bytes": mem_bytes,
        "fds": fds,
        "procs": procs,
        "core_dumps": False,
    }


PLAIN: Final[dict[str, Any]] = {
    "fs": FILES,
    "net": NO_NETWORK,
    "env": NO_VARIABLES,
    "time": CLOCKS,
    "language": SAFE,
    "threads": THREADS,
    "process": EXIT_ALONE,
}
"""What the templates have in common where they do not say otherwise."""

TEMPLATES: Final[Mapping[str, Section]] = {
    "cli": PLAIN
    | {
        "notes": "A command-line tool: reads below the working directory and writes below out. "
        "No network, variables or other programs: switch the section on and list what it needs.",
        "limits": _limits(60_000, 120_000, 512 * MIB, 128, 16),
    },
    "http-client": PLAIN
    | {
        "notes": "A client of web services: TCP and DNS, native libraries, files as a tool has "
        "them. net.allow_hosts is empty on purpose: add hosts with their ports, or give them for "
        "one run with --allow-host.",
        "limits": _limits(180_000, 300_000, GIB, 256, 32),
        "fs": FILES
        | {
            "allow_glob": False,
            "max_write_bytes": 256 * MIB,
            "max_entries": 20_000,
            "max_depth": 32,
        },
        "net": NETWORK,
        "time": CLOCKS | {"allow_sleep": True, "max_sleep_ms": 5000},
        "language": NATIVE,
    },
    "web-service": PLAIN
    | {
        "notes": "A server: TCP and DNS, native libraries, and the variables PORT, HOST and "
        "LOG_LEVEL. net.allow_hosts is empty on purpose: add the address and port to listen on, "
        "and every host that it calls.",
        "limits": _limits(180_000, 600_000, GIB, 512, 64),
        "fs": FILES | {"max_write_bytes": 128 * MIB},
        "net": NETWORK,
        "env": SERVICE_VARIABLES,
        "time": CLOCKS | {"allow_sleep": True, "max_sleep_ms": 1000},
        "language": NATIVE,
    },
    "fs-tool": PLAIN
    | {
        "notes": "A tool that works through many files: reads below the working directory, writes "
        "below src and out. Removing is off: set fs.allow_remove where it is needed.",
        "limits": _limits(90_000, 180_000, 512 * MIB, 256, 16),
        "fs": FILES
        | {
            "write_roots": ["src", "out"],
            "max_read_bytes": 256 * MIB,
            "max_write_bytes": 256 * MIB,
            "max_entries": 200_000,
            "max_depth": 128,
        },
    },
    "sqlite-app": PLAIN
    | {
        "notes": "An application with a SQLite database in out/app.sqlite, which it may create. "
        "Other database files go into db.sqlite.allow_paths; there is no network.",
        "limits": _limits(120_000, 300_000, GIB, 256, 32),
        "fs": FILES
        | {
            "max_read_bytes": 128 * MIB,
            "max_write_bytes": 256 * MIB,
            "max_entries": 100_000,
        },
        "language": NATIVE,
        "db": SQLITE,
    },
    "postgres-client": PLAIN
    | {
        "notes": "A client of PostgreSQL, over verified TLS. db.net is empty on purpose: name the "
        "server in allow_dns or allow_cidrs, and its port in allow_ports.",
        "limits": _limits(120_000, 300_000, GIB, 256, 32),
        "language": NATIVE,
        "db": POSTGRES,
    },
    "worker": PLAIN
    | {
        "notes": "A computation: input to output, with no files, network, variables or date. "
        "It may wait up to five seconds at a time.",
        "limits": _limits(300_000, 300_000, GIB, 64, 16),
        "fs": NO_FILES,
        "time": WORKER_CLOCKS,
    },
    "worker-parallel": PLAIN
    | {
        "notes": "A computation that starts helper programs below deps/x07/, sixteen at a time. "
        "Each may run for a minute; no other program is started, and no files are used.",
        "limits": _limits(300_000, 300_000, GIB, 128, 1024),
        "fs": NO_FILES,
        "time": WORKER_CLOCKS,
        "process": CHILD_WORKERS,
    },
}

NAMES: Final = tuple(TEMPLATES)


def file_of(name: str) -> PurePosixPath:
    """Where a project keeps the policy of a template, relative to its folder."""
    return FOLDER / f"{name}.sandbox.base.policy.json"


def base_policy(name: str, policy_id: str | None = None) -> bytes:
    """The policy of a template, as it is written to a file."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "policy_id": policy_id or policy_id_of(name),
        **TEMPLATES[name],
    }
    return json_pretty_sorted(document)


def policy_id_of(name: str) -> str:
    return f"sandbox.{name}.base"
