"""Runs one guest to its end: start, wait, and clean.

The job's file is written before the start. At its deadline a guest is ended by its plan: asked
`grace_ms` before, then killed. Signals that ask us to end reach the guest's program, which has the
same grace; a second one kills it at once.
"""

import contextlib
import os
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import children, files
from x07bundle.contract.vm_job import JobRecord, KillPlan
from x07bundle.errors import X07Error
from x07bundle.vm import clock as clocks
from x07bundle.vm import interrupts, killing, labels, later, streams
from x07bundle.vm.backend import Backend
from x07bundle.vm.client_process import ClientProcess
from x07bundle.vm.clock import Clock
from x07bundle.vm.folder import JobFolder, host_name
from x07bundle.vm.job import Job, Launch
from x07bundle.vm.loop import Loop
from x07bundle.vm.streams import Attached, Connection, Joined, Streams

POLL_MS: Final = 10
"""How often something is looked for that cannot be waited for: a file, an exit on some systems."""
CLEANUP_MS: Final = 10_000
"""Of ours; then the reaper goes on."""
DRAIN_MS: Final = 1000
DOUBT_MS: Final = 30_000
ANSWER_MS: Final = 30_000
"""An engine that has begun nothing in so long, and then says nothing in so long, is stuck. Both are
more than engines need that start dozens of guests at once."""

CALLERS: Final = Attached()
"""The streams of this process."""


class Ended(NamedTuple):
    """How a guest ended. `exit_status`: its program's, or 128 and a signal, or 1.

    `timed_out`: its deadline passed. `interrupted_by`: the signal for which it was killed.
    `asked_by`: the first signal that asked us to end, whatever came of it.
    `is_stuck`: the engine began nothing, and answers nothing.
    `is_gone`: nothing of it is left; else the reaper goes on and the folder is kept. `was_ready`:
    the `ready_file` of its launch appeared. `stdout`, `stderr`: what was captured.
    """

    exit_status: int
    timed_out: bool = False
    interrupted_by: int | None = None
    asked_by: int | None = None
    is_stuck: bool = False
    is_gone: bool = True
    was_ready: bool = True
    stdout: bytes = b""
    stderr: bytes = b""
    stdout_over: bool = False
    stderr_over: bool = False


def run(
    backend: Backend,
    job: Job,
    folder: JobFolder,
    given: Streams = CALLERS,
    *,
    clock: Clock = clocks.SYSTEM,
    leaves_mark: bool = False,
) -> Ended:
    """Runs a job in its folder, whose name is the job's id.

    `leaves_mark`: the folder's `begun` appears with the guest's program. Signals wait for it, as
    far as the grace lasts: a client that is asked to end while it starts a guest (podman) leaves
    half of one.

    Raises:
        X07Error: nothing was started: the job file cannot be written, there is no client.
    """
    if job.run_id != folder.run_id:
        raise ValueError(f"the job {job.run_id} is not that of {folder.path}")
    launch, record = prepared(backend, job, folder.path, folder.state.instance)
    folder.write_job(record)
    _write_files(launch)
    with contextlib.closing(Loop()) as loop, contextlib.ExitStack() as stack:
        came = stack.enter_context(interrupts.caught(loop))
        connection = stack.enter_context(
            streams.connected(given, loop, launch.ready_file, job.has_input)
        )
        stack.enter_context(interrupts.terminal_kept(connection.ends.stdin))
        client = _start(launch, connection, folder, loop)
        stack.callback(client.close)
        begun = folder.begun if leaves_mark else None
        guest = _Guest(record, client, connection, loop, clock, came, begun)
        return _to_its_end(guest, backend, folder, launch.ready_file)


def adopt(
    backend: Backend,
    folder: JobFolder,
    client: int,
    feed: Joined | None,
    *,
    clock: Clock = clocks.SYSTEM,
) -> Ended:
    """As `run`, of a guest that leaves its mark, from where the client was started: a child of
    ours, that leads a group of its own and has the caller's streams. The signals that we catch are
    held until then.

    Raises:
        X07Error, ValueError: the job file cannot be read.
    """
    record = folder.job()
    with contextlib.closing(Loop()) as loop, contextlib.ExitStack() as stack:
        came = stack.enter_context(interrupts.caught(loop))
        interrupts.release()
        connection = stack.enter_context(streams.joined(loop, feed))
        process = ClientProcess(client, leads_group=True, loop=loop)
        stack.callback(process.close)
        guest = _Guest(record, process, connection, loop, clock, came, folder.begun)
        return _to_its_end(guest, backend, folder, feed.ready_file if feed is not None else None)


