"""Finds jobs that nobody cares for any more, and ends them (contract/vm.md §6).

Two ways lead to them. In the state folder, a job whose lock is free has lost its runner and its
reaper. In the lists of engines, a guest with our label has lost its folder, and its deadline has
passed. What has the label of another instance, or is in a folder of another user, is not touched.
"""

import contextlib
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple

from x07bundle import files
from x07bundle.contract import vm_job
from x07bundle.contract.vm_job import JobRecord, KillPlan
from x07bundle.errors import X07Error
from x07bundle.vm import asking, killing, labels
from x07bundle.vm.backend import Backend, Orphan
from x07bundle.vm.clock import Clock
from x07bundle.vm.folder import DONE, JOB_FILE, MOST_JOB_BYTES, claimed, host_name
from x07bundle.vm.state import State, folder_problem, problem_of

MOST_MS: Final = 10_000
"""For the end of one guest."""
NEW_MS: Final = 10_000
"""The age up to which a folder may be one that is just being made, and a client be one that is just
starting its guest."""
UNREADABLE_KEPT_MS: Final = 24 * 3600 * 1000
KEPT_MS: Final = 7 * 24 * 3600 * 1000
"""How long a folder is kept for people to look at."""
STAMP: Final = ".swept"
"""Its time is that of the last sweep that a job started."""
EVERY_MS: Final = 30_000
AFTER_MS: Final = 1000

Action = Literal["end", "remove", "leave"]
Outcome = Literal["ended", "removed", "left", "failed", "would_end", "would_remove"]


class Finding(NamedTuple):
    """A job, what to do with it and why. `path`: of its folder; None: an engine listed it.
    `is_lost`: its job file says nothing, and the labels of its guest may."""

    run_id: str
    action: Action
    why: str
    backend: str | None = None
    plan: KillPlan | None = None
    container_id: str | None = None
    path: Path | None = None
    is_lost: bool = False


class Swept(NamedTuple):
    """What became of a finding."""

    finding: Finding
    outcome: Outcome


class Report(NamedTuple):
    """`foreign`: guests of others that were seen. `problems`: engines that could not be asked."""

    swept: tuple[Swept, ...]
    foreign: int
    problems: tuple[str, ...]


def sweep(
    state: State, backends: Sequence[Backend], clock: Clock, *, dry_run: bool = False
) -> Report:
    """Ends and removes what is found; with `dry_run`, nothing."""
    swept = [_act_in_folder(path, clock, dry_run) for path in _folders(state)]
    foreign, problems = 0, []
    for backend in backends:
        try:
            listed = _listed(backend)
        except X07Error as error:
            problems.append(error.brief)
            continue
        ours = [(one, found) for one, found in listed if labels.is_ours(found, state.instance)]
        foreign += len(listed) - len(ours)
        findings = [_judge_guest(state, backend, one, found, clock) for one, found in ours]
        swept = _with_guests(swept, findings, clock, dry_run)
    return Report(tuple(swept), foreign, tuple(problems))


def _with_guests(
    swept: Sequence[Swept], findings: Sequence[Finding], clock: Clock, dry_run: bool
) -> list[Swept]:
    """And the guests of no folder, or of one that is lost, which goes with its guest."""
    lost = {one.finding.run_id: one.finding.path for one in swept if one.finding.is_lost}
    known = {one.finding.run_id for one in swept} - set(lost)
    more = [each for each in findings if each.run_id not in known]
    told = {each.run_id for each in more}
    return [
        *(one for one in swept if one.finding.run_id not in told),
        *(_act(each._replace(path=lost.get(each.run_id)), clock, dry_run) for each in more),
    ]


def is_due(state: State, clock: Clock) -> bool:
    """Whether the last sweep was long ago. Of many jobs that start together, one sweeps."""
    stamp = state.root / STAMP
    try:
        if abs(clock.unix_ms() - int(stamp.stat().st_mtime * 1000)) < EVERY_MS:
            return False
    except FileNotFoundError:
        pass
    except OSError:
        return False
    with contextlib.suppress(OSError):
        stamp.touch()
    return True


def quietly(state: State, backend: Backend, clock: Clock) -> None:
    """A sweep beside a job that was just started, which is not to wait for it."""
    clock.sleep_ms(AFTER_MS)
    sweep(state, (backend,), clock)


def _folders(state: State) -> Iterator[Path]:
    """Those that may be jobs of this user."""
    try:
        found = sorted(state.root.iterdir())
    except OSError:
        return
    for path in found:
        if vm_job.is_id(path.name) and folder_problem(path) is None:
            yield path


def _act_in_folder(path: Path, clock: Clock, dry_run: bool) -> Swept:
    with claimed(path) as claim:
        return _act(_judge_folder(path, claim.is_free, clock), clock, dry_run)


