"""What a sweep ends and removes, and what it leaves."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.unit.vm.conftest import Bench, soon
from tests.unit.vm.job_process import job_of
from x07bundle.contract import vm_job
from x07bundle.contract.vm_job import JobRecord
from x07bundle.vm import clock as clocks
from x07bundle.vm import labels, state, sweep
from x07bundle.vm.folder import claimed, host_name
from x07bundle.vm.state import State

DAY_MS = 24 * 3600 * 1000
LONG_AGO = "1700000000000-1"


def opened(bench: Bench) -> State:
    return state.open({state.VARIABLE: str(bench.folder / "vm/jobs")})


def swept(bench: Bench, *, ahead_ms: int = 0, dry_run: bool = False) -> dict[str, str]:
    """The outcome of each job, by a clock that is so far ahead."""
    now = clocks.SYSTEM._replace(unix_ms=lambda: clocks.SYSTEM.unix_ms() + ahead_ms)
    report = sweep.sweep(opened(bench), (bench.engine.backend,), now, dry_run=dry_run)
    return {one.finding.run_id: one.outcome for one in report.swept}


def record(bench: Bench, run_id: str, wall_ms: int = 60_000) -> JobRecord:
    now_ms = clocks.SYSTEM.unix_ms() - 20_000
    plan = bench.engine.backend.kill_plan(f"x07-{run_id}", 1000)
    times = (now_ms, now_ms + wall_ms, 1000, 30_000)
    return JobRecord(run_id, "docker", f"x07-{run_id}", *times, plan, host_name())


def left_job(bench: Bench, run_id: str = LONG_AGO) -> Path:
    """A job that nobody cares for, and its guest."""
    bench.engine.add_guest(f"x07-{run_id}", labels_of(bench, run_id))
    return left_folder(bench, run_id)


def left_folder(bench: Bench, run_id: str = LONG_AGO) -> Path:
    folder = opened(bench).root / run_id
    folder.mkdir(0o700)
    (folder / "job.json").write_bytes(vm_job.dump(record(bench, run_id)))
    return folder


def labels_of(bench: Bench, run_id: str, wall_ms: int = 60_000) -> dict[str, str]:
    return labels.of(job_of(run_id, (), wall_ms), "docker", opened(bench).instance)


def is_free(path: Path) -> bool:
    with claimed(path) as claim:
        return claim.is_free is True


def aged(path: Path, age_ms: int) -> None:
    then = time.time() - age_ms / 1000
    os.utime(path, (then, then))


def test_a_job_without_a_runner_and_a_reaper_is_ended(bench: Bench) -> None:
    process = bench.start_waiting()
    for pid in {process.pid, *bench.processes("tests.unit.vm.job_process")}:
        os.kill(pid, signal.SIGKILL)
    (job,) = bench.jobs
    assert soon(lambda: is_free(job))
    assert swept(bench) == {job.name: "left"}
    assert swept(bench, ahead_ms=11_000) == {job.name: "ended"}
    assert bench.is_empty()


def test_a_job_that_runs_is_left(bench: Bench) -> None:
    process = bench.start_waiting()
    (job,) = bench.jobs
    assert swept(bench, ahead_ms=7 * DAY_MS) == {job.name: "left"}
    process.terminate()
    process.communicate()


def test_a_guest_whose_folder_is_in_use_is_left(bench: Bench) -> None:
    process = bench.start_waiting()
    (job,) = bench.jobs
    job.chmod(0o770)
    assert swept(bench, ahead_ms=7 * DAY_MS) == {job.name: "left"}
    process.terminate()
    process.communicate()


def test_a_job_that_lost_its_runner_is_ended_before_its_deadline(bench: Bench) -> None:
    left_job(bench)
    assert swept(bench, dry_run=True) == {LONG_AGO: "would_end"}
    assert not bench.is_empty()
    assert swept(bench) == {LONG_AGO: "ended"}
    assert bench.is_empty()


def test_a_guest_that_cannot_be_ended_keeps_its_folder(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = left_job(bench) / "in"
    inputs.mkdir()
    bench.engine.stop()
    monkeypatch.setattr(sweep, "MOST_MS", 0)
    assert swept(bench) == {LONG_AGO: "failed"}
    assert not inputs.exists()  # a guest that the engine has forgotten ends by itself
    bench.engine.restart()
    assert swept(bench) == {LONG_AGO: "ended"}


def test_a_job_of_another_machine_is_left(bench: Bench) -> None:
    folder = left_job(bench)
    other = record(bench, LONG_AGO)._replace(host="elsewhere")
    (folder / "job.json").write_bytes(vm_job.dump(other))
    assert swept(bench, ahead_ms=DAY_MS // 2) == {LONG_AGO: "left"}


def without_a_plan(document: dict[str, object]) -> bytes:
    del document["kill_plan"]
    return json.dumps(document).encode()


def test_a_job_file_that_cannot_be_used(bench: Bench) -> None:
    folder = left_job(bench)
    whole = (folder / "job.json").read_bytes()
    for text in (whole[:100], b"", b"[]", b"\xff", without_a_plan(json.loads(whole))):
        (folder / "job.json").write_bytes(text)
        assert swept(bench) == {LONG_AGO: "left"}
    assert len(bench.engine.guests()) == 1
    assert swept(bench, ahead_ms=61_000, dry_run=True) == {LONG_AGO: "would_end"}
    assert swept(bench, ahead_ms=61_000) == {LONG_AGO: "ended"}
    assert bench.is_empty()


def test_a_job_file_that_cannot_be_used_and_no_guest(bench: Bench) -> None:
    folder = left_folder(bench)
    os.truncate(folder / "job.json", 100)
    assert swept(bench, ahead_ms=61_000) == {LONG_AGO: "left"}
    aged(folder, 2 * DAY_MS)
    assert swept(bench) == {LONG_AGO: "removed"}


def test_a_job_that_runs_is_left_whatever_its_file_says(bench: Bench) -> None:
    process = bench.start_waiting()
    (job,) = bench.jobs
    os.truncate(job / "job.json", 100)
    assert swept(bench, ahead_ms=7 * DAY_MS) == {job.name: "left"}
    process.terminate()
    process.communicate()


def test_a_guest_whose_job_file_is_lost_is_ended_by_its_label(bench: Bench) -> None:
    folder = left_job(bench)
    (folder / "job.json").unlink()
    folder.rmdir()
    assert swept(bench) == {LONG_AGO: "left"}
    assert swept(bench, ahead_ms=61_000) == {LONG_AGO: "ended"}
    assert bench.is_empty()


def test_a_job_file_of_another_job_is_not_followed(bench: Bench) -> None:
    folder = left_job(bench)
    bench.engine.add_guest("x07-other", {})
    (folder / "job.json").write_bytes(vm_job.dump(record(bench, "other")))
    assert swept(bench) == {LONG_AGO: "left"}
    assert "x07-other" in bench.engine.guests()


@pytest.mark.parametrize(
    "changed",
    [
        {"io.x07.runner_instance": "ri-of-somebody-else"},
        {"io.x07.schema": "2"},
        {"io.x07.deadline_unix_ms": "0"},
        {"io.x07.deadline_unix_ms": "soon"},
        {"io.x07.run_id": "1-1"},
        {"io.x07.run_id": "../../x"},
    ],
    ids=str,
)
def test_a_guest_that_may_not_be_ours_is_left(bench: Bench, changed: dict[str, str]) -> None:
    name = f"x07-{LONG_AGO}"
    bench.engine.add_guest(name, {**labels_of(bench, LONG_AGO), **changed})
    swept(bench, ahead_ms=DAY_MS)
    assert bench.engine.guests() == [name]


def test_foreign_guests_are_counted_and_left(bench: Bench) -> None:
    bench.engine.add_guest("foreign", {})
    bench.engine.add_guest("-rf", {"io.x07.schema": "1"})
    report = sweep.sweep(opened(bench), (bench.engine.backend,), clocks.SYSTEM)
    assert (report.swept, report.foreign, report.problems) == ((), 1, ())


@contextmanager
def owned_by(path: Path, uid: int) -> Iterator[None]:
    os.chown(path, uid, -1)
    yield
    os.chown(path, os.geteuid(), -1)


def test_what_others_may_have_written_is_not_read(bench: Bench) -> None:
    folder = left_folder(bench)
    folder.chmod(0o777)
    assert swept(bench) == {}
    folder.chmod(0o700)
    (folder / "job.json").chmod(0o666)
    assert swept(bench) == {LONG_AGO: "left"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_is_of_another_user_is_not_read(bench: Bench) -> None:
    folder = left_folder(bench)
    with owned_by(folder, 12345):
        assert swept(bench) == {}
    with owned_by(folder / "job.json", 12345):
        assert swept(bench) == {LONG_AGO: "left"}


def test_a_link_is_no_job(bench: Bench) -> None:
    folder = left_folder(bench)
    moved = bench.folder / "elsewhere"
    folder.rename(moved)
    folder.symlink_to(moved)
    assert swept(bench) == {}


def test_an_empty_folder_is_removed_when_it_is_not_new(bench: Bench) -> None:
    folder = opened(bench).root / LONG_AGO
    folder.mkdir(0o700)
    assert swept(bench) == {LONG_AGO: "left"}
    assert swept(bench, ahead_ms=11_000) == {LONG_AGO: "removed"}
    assert not folder.exists()


def test_a_kept_folder_is_pruned_by_its_age(bench: Bench) -> None:
    folder = left_job(bench)
    (folder / "done").touch()
    assert swept(bench, ahead_ms=6 * DAY_MS)[LONG_AGO] == "left"
    aged(folder, 8 * DAY_MS)
    assert swept(bench) == {LONG_AGO: "removed"}


def test_an_engine_that_gives_no_answer_is_told(bench: Bench) -> None:
    bench.engine.stop()
    report = sweep.sweep(opened(bench), (bench.engine.backend,), clocks.SYSTEM)
    assert len(report.problems) == 1


def test_of_many_jobs_one_sweeps(bench: Bench) -> None:
    kept = opened(bench)
    assert [sweep.is_due(kept, clocks.SYSTEM) for _ in range(3)] == [True, False, False]
    later = clocks.SYSTEM._replace(unix_ms=lambda: clocks.SYSTEM.unix_ms() + 31_000)
    assert sweep.is_due(kept, later)


def test_a_job_sweeps_what_others_left(bench: Bench) -> None:
    left_job(bench)
    process = bench.start("true")
    process.communicate()
    assert soon(bench.is_empty)


def test_a_claim_is_for_one(tmp_path: Path) -> None:
    with claimed(tmp_path) as first, claimed(tmp_path) as second:
        assert (first.is_free, second.is_free) == (True, False)
    with claimed(tmp_path) as third:
        assert third.is_free
