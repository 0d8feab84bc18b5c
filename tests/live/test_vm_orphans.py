"""Runners of real engines, killed at any moment: nothing of theirs is left, nothing else touched.

`X07_TEST_KILLS=200` kills as many at random moments on each engine.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.live import vm_engines
from tests.live.vm_engines import PROGRAM, LiveEngine
from tests.program_build import ROOT
from x07bundle.vm import clock, state, sweep

pytestmark = pytest.mark.live

KILLS: Final = int(os.environ.get("X07_TEST_KILLS", "10"))
WALL_MS: Final = 20_000
CLEAN_SECONDS: Final = WALL_MS / 1000 + 30
LATEST_SECONDS: Final = 0.7
"""Of a random moment, after the runner's own start."""
DAY_MS: Final = 24 * 3600 * 1000
HALF_BYTES: Final = 40
STEPS: Final = ("reaper", "folder", "job_file", "started", "ended", "cleaned", "removed")
FOREIGN: Final = "x07-of-others"


@pytest.fixture(scope="module", params=vm_engines.NAMES)
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveEngine]:
    with vm_engines.started(request.param, tmp_path_factory.mktemp(request.param)) as made:
        made.start_foreign(FOREIGN)
        yield made
        made.end_foreign(FOREIGN)


def jobs(engine: LiveEngine) -> list[Path]:
    root = engine.folder / "vm/jobs"
    return [path for path in root.iterdir() if path.name[0] != "."] if root.exists() else []


