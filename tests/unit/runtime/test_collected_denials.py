"""X07_OS_DENIALS=collect: a run goes on past denials that the program gets as an error, and tells
all of them. Each holds all the same."""

import errno
from collections.abc import Callable
from typing import Final

import pytest

from tests.unit.runtime import network as net
from tests.unit.runtime.c_program import TRAPPED, CProgram, decoded
from tests.unit.runtime.file_calls import CAPS, PLAIN, Code, Op, Sandbox
from tests.unit.runtime.policies import denials
from tests.unit.runtime.policies import sandbox as sandboxed
from tests.unit.runtime.process_policies import answers, policy, run
from tests.unit.runtime.processes import DENIED, RUN, Done, Error, caps, document, request

COLLECT = {"DENIALS": "collect"}


def fields(told: list[dict[str, str]]) -> list[str]:
    return [one["field"] for one in told]


@pytest.mark.parametrize(
    ("variable", "path", "field"),
    [
        ("FS", "out/b", "fs.enabled"),
        ("THREADS_MAX_BLOCKING", "out/b", "threads.max_blocking"),
        ("X", "out/.env", "fs.deny_hidden"),
    ],
)
def test_a_head_with_an_error_returns_it(
    sandbox: Sandbox, variable: str, path: str, field: str
) -> None:
    call = (Op.WRITE_FILE, path, b"data")
    assert sandbox(**{variable: 0}).run(call).status == TRAPPED
    fs = sandbox(**{variable: 0}, **COLLECT)
    assert fs(*call) == errno.EACCES
    assert fields(denials(fs.run(call))) == [field]
    assert not (fs.folder / path).exists()


def test_a_head_without_one_traps(sandbox: Sandbox) -> None:
    fs = sandbox(FS=0, **COLLECT)
    ran = fs.run((Op.WRITE_FILE, "out/b", b"x"), (Op.READ_FILE, "a"))
    assert (ran.status, ran.last_line) == (TRAPPED, "os.fs disabled by policy ptr=/solve")


def test_a_path_that_is_none_traps(sandbox: Sandbox) -> None:
    assert sandbox(**COLLECT).run((Op.WRITE_FILE, "../b", b"x")).status == TRAPPED


def test_all_that_a_call_needs(sandbox: Sandbox) -> None:
    none = {"FS_ALLOW_MKDIR": 0, "FS_ALLOW_RENAME": 0}
    call = (Op.WRITE_ALL, "tmp/b", b"x", CAPS)
    assert fields(denials(sandbox(**none).run(call))) == ["fs.allow_mkdir"]
    fs = sandbox(**none, **COLLECT)
    assert fs(*call) == Code.POLICY_DENY
    assert fields(denials(fs.run(call))) == ["fs.allow_mkdir", "fs.allow_rename", "fs.write_roots"]
    assert not (fs.folder / "tmp").exists()


def test_more_of_them_are_told(sandbox: Sandbox) -> None:
    calls = [(Op.READ_ALL, f"secret/{number}", PLAIN) for number in range(300)]
    assert len(denials(sandbox().run(*calls))) == 256
    told = denials(sandbox(**COLLECT).run(*calls, *calls))
    assert [one["target"] for one in told] == [str(path) for _, path, _ in calls]


@pytest.fixture
def process(c_program: Callable[[str], CProgram]) -> CProgram:
    return c_program("process")


ASKED = request("/bin/echo", "a", env={"PATH": "/bin"}, stdin=b"x" * 65)


def test_all_that_a_process_needs(process: CProgram) -> None:
    off = {
        "PROC_ALLOW_SPAWN": 0,
        "PROC_ALLOW_EXEC": 0,
        "PROC_MAX_LIVE": 0,
        "PROC_MAX_RUNTIME_MS": 0,
    }
    limits = caps(timeout_ms=5000)
    _, told = run(process, policy(**off), ASKED, limits)
    assert fields(told) == ["process.allow_spawn"]
    done, told = run(process, policy(**off, **COLLECT), ASKED, limits)
    assert done == Error(DENIED)
    assert [(one["field"], one["grant"].rpartition(" ")[2]) for one in told] == [
        ("process.allow_spawn", "0"),
        ("process.allow_exec", "true"),
        ("process.max_live", "1"),
        ("process.max_runtime_ms", "5000"),
        ("process.allow_env_keys", "process.allow_env_keys"),
        ("process.max_stdin_bytes", "65"),
    ]