def _judge_folder(path: Path, is_free: bool | None, clock: Clock) -> Finding:
    if is_free is False:
        return Finding(path.name, "leave", "it is running", path=path)
    if (path / DONE).exists():
        return _judge_age(path, clock, KEPT_MS, "it was kept to be looked at")
    if not (path / JOB_FILE).exists():
        return _judge_age(path, clock, NEW_MS, "no guest was started")
    try:
        record = read_job(path)
    except ValueError as error:
        why = f"its job file cannot be used: {error}"
        return _judge_age(path, clock, UNREADABLE_KEPT_MS, why)._replace(is_lost=True)
    return _judge_record(path, record, is_free, clock)


def _judge_age(path: Path, clock: Clock, kept_ms: int, why: str) -> Finding:
    """By the time of its last change, which a clock that was set may have put far ahead."""
    age_ms = abs(clock.unix_ms() - int(path.stat().st_mtime * 1000))
    return Finding(path.name, "remove" if age_ms >= kept_ms else "leave", why, path=path)


def _judge_record(path: Path, record: JobRecord, is_free: bool | None, clock: Clock) -> Finding:
    found = Finding(path.name, "leave", "", record.backend, record.plan, record.container_id, path)
    if record.host != host_name():
        return found._replace(why=f"it is a job of the machine `{record.host}`")
    if abs(clock.unix_ms() - record.created_unix_ms) < NEW_MS:
        return found._replace(why="its guest may just be starting")
    if is_free:
        return found._replace(action="end", why="its runner is gone")
    if clock.unix_ms() >= record.deadline_unix_ms + record.cleanup_ms:
        return found._replace(action="end", why="its deadline has passed")
    return found._replace(why="its deadline has not passed")


def read_job(path: Path) -> JobRecord:
    """The job of a folder. Its commands are run, so the file has to be ours.

    Raises:
        ValueError: it cannot be used.
    """
    problem = problem_of(path / JOB_FILE, stat.S_IFREG)
    if problem is not None:
        raise ValueError(f"it {problem}")
    try:
        record = vm_job.read(files.read_bytes(path / JOB_FILE, MOST_JOB_BYTES))
    except X07Error as error:
        raise ValueError(error.brief) from error
    if record.run_id != path.name or record.container_id != f"x07-{path.name}":
        raise ValueError("it is the file of another job")
    return record


def _listed(backend: Backend) -> list[tuple[Orphan, Mapping[str, str]]]:
    """All guests that an engine lists with our label, and their labels.

    Raises:
        X07Error: it cannot be asked.
    """
    query = backend.orphans()
    found = asking.ask(query) if query is not None else ()
    return [(one, _labels(backend, one)) for one in found if vm_job.is_id(one.container_id)]


def _labels(backend: Backend, guest: Orphan) -> Mapping[str, str]:
    """Empty where the guest has ended since."""
    query = None if guest.labels else backend.labels(guest.container_id)
    if query is None:
        return guest.labels
    with contextlib.suppress(X07Error):
        return asking.ask(query)
    return {}


def _judge_guest(
    state: State, backend: Backend, guest: Orphan, found: Mapping[str, str], clock: Clock
) -> Finding:
    run_id = found.get(labels.RUN_ID, "")
    judged = Finding(
        run_id or guest.container_id,
        "leave",
        "",
        backend.name,
        backend.kill_plan(guest.container_id, 1000),
        guest.container_id,
    )
    if guest.container_id != f"x07-{run_id}":
        return judged._replace(why="its name is not that of its label")
    with claimed(state.root / run_id) as claim:
        if claim.is_free is False and (state.root / run_id).exists():
            return judged._replace(why="it is running")
    deadline = labels.deadline_unix_ms(found)
    if deadline is None or clock.unix_ms() < deadline:
        return judged._replace(why="its deadline has not passed")
    return judged._replace(action="end", why="its deadline has passed")


def _act(finding: Finding, clock: Clock, dry_run: bool) -> Swept:
    if finding.action == "leave":
        return Swept(finding, "left")
    if dry_run:
        return Swept(finding, "would_end" if finding.action == "end" else "would_remove")
    if finding.action == "end" and not _end(finding, clock):
        return Swept(finding, "failed")
    if finding.path is not None:
        shutil.rmtree(finding.path, ignore_errors=True)
    return Swept(finding, "ended" if finding.action == "end" else "removed")


def _end(finding: Finding, clock: Clock) -> bool:
    assert finding.plan is not None
    assert finding.container_id is not None
    target = killing.Target(finding.plan, finding.container_id, finding.path)
    return killing.end(target, killing.NoClient(), clock, MOST_MS)
