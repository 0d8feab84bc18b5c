"""A policy as environment variables, in the contract's order (policy.md §5)."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.unit.contract.policies import policy
from x07bundle.contract.policy import Policy
from x07bundle.contract.policy_environment import ROWS, pairs, variables
from x07bundle.contract.policy_reading import parse
from x07bundle.errors import X07Error

NAMES: Final = """
X07_WORLD X07_OS_SANDBOXED
X07_OS_FS X07_OS_NET X07_OS_DB X07_OS_ENV X07_OS_TIME X07_OS_PROC X07_OS_THREADS
X07_OS_THREADS _MAX_WORKERS _MAX_BLOCKING _MAX_QUEUE
X07_OS_DENY_HIDDEN
X07_OS_FS_READ_ROOTS X07_OS_FS_WRITE_ROOTS
X07_OS_FS_ALLOW _SYMLINKS _MKDIR _REMOVE _RENAME _WALK _GLOB
X07_OS_FS _MAX_READ_BYTES _MAX_WRITE_BYTES _MAX_ENTRIES _MAX_DEPTH
X07_OS_ENV_ALLOW_KEYS X07_OS_ENV_DENY_KEYS
X07_OS_DB _SQLITE _PG _MYSQL _REDIS
X07_OS_DB_SQLITE _READONLY_ONLY _ALLOW_CREATE _ALLOW_IN_MEMORY _ALLOW_PATHS
X07_OS_DB _MAX_LIVE_CONNS _MAX_QUERIES _MAX_CONNECT_TIMEOUT_MS _MAX_QUERY_TIMEOUT_MS \
_MAX_SQL_BYTES _MAX_ROWS _MAX_RESP_BYTES
X07_OS_DB_NET _ALLOW_DNS _ALLOW_CIDRS _ALLOW_PORTS _REQUIRE_TLS _REQUIRE_VERIFY
X07_OS_TIME _ALLOW_WALL_CLOCK _ALLOW_MONOTONIC _ALLOW_SLEEP _MAX_SLEEP_MS _ALLOW_LOCAL_TZID
X07_OS_PROC _ALLOW_EXIT _ALLOW_SPAWN _MAX_LIVE _MAX_SPAWNS _MAX_EXE_BYTES _MAX_ARGS _MAX_ARG_BYTES \
_MAX_ENV _MAX_ENV_KEY_BYTES _MAX_ENV_VAL_BYTES _MAX_RUNTIME_MS _MAX_STDOUT_BYTES _MAX_STDERR_BYTES \
_MAX_TOTAL_BYTES _MAX_STDIN_BYTES _KILL_ON_DROP _KILL_TREE
X07_OS_PROC _ALLOW_CWD _ALLOW_CWD_ROOTS _ALLOW_EXEC _ALLOW_EXECS _ALLOW_EXEC_PREFIXES \
_ALLOW_ARGS_REGEX_LITE _ALLOW_ENV_KEYS
X07_OS_NET _ALLOW_TCP _ALLOW_UDP _ALLOW_DNS _ALLOW_HOSTS
"""
"""A line that begins with one name and goes on with `_…` means these added to it."""


def names() -> Iterator[str]:
    for line in NAMES.strip().splitlines():
        first, *others = line.split()
        if others and others[0].startswith("_"):
            yield from (first + other for other in others)
        else:
            yield from (first, *others)


def environment(**changes: object) -> dict[str, str]:
    made, problems = parse(policy(**changes))
    assert made is not None, problems
    return dict(pairs(made))


def test_names_and_order() -> None:
    made, _ = parse(policy())
    assert made is not None
    assert [name for name, _ in pairs(made)] == list(names())
    assert len(list(names())) == 80


def test_a_list_that_no_variable_holds() -> None:
    name = "X07_OS_FS_READ_ROOTS="
    fits = ["a" * 4096] * 31 + ["a" * (131_071 - len(name) - 31 * 4097)]
    made, _ = parse(policy(fs__read_roots=fits))
    assert made is not None
    assert variables(made)["X07_OS_FS_READ_ROOTS"] == ";".join(fits)
    roots = ["é" * 4096] * 16
    made, _ = parse(policy(fs__read_roots=[*fits[:-1], f"{fits[-1]}a"], fs__write_roots=roots))
    assert made is not None
    with pytest.raises(X07Error) as caught:
        variables(made)
    assert caught.value.exit_code == 2
    assert caught.value.details == (
        "fs.read_roots: 131072 bytes, 131071 at most\nfs.write_roots: 131109 bytes, 131071 at most"
    )


def test_every_field_is_told_once() -> None:
    """Each grant is told; limits and language are for the runner and the compiler."""

    def fields(kind: Any, prefix: str) -> Iterator[str]:  # noqa: ANN401  a named tuple's class
        for name, annotation in kind.__annotations__.items():
            if hasattr(annotation, "_fields"):
                yield from fields(annotation, f"{prefix}{name}.")
            else:
                yield prefix + name

    untold = re.compile(r"(limits|language)\..*|schema_version|policy_id|notes")
    expected = sorted(name for name in fields(Policy, "") if not untold.fullmatch(name))
    assert sorted(field for _, field in ROWS) == expected


def test_values() -> None:
    told = environment(
        fs__read_roots=[".", "in put"],
        fs__max_depth=7,
        net__allow_hosts=[
            {"host": "example.com", "ports": [443, 80]},
            {"host": "::1", "ports": [8080]},
        ],
        db={
            "enabled": False,
            "drivers": {"sqlite": False, "postgres": True, "mysql": False},
            "net": {"allow_ports": [5432, 5433], "require_verify": False},
        },
        process__allow_args_regex_lite=["a.*", "b"],
    )
    assert told["X07_WORLD"] == "run-os-sandboxed"
    assert told["X07_OS_SANDBOXED"] == "1"
    assert (told["X07_OS_FS"], told["X07_OS_NET"]) == ("1", "0")
    assert told["X07_OS_FS_READ_ROOTS"] == ".;in put"
    assert told["X07_OS_FS_MAX_DEPTH"] == "7"
    assert told["X07_OS_NET_ALLOW_HOSTS"] == "example.com:443,80;::1:8080"
    assert (told["X07_OS_DB_PG"], told["X07_OS_DB_REDIS"]) == ("1", "0")
    assert told["X07_OS_DB_NET_ALLOW_PORTS"] == "5432,5433"
    assert told["X07_OS_DB_NET_REQUIRE_VERIFY"] == "0"
    assert told["X07_OS_PROC_ALLOW_ARGS_REGEX_LITE"] == "a.*;b"
    assert told["X07_OS_ENV_ALLOW_KEYS"] == ""


def test_what_is_left_out_is_told_with_its_default() -> None:
    document = policy()
    for name in ("db", "threads", "language"):
        document.pop(name, None)
    made, _ = parse(document)
    assert made is not None
    told = dict(pairs(made))
    assert told["X07_OS_DB_NET_REQUIRE_TLS"] == told["X07_OS_DB_NET_REQUIRE_VERIFY"] == "1"
    assert (told["X07_OS_DB"], told["X07_OS_DB_MAX_ROWS"]) == ("0", "0")
    assert told["X07_OS_THREADS_MAX_BLOCKING"] == "4"
    assert told["X07_OS_THREADS_MAX_QUEUE"] == "1024"
