"""Runners that are killed: whatever they had begun is gone soon after."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.unit.vm.conftest import Bench, opened, soon

STEPS = ("reaper", "folder", "job_file", "started", "ended", "cleaned", "removed")
AHEAD_MS = ("-86400000", "86400000")


def wait(process: subprocess.Popen[bytes]) -> int:
    """Without its output, which a guest may hold open still."""
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()
    return process.wait(timeout=60)


def all_gone(bench: Bench) -> bool:
    return bench.is_empty() and not bench.processes()


# -- by themselves


Benches = Mapping[str, Bench]


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Benches]:
    """Each with a runner, by where it is killed, by how far its clock is set, or `stopped`.

    They are started at once: most of their time is waiting for deadlines.
    """
    with ExitStack() as stack:

        def bench(name: str) -> Bench:
            return stack.enter_context(opened(tmp_path_factory.mktemp(name)))

        benches = {name: bench(name) for name in ("stopped", *AHEAD_MS, *STEPS)}
        benches["stopped"].start("sleep", "600", wall_ms=1000, stop="started")
        for name in AHEAD_MS:
            benches[name].start("sleep", "600", wall_ms=2000, ahead=name)
        for name in STEPS:
            benches[name].start("sleep", "1.5", wall_ms=1000, die=name)
        yield benches


@pytest.mark.parametrize("step", STEPS)
def test_a_runner_killed_at_a_step_leaves_nothing(started: Benches, step: str) -> None:
    bench = started[step]
    assert wait(bench.started[0]) == -signal.SIGKILL
    assert soon(lambda: all_gone(bench))


@pytest.mark.parametrize("ahead_ms", AHEAD_MS)
def test_a_clock_that_is_set_changes_no_deadline(started: Benches, ahead_ms: str) -> None:
    bench = started[ahead_ms]
    assert wait(bench.started[0]) == 124
    assert bench.is_empty()


def test_a_runner_that_was_stopped_does_not_outlast_the_deadline(started: Benches) -> None:
    bench = started["stopped"]
    assert soon(lambda: "rm" in bench.engine.commands() and bench.engine.guests() == [])
    bench.started[0].kill()
    wait(bench.started[0])
    assert soon(lambda: all_gone(bench))


# -- by others, when the guest is there


def cut(bench: Bench) -> None:
    (job,) = bench.jobs
    os.truncate(job / "job.json", 40)


def remove(bench: Bench) -> None:
    (job,) = bench.jobs
    (job / "job.json").unlink()


def nothing(bench: Bench) -> None:
    """The job's file stays as it is."""


ENDS = {
    "killed": (nothing, signal.SIGKILL),
    "crashed": (nothing, signal.SIGSEGV),
    "killed, and its file cut in half": (cut, signal.SIGKILL),
    "killed, and its file removed": (remove, signal.SIGKILL),
}


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Benches]:
    """One after the other; the reapers wait at once."""
    with ExitStack() as stack:
        benches = {}
        for name, (before, number) in ENDS.items():
            bench = stack.enter_context(opened(tmp_path_factory.mktemp("ended")))
            process = bench.start_waiting()
            before(bench)
            process.send_signal(number)
            benches[name] = bench
        yield benches


@pytest.mark.parametrize("end", ENDS)
def test_a_runner_that_ended_meanwhile_leaves_nothing(ended: Benches, end: str) -> None:
    assert wait(ended[end].started[0]) == -ENDS[end][1]
    assert soon(lambda: all_gone(ended[end]))


def test_an_engine_that_is_down_meanwhile_is_asked_again(bench: Bench) -> None:
    process = bench.start_waiting()
    bench.engine.stop()
    process.kill()
    wait(process)
    before = len(bench.engine.commands())
    assert soon(lambda: len(bench.engine.commands()) > before + 2)
    (job,) = bench.jobs
    assert soon(lambda: not (job / "in").exists())  # for a guest that no engine remembers
    bench.engine.restart()
    assert soon(lambda: all_gone(bench))


def test_a_guest_that_its_client_forgot_is_removed(bench: Bench) -> None:
    bench.engine.forget_guests()
    assert wait(bench.start("true")) == 0
    assert soon(bench.is_empty)


def test_guests_of_others_are_not_touched(bench: Bench) -> None:
    bench.engine.add_guest("x07-1-1", {"io.x07.schema": "1"})
    bench.engine.add_guest("foreign", {})
    process = bench.start_waiting()
    process.kill()
    wait(process)
    assert soon(lambda: bench.engine.guests() == ["foreign", "x07-1-1"])
    asked = (bench.engine.store / ".log").read_text()
    assert "x07-1-1" not in asked
    assert "foreign" not in asked


def test_a_guest_that_comes_after_its_runner_saw_it_gone_is_removed(bench: Bench) -> None:
    process = bench.start("sleep", "600", wall_ms=1000, stop="cleaned")
    assert soon(lambda: "rm" in bench.engine.commands() and stopped(process))
    (job,) = bench.jobs
    bench.engine.add_guest(f"x07-{job.name}", {})
    process.kill()
    wait(process)
    assert soon(lambda: all_gone(bench))


def stopped(process: subprocess.Popen[bytes]) -> bool:
    return "(stopped)" in Path(f"/proc/{process.pid}/status").read_text()
