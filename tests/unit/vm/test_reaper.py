"""Runners that are killed: whatever they had begun is gone soon after."""

import os
import signal
import subprocess

import pytest

from tests.unit.vm.conftest import Bench, soon

STEPS = ("reaper", "folder", "job_file", "started", "ended", "cleaned", "removed")


def wait(process: subprocess.Popen[bytes]) -> int:
    """Without its output, which a guest may hold open still."""
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()
    return process.wait(timeout=60)


def all_gone(bench: Bench) -> bool:
    return bench.is_empty() and not bench.processes()


@pytest.mark.parametrize("step", STEPS)
def test_a_runner_killed_at_a_step_leaves_nothing(bench: Bench, step: str) -> None:
    assert wait(bench.start("sleep", "1.5", wall_ms=1000, die=step)) == -signal.SIGKILL
    assert soon(lambda: all_gone(bench))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_runner_killed_meanwhile_leaves_nothing(bench: Bench, number: signal.Signals) -> None:
    process = bench.start_waiting()
    process.send_signal(number)
    assert wait(process) == -number
    assert soon(lambda: all_gone(bench))


def test_an_engine_that_is_down_meanwhile_is_asked_again(bench: Bench) -> None:
    process = bench.start_waiting()
    bench.engine.stop()
    process.kill()
    wait(process)
    before = len(bench.engine.commands())
    assert soon(lambda: len(bench.engine.commands()) > before + 5)
    assert len(bench.jobs) == 1
    bench.engine.restart()
    assert soon(lambda: all_gone(bench))


def test_a_runner_that_was_stopped_does_not_outlast_the_deadline(bench: Bench) -> None:
    process = bench.start("sleep", "600", wall_ms=1000, stop="started")
    assert soon(lambda: bench.engine.guests() != [])
    assert soon(lambda: bench.engine.guests() == [])
    process.kill()
    wait(process)
    assert soon(lambda: all_gone(bench))


@pytest.mark.parametrize("ahead_ms", [-86_400_000, 86_400_000])
def test_a_clock_that_is_set_changes_no_deadline(bench: Bench, ahead_ms: int) -> None:
    process = bench.start("sleep", "600", wall_ms=2000, ahead=str(ahead_ms))
    assert wait(process) == 124
    assert bench.is_empty()


def test_a_job_file_cut_in_half_does_not_keep_the_reaper(bench: Bench) -> None:
    process = bench.start_waiting()
    (job,) = bench.jobs
    os.truncate(job / "job.json", 40)
    process.kill()
    wait(process)
    assert soon(lambda: all_gone(bench))


def test_a_folder_that_was_removed_does_not_keep_the_reaper(bench: Bench) -> None:
    process = bench.start_waiting()
    (job,) = bench.jobs
    (job / "job.json").unlink()
    process.kill()
    wait(process)
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
