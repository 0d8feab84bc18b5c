"""Processes that a program starts: what goes in, what comes out, how they end."""

import os
import struct
from pathlib import Path

import pytest

from tests.unit.runtime.c_program import CProgram, Programs
from tests.unit.runtime.processes import (
    CAPS,
    COMPUTE,
    DROP,
    FAILED,
    FIRST,
    INVALID,
    JOIN,
    JOIN_EXIT,
    KILL,
    OUTPUT_LIMIT,
    RUN,
    SECOND,
    SPAWN_CAPTURE,
    SPAWN_PIPED,
    STDIN_CLOSE,
    STDIN_WRITE,
    STDOUT_READ,
    TAKE_EXIT,
    TIMEOUT,
    TRY_JOIN,
    TRY_WAIT,
    WAIT,
    Done,
    Error,
    caps,
    document,
    negative,
    request,
    shell,
)


def run(program: CProgram, asked: bytes, limits: bytes = CAPS) -> Done | Error:
    [answer] = program.answers((RUN, asked, limits))
    return document(answer)


@pytest.fixture
def process(c_program: Programs) -> CProgram:
    return c_program("process")


# -- captured


def test_output_errors_and_exit_code_are_captured(process: CProgram) -> None:
    asked = shell("printf out; printf err >&2; exit 7")
    assert run(process, asked) == Done(7, b"out", b"err")


def test_a_signal_is_an_exit_code_from_128(process: CProgram) -> None:
    assert run(process, shell("kill -TERM $$")) == Done(128 + 15)


@pytest.mark.parametrize("size", [0, 1, 4096, 65536, 65537, 1_000_000])
def test_input_comes_out_again(process: CProgram, size: int) -> None:
    data = os.urandom(size)
    assert run(process, request("/bin/cat", stdin=data), caps(1 << 21)) == Done(0, data)


def test_input_that_nobody_reads_is_no_error(process: CProgram) -> None:
    asked = request("/bin/sh", "-c", "exit 3", stdin=bytes(1 << 20))
    assert run(process, asked) == Done(3)


def test_arguments_arrive_as_they_are(process: CProgram) -> None:
    words = ("", " ", "a b", "$HOME", "ü", "'", "*", b"\xff\n")
    asked = request("/usr/bin/printf", "[%s]", *words)
    wanted = b"".join(b"[" + (w.encode() if isinstance(w, str) else w) + b"]" for w in words)
    assert run(process, asked) == Done(0, wanted)


def test_the_environment_is_what_the_request_says(process: CProgram) -> None:
    pairs = [("A", "1"), ("B", ""), ("LD_LIBRARY_PATH", "/x=y")]
    [answer] = process.answers(
        (RUN, request("/usr/bin/env", env=pairs), CAPS), env={"SECRET": "s", "PATH": "/bin"}
    )
    assert document(answer) == Done(0, b"A=1\nB=\nLD_LIBRARY_PATH=/x=y\n")


def test_nothing_is_looked_up_in_path(process: CProgram, tmp_path: Path) -> None:
    [answer] = process.answers((RUN, request("true"), CAPS), env={"PATH": "/bin"}, cwd=tmp_path)
    assert document(answer) == Error(FAILED)


