"""Verdicts of a policy and their words, which reports, traps and `x07 policy explain` share."""

import json
import re
from pathlib import Path
from posixpath import dirname

import pytest

from tests.unit.runtime.c_program import CProgram, Programs
from tests.unit.runtime.policies import files, sandbox

EXEC_ENV, LIMIT = 2, 3
READ, READ_FOLDER, WRITE, WRITE_FOLDER, REPLACE, ENV, EXEC, ARGUMENT, CWD = range(10, 19)


@pytest.fixture
def program(c_program: Programs) -> CProgram:
    return c_program("policy")


def _judge(program: CProgram, env: dict[str, str], verdict: int, *targets: str) -> list[str]:
    words = program.answers(*((verdict, target.encode()) for target in targets), env=env)
    assert all(isinstance(word, bytes) for word in words)
    return [bytes(word).decode().removeprefix("denied: an.operation of ") for word in words]


# -- files


def test_paths_below_a_root(program: CProgram) -> None:
    env = files(FS_READ_ROOTS=["data", "a/b", "/srv/share"])
    granted = "data data/x data/./x ./data/x data/sub/x a/b/c /srv/share/x /srv/share".split()
    assert set(_judge(program, env, READ, *granted)) == {"granted"}


@pytest.mark.parametrize(
    "path", ["secret/x", "x", "/etc/passwd", "/vmlinuz", "database/x", "a/bc", "/srv/shared"]
)
def test_paths_outside_of_the_roots(program: CProgram, path: str) -> None:
    """What is read is its own grant, what is written takes its folder."""
    roots = ["data", "a/b", "/srv/share"]
    env = files(FS_READ_ROOTS=roots, FS_WRITE_ROOTS=roots)
    assert _judge(program, env, READ, path) == [
        f'`{path}`: not under fs.read_roots; grant: add "{path}" to fs.read_roots'
    ]
    assert _judge(program, env, WRITE, path) == [
        f'`{path}`: not under fs.write_roots; grant: add "{dirname(path) or "."}" to fs.write_roots'
    ]


def test_a_folder_is_its_own_grant(program: CProgram) -> None:
    [words] = _judge(program, files(), READ_FOLDER, "other/sub")
    assert words == '`other/sub`: not under fs.read_roots; grant: add "other/sub" to fs.read_roots'
    [words] = _judge(program, files(), WRITE_FOLDER, "data")
    assert words == '`data`: not under fs.write_roots; grant: add "data" to fs.write_roots'


