"""What a policy says to the start of a process: each denial, with its words, in the contract's
order (contract/policy.md §6.3)."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.runtime.c_program import CProgram, Programs
from tests.unit.runtime.process_policies import SHELL, answers, policy, run
from tests.unit.runtime.processes import (
    CAPS,
    DENIED,
    DROP,
    FIRST,
    INVALID,
    JOIN,
    JOIN_EXIT,
    OUTPUT_LIMIT,
    RUN,
    SPAWN_CAPTURE,
    SPAWN_PIPED,
    STDIN_WRITE,
    STORM,
    TIMEOUT,
    TRY_JOIN,
    Done,
    Error,
    caps,
    document,
    negative,
    request,
    shell,
)

TRUE = request("/bin/true")


@pytest.fixture
def process(c_program: Programs) -> CProgram:
    return c_program("process")


# -- each field


@dataclass(frozen=True)
class Denial:
    """What is asked for under a policy with `fields`, and what the denial then says."""

    fields: dict[str, Any]
    field: str
    grant: str
    asked: bytes = TRUE
    limits: bytes = CAPS
    target: str = "/bin/true"


def _true(*args: str, **parts: Any) -> bytes:  # noqa: ANN401  parts of a request differ
    return request("/bin/true", *args, **parts)


def _too_much(field: str, most: int, wanted: int, **facts: Any) -> Denial:  # noqa: ANN401
    fields = {f"PROC_{field.upper()}": most, **facts.pop("fields", {})}
    return Denial(fields, f"process.{field}", f"raise {{}} to {wanted}", **facts)


def _off(field: str) -> Denial:
    name = "PROC" if field == "enabled" else f"PROC_{field.upper()}"
    return Denial({name: False}, f"process.{field}", "set {} to true")


def _unlisted(field: str, target: str, asked: bytes, **fields: Any) -> Denial:  # noqa: ANN401
    grant = f'add "{target}" to {{}}'
    return Denial(fields, f"process.{field}", grant, asked, target=target)


KEYS = {"PROC_ALLOW_ENV_KEYS": ["A", "B", "LONG"]}
PRELOAD = {"LANG": "C", "LD_PRELOAD": "/evil.so"}
PATTERNS = ["--n=.", "x*"]

DENIALS = (
    _off("enabled"),
    _off("allow_spawn"),
    _off("allow_exec"),
    replace(
        _off("allow_cwd"),
        asked=_true(cwd="in"),
        target="in",
        grant='set {} to true, add "in" to process.allow_cwd_roots',
    ),
    Denial(
        {"PROC_ALLOW_CWD": 0, "PROC_ALLOW_CWD_ROOTS": ["in"]},
        "process.allow_cwd",
        "set {} to true",
        _true(cwd="in"),
        target="in",
    ),
    _too_much("max_live", 0, 1),
    _too_much("max_runtime_ms", 99, 100, limits=caps(timeout_ms=100)),
    _too_much("max_stdout_bytes", 99, 100, limits=caps(100, 10)),
    _too_much("max_stderr_bytes", 99, 100, limits=caps(10, 100)),
    _too_much("max_total_bytes", 199, 200, limits=caps(100, 100)),
    _too_much("max_total_bytes", 199, 300, limits=caps(100, 100, total=300)),
    _too_much("max_args", 2, 3, asked=_true("a", "b")),
    _too_much("max_arg_bytes", 9, 10, asked=_true("a" * 10)),
    _unlisted(
        "allow_args_regex_lite",
        "--n=12",
        _true("xxx", "", "--n=1", "--n=12"),
        PROC_ALLOW_ARGS_REGEX_LITE=PATTERNS,
    ),
    _too_much("max_exe_bytes", 8, 9),
    _unlisted("allow_execs", "/usr/bin/env", request("/usr/bin/env")),
    _too_much("max_env", 1, 2, asked=_true(env={"A": "", "B": ""}), fields=KEYS),
    _too_much("max_env_key_bytes", 3, 4, asked=_true(env={"LONG": ""}), fields=KEYS, target="LONG"),
    _too_much("max_env_val_bytes", 3, 4, asked=_true(env={"A": "long"}), fields=KEYS, target="A"),
    _unlisted("allow_env_keys", "LD_PRELOAD", _true(env=PRELOAD), PROC_ALLOW_ENV_KEYS=["LANG"]),
    _too_much("max_stdin_bytes", 64, 65, asked=_true(stdin=bytes(65))),
)


@pytest.mark.parametrize("case", DENIALS, ids=lambda case: f"{case.field}-{case.grant[-3:]}")
def test_what_is_not_granted_is_denied(process: CProgram, tmp_path: Path, case: Denial) -> None:
    (tmp_path / "in").mkdir()
    env = policy(**case.fields)
    done, told = run(process, env, case.asked, case.limits, tmp_path)
    assert done == Error(DENIED)
    assert told == [
        {
            "operation": "os.process.run_capture_v1",
            "target": case.target,
            "field": case.field,
            "grant": case.grant.format(case.field),
        }
    ]
    without = {**env, "X07_TEST_WITHOUT_GUARD": case.field, "X07_OS_PROC_ALLOW_CWD_ROOTS": "."}
    done, told = run(process, without, case.asked, case.limits, tmp_path)
    assert isinstance(done, Done)
    assert told == []


def test_what_is_granted_runs(process: CProgram) -> None:
    env = policy(PROC_ALLOW_ENV_KEYS=["A"], PROC_ALLOW_ARGS_REGEX_LITE=["-c", "printf .*"])
    asked = request(SHELL, "-c", "printf $A", env={"A": "word"}, stdin=bytes(64))
    assert run(process, env, asked, caps(1 << 20, 1 << 20)) == (Done(0, b"word"), [])


def test_an_environment_variable_is_granted_by_its_exact_name(process: CProgram) -> None:
    env = policy(PROC_ALLOW_ENV_KEYS=["PATH"])
    for key in ("path", "Path", "PATH ", "PAT", "PATHS", "PATH;", ";"):
        done, told = run(process, env, request("/bin/true", env={key: "x"}))
        assert done == Error(DENIED), key
        assert [each["target"] for each in told] == [key]
        without = {**env, "X07_TEST_WITHOUT_GUARD": "process.allow_env_keys"}
        assert run(process, without, request("/bin/true", env={key: "x"})) == (Done(0), [])
    assert run(process, env, request("/bin/true", env={"": "x"})) == (Error(INVALID), [])


# -- the order


BAD = b"bad"


@pytest.mark.parametrize(
    ("fields", "asked", "limits", "wanted"),
    [
        ({"PROC_ALLOW_SPAWN": False}, BAD, BAD, Error(DENIED)),
        ({"PROC_MAX_LIVE": 0}, BAD, BAD, Error(DENIED)),
        ({}, request("/none"), BAD, Error(INVALID)),
        ({}, BAD, caps(timeout_ms=60_001), Error(DENIED)),
        ({}, BAD, CAPS, Error(INVALID)),
        ({"PROC_MAX_ARGS": 1}, request("", "a"), CAPS, Error(DENIED)),
        ({}, request("", "a"), CAPS, Error(INVALID)),
    ],
)
def test_the_order_of_verdicts(
    process: CProgram, fields: dict[str, Any], asked: bytes, limits: bytes, wanted: Error
) -> None:
    assert run(process, policy(**fields), asked, limits)[0] == wanted


# -- how many


def test_no_more_are_live_than_the_policy_says(process: CProgram) -> None:
    storm = (STORM, 30, shell("sleep 1000"), CAPS)
    [started], told = answers(process, policy(PROC_MAX_LIVE=3), storm)
    assert started == 3
    assert [(each["field"], each["grant"]) for each in told] == [
        ("process.max_live", "raise process.max_live to 4")
    ]
    env = policy(PROC_MAX_LIVE=3)
    env["X07_TEST_WITHOUT_GUARD"] = "process.max_live"
    assert answers(process, env, storm) == ([30], [])


def test_a_process_that_ended_is_not_live(process: CProgram) -> None:
    starts = [(RUN, TRUE, CAPS)] * 5
    words, told = answers(process, policy(PROC_MAX_LIVE=1), *starts)
    assert [document(word) for word in words] == [Done(0)] * 5
    assert told == []


def test_no_more_are_started_than_the_policy_says(process: CProgram) -> None:
    start = (SPAWN_CAPTURE, TRUE, CAPS)
    env = policy(PROC_MAX_SPAWNS=2)
    words, told = answers(process, env, *[start] * 3, (TRY_JOIN, 0x10000), (DROP, 0x10000))
    assert words[:4] == [FIRST, FIRST + 1, 0x10000, 1]
    assert document(words[4]) == Error(DENIED)
    assert [each["grant"] for each in told] == ["raise process.max_spawns to 3"]
    env["X07_TEST_WITHOUT_GUARD"] = "process.max_spawns"
    words, told = answers(process, env, *[start] * 3)
    assert (words, told) == ([FIRST, FIRST + 1, FIRST + 2], [])


def test_a_denied_start_counts(process: CProgram) -> None:
    denied = (SPAWN_CAPTURE, request("/none"), CAPS)
    words, _ = answers(process, policy(PROC_MAX_SPAWNS=2), denied, denied, denied)
    assert words == [FIRST, FIRST + 1, 0x10000]


# -- how long, how much


def test_the_time_limit_is_the_policy_s_where_the_program_has_none(process: CProgram) -> None:
    done, told = run(process, policy(PROC_MAX_RUNTIME_MS=50), shell("sleep 1000"))
    assert (done, told) == (Error(TIMEOUT), [])


def test_the_time_limit_is_kept(process: CProgram) -> None:
    env = policy(PROC_MAX_RUNTIME_MS=50)
    assert run(process, env, shell("sleep 0.2")) == (Error(TIMEOUT), [])
    env["X07_TEST_WITHOUT_GUARD"] = "process-time"
    assert run(process, env, shell("sleep 0.2")) == (Done(0), [])


def test_output_ends_at_the_limit(process: CProgram) -> None:
    """The program's own limits are not above the policy's: those are denied before."""
    env = policy(PROC_MAX_STDOUT_BYTES=100, PROC_MAX_STDERR_BYTES=100)
    for asked in (shell("printf %0100d 0"), shell("printf %0100d 0 >&2")):
        env["X07_TEST_WITHOUT_GUARD"] = ""
        assert run(process, env, asked, caps(100, 100)) == (Error(OUTPUT_LIMIT), [])
        env["X07_TEST_WITHOUT_GUARD"] = "process-output"
        done, _ = run(process, env, asked, caps(100, 100))
        assert isinstance(done, Done)
        assert done.stdout + done.stderr == b"0" * 100


def test_pending_input_is_limited(process: CProgram) -> None:
    start = (SPAWN_PIPED, request("/bin/sh", "-c", "sleep 1000"), CAPS)
    fill = (STDIN_WRITE, FIRST, bytes(1 << 20))
    env = policy(PROC_MAX_STDIN_BYTES=1 << 20)
    ran = process.run(start, fill, fill, env=env)
    assert ran.last_line == (
        "os.process.stdin_write_v1 pending exceeds policy max_stdin_bytes ptr=/solve"
    )
    assert "  denied: os.process.stdin_write_v1: " in ran.stderr
    env["X07_TEST_WITHOUT_GUARD"] = "process.max_stdin_bytes"
    assert process.answers(start, fill, fill, env=env) == [FIRST, 1, 1]


def test_a_denied_handle_is_joined_once(process: CProgram) -> None:
    denied = (SPAWN_CAPTURE, request("/none"), CAPS)
    words, _ = answers(process, policy(), denied, (JOIN, FIRST))
    assert document(words[1]) == Error(DENIED)
    piped = (SPAWN_PIPED, request("/none"), CAPS)
    words, _ = answers(process, policy(), piped, (JOIN_EXIT, FIRST))
    assert words == [FIRST, negative(DENIED)]
