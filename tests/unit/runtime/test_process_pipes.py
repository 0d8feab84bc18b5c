"""Piped processes: what a program and a process say to one another while both run."""

import os

import pytest

from tests.unit.runtime.c_program import CProgram, Programs
from tests.unit.runtime.processes import (
    CAPS,
    FIRST,
    JOIN_EXIT,
    OUTPUT_LIMIT,
    READ_ALL,
    SPAWN_PIPED,
    STDERR_READ,
    STDIN_CLOSE,
    STDIN_WRITE,
    STDOUT_READ,
    TAKE_EXIT,
    caps,
    negative,
    request,
    shell,
)


@pytest.fixture
def process(c_program: Programs) -> CProgram:
    return c_program("process")


def test_a_conversation(process: CProgram) -> None:
    asked = shell("while read line; do echo got $line; echo said >&2; done; exit 4")
    answers = process.answers(
        (SPAWN_PIPED, asked, CAPS),
        (STDIN_WRITE, FIRST, b"one\n"),
        (STDIN_WRITE, FIRST, b"two\n"),
        (STDIN_CLOSE, FIRST),
        (STDIN_CLOSE, FIRST),
        (STDIN_WRITE, FIRST, b"late\n"),
        (READ_ALL, FIRST, 3),
        (TAKE_EXIT, FIRST),
    )
    assert answers == [FIRST, 1, 1, 1, 0, 0, b"got one\ngot two\n", b"said\nsaid\n", 4]


def test_the_request_s_input_comes_first(process: CProgram) -> None:
    answers = process.answers(
        (SPAWN_PIPED, request("/bin/cat", stdin=b"first "), CAPS),
        (STDIN_WRITE, FIRST, b"second"),
        (STDIN_CLOSE, FIRST),
        (READ_ALL, FIRST, 100),
        (JOIN_EXIT, FIRST),
    )
    assert answers[3:] == [b"first second", b"", 0]


def test_output_stays_readable_after_the_end(process: CProgram) -> None:
    answers = process.answers(
        (SPAWN_PIPED, shell("printf 12345; printf e >&2"), CAPS),
        (JOIN_EXIT, FIRST),
        (STDOUT_READ, FIRST, 2),
        (STDOUT_READ, FIRST, negative(1)),
        (STDOUT_READ, FIRST, 100),
        (STDOUT_READ, FIRST, 100),
        (STDERR_READ, FIRST, 100),
    )
    assert answers[1:] == [0, b"12", b"", b"345", b"", b"e"]


def test_a_wait_takes_what_would_block_the_process(process: CProgram) -> None:
    asked = shell("head -c 300000 /dev/zero; exit 5")
    answers = process.answers((SPAWN_PIPED, asked, CAPS), (JOIN_EXIT, FIRST))
    assert answers[1] == 5


def test_what_waits_to_be_read_is_limited(process: CProgram) -> None:
    answers = process.answers(
        (SPAWN_PIPED, request("/usr/bin/yes"), caps(1000)),
        (JOIN_EXIT, FIRST),
        (STDOUT_READ, FIRST, 5000),
        (STDOUT_READ, FIRST, 5000),
    )
    assert answers[1] == negative(OUTPUT_LIMIT)
    assert answers[2:] == [b"y\n" * 500, b""]


def test_large_input_and_output_at_the_same_time(process: CProgram) -> None:
    data = os.urandom(500_000)
    answers = process.answers(
        (SPAWN_PIPED, request("/bin/cat"), caps(1 << 20)),
        (STDIN_WRITE, FIRST, data),
        (STDIN_CLOSE, FIRST),
        (READ_ALL, FIRST, 70_000),
        (TAKE_EXIT, FIRST),
    )
    assert answers[3:] == [data, b"", 0]


def test_exit_is_taken_once_and_not_early(process: CProgram) -> None:
    waits, ends = (SPAWN_PIPED, request("/bin/cat"), CAPS), (SPAWN_PIPED, shell(":"), CAPS)
    early = "os.process.take_exit_v1 process still runs ptr=/solve"
    assert process.trap(waits, (TAKE_EXIT, FIRST)) == early
    twice = "os.process exit already taken ptr=/solve"
    assert process.trap(ends, (JOIN_EXIT, FIRST), (TAKE_EXIT, FIRST)) == twice
    assert process.trap(ends, (JOIN_EXIT, FIRST), (JOIN_EXIT, FIRST)) == twice


def test_an_input_that_the_process_closed(process: CProgram) -> None:
    asked = shell("exec <&-; read line < /dev/null; printf done; sleep 0.2")
    answers = process.answers(
        (SPAWN_PIPED, asked, CAPS),
        (STDIN_WRITE, FIRST, bytes(1 << 20)),
        (JOIN_EXIT, FIRST),
        (STDIN_WRITE, FIRST, b"x"),
    )
    assert answers[2:] == [0, 0]
