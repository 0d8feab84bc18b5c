"""Jobs of every backend and of every kind, from their start to their end, on engines that do well,
fail, are slow, speak nonsense or say nothing.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.fakes.job_engines import NEVER_SECONDS, Answers
from tests.unit.vm.conftest import soon
from tests.unit.vm.job_bench import JobBench
from tests.unit.vm.samples import JOBS, MADE
from x07bundle.vm import asking, killing, labels, runner, sweep
from x07bundle.vm import clock as clocks
from x07bundle.vm.failures import EngineError
from x07bundle.vm.runner import Ended
from x07bundle.vm.streams import Attached, Captured

EVERY_BYTE: Final = bytes(range(256)) * 100
TELLS: Final = r"""
echo "$PORT,$GREETING"
printf '%s\n' "$@"
cat
printf '\377no' >&2
exit 7"""
ASKED: Final = "trap 'echo asked; exit 9' TERM"
DEAF: Final = "trap '' TERM"
WAITS: Final = "while :; do sleep 0.1; done 2>/dev/null"
SHORT_MS: Final = 1000
NO_IMAGE: Final = {
    "apple-container": (1, b'notFound: "image with reference '),
    "containerd": (1, b'ctr: image "x07.local/guest@sha256:'),
    "docker": (125, b"No such image: sha256:"),
    "firecracker-ctr": (1, b'ctr: image "x07.local/guest@sha256:'),
    "podman": (125, b": image not known"),
}
LOST: Final = "1700000000000-7"
FOREIGN: Final = "1700000000000-8"
STRANGER: Final = "1700000000000-9"


@pytest.fixture(params=sorted(MADE))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bench(tmp_path: Path, name: str) -> Iterator[JobBench]:
    made = JobBench(tmp_path, name)
    yield made
    made.engine.answers(None)
    made.engine.end_all()


@pytest.fixture(autouse=True)
def _engines_settle_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(killing, "SETTLE_MS", 20)


# -- it goes well


@pytest.mark.parametrize("kind", sorted({*JOBS} - {"terminal"}))
def test_a_job(bench: JobBench, kind: str) -> None:
    job = JOBS[kind]
    data = EVERY_BYTE if job.has_input else None
    words = "\n".join((f"{job.env.get('PORT', '')},{job.env.get('GREETING', '')}", *job.argv[1:]))
    expected = f"{words}\n".encode() + (data or b"")
    assert bench.run(TELLS, kind, Captured(data)) == Ended(7, stdout=expected, stderr=b"\xffno")
    assert bench.engine.guests() == []


def test_a_job_at_a_terminal(bench: JobBench) -> None:
    ours, theirs = os.openpty()
    try:
        script = "test -t 0 && test -t 1 && test -t 2 && echo at a terminal; exit 5"
        assert bench.run(script, "terminal", Attached(theirs, theirs, theirs)).exit_status == 5
        assert os.read(ours, 100) == b"at a terminal\r\n"
    finally:
        os.close(ours)
        os.close(theirs)


def test_nobody_is_killed_who_ends_in_time(bench: JobBench) -> None:
    bench.run("exit 3")
    plan = bench.backend.kill_plan(f"x07-{bench.kept.name}", 200)
    assert soon(lambda: len(bench.engine.asked) == 2)
    assert bench.engine.asked[1] == list(plan.probe)


# -- it fails, or is slow


def test_an_engine_that_starts_nothing(bench: JobBench, name: str) -> None:
    bench.engine.has_image("another")
    ended = bench.run("echo begun")
    status, said = NO_IMAGE[name]
    assert said in ended.stderr
    has_begun = bench.engine.program not in ("ctr", "firecracker-ctr")
    assert ended == Ended(status, was_ready=has_begun, stderr=ended.stderr)
    assert bench.engine.guests() == []


def test_a_slow_engine(bench: JobBench) -> None:
    bench.engine.starts_in(0.7)
    ended = bench.run("cat; exit 3", "streamed", Captured(EVERY_BYTE))
    assert ended == Ended(3, stdout=EVERY_BYTE)


def test_an_engine_that_never_starts_a_guest(
    bench: JobBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it made of the guest by then is removed."""
    monkeypatch.setattr(killing, "CLIENT_ENDS_MS", 300)
    bench.engine.starts_in(NEVER_SECONDS)
    ended = bench.run("echo begun", wall_ms=SHORT_MS)
    assert (ended.timed_out, ended.is_gone, ended.stdout) == (True, True, b"")
    plan = bench.backend.kill_plan(f"x07-{bench.kept.name}", 200)
    assert bench.asked(*plan.soft, *plan.hard, *plan.cleanup, plan.probe)
    assert bench.engine.guests() == []
    assert not bench.kept.exists()


# -- guests that have to be killed


def test_a_guest_that_ends_when_it_is_asked(bench: JobBench) -> None:
    ended = bench.run_out_of_time(f"{ASKED}; begun; {WAITS}", grace_ms=20_000)
    assert ended == Ended(9, timed_out=True, stdout=b"begun\nasked\n")