def _to_its_end(
    guest: "_Guest", backend: Backend, folder: JobFolder, ready_file: str | None
) -> Ended:
    guest.first_moments()
    later.load()
    _sweep(backend, folder, guest.clock)
    return guest.ended(folder, ready_file)


def prepared(backend: Backend, job: Job, folder: Path, instance: str) -> tuple[Launch, JobRecord]:
    """How a job is started in its folder, and what its file says. `instance`: whose it is.

    Raises:
        X07Error: something of it cannot be told the engine.
    """
    job = job._replace(folder=str(folder))
    job = job._replace(labels=labels.of(job, backend.name, instance))
    plan = backend.kill_plan(job.container_id, job.grace_ms)
    return backend.launch(job), _record(backend, job, plan)


def _record(backend: Backend, job: Job, plan: KillPlan) -> JobRecord:
    return JobRecord(
        run_id=job.run_id,
        backend=backend.name,
        container_id=job.container_id,
        created_unix_ms=job.created_unix_ms,
        deadline_unix_ms=job.deadline_unix_ms,
        grace_ms=job.grace_ms,
        cleanup_ms=job.cleanup_ms,
        plan=plan,
        host=host_name(),
    )


def _write_files(launch: Launch) -> None:
    for name, data in launch.files.items():
        files.write_atomic(Path(name), data, 0o600)


def _start(launch: Launch, connection: Connection, folder: JobFolder, loop: Loop) -> ClientProcess:
    ends = connection.ends
    command = children.Start(
        argv=launch.argv,
        env=launch.env,
        stdin=ends.stdin,
        stdout=ends.stdout,
        stderr=ends.stderr,
        # In a group of its own it could not read the terminal; in ours, it has its signals itself.
        leads_group=not os.isatty(ends.stdin),
        # podman's monitor leaves a file where it was started, once memory has run out.
        folder=folder.path,
    )
    client = 0
    folder.starting()
    try:
        client = children.start(command)
        return ClientProcess(client, command.leads_group, loop)
    finally:
        folder.started(client)
        for descriptor in ends.given:
            os.close(descriptor)


def _sweep(backend: Backend, folder: JobFolder, clock: Clock) -> None:
    """What other runners left behind, in a process of its own. It is not worth a failure."""
    from x07bundle.vm import sweep  # see `later`

    if sweep.is_due(folder.state, clock):
        with contextlib.suppress(X07Error):
            folder.detach(lambda: sweep.quietly(folder.state, backend, clock))


