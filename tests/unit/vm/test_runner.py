"""A job from its start to its end, on an engine whose guests are processes."""

import os
import signal
import subprocess

import pytest

from tests.program_build import ROOT
from tests.unit.vm.conftest import Bench, soon

EVERY_BYTE = bytes(range(256)) * 300


def finish(process: subprocess.Popen[bytes], data: bytes | None = None) -> tuple[int, bytes, bytes]:
    out, err = process.communicate(data, timeout=60)
    return process.returncode, out, err


def test_bytes_of_all_streams_and_the_status_are_the_programs(bench: Bench) -> None:
    process = bench.start("sh", "-c", "cat; printf '\\377no' >&2; exit 7", stdin=subprocess.PIPE)
    assert finish(process, EVERY_BYTE) == (7, EVERY_BYTE, b"\xffno")
    assert soon(bench.is_empty)


def test_a_ready_file_holds_the_end_of_the_input_back(bench: Bench) -> None:
    process = bench.start("sh", "-c", "cat; exit 3", held="1", stdin=subprocess.PIPE)
    assert finish(process, EVERY_BYTE) == (3, EVERY_BYTE, b"")


def test_an_input_that_nobody_reads_is_no_failure(bench: Bench) -> None:
    process = bench.start("true", held="1", stdin=subprocess.PIPE)
    assert finish(process, EVERY_BYTE * 100) == (0, b"", b"")


def test_streams_that_the_caller_closed_lead_nowhere(bench: Bench) -> None:
    file = bench.folder / "err"
    line = f"exec \"$@\" 0<&- 1>&- 2>'{file}'"
    words = bench.words("sh", "-c", "cat; echo said; echo more >&2")
    done = subprocess.run(("sh", "-c", line, "-", *words), cwd=ROOT, check=False)
    assert (done.returncode, file.read_bytes()) == (0, b"more\n")


def test_a_client_that_is_not_there(bench: Bench) -> None:
    (bench.folder / "bin/engine").unlink()
    status, _, err = finish(bench.start("true"))
    assert (status, b"program not found" in err) == (1, True)
    assert soon(lambda: not bench.jobs)


def test_a_deadline_asks_then_kills(bench: Bench) -> None:
    script = "trap 'echo asked' TERM; while :; do sleep 0.1; done"
    process = bench.start("sh", "-c", script, wall_ms=4000, grace="1500")
    assert finish(process)[:2] == (124, b"asked\n")
    assert bench.is_empty()
    last_look_of_reaper = "inspect"
    expected = ["run", "kill", "kill", "rm", "inspect", last_look_of_reaper]
    assert soon(lambda: [word for word in bench.engine.commands() if word != "ps"] == expected)


def test_a_guest_that_ends_when_asked_was_out_of_time(bench: Bench) -> None:
    script = "trap 'exit 0' TERM; while :; do sleep 0.1; done"
    assert finish(bench.start("sh", "-c", script, wall_ms=4000, grace="1500"))[0] == 124


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_reaches_the_program(bench: Bench, number: signal.Signals) -> None:
    name = number.name.removeprefix("SIG")
    process = bench.start_waiting(f"trap 'echo {name}; exit 9' {name}")
    process.send_signal(number)
    assert finish(process)[:2] == (9, name.encode() + b"\n")
    assert soon(bench.is_empty)


def test_a_program_that_ignores_a_signal_is_killed(bench: Bench) -> None:
    process = bench.start_waiting("trap '' TERM")
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == 128 + signal.SIGTERM
    assert bench.is_empty()


def test_a_second_signal_does_not_wait(bench: Bench) -> None:
    process = bench.start_waiting("trap 'echo asked' INT", grace="3600000", wall_ms=7200_000)
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    assert process.stdout.readline() == b"asked\n"
    process.send_signal(signal.SIGINT)
    assert finish(process)[0] == 128 + signal.SIGINT
    assert bench.is_empty()


def test_a_client_that_was_killed_leaves_no_guest(bench: Bench) -> None:
    process = bench.start_waiting()
    client = bench.client()
    os.kill(client, signal.SIGKILL)
    assert finish(process)[0] == 128 + signal.SIGKILL
    assert bench.is_empty()


def test_many_at_once_have_their_own(bench: Bench) -> None:
    names = [f"job {number}\n".encode() for number in range(20)]
    running = [bench.start("sh", "-c", "cat; exit 3", stdin=subprocess.PIPE) for _ in names]
    found = [finish(process, name) for process, name in zip(running, names, strict=True)]
    assert found == [(3, name, b"") for name in names]
    assert soon(bench.is_empty)