def test_a_guest_that_does_not(bench: JobBench) -> None:
    """docker and podman kill it themselves then. What a client leaves of it is removed."""
    bench.engine.forgets()
    ended = bench.run_out_of_time(f"{DEAF}; begun; {WAITS}")
    assert ended == Ended(128 + signal.SIGKILL, timed_out=True, stdout=b"begun\n")
    plan = bench.backend.kill_plan(f"x07-{bench.kept.name}", 200)
    assert bench.asked(*plan.soft, *plan.cleanup, plan.probe)
    assert bench.asked(*plan.hard) or "stop" in plan.soft[0]
    assert bench.engine.guests() == []


def test_a_guest_that_does_not_care_for_a_signal(bench: JobBench) -> None:
    number = signal.SIGTERM
    ended = bench.run(f"{DEAF}; kill -TERM {os.getpid()}; {WAITS}")
    assert ended == Ended(128 + signal.SIGKILL, interrupted_by=number, asked_by=number)
    plan = bench.backend.kill_plan(f"x07-{bench.kept.name}", 200)
    assert bench.asked(*plan.hard, *plan.cleanup, plan.probe)
    assert not bench.asked(*plan.soft)
    assert bench.engine.guests() == []


def test_each_part_of_a_plan_does_what_it_is_for(bench: JobBench) -> None:
    lost = bench.lose(LOST, bench.state.instance, DEAF)
    plan = bench.backend.kill_plan(lost.container_id, 200)
    assert not killing.is_gone(plan, lost.container_id)
    killing.replay(plan.hard, plan.env)
    assert soon(lambda: not bench.engine.runs(lost.container_id))
    assert not killing.is_gone(plan, lost.container_id)
    killing.replay(plan.cleanup, plan.env)
    assert killing.is_gone(plan, lost.container_id)
    assert bench.engine.guests() == []


def test_what_a_client_left_that_ended_in_time_is_removed_a_little_later(bench: JobBench) -> None:
    bench.engine.forgets()
    assert bench.run("exit 3") == Ended(3)
    assert soon(lambda: bench.engine.guests() == [])


# -- answers that are none


@pytest.mark.parametrize("how", ["garbage", "complaints"])
def test_a_guest_is_not_gone_until_it_is_said(
    bench: JobBench, how: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reaper goes on."""
    monkeypatch.setattr(runner, "CLEANUP_MS", 300)
    bench.engine.answers(how)
    ended = bench.run_out_of_time(f"{DEAF}; begun; {WAITS}")
    assert (ended.timed_out, ended.is_gone) == (True, False)
    assert bench.kept.exists()
    bench.engine.answers(None)
    assert soon(lambda: not bench.kept.exists())


# -- guests that are found


def swept(bench: JobBench, *, ahead_ms: int = 0, dry_run: bool = False) -> sweep.Report:
    now = clocks.SYSTEM._replace(unix_ms=lambda: clocks.SYSTEM.unix_ms() + ahead_ms)
    return sweep.sweep(bench.state, (bench.backend,), now, dry_run=dry_run)


def outcomes(report: sweep.Report) -> dict[str, str]:
    return {one.finding.run_id: one.outcome for one in report.swept}


def test_a_guest_that_was_lost_is_listed_and_swept(bench: JobBench) -> None:
    lost = bench.lose(LOST, bench.state.instance)
    bench.lose(FOREIGN, "ri-another")
    bench.engine.unlabel(bench.lose(STRANGER, "ri-another").container_id)
    report = swept(bench)
    assert (outcomes(report), report.foreign) == ({LOST: "left"}, 1)
    assert outcomes(swept(bench, ahead_ms=61_000, dry_run=True)) == {LOST: "would_end"}
    assert bench.engine.runs(lost.container_id)
    assert outcomes(swept(bench, ahead_ms=61_000)) == {LOST: "ended"}
    assert bench.engine.guests() == [f"x07-{FOREIGN}", f"x07-{STRANGER}"]
    assert all(map(bench.engine.runs, bench.engine.guests()))


def test_labels_come_back_as_they_were_given(bench: JobBench) -> None:
    lost = bench.lose(LOST, bench.state.instance)
    query = bench.backend.orphans()
    assert query is not None
    (found,) = asking.ask(query)
    assert found.container_id == lost.container_id
    of_one = bench.backend.labels(found.container_id)
    given = asking.ask(of_one) if of_one is not None else found.labels
    assert given == labels.of(lost, bench.backend.name, bench.state.instance)


@pytest.mark.parametrize("how", ["garbage", "complaints"])
def test_lists_that_are_none_end_nobody(bench: JobBench, how: Answers) -> None:
    """`ctr` gives names alone: garbage is none of ours."""
    lost = bench.lose(LOST, bench.state.instance)
    bench.engine.answers(how)
    report = swept(bench, ahead_ms=61_000)
    assert (report.swept, report.foreign) == ((), 0)
    assert len(report.problems) == (bench.backend.name != "firecracker-ctr" or how != "garbage")
    assert bench.engine.runs(lost.container_id)


def test_an_engine_that_says_nothing_is_not_waited_for(bench: JobBench) -> None:
    bench.engine.answers("nothing")
    query = bench.backend.orphans()
    assert query is not None
    with pytest.raises(EngineError, match=r"no answer within 0\.2 s"):
        asking.ask(query, 200)