def test_the_folder_is_what_the_request_says(process: CProgram, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    pwd = shell("pwd -P")
    at_home = request("/bin/sh", "-c", "pwd -P", cwd="in")
    answers = process.answers((RUN, pwd, CAPS), (RUN, at_home, CAPS), cwd=tmp_path)
    here = tmp_path.resolve()
    assert document(answers[0]) == Done(0, f"{here}\n".encode())
    assert document(answers[1]) == Done(0, f"{here}/in\n".encode())
    [answer] = process.answers((RUN, request("/bin/true", cwd="missing"), CAPS), cwd=tmp_path)
    assert document(answer) == Error(FAILED)


def test_a_relative_program_is_the_same_in_any_folder(process: CProgram, tmp_path: Path) -> None:
    for folder, word in (("bin", "ours"), ("in/bin", "theirs")):
        tool = tmp_path / folder / "tool"
        tool.parent.mkdir(parents=True)
        tool.write_text(f"#!/bin/sh\necho {word}\n")
        tool.chmod(0o755)
    [answer] = process.answers((RUN, request("bin/tool", cwd="in"), CAPS), cwd=tmp_path)
    assert document(answer) == Done(0, b"ours\n")


@pytest.mark.parametrize("name", ["missing", "a folder", "plain"])
def test_what_cannot_be_executed_is_an_error(process: CProgram, tmp_path: Path, name: str) -> None:
    (tmp_path / "a folder").mkdir()
    (tmp_path / "plain").write_text("#!/bin/sh\n")
    assert run(process, request(str(tmp_path / name))) == Error(FAILED)


def test_no_descriptor_of_the_program_is_inherited(process: CProgram, tmp_path: Path) -> None:
    [answer] = process.answers((RUN, shell("echo /proc/self/fd/*"), CAPS))
    listed = document(answer)
    assert isinstance(listed, Done)
    numbers = {int(name.rpartition(b"/")[2]) for name in listed.stdout.split()}
    assert numbers <= {0, 1, 2, 3}, listed


def test_signals_are_as_usual_in_the_process(process: CProgram) -> None:
    status = run(process, request("/bin/cat", "/proc/self/status"))
    assert isinstance(status, Done)
    fields = dict(line.split(b":\t") for line in status.stdout.splitlines() if b":\t" in line)
    sigpipe = 1 << 12
    assert int(fields[b"SigIgn"], 16) & sigpipe == 0
    assert int(fields[b"SigBlk"], 16) == 0


# -- limits


@pytest.mark.parametrize(
    ("limits", "wanted"),
    [
        (caps(5, 100), Done(0, b"1234", b"")),
        (caps(4, 100), Error(OUTPUT_LIMIT)),
        (caps(3, 100), Error(OUTPUT_LIMIT)),
        (caps(100, 0), Error(OUTPUT_LIMIT)),
        (caps(100, 100, total=5), Done(0, b"1234", b"")),
        (caps(100, 100, total=4), Error(OUTPUT_LIMIT)),
    ],
)
def test_a_limit_that_is_reached_is_overrun(
    process: CProgram, limits: bytes, wanted: Done | Error
) -> None:
    assert run(process, shell("printf 1234"), limits) == wanted


def test_errors_count_too(process: CProgram) -> None:
    assert run(process, shell("printf 1234 >&2"), caps(100, 4)) == Error(OUTPUT_LIMIT)
    asked = shell("printf 12; printf 34 >&2")
    assert run(process, asked, caps(100, 100, total=4)) == Error(OUTPUT_LIMIT)


def test_endless_output_ends_at_the_limit(process: CProgram) -> None:
    assert run(process, request("/usr/bin/yes"), caps(1 << 20)) == Error(OUTPUT_LIMIT)


def test_time_is_limited(process: CProgram) -> None:
    asked = shell("sleep 1000 & sleep 1000")
    assert run(process, asked, caps(timeout_ms=50)) == Error(TIMEOUT)


def test_time_is_limited_where_the_output_is_closed(process: CProgram) -> None:
    asked = shell("exec >&- 2>&-; sleep 1000")
    assert run(process, asked, caps(timeout_ms=50)) == Error(TIMEOUT)


def test_time_ends_while_the_program_computes(process: CProgram, tmp_path: Path) -> None:
    late = tmp_path / "late"
    asked = shell(f"sleep 1.5; echo x > {late}")
    answers = process.answers(
        (SPAWN_CAPTURE, asked, caps(timeout_ms=50)), (COMPUTE, 2000), (JOIN, FIRST)
    )
    assert document(answers[2]) == Error(TIMEOUT)
    assert not late.exists()


def test_a_process_that_ended_in_time_is_joined_late(process: CProgram) -> None:
    answers = process.answers(
        (SPAWN_CAPTURE, shell("printf x"), caps(timeout_ms=1500)), (COMPUTE, 2000), (JOIN, FIRST)
    )
    assert document(answers[2]) == Done(0, b"x")


# -- what is no request


def _request(args: int, variables: int) -> bytes:
    names = [f"K{number}" for number in range(variables)]
    return request("/bin/true", *["x"] * (args - 1), env=[(name, "v") for name in names])


GOOD = request("/bin/true", "x", env={"K": "v"}, stdin=b"in")


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"\2" + GOOD[1:],
        b"\1\1" + GOOD[2:],
        GOOD[:-1],
        GOOD + b"\0",
        _request(129, 0),
        _request(1, 257),
        request(),
        request(""),
        request("/bin/tr\0ue"),
        request("/bin/true", "a\0b"),
        request("/bin/true", env={"": "v"}),
        request("/bin/true", env={"A=B": "v"}),
        request("/bin/true", env={"A\0": "v"}),
        request("/bin/true", cwd="/\0"),
        GOOD[:2] + struct.pack("<I", 0xFFFFFFFF) + GOOD[6:],
        GOOD[:6] + struct.pack("<I", 0xFFFFFFFF) + GOOD[10:],
    ],
)
def test_bad_requests(process: CProgram, bad: bytes) -> None:
    assert run(process, bad) == Error(INVALID)


@pytest.mark.parametrize("cut", range(len(GOOD)))
def test_a_request_that_is_cut_anywhere(process: CProgram, cut: int) -> None:
    assert run(process, GOOD[:cut]) == Error(INVALID)


def test_the_largest_request(process: CProgram) -> None:
    assert run(process, _request(128, 256)) == Done(0)


def test_capabilities(process: CProgram) -> None:
    asked = shell("printf x")
    assert run(process, asked, CAPS + b"more") == Done(0, b"x")
    assert run(process, asked, CAPS[:16]) == Error(INVALID)
    assert run(process, asked, b"\2" + CAPS[1:]) == Error(INVALID)