def test_relative_and_absolute_names_of_one_place(program: CProgram, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    inside, outside = f"{tmp_path}/data/x", f"{tmp_path}/other/x"
    words = program.answers(
        *((READ, path.encode()) for path in (inside, outside)), env=files(), cwd=tmp_path
    )
    assert words[0] == b"granted"
    assert b"not under" in bytes(words[1])
    absolute = files(FS_READ_ROOTS=[f"{tmp_path}/data"])
    assert program.answers((READ, b"data/x"), env=absolute, cwd=tmp_path) == [b"granted"]


def test_a_root_above_the_working_folder(program: CProgram, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    env = files(FS_READ_ROOTS=["../shared"])
    words = program.answers((READ, f"{tmp_path}/shared/x".encode()), env=env, cwd=here)
    assert words == [b"granted"]


@pytest.mark.parametrize("verdict", [READ, WRITE, REPLACE])
@pytest.mark.parametrize("path", ["", "/", "../data/x", "data/../x", "data//x", "data/", "a\\b"])
def test_what_is_no_path(program: CProgram, verdict: int, path: str) -> None:
    [words] = _judge(program, files(), verdict, path)
    assert words.endswith("it is no path that a program may name; grant: none; name it without "
                          "`..`, `\\`, NUL or empty parts, in UTF-8")  # fmt: skip


def test_switches_of_files(program: CProgram) -> None:
    [words] = _judge(program, files(FS=False), READ, "data/x")
    assert words == "`data/x`: fs.enabled is false; grant: set fs.enabled to true"
    [words] = _judge(program, files(), READ, "data/.env")
    assert words == (
        "`data/.env`: it is hidden, and fs.deny_hidden is true; grant: set fs.deny_hidden to false"
    )
    assert _judge(program, files(DENY_HIDDEN=False), READ, "data/.env") == ["granted"]


def test_a_root_itself_is_not_replaced(program: CProgram) -> None:
    env = files(FS_WRITE_ROOTS=["out", "a/b"])
    assert _judge(program, env, REPLACE, "out/x", "a/b/c") == ["granted", "granted"]
    [words] = _judge(program, env, REPLACE, "a/b")
    assert words == (
        "`a/b`: an item of fs.write_roots itself can be neither removed, renamed nor replaced; "
        'grant: add "a" to fs.write_roots'
    )
    [words] = _judge(program, env, REPLACE, "elsewhere")
    assert "not under fs.write_roots" in words
    nested = files(FS_WRITE_ROOTS=["a", "a/b"])
    assert _judge(program, nested, REPLACE, "a/b") == ["granted"]


# -- variables


def test_keys(program: CProgram) -> None:
    env = sandbox(ENV=True, ENV_ALLOW_KEYS=["HOME", "TOKEN"], ENV_DENY_KEYS=["TOKEN"])
    assert _judge(program, env, ENV, "HOME", "home", "TOKEN") == [
        "granted",
        '`home`: not in env.allow_keys; grant: add "home" to env.allow_keys',
        '`TOKEN`: in env.deny_keys; grant: remove "TOKEN" from env.deny_keys',
    ]
    [words] = _judge(program, env, ENV, "")
    assert words.endswith("not in env.allow_keys; grant: none; an item of a policy is not empty")
    [words] = _judge(program, env, ENV, "A=B")
    assert words.endswith("grant: none; the name of a variable has no `=`")
    [words] = _judge(program, sandbox(ENV_ALLOW_KEYS=["HOME"]), ENV, "HOME")
    assert words == "`HOME`: env.enabled is false; grant: set env.enabled to true"


@pytest.mark.parametrize("key", ["X07_OS_FS", "X07_WORLD", "LD_PRELOAD", "MALLOC_CHECK_"])
def test_variables_of_the_sandbox_and_the_loader(program: CProgram, key: str) -> None:
    [words] = _judge(program, sandbox(ENV=True, ENV_ALLOW_KEYS=[key]), ENV, key)
    assert "which no program sees; grant: none; " in words
    assert _judge(program, sandbox(ENV=True, ENV_ALLOW_KEYS=["x" + key]), ENV, "x" + key) == [
        "granted"
    ]


# -- processes


def _processes(**fields: object) -> dict[str, str]:
    usual = {
        "PROC": True,
        "PROC_ALLOW_SPAWN": True,
        "PROC_ALLOW_EXEC": True,
        "PROC_ALLOW_EXECS": ["/bin/ls", "tool"],
        "PROC_ALLOW_EXEC_PREFIXES": ["deps/x07/"],
        "PROC_MAX_LIVE": 1,
        "PROC_MAX_SPAWNS": 1,
        "PROC_MAX_RUNTIME_MS": 1,
    }
    return sandbox(**{**usual, **fields})


def test_programs(program: CProgram) -> None:
    granted = ("/bin/ls", "tool", "deps/x07/run", "deps/x07/a/b")
    assert set(_judge(program, _processes(), EXEC, *granted)) == {"granted"}
    for path in ("ls", "/bin/lsof", "deps/x07-evil", "deps/x07", "deps/x07/../../bin/sh"):
        assert _judge(program, _processes(), EXEC, path) == [
            f'`{path}`: not in process.allow_execs; grant: add "{path}" to process.allow_execs'
        ]


@pytest.mark.parametrize(
    ("field", "variable"),
    [
        ("process.enabled", "PROC"),
        ("process.allow_spawn", "PROC_ALLOW_SPAWN"),
        ("process.allow_exec", "PROC_ALLOW_EXEC"),
    ],
)
def test_switches_of_processes(program: CProgram, field: str, variable: str) -> None:
    [words] = _judge(program, _processes(**{variable: False}), EXEC, "tool")
    assert words == f"`tool`: {field} is false; grant: set {field} to true"


def test_what_no_policy_starts_programs_without(program: CProgram) -> None:
    nothing = sandbox(PROC=True)
    [words] = _judge(program, nothing, EXEC, "a b")
    assert words == (
        "`a b`: process.allow_spawn is false; grant: set process.allow_spawn to true, "
        'set process.allow_exec to true, add "a b" to process.allow_execs, '
        "raise process.max_live to 1, raise process.max_spawns to 1, "
        "raise process.max_runtime_ms above 0"
    )
    [words] = _judge(program, nothing, EXEC, "a;b")
    assert words.endswith("grant: none; an item of a policy has no `;` and no NUL")


def test_arguments(program: CProgram) -> None:
    assert _judge(program, _processes(), ARGUMENT, "anything") == ["granted"]
    env = _processes(PROC_ALLOW_ARGS_REGEX_LITE=["-l", "[0-9]*", "a.*b"], PROC_MAX_ARG_BYTES=9)
    assert _judge(program, env, ARGUMENT, "-l", "a::b") == ["granted", "granted"]
    [words] = _judge(program, env, ARGUMENT, "--x=*.\\")
    assert words == (
        "`--x=*.\\`: no pattern of process.allow_args_regex_lite matches it; "
        'grant: add "--x=\\\\*\\\\.\\\\\\\\" to process.allow_args_regex_lite'
    )
    [words] = _judge(program, env, ARGUMENT, "0123456789")
    assert words == (
        "`0123456789`: 10 is more than process.max_arg_bytes (9); "
        "grant: raise process.max_arg_bytes to 10"
    )


def test_variables_of_processes(program: CProgram) -> None:
    env = _processes(PROC_ALLOW_ENV_KEYS=["LANG"], PROC_MAX_ENV_KEY_BYTES=9)
    pairs = [(b"LANG", b"C"), (b"LD_PRELOA", b"x"), (b"LD_PRELOAD", b"x"), (b"LANG", bytes(4097))]
    words = program.answers(*((EXEC_ENV, *pair) for pair in pairs), env=env)
    assert words[0] == b"granted"
    assert b'add "LD_PRELOA" to process.allow_env_keys' in bytes(words[1])
    assert b"raise process.max_env_key_bytes to 10" in bytes(words[2])
    assert b"raise process.max_env_val_bytes to 4097" in bytes(words[3])


def test_folders_of_processes(program: CProgram) -> None:
    env = _processes(PROC_ALLOW_CWD=True, PROC_ALLOW_CWD_ROOTS=["work"], DENY_HIDDEN=True)
    assert _judge(program, env, CWD, "work", "work/sub") == ["granted", "granted"]
    [outside, parent, hidden] = _judge(program, env, CWD, "worker", "work/..", "work/.git")
    assert 'add "worker" to process.allow_cwd_roots' in outside
    assert "no path" in parent
    assert "hidden" in hidden
    [words] = _judge(program, _processes(PROC_ALLOW_CWD_ROOTS=["work"]), CWD, "work")
    assert "process.allow_cwd is false" in words


# -- all


def test_limits(program: CProgram) -> None:
    words = program.answers((LIMIT, 5, 5), (LIMIT, 6, 5), env=sandbox())
    assert words == [
        b"granted",
        b"denied: an.operation: 6 is more than a.limit (5); grant: raise a.limit to 6",
    ]


def test_without_a_sandbox_all_is_granted(program: CProgram) -> None:
    verdicts = (READ, READ_FOLDER, WRITE, WRITE_FOLDER, REPLACE, ENV, EXEC, ARGUMENT, CWD)
    requests = [(verdict, b"../.secret") for verdict in verdicts]
    words = program.answers(*requests, (EXEC_ENV, b"K", b"V"), (LIMIT, 2, 1), env={})
    assert set(words) == {b"granted"}


def test_words_are_safe_to_show(program: CProgram) -> None:
    target = "\x1b[31m\n\u009b\x7f\u202dname".encode()
    env = sandbox(ENV=True)
    shown = b"\\x1b[31m\\x0a\\xc2\\x9b\\x7f\\xe2\\x80\\xadname"
    said, raw = program.answers((ENV, target), (ENV, target + b"\xff\xc3"), env=env)
    assert said == (
        b"denied: an.operation of `" + shown + b"`: not in env.allow_keys; grant: add "
        b'"\\u001b[31m\\u000a\\u009b\\u007f\\u202dname" to env.allow_keys'
    )
    assert b"of `" + shown + b"\\xff\\xc3`: " in bytes(raw)
    assert bytes(raw).endswith(b"grant: none; a policy is UTF-8, which this is not")


def test_grants_are_json(program: CProgram) -> None:
    """What is shown, and what is not, comes back as it was."""
    target = "".join(map(chr, range(1, 0xA1))).replace(";", "").replace("=", "") + "é\u2066😀"
    [words] = program.answers((ENV, target.encode()), env=sandbox(ENV=True))
    [string] = re.findall(r'grant: add (".*") to env', bytes(words).decode())
    assert json.loads(string) == target


def test_long_targets_are_cut(program: CProgram) -> None:
    cut = "\x01" * 900
    [words] = program.answers((READ, cut.encode() + b"k" * 100), env=files())
    assert bytes(words).decode() == (
        f"denied: an.operation of `{cut}...`: not under fs.read_roots; "
        f'grant: add "{cut}..." to fs.read_roots'
    ).replace("\x01", "\\x01", 900).replace("\x01", "\\u0001")
    [words] = program.answers((ENV, b"k" * 100_000), env=sandbox(ENV=True))
    assert bytes(words).decode() == (
        f"denied: an.operation of `{'k' * 900}...`: not in env.allow_keys; "
        "grant: none; it is longer than an item of a policy may be"
    )
