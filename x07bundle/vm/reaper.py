"""What is left when a runner dies: a process that ends its guest and removes its folder.

It is forked before there is a folder, and told over a pipe, so it needs neither the disk nor the
environment. The pipe's end says that the runner is gone. Lines of the pipe:

    folder NAME    this folder is being made
    made           it is ours
    job RECORD     this may start now
    starting       from now on there may be a client of the engine
    client PID     its id
    none           there is no client after all
    ended          the client ended by itself
    cleaned        the guest was ended, and seen to be gone
    kept           the folder stays
"""

import contextlib
import fcntl
import os
import select
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import children
from x07bundle.contract import vm_job
from x07bundle.contract.vm_job import JobRecord
from x07bundle.vm import clock as clocks
from x07bundle.vm import killing, later
from x07bundle.vm.clock import Clock

READ_BYTES: Final = 1 << 16
LEAST_MS: Final = 10_000
UNKNOWN_MS: Final = 15_000
SLACK_MS: Final = 5000
"""After the deadline, for a runner that is there: it ends its guest itself."""

OVER: Final = frozenset({"ended", "cleaned", "none"})
"""Words of a runner that is done with its guest. An engine may have been slower than it saw."""


class Client(NamedTuple):
    """The engine's client, which is no child of ours: `started` tells it from a later process with
    its id."""

    pid: int
    started: str | None

    def has_ended(self) -> bool:
        return self.started is None or children.started_at(self.pid) != self.started

    def kill(self) -> None:
        children.kill(self.pid, self.started)


class UnknownClient:
    """One that may have been started a moment before the runner died. It ends with its guest."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.ends_ms = clock.monotonic_ms() + UNKNOWN_MS

    def has_ended(self) -> bool:
        return self.clock.monotonic_ms() >= self.ends_ms

    def kill(self) -> None:
        """Nobody knows its id."""


class Watch:
    """What the reaper has been told."""

    def __init__(self, lifeline: int, root: Path, clock: Clock) -> None:
        self.root = root
        self.clock = clock
        self.folder: Path | None = None
        self.job: JobRecord | None = None
        self.deadline_ms: int | None = None
        self.client: Client | None = None
        self.said: set[str] = set()
        self._lifeline = lifeline
        self._read = b""

    def until_client(self) -> None:
        """Listens until there is a client, which has had a while for itself, or to none."""
        while self.client is None and self._listen(self._wait_ms()):
            pass
        end_ms = self.clock.monotonic_ms() + later.AFTER_MS
        while (left_ms := end_ms - self.clock.monotonic_ms()) > 0 and self._listen(left_ms):
            pass

    def until_end(self) -> None:
        """Listens until the runner is gone, or has let the deadline pass."""
        while self._listen(self._wait_ms()):
            pass

    def until_gone(self) -> None:
        """Listens until the runner is gone."""
        while self._listen(None):
            pass

    def left_ms(self, job: JobRecord) -> int:
        """For the end: until the deadline and the time to clean up after it."""
        last_ms = (self.deadline_ms or 0) + job.cleanup_ms
        return max(LEAST_MS, last_ms - self.clock.monotonic_ms())

    def _wait_ms(self) -> int | None:
        if self.deadline_ms is None or self.said & OVER:
            return None
        return max(0, self.deadline_ms + SLACK_MS - self.clock.monotonic_ms())

    def _listen(self, wait_ms: int | None) -> bool:
        poll = select.poll()
        poll.register(self._lifeline, select.POLLIN)
        if not poll.poll(wait_ms):
            return False
        chunk = os.read(self._lifeline, READ_BYTES)
        *lines, self._read = (self._read + chunk).split(b"\n")
        for line in lines:
            self._take(*line.decode("utf-8").partition(" ")[::2])
        return bool(chunk)

    def _take(self, word: str, rest: str) -> None:
        self.said.add(word)
        if word == "folder":
            self.folder = self.root / rest
        elif word == "made" and self.folder is not None:
            _lock(self.folder)
        elif word == "job":
            self.job = vm_job.read(rest.encode())
            left_ms = clocks.left_ms(
                self.clock, self.job.created_unix_ms, self.job.deadline_unix_ms
            )
            self.deadline_ms = self.clock.monotonic_ms() + left_ms
        elif word == "client":
            self.client = Client(int(rest), children.started_at(int(rest)))


def serve(lifeline: int, root: Path, clock: Clock) -> None:
    """The life of a reaper."""
    watch = Watch(lifeline, root, clock)
    watch.until_client()
    later.load()
    watch.until_end()
    is_clean = watch.job is None or _end(watch, watch.job)
    watch.until_gone()
    if watch.folder is None or (is_clean and "kept" in watch.said):
        return
    if "made" not in watch.said:
        _remove_new(watch.folder)
    elif is_clean:
        import shutil  # see `later`

        shutil.rmtree(watch.folder, ignore_errors=True)
    elif watch.job is not None:
        _leave(watch.folder, watch.job)


def _remove_new(folder: Path) -> None:
    """It may not be ours: then it is not empty."""
    with contextlib.suppress(OSError):
        folder.rmdir()


def _lock(folder: Path) -> None:
    """As long as we live. The runner has one of its own."""
    with contextlib.suppress(OSError):
        fcntl.flock(os.open(folder, os.O_RDONLY | os.O_CLOEXEC), fcntl.LOCK_SH | fcntl.LOCK_NB)


def _end(watch: Watch, job: JobRecord) -> bool:
    """Whether the guest is gone."""
    if "none" in watch.said or "starting" not in watch.said:
        return True
    if watch.said & OVER and killing.is_gone(job.plan, job.container_id):
        return True
    client: killing.Client = UnknownClient(watch.clock)
    if watch.client is not None:
        client = watch.client
    target = killing.Target(job.plan, job.container_id, watch.folder)
    return killing.end_surely(target, client, watch.clock, watch.left_ms(job))


def _leave(folder: Path, job: JobRecord) -> None:
    """What could not be ended is there for the next sweep."""
    with contextlib.suppress(OSError):
        folder.mkdir(0o700, exist_ok=True)
        (folder / "job.json").write_bytes(vm_job.dump(job))
        (folder / "done").unlink(missing_ok=True)
        (folder / "reaped").write_bytes(b"reaped\n")