# -- handles of captured processes


def test_join_waits_and_gives_the_document_once(process: CProgram) -> None:
    asked = (SPAWN_CAPTURE, shell("printf x"), CAPS)
    answers = process.answers(asked, asked, (JOIN, SECOND), (JOIN, FIRST))
    assert answers[:2] == [FIRST, SECOND]
    assert [document(answer) for answer in answers[2:]] == [Done(0, b"x")] * 2
    trap = process.trap(asked, (JOIN, FIRST), (JOIN, FIRST))
    assert trap == "os.process join already taken ptr=/solve"
    assert process.trap(asked, (JOIN, FIRST), (TRY_JOIN, FIRST)) == trap


def test_try_join_gives_nothing_before_the_end(process: CProgram, tmp_path: Path) -> None:
    os.mkfifo(gate := tmp_path / "gate")
    waiting = (SPAWN_CAPTURE, shell(f"read line < {gate}; printf $line"), CAPS)
    opener = (RUN, shell(f"echo word > {gate}"), CAPS)
    answers = process.answers(
        waiting, (TRY_JOIN, FIRST), opener, (WAIT, FIRST), (TRY_JOIN, FIRST), (DROP, FIRST)
    )
    assert answers[1] == 0
    assert answers[4] == 1
    assert document(answers[5]) == Done(0, b"word")
    assert answers[6] == 1


def test_a_failed_start_is_a_handle_with_the_error(process: CProgram) -> None:
    answers = process.answers(
        (SPAWN_CAPTURE, b"", CAPS), (TRY_WAIT, FIRST), (TRY_JOIN, FIRST), (KILL, FIRST, 9)
    )
    assert answers[:3] == [FIRST, 1, 1]
    assert document(answers[3]) == Error(INVALID)
    assert answers[4] == 0
    answers = process.answers((SPAWN_PIPED, b"", CAPS), (JOIN_EXIT, FIRST))
    assert answers == [FIRST, negative(INVALID)]


def test_handles_change_when_their_place_is_used_again(process: CProgram) -> None:
    asked = (SPAWN_CAPTURE, shell(":"), CAPS)
    answers = process.answers(asked, (DROP, FIRST), asked, (DROP, FIRST), (DROP, 2 << 16 | 1))
    assert answers == [FIRST, 1, 2 << 16 | 1, 0, 1]
    stale = process.trap(asked, (DROP, FIRST), asked, (JOIN, FIRST))
    assert stale == "os.process invalid handle ptr=/solve"
    assert process.trap((TRY_WAIT, FIRST)) == stale


def test_handles_of_errors_alone(process: CProgram) -> None:
    handle = 3 << 16
    answers = process.answers(
        (TRY_JOIN, handle),
        (TRY_WAIT, handle),
        (TAKE_EXIT, handle),
        (STDOUT_READ, handle, 9),
        (STDIN_WRITE, handle, b"x"),
        (STDIN_CLOSE, handle),
        (KILL, handle, 9),
        (DROP, handle),
    )
    assert document(answers[1]) == Error(3)
    assert answers[2:] == [1, negative(3), b"", 0, 0, 0, 1]


def test_pipes_are_not_captured_and_captures_not_piped(process: CProgram) -> None:
    piped, captured = (SPAWN_PIPED, shell(":"), CAPS), (SPAWN_CAPTURE, shell(":"), CAPS)
    wanted = "os.process join of a piped process ptr=/solve"
    assert process.trap(piped, (JOIN, FIRST)) == wanted
    wanted = "os.process pipe of a captured process ptr=/solve"
    for asked in ((STDOUT_READ, FIRST, 1), (STDIN_CLOSE, FIRST), (TAKE_EXIT, FIRST)):
        assert process.trap(captured, asked) == wanted


def test_many_at_once(process: CProgram) -> None:
    count = 40
    starts = [(SPAWN_CAPTURE, shell(f"printf {number}"), CAPS) for number in range(count)]
    joins = [(JOIN, FIRST + number) for number in reversed(range(count))]
    answers = process.answers(*starts, *joins)
    joined = [document(answer) for answer in answers[count:]]
    assert joined == [Done(0, str(number).encode()) for number in reversed(range(count))]


# -- signals


def test_signals_are_sent_to_running_processes_alone(process: CProgram) -> None:
    asked = (SPAWN_PIPED, request("/bin/cat"), CAPS)
    answers = process.answers(
        asked, (KILL, FIRST, 0), (KILL, FIRST, 15), (JOIN_EXIT, FIRST), (KILL, FIRST, 15)
    )
    assert answers == [FIRST, 1, 1, 128 + 15, 0]
    assert process.answers(asked, (KILL, FIRST, 65), (KILL, FIRST, negative(1))) == [FIRST, 0, 0]
