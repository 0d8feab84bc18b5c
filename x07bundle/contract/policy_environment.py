"""What a sandboxed program is told of its policy: environment variables (contract/policy.md §5)."""

import os
from operator import attrgetter
from typing import Final

from x07bundle.contract.policy import Host, Policy
from x07bundle.contract.worlds import SANDBOXED
from x07bundle.errors import X07Error

MOST_BYTES: Final = (1 << 17) - 1
"""Of a variable, its name and its `=`: Linux takes 32 pages of 4 KiB, the NUL included."""

FIRST: Final = (("X07_WORLD", SANDBOXED), ("X07_OS_SANDBOXED", "1"))

ROWS: Final = (
    ("FS", "fs.enabled"),
    ("NET", "net.enabled"),
    ("DB", "db.enabled"),
    ("ENV", "env.enabled"),
    ("TIME", "time.enabled"),
    ("PROC", "process.enabled"),
    ("THREADS", "threads.enabled"),
    ("THREADS_MAX_WORKERS", "threads.max_workers"),
    ("THREADS_MAX_BLOCKING", "threads.max_blocking"),
    ("THREADS_MAX_QUEUE", "threads.max_queue"),
    ("DENY_HIDDEN", "fs.deny_hidden"),
    ("FS_READ_ROOTS", "fs.read_roots"),
    ("FS_WRITE_ROOTS", "fs.write_roots"),
    ("FS_ALLOW_SYMLINKS", "fs.allow_symlinks"),
    ("FS_ALLOW_MKDIR", "fs.allow_mkdir"),
    ("FS_ALLOW_REMOVE", "fs.allow_remove"),
    ("FS_ALLOW_RENAME", "fs.allow_rename"),
    ("FS_ALLOW_WALK", "fs.allow_walk"),
    ("FS_ALLOW_GLOB", "fs.allow_glob"),
    ("FS_MAX_READ_BYTES", "fs.max_read_bytes"),
    ("FS_MAX_WRITE_BYTES", "fs.max_write_bytes"),
    ("FS_MAX_ENTRIES", "fs.max_entries"),
    ("FS_MAX_DEPTH", "fs.max_depth"),
    ("ENV_ALLOW_KEYS", "env.allow_keys"),
    ("ENV_DENY_KEYS", "env.deny_keys"),
    ("DB_SQLITE", "db.drivers.sqlite"),
    ("DB_PG", "db.drivers.postgres"),
    ("DB_MYSQL", "db.drivers.mysql"),
    ("DB_REDIS", "db.drivers.redis"),
    ("DB_SQLITE_READONLY_ONLY", "db.sqlite.readonly_only"),
    ("DB_SQLITE_ALLOW_CREATE", "db.sqlite.allow_create"),
    ("DB_SQLITE_ALLOW_IN_MEMORY", "db.sqlite.allow_in_memory"),
    ("DB_SQLITE_ALLOW_PATHS", "db.sqlite.allow_paths"),
    ("DB_MAX_LIVE_CONNS", "db.max_live_conns"),
    ("DB_MAX_QUERIES", "db.max_queries"),
    ("DB_MAX_CONNECT_TIMEOUT_MS", "db.connect_timeout_ms"),
    ("DB_MAX_QUERY_TIMEOUT_MS", "db.query_timeout_ms"),
    ("DB_MAX_SQL_BYTES", "db.max_sql_bytes"),
    ("DB_MAX_ROWS", "db.max_rows"),
    ("DB_MAX_RESP_BYTES", "db.max_resp_bytes"),
    ("DB_NET_ALLOW_DNS", "db.net.allow_dns"),
    ("DB_NET_ALLOW_CIDRS", "db.net.allow_cidrs"),
    ("DB_NET_ALLOW_PORTS", "db.net.allow_ports"),
    ("DB_NET_REQUIRE_TLS", "db.net.require_tls"),
    ("DB_NET_REQUIRE_VERIFY", "db.net.require_verify"),
    ("TIME_ALLOW_WALL_CLOCK", "time.allow_wall_clock"),
    ("TIME_ALLOW_MONOTONIC", "time.allow_monotonic"),
    ("TIME_ALLOW_SLEEP", "time.allow_sleep"),
    ("TIME_MAX_SLEEP_MS", "time.max_sleep_ms"),
    ("TIME_ALLOW_LOCAL_TZID", "time.allow_local_tzid"),
    ("PROC_ALLOW_EXIT", "process.allow_exit"),
    ("PROC_ALLOW_SPAWN", "process.allow_spawn"),
    ("PROC_MAX_LIVE", "process.max_live"),
    ("PROC_MAX_SPAWNS", "process.max_spawns"),
    ("PROC_MAX_EXE_BYTES", "process.max_exe_bytes"),
    ("PROC_MAX_ARGS", "process.max_args"),
    ("PROC_MAX_ARG_BYTES", "process.max_arg_bytes"),
    ("PROC_MAX_ENV", "process.max_env"),
    ("PROC_MAX_ENV_KEY_BYTES", "process.max_env_key_bytes"),
    ("PROC_MAX_ENV_VAL_BYTES", "process.max_env_val_bytes"),
    ("PROC_MAX_RUNTIME_MS", "process.max_runtime_ms"),
    ("PROC_MAX_STDOUT_BYTES", "process.max_stdout_bytes"),
    ("PROC_MAX_STDERR_BYTES", "process.max_stderr_bytes"),
    ("PROC_MAX_TOTAL_BYTES", "process.max_total_bytes"),
    ("PROC_MAX_STDIN_BYTES", "process.max_stdin_bytes"),
    ("PROC_KILL_ON_DROP", "process.kill_on_drop"),
    ("PROC_KILL_TREE", "process.kill_tree"),
    ("PROC_ALLOW_CWD", "process.allow_cwd"),
    ("PROC_ALLOW_CWD_ROOTS", "process.allow_cwd_roots"),
    ("PROC_ALLOW_EXEC", "process.allow_exec"),
    ("PROC_ALLOW_EXECS", "process.allow_execs"),
    ("PROC_ALLOW_EXEC_PREFIXES", "process.allow_exec_prefixes"),
    ("PROC_ALLOW_ARGS_REGEX_LITE", "process.allow_args_regex_lite"),
    ("PROC_ALLOW_ENV_KEYS", "process.allow_env_keys"),
    ("NET_ALLOW_TCP", "net.allow_tcp"),
    ("NET_ALLOW_UDP", "net.allow_udp"),
    ("NET_ALLOW_DNS", "net.allow_dns"),
    ("NET_ALLOW_HOSTS", "net.allow_hosts"),
)
"""Name without its `X07_OS_`, and field. Limits and `language` are no variables: the runner and the
compiler see to them."""


