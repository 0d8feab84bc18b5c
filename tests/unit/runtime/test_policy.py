"""How a program learns its policy: from the runner's environment, or from its bundle, which the
environment can narrow (contract/policy.md §5)."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.unit.runtime.c_program import CProgram, Programs, Ran, Word, decoded
from tests.unit.runtime.policies import NO_LIMIT, SANDBOXED, sandbox, variables
from x07bundle.contract import policy_environment

START, ROWS = 0, 1
REFUSED = 125

# What a sandbox has whose runner says nothing more, and a program without one; the rest is 0 and
# empty in a sandbox, 1 and empty without.
DEFAULTS = {
    "THREADS": 1,
    "THREADS_MAX_BLOCKING": 4,
    "THREADS_MAX_QUEUE": 1024,
    "FS_MAX_READ_BYTES": 16 << 20,
    "FS_MAX_WRITE_BYTES": 16 << 20,
    "FS_MAX_ENTRIES": 10_000,
    "FS_MAX_DEPTH": 64,
    "DB_MAX_LIVE_CONNS": 8,
    "DB_MAX_QUERIES": 1000,
    "DB_MAX_CONNECT_TIMEOUT_MS": 30_000,
    "DB_MAX_QUERY_TIMEOUT_MS": 60_000,
    "DB_MAX_SQL_BYTES": 1 << 20,
    "DB_MAX_ROWS": 10_000,
    "DB_MAX_RESP_BYTES": 32 << 20,
    "PROC_MAX_STDOUT_BYTES": NO_LIMIT,
    "PROC_MAX_STDERR_BYTES": NO_LIMIT,
    "PROC_MAX_TOTAL_BYTES": NO_LIMIT,
    "PROC_KILL_ON_DROP": 1,
    "PROC_KILL_TREE": 1,
}
GUARDS = (
    "SANDBOXED DENY_HIDDEN DB_SQLITE_READONLY_ONLY DB_NET_REQUIRE_TLS DB_NET_REQUIRE_VERIFY"
).split()
AT_MOST = {
    "PROC_MAX_EXE_BYTES": 4096,
    "PROC_MAX_ARGS": 64,
    "PROC_MAX_ARG_BYTES": 4096,
    "PROC_MAX_ENV": 64,
    "PROC_MAX_ENV_KEY_BYTES": 256,
    "PROC_MAX_ENV_VAL_BYTES": 4096,
    **dict.fromkeys(("PROC_MAX_LIVE", "PROC_MAX_SPAWNS", "PROC_MAX_RUNTIME_MS"), 0),
    **dict.fromkeys(("PROC_MAX_STDIN_BYTES", "TIME_MAX_SLEEP_MS"), 0),
}
IN_A_SANDBOX = {**DEFAULTS, **dict.fromkeys(GUARDS, 1), **AT_MOST}
WITHOUT = {
    **DEFAULTS,
    **dict.fromkeys(GUARDS, 0),
    **dict.fromkeys(AT_MOST, NO_LIMIT),
    "THREADS_MAX_WORKERS": 0,
}


def _rows(words: Sequence[Word]) -> dict[str, int | str]:
    """Values by the name of their variable."""
    rows: Iterator[Word] = iter(words)
    return {
        _text(name): _value(value) for name, _field, value in zip(rows, rows, rows, strict=True)
    }


def _text(word: Word) -> str:
    assert isinstance(word, bytes)
    return word.decode()


def _value(word: Word) -> int | str:
    return word.decode() if isinstance(word, bytes) else word


def _read(program: CProgram, env: Mapping[str, str]) -> dict[str, int | str]:
    return _rows(program.answers((ROWS,), env=env))


def started(pairs: Mapping[str, str]) -> list[Word]:
    words = [word.encode() for pair in pairs.items() for word in pair]
    return [START, len(pairs), *words]


@pytest.fixture
def program(c_program: Programs) -> CProgram:
    return c_program("policy")


# -- the table


def test_the_variables_are_those_of_the_contract_in_its_order(program: CProgram) -> None:
    words = program.answers((ROWS,), env={})
    rows = [(_text(words[i]), _text(words[i + 1])) for i in range(0, len(words), 3)]
    assert rows[0] == ("SANDBOXED", "X07_OS_SANDBOXED")
    assert tuple(rows[1:]) == tuple(policy_environment.ROWS)


# -- the environment of a runner


def test_without_a_sandbox_everything_is_allowed(program: CProgram) -> None:
    values = _read(program, {"X07_WORLD": "run-os", "X07_OS_FS": "0", "X07_OS_NET": "no number"})
    assert {name: value for name, value in values.items() if value not in (1, "")} == {
        name: value for name, value in WITHOUT.items() if value != 1
    }


@pytest.mark.parametrize("name", sorted(SANDBOXED))
def test_a_sandbox_that_says_nothing_allows_nothing(program: CProgram, name: str) -> None:
    values = _read(program, {name: SANDBOXED[name]})
    assert {name: value for name, value in values.items() if value not in (0, "")} == {
        name: value for name, value in IN_A_SANDBOX.items() if value != 0
    }


@pytest.mark.parametrize("flag", ["0", "", "true", "01"])
def test_the_flag_starts_with_1(program: CProgram, flag: str) -> None:
    assert _read(program, {"X07_OS_SANDBOXED": flag})["SANDBOXED"] == 0


def test_each_variable_sets_its_field(program: CProgram) -> None:
    """All are set to other values than their defaults at once, so that two cannot be one."""
    before = _read(program, SANDBOXED)
    numbers = [name for name, value in before.items() if "MAX" in name]
    switches = [
        name
        for name, value in before.items()
        if isinstance(value, int) and "MAX" not in name and name != "SANDBOXED"
    ]
    lists = [name for name, value in before.items() if value == ""]
    wanted: dict[str, int | str] = {
        "SANDBOXED": 1,
        **{name: 70_000 + i for i, name in enumerate(numbers)},
        **{name: 1 - int(before[name]) for name in switches},
        **{name: f"item{i};other" for i, name in enumerate(lists)},
    }
    assert len(wanted) == len(before) == 79
    assert _read(program, sandbox(**wanted)) == wanted


@pytest.mark.parametrize("yes", ["1", "true", "TRUE", "yes", "YES"])
def test_switches(program: CProgram, yes: str) -> None:
    assert _read(program, sandbox(NET=yes))["NET"] == 1


def test_the_largest_number(program: CProgram) -> None:
    assert _read(program, sandbox(FS_MAX_READ_BYTES=2**32 - 1))["FS_MAX_READ_BYTES"] == NO_LIMIT


NO_NUMBER = "is no number from 0 to 4294967295"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("FS", "maybe", "x07: `X07_OS_FS=maybe` is neither 0 nor 1"),
        ("FS_MAX_DEPTH", "", f"x07: `X07_OS_FS_MAX_DEPTH=` {NO_NUMBER}"),
        ("FS_MAX_DEPTH", "-1", f"x07: `X07_OS_FS_MAX_DEPTH=-1` {NO_NUMBER}"),
        ("FS_MAX_DEPTH", "6 4", f"x07: `X07_OS_FS_MAX_DEPTH=6 4` {NO_NUMBER}"),
        ("FS_MAX_DEPTH", "4294967296", f"x07: `X07_OS_FS_MAX_DEPTH=4294967296` {NO_NUMBER}"),
        ("FS_MAX_DEPTH", "9" * 30, f"x07: `X07_OS_FS_MAX_DEPTH={'9' * 30}` {NO_NUMBER}"),
    ],
)
def test_what_is_no_value_ends_the_program(
    program: CProgram, name: str, value: str, message: str
) -> None:
    ran = program.run((ROWS,), env=sandbox(**{name: value}))
    assert (ran.status, ran.stdout) == (REFUSED, b"")
    assert ran.stderr == f"{message}\nhint: unset `X07_OS_{name}`\n"


def test_unknown_variables_mean_nothing(program: CProgram) -> None:
    values = _read(program, sandbox(FS_ALLOW_EVERYTHING="1", OBJ="1", FSX="1"))
    assert values == _read(program, SANDBOXED)


# -- bundles


FULL = {
    **SANDBOXED,
    **variables(
        {
            "FS": True,
            "DENY_HIDDEN": False,
            "FS_READ_ROOTS": ["data", "/srv/share", "."],
            "FS_WRITE_ROOTS": ["out"],
            "FS_MAX_READ_BYTES": 1000,
            "FS_MAX_DEPTH": 0,
            "ENV_ALLOW_KEYS": ["HOME", "LANG"],
            "ENV_DENY_KEYS": ["SECRET", "TOKEN"],
            "PROC_ALLOW_EXECS": ["/bin/ls"],
            "PROC_ALLOW_EXEC_PREFIXES": ["deps/x07/"],
            "PROC_ALLOW_ARGS_REGEX_LITE": ["a*", "-l"],
            "PROC_MAX_STDOUT_BYTES": 0,
            "NET_ALLOW_HOSTS": ["example.org:80,443", "[::1]:8080", "10.0.0.0/8:80"],
            "DB_NET_ALLOW_PORTS": "5432,5433",
            "DB_NET_REQUIRE_TLS": True,
            "TIME_MAX_SLEEP_MS": 500,
        }
    ),
}


def _bundle(program: CProgram, env: Mapping[str, str], cwd: Path | None = None) -> Ran:
    return program.run(started(FULL), (ROWS,), env=env, cwd=cwd)


def test_a_bundle_carries_its_policy(program: CProgram) -> None:
    values = _rows(program.answers(started(FULL), (ROWS,), env={"X07_WORLD": "run-os"}))
    assert values["SANDBOXED"] == 1
    assert values["FS_READ_ROOTS"] == "data;/srv/share;."
    assert (values["FS_MAX_READ_BYTES"], values["FS_MAX_DEPTH"]) == (1000, 64)


NARROWER = {
    "SANDBOXED": "1",
    "FS": "0",
    "DENY_HIDDEN": "1",
    "FS_READ_ROOTS": "data/sub;./data;/srv/share/x;other",
    "FS_WRITE_ROOTS": "",
    "FS_MAX_READ_BYTES": "999",
    "FS_MAX_DEPTH": "64",
    "ENV_ALLOW_KEYS": "LANG",
    "ENV_DENY_KEYS": "TOKEN;OTHER;SECRET",
    "PROC_ALLOW_EXECS": "",
    "PROC_ALLOW_EXEC_PREFIXES": "deps/x07/bin/;deps/x07/a",
    "PROC_ALLOW_ARGS_REGEX_LITE": "-l",
    "PROC_MAX_STDOUT_BYTES": "17",
    "NET_ALLOW_HOSTS": "EXAMPLE.org.:0443;0:0::1:8080;10.1.0.0/16:80;::ffff:10.0.0.1:80",
    "DB_NET_ALLOW_PORTS": "5433",
    "TIME_MAX_SLEEP_MS": "0",
    "THREADS_MAX_BLOCKING": "0",
}


@pytest.mark.parametrize(("name", "value"), NARROWER.items())
def test_the_environment_narrows(program: CProgram, name: str, value: str) -> None:
    ran = _bundle(program, variables({name: value}))
    assert ran.status == 0, ran.stderr
    got = rows_of(ran)[name]
    assert str(got) == value


def rows_of(ran: Ran) -> dict[str, int | str]:
    """What a program says of its policy before its last word."""
    *words, _live = decoded(ran.stdout)
    return _rows(words)


WIDER = [
    ("SANDBOXED", "0", "X07_OS_SANDBOXED is true"),
    ("NET", "1", "net.enabled is false"),
    ("FS_ALLOW_SYMLINKS", "yes", "fs.allow_symlinks is false"),
    ("DB_NET_REQUIRE_TLS", "0", "db.net.require_tls is true"),
    ("PROC_KILL_TREE", "0", "process.kill_tree is true"),
    ("FS_READ_ROOTS", "data;..", "not under fs.read_roots"),
    ("FS_READ_ROOTS", "/srv/sharewell", "not under fs.read_roots"),
    ("FS_READ_ROOTS", "/srv", "not under fs.read_roots"),
    ("FS_WRITE_ROOTS", "out/../data", "not under fs.write_roots"),
    ("FS_WRITE_ROOTS", "outer", "not under fs.write_roots"),
    ("FS_MAX_READ_BYTES", "1001", "1001 is more than fs.max_read_bytes (1000)"),
    ("FS_MAX_READ_BYTES", "0", "16777216 is more than fs.max_read_bytes (1000)"),
    ("FS_MAX_DEPTH", "65", "65 is more than fs.max_depth (64)"),
    ("ENV_ALLOW_KEYS", "HOME;PATH", "not in env.allow_keys"),
    ("ENV_ALLOW_KEYS", "home", "not in env.allow_keys"),
    ("ENV_DENY_KEYS", "SECRET", "in env.deny_keys"),
    ("ENV_DENY_KEYS", "", "in env.deny_keys"),
    ("PROC_ALLOW_EXECS", "/bin/sh", "not in process.allow_execs"),
    ("PROC_ALLOW_EXEC_PREFIXES", "deps/x0", "not in process.allow_exec_prefixes"),
    ("PROC_ALLOW_ARGS_REGEX_LITE", "", "no pattern of process.allow_args_regex_lite matches it"),
    ("PROC_ALLOW_ARGS_REGEX_LITE", ".*", "not in process.allow_args_regex_lite"),
    ("NET_ALLOW_HOSTS", "example.org:80,81", "not in net.allow_hosts"),
    ("NET_ALLOW_HOSTS", "example.com:80", "not in net.allow_hosts"),
    ("NET_ALLOW_HOSTS", "xample.org:80", "not in net.allow_hosts"),
    ("NET_ALLOW_HOSTS", "example.org:0", "not in net.allow_hosts"),
    ("NET_ALLOW_HOSTS", "10.0.0.0/7:80", "not in net.allow_hosts"),
    ("NET_ALLOW_HOSTS", "::/0:80", "not in net.allow_hosts"),
    ("NET_ALLOW_HOSTS", "*:80", "not in net.allow_hosts"),
    ("DB_NET_ALLOW_PORTS", "5432,80", "not in db.net.allow_ports"),
    ("TIME_MAX_SLEEP_MS", "501", "501 is more than time.max_sleep_ms (500)"),
    ("THREADS_MAX_BLOCKING", "5", "5 is more than threads.max_blocking (4)"),
]


@pytest.mark.parametrize(("name", "value", "reason"), WIDER)
def test_the_environment_never_widens(
    program: CProgram, tmp_path: Path, name: str, value: str, reason: str
) -> None:
    # Without `.`, which has everything below the working folder.
    narrow = {**FULL, "X07_OS_FS_READ_ROOTS": "data;/srv/share"}
    ran = program.run(started(narrow), (ROWS,), env=variables({name: value}), cwd=tmp_path)
    assert (ran.status, ran.stdout) == (REFUSED, b"")
    assert ran.stderr == (
        f"x07: `X07_OS_{name}={value}` would grant more than this program's policy: {reason}; "
        f"the environment can only narrow it\nhint: unset `X07_OS_{name}`\n"
    )


def test_hosts_without_ports_grant_nothing(program: CProgram) -> None:
    assert _bundle(program, variables({"NET_ALLOW_HOSTS": "example.com"})).status == 0


def test_a_bundle_says_what_is_no_value(program: CProgram) -> None:
    ran = _bundle(program, variables({"FS": "2"}))
    assert (ran.status, ran.stderr.splitlines()[0]) == (
        REFUSED,
        "x07: `X07_OS_FS=2` is neither 0 nor 1",
    )


def test_values_are_shown_without_what_a_terminal_obeys(program: CProgram) -> None:
    ran = _bundle(program, variables({"ENV_ALLOW_KEYS": "\x1b[2J\x9b\n{}"}))
    assert "`X07_OS_ENV_ALLOW_KEYS=\\x1b[2J\\xc2\\x9b\\x0a{}`" in ran.stderr