class _Guest:
    """A guest that was started: waits for its end, or makes it."""

    def __init__(
        self,
        record: JobRecord,
        client: ClientProcess,
        connection: Connection,
        loop: Loop,
        clock: Clock,
        came: list[int],
        begun: Path | None,
    ) -> None:
        self.record = record
        self.plan = record.plan
        self.client = client
        self.connection = connection
        self.loop = loop
        self.clock = clock
        self.came = came
        self.held: list[int] = []
        self.begun = begun
        left_ms = clocks.left_ms(clock, record.created_unix_ms, record.deadline_unix_ms)
        self.deadline_ms = clock.monotonic_ms() + left_ms
        self.killed_at_ms = self.deadline_ms
        self.interrupted_by: int | None = None
        self.is_killed = False
        doubted_at_ms = clock.monotonic_ms() + DOUBT_MS
        has_time = doubted_at_ms + ANSWER_MS < self.deadline_ms - record.grace_ms
        self.doubted_at_ms = doubted_at_ms if has_time else self.deadline_ms
        self.is_stuck = False

    def first_moments(self) -> None:
        """Leaves the processors to the engine, which starts it."""
        asked_ms = self.deadline_ms - self.record.grace_ms
        end_ms = min(self.clock.monotonic_ms() + later.AFTER_MS, asked_ms)
        while not self.client.has_ended() and (left_ms := end_ms - self.clock.monotonic_ms()) > 0:
            self._turn(left_ms)
            self._pass_signals()

    def ended(self, folder: JobFolder, ready_file: str | None) -> Ended:
        timed_out = self._until_end()
        folder.step("ended")
        is_gone = self._clean(folder, timed_out)
        self._drain()
        status = self.client.status if self.client.status is not None else 1
        stdout, stderr = self.connection.stdout, self.connection.stderr
        return Ended(
            exit_status=status if status >= 0 else 128 - status,
            timed_out=timed_out,
            interrupted_by=self.interrupted_by if self.is_killed else None,
            asked_by=self.interrupted_by,
            is_stuck=self.is_stuck,
            is_gone=is_gone,
            was_ready=ready_file is None or Path(ready_file).exists(),
            stdout=bytes(stdout.bytes) if stdout is not None else b"",
            stderr=bytes(stderr.bytes) if stderr is not None else b"",
            stdout_over=stdout is not None and stdout.is_over,
            stderr_over=stderr is not None and stderr.is_over,
        )

    def _until_end(self) -> bool:
        """Waits for the client's end, or the moment to kill; whether its time was over."""
        was_asked = False
        while not self.client.has_ended():
            now_ms = self.clock.monotonic_ms()
            if now_ms >= self.killed_at_ms:
                self.is_killed = True
                return self.interrupted_by is None
            if not was_asked and now_ms >= self.deadline_ms - self.record.grace_ms:
                killing.replay(self.plan.soft, self.plan.env)
                was_asked = True
                continue
            if now_ms >= self.doubted_at_ms:
                if self._sees_it_stuck():
                    return False
                continue
            next_ms = self.killed_at_ms if was_asked else self.deadline_ms - self.record.grace_ms
            self._turn(min(next_ms, self.doubted_at_ms, self.killed_at_ms) - now_ms)
            self._pass_signals()
        self._pass_signals()  # of one that came with the client's end
        return was_asked and self.interrupted_by is None

    def _sees_it_stuck(self) -> bool:
        """Asked once. A busy engine may be too slow to answer, and begin the program meanwhile."""
        self.doubted_at_ms = self.deadline_ms
        self.is_stuck = not (
            self._has_begun() or killing.is_answered(self.plan, ANSWER_MS) or self._has_begun()
        )
        return self.is_stuck

    def _has_begun(self) -> bool:
        return self.begun is None or self.begun.exists()

    def _turn(self, wait_ms: int) -> None:
        feed = self.connection.feed
        is_held = bool(self.held) or (feed is not None and feed.is_held())
        must_look = is_held or not self.client.can_be_waited_for
        self.loop.turn(min(wait_ms, POLL_MS) if must_look else wait_ms)
        if feed is not None:
            feed.turn()

    def _pass_signals(self) -> None:
        """The first signal starts the guest's grace; the next one ends it."""
        now_ms = self.clock.monotonic_ms()
        for number in self.came:
            is_first = self.interrupted_by is None
            self.interrupted_by = self.interrupted_by or number
            ends_ms = now_ms + self.record.grace_ms if is_first else now_ms
            self.killed_at_ms = min(self.killed_at_ms, ends_ms)
        self.held += self.came
        self.came.clear()
        if self.held and self._has_begun():
            for number in self.held:
                self.client.send(number)
            self.held.clear()

    def _clean(self, folder: JobFolder, timed_out: bool) -> bool:
        """Whether nothing of the guest is left. A client that ended by itself has seen to it."""
        has_ended = self.client.status is not None and self.client.status >= 0
        if has_ended and not timed_out:
            folder.ended()
            return True
        was_killed = self.client.status is not None
        end = killing.end_surely if was_killed else killing.end
        pumping = self.clock._replace(sleep_ms=self._pump)
        target = killing.Target(self.plan, self.record.container_id, folder.path)
        is_gone = end(target, self.client, pumping, CLEANUP_MS)
        self.client.kill()
        if is_gone:
            folder.cleaned()
        else:
            folder.leave()
        return is_gone

    def _pump(self, wait_ms: int) -> None:
        """Reads what comes meanwhile: a client that cannot write cannot end."""
        end_ms = self.clock.monotonic_ms() + wait_ms
        had_ended = self.client.has_ended()
        while (left_ms := end_ms - self.clock.monotonic_ms()) > 0:
            self._turn(left_ms)
            if self.client.has_ended() != had_ended:
                return

    def _drain(self) -> None:
        """What the pipes still hold."""
        end_ms = self.clock.monotonic_ms() + DRAIN_MS
        while not self.connection.is_over() and self.clock.monotonic_ms() < end_ms:
            self.loop.turn(POLL_MS)
        if self.connection.relay is not None:
            self.connection.relay.finish()