def pairs(policy: Policy) -> tuple[tuple[str, str], ...]:
    """Names and values, in the contract's order."""
    rows = ((f"X07_OS_{name}", _text(attrgetter(field)(policy))) for name, field in ROWS)
    return (*FIRST, *rows)


def variables(policy: Policy) -> dict[str, str]:
    """The environment of a program that is started under the policy.

    Raises:
        X07Error: a list is longer than the system lets a variable be. It names each.
    """
    made = dict(pairs(policy))
    lengths = ((f"X07_OS_{name}", field) for name, field in ROWS)
    long = [
        f"{field}: {size} bytes, {MOST_BYTES} at most"
        for name, field in lengths
        if (size := len(os.fsencode(f"{name}={made[name]}"))) > MOST_BYTES
    ]
    if long:
        raise X07Error(
            "the policy's lists are too long to start a program with: "
            "each is handed over as an environment variable",
            "\n".join(long),
            "name the folders or programs above in place of many, or bundle the program: an "
            "executable carries its policy, however long",
        )
    return made


def _text(value: object) -> str:
    match value:
        case bool():
            return str(int(value))
        case tuple():
            return _joined(value)
        case _:
            return str(value)


def _joined(values: tuple[object, ...]) -> str:
    """Ports with `,`, all else with `;`."""
    separator = "," if values and isinstance(values[0], int) else ";"
    return separator.join(_item(value) for value in values)


def _item(value: object) -> str:
    return f"{value.host}:{_joined(value.ports)}" if isinstance(value, Host) else str(value)
