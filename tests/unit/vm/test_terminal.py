"""A guest of somebody at a terminal."""

import os
import pty
import subprocess
import termios

from tests import terminals
from tests.program_build import ROOT
from tests.terminals import heard
from tests.unit.vm.conftest import Bench, soon


def start(
    bench: Bench, descriptor: int, script: str, grace: str = "5000"
) -> subprocess.Popen[bytes]:
    words = bench.words("sh", "-c", script, grace=grace)
    process = subprocess.Popen(
        (words[0], "-c", terminals.TAKE, *words),
        stdin=descriptor, stdout=descriptor, stderr=descriptor, cwd=ROOT, start_new_session=True,
    )  # fmt: skip
    bench.started.append(process)
    return process


def test_a_program_sees_the_terminal_and_its_size(bench: Bench, terminal: tuple[int, int]) -> None:
    process = start(bench, terminal[1], "test -t 0 && test -t 1 && stty size; exit 5")
    assert heard(terminal[0], b"33 77")
    assert process.wait(timeout=30) == 5


def test_the_interrupt_key_reaches_the_program(bench: Bench, terminal: tuple[int, int]) -> None:
    script = "trap 'exit 9' INT; echo here; while :; do sleep 0.1; done"
    process = start(bench, terminal[1], script)
    assert heard(terminal[0], b"here")
    os.write(terminal[0], b"\x03")
    assert process.wait(timeout=30) == 9
    assert soon(bench.is_empty)


def test_the_client_is_in_the_foreground(bench: Bench, terminal: tuple[int, int]) -> None:
    process = start(bench, terminal[1], "echo here; exec cat")
    assert heard(terminal[0], b"here")
    client = bench.client()
    assert os.getpgid(client) == os.tcgetpgrp(terminal[0])
    os.write(terminal[0], b"\x04")
    assert process.wait(timeout=30) == 0


def test_what_a_client_that_was_killed_did_to_the_terminal_is_undone(
    bench: Bench, terminal: tuple[int, int]
) -> None:
    before = termios.tcgetattr(terminal[1])
    process = start(bench, terminal[1], "stty raw -echo; echo here; exec sleep 600")
    assert heard(terminal[0], b"here")
    assert termios.tcgetattr(terminal[1]) != before
    client = bench.client()
    os.kill(client, 9)
    assert process.wait(timeout=60) == 128 + 9
    assert termios.tcgetattr(terminal[1]) == before


def test_a_terminal_that_closes_ends_the_guest(bench: Bench) -> None:
    ours, theirs = pty.openpty()
    script = "trap '' HUP; echo here; while :; do sleep 0.1; done"
    process = start(bench, theirs, script, grace="300")
    os.close(theirs)
    assert heard(ours, b"here")
    os.close(ours)
    assert soon(bench.is_empty)
    assert process.wait(timeout=60) == 128 + 1