def test_a_process_that_is_denied_last_is_not_started(process: CProgram) -> None:
    done, told = run(process, policy(**COLLECT), request("/bin/true", stdin=b"x" * 65))
    assert (done, fields(told)) == (Error(DENIED), ["process.max_stdin_bytes"])


GOOD: Final = ("/bin/true", "-a")
HARD: Final[list[tuple[dict[str, object], bytes]]] = [
    ({"PROC": 0}, request(*GOOD)),
    ({"PROC_ALLOW_SPAWN": 0}, request(*GOOD)),
    ({"PROC_ALLOW_EXEC": 0}, request(*GOOD)),
    ({"PROC_MAX_LIVE": 0}, request(*GOOD)),
    ({"PROC_MAX_RUNTIME_MS": 1}, request(*GOOD)),
    ({"PROC_MAX_STDOUT_BYTES": 9}, request(*GOOD)),
    ({"PROC_MAX_ARGS": 1}, request(*GOOD)),
    ({"PROC_MAX_ARG_BYTES": 8}, request(*GOOD)),
    ({"PROC_ALLOW_ARGS_REGEX_LITE": ["-b"]}, request(*GOOD)),
    ({"PROC_MAX_EXE_BYTES": 8}, request(*GOOD)),
    ({"PROC_ALLOW_EXECS": ["/bin/cat"]}, request(*GOOD)),
    ({"PROC_MAX_ENV": 0}, request(*GOOD, env={"LANG": "C"})),
    ({}, request(*GOOD, env={"PATH": "/"})),
    ({}, request(*GOOD, cwd="data")),
]


@pytest.mark.parametrize(("more", "asked"), HARD, ids=map(str, range(len(HARD))))
def test_each_denial_holds_whatever_comes_after(
    process: CProgram, more: dict[str, object], asked: bytes
) -> None:
    limits = caps(timeout_ms=60_000)
    env = {"PROC_ALLOW_ENV_KEYS": ["LANG"], **COLLECT, **more}
    assert run(process, policy(**env), asked, limits)[0] == Error(DENIED)


def test_what_nothing_denies_is_started(process: CProgram) -> None:
    done, told = run(process, policy(**COLLECT), request(*GOOD), caps(timeout_ms=60_000))
    assert (done, told) == (Done(0), [])


def test_as_many_processes_as_were_asked_for(process: CProgram) -> None:
    env = policy(PROC_MAX_SPAWNS=1, **COLLECT)
    words, told = answers(process, env, *[(RUN, request("/bin/true"), caps())] * 3)
    assert [document(word) for word in words][1:] == [Error(DENIED)] * 2
    assert [one["grant"] for one in told] == [
        "raise process.max_spawns to 2",
        "raise process.max_spawns to 3",
    ]


# -- the network

OFF: Final = dict.fromkeys(("NET", "NET_ALLOW_TCP", "NET_ALLOW_UDP", "NET_ALLOW_DNS"), False)
NOWHERE: Final = "secret.test"
ALL: Final = [f"{NOWHERE}:80", "192.0.2.1:80"]


@pytest.mark.parametrize(
    ("call", "needed"),
    [
        (
            (net.CONNECT, net.named(NOWHERE, 80), net.SHORT),
            ["net.enabled", "net.allow_tcp", "net.allow_dns"],
        ),
        ((net.LOOK_UP, NOWHERE.encode(), 80, net.SHORT), ["net.enabled", "net.allow_dns"]),
        ((net.LISTEN, net.address("192.0.2.1", 80), b""), ["net.enabled", "net.allow_tcp"]),
        ((net.BIND, net.address("192.0.2.1", 80), b""), ["net.enabled", "net.allow_udp"]),
    ],
)
def test_all_that_a_connection_needs(
    c_program: Callable[[str], CProgram], call: tuple[int | bytes, ...], needed: list[str]
) -> None:
    """With a host that is granted besides, and with one that is not; nothing is looked up."""
    program = c_program("sockets")
    for hosts, wanted in (([], [*needed, "net.allow_hosts"]), (ALL, needed)):
        env = sandboxed(**OFF, NET_ALLOW_HOSTS=hosts)
        ran = program.run(call, (net.REPORT,), env=env)
        assert fields(denials(ran)) == needed[:1]
        ran = program.run(call, (net.REPORT,), env=env | sandboxed(**COLLECT))
        assert net.error(next(iter(decoded(ran.stdout)))) == net.DENIED
        assert fields(denials(ran)) == wanted