def start(
    engine: LiveEngine, *words: str, wall_ms: int = WALL_MS, die: str = ":"
) -> subprocess.Popen[bytes]:
    env = {**engine.env, "X07_VM_STATE_DIR": str(engine.folder / "vm/jobs")}
    module = (sys.executable, "-m", "tests.live.vm_job_process", engine.name)
    return subprocess.Popen(
        (*module, engine.image.digest.value, str(wall_ms), die, PROGRAM, *words),
        env=env, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def finish(process: subprocess.Popen[bytes], data: bytes = b"") -> tuple[int, bytes, bytes]:
    out, err = process.communicate(data, timeout=90)
    return process.returncode, out, err


def drop(process: subprocess.Popen[bytes]) -> None:
    """Waits for a runner that was killed; its guest may have the pipes still."""
    process.wait(timeout=60)
    for stream in (process.stdin, process.stdout, process.stderr):
        assert stream is not None
        stream.close()


def left(engine: LiveEngine) -> list[str]:
    """All that is there and should not be."""
    guests = [name for name in engine.guests() if name != FOREIGN]
    found = [*guests, *(str(path) for path in jobs(engine)), *engine.snapshots()]
    found = [name for name in found if name != FOREIGN]
    return [*found, *processes(engine), *mounts(engine)]


def processes(engine: LiveEngine) -> list[str]:
    """Runners, reapers and clients; not the engine itself, and not what serves the foreign one."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes()
            env = (path / "environ").read_bytes()
        except OSError:
            continue
        mine = b"vm_job_process" in words or b"x07-1" in words
        if mine and os.fsencode(engine.folder) in env + words:
            found.append(f"process {path.name}: {words!r}")
    return found


def mounts(engine: LiveEngine) -> list[str]:
    text = Path("/proc/self/mounts").read_text()
    return [line for line in text.splitlines() if f"{engine.folder}/vm/" in line]


def all_gone(engine: LiveEngine, seconds: float = CLEAN_SECONDS) -> list[str]:
    """What is left after a while."""
    end = time.monotonic() + seconds
    while (found := left(engine)) and time.monotonic() < end:
        time.sleep(0.3)
    assert FOREIGN in engine.guests()
    return found


def test_bytes_and_status(engine: LiveEngine) -> None:
    data = bytes(range(256)) * 1000
    assert finish(start(engine, "cat", "7"), data) == (7, data, b"")
    assert all_gone(engine) == []


def test_a_deadline(engine: LiveEngine) -> None:
    process = start(engine, "wait", wall_ms=6000)
    status, out, _ = finish(process)
    assert (status, out) == (124, b"here\n")
    assert all_gone(engine) == []


def test_a_signal(engine: LiveEngine) -> None:
    process = waiting(engine)
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == 128 + signal.SIGTERM
    assert all_gone(engine) == []


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step(engine: LiveEngine, step: str) -> None:
    process = start(engine, "wait", wall_ms=2000, die=f"{step}:")
    drop(process)
    assert process.returncode == -signal.SIGKILL
    assert all_gone(engine) == []


def test_killed_at_random_moments(engine: LiveEngine) -> None:
    seed = random.randrange(1 << 30)
    moments = random.Random(seed)
    for _ in range(KILLS):
        process = start(engine, "wait")
        time.sleep(0.05 + moments.random() * LATEST_SECONDS)
        process.kill()
        drop(process)
    assert all_gone(engine) == [], f"seed {seed}"


def test_killed_while_the_engine_is_restarted(engine: LiveEngine) -> None:
    process = waiting(engine)
    process.kill()
    engine.restart()
    drop(process)
    assert all_gone(engine) == []


@pytest.mark.parametrize("ahead_ms", [-DAY_MS, DAY_MS])
def test_a_clock_that_is_set_changes_no_deadline(engine: LiveEngine, ahead_ms: int) -> None:
    process = start(engine, "wait", wall_ms=6000, die=f":{ahead_ms}")
    status, out, _ = finish(process)
    assert (status, out) == (124, b"here\n")
    assert all_gone(engine) == []


@pytest.mark.parametrize("ahead_ms", [-DAY_MS, DAY_MS])
def test_killed_after_the_clock_was_set(engine: LiveEngine, ahead_ms: int) -> None:
    """No sweep takes the guest before, and the reaper does after."""
    process = waiting(engine, die=f":{ahead_ms}")
    (job,) = jobs(engine)
    assert swept(engine, ahead_ms) == {job.name: "left"}
    assert f"x07-{job.name}" in engine.guests()
    process.kill()
    drop(process)
    assert all_gone(engine) == []


def test_killed_with_half_a_job_file(engine: LiveEngine) -> None:
    process = waiting(engine)
    (job,) = jobs(engine)
    os.truncate(job / "job.json", HALF_BYTES)
    process.kill()
    drop(process)
    assert all_gone(engine) == []


def test_without_a_reaper_the_sweep_ends_it(engine: LiveEngine) -> None:
    job = kill_all(engine)
    assert swept(engine, 11_000) == {job.name: "ended"}
    assert all_gone(engine) == []


def test_without_a_reaper_and_with_half_a_job_file(engine: LiveEngine) -> None:
    """Its labels say when it may be ended."""
    job = kill_all(engine)
    os.truncate(job / "job.json", HALF_BYTES)
    assert swept(engine, 0) == {job.name: "left"}
    assert f"x07-{job.name}" in engine.guests()
    assert swept(engine, WALL_MS) == {job.name: "ended"}
    assert all_gone(engine) == []


def waiting(engine: LiveEngine, die: str = ":") -> subprocess.Popen[bytes]:
    """One whose program is there."""
    process = start(engine, "wait", die=die)
    assert process.stdout is not None
    assert process.stdout.readline() == b"here\n"
    return process


def kill_all(engine: LiveEngine) -> Path:
    """A job that has lost its runner and its reaper."""
    process = waiting(engine)
    for found in processes(engine):
        if "vm_job_process" in found:
            os.kill(int(found.split()[1].rstrip(":")), signal.SIGKILL)
    drop(process)
    (job,) = jobs(engine)
    time.sleep(0.5)
    return job


def swept(engine: LiveEngine, ahead_ms: int) -> dict[str, str]:
    """The outcome of each job, by a clock that is so far ahead. The foreign guest is seen."""
    kept = state.open({state.VARIABLE: str(engine.folder / "vm/jobs")})
    later = clock.SYSTEM._replace(unix_ms=lambda: clock.SYSTEM.unix_ms() + ahead_ms)
    report = sweep.sweep(kept, (engine.backend,), later)
    assert report.foreign == 1
    return {one.finding.run_id: one.outcome for one in report.swept}
