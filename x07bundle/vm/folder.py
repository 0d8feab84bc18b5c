"""A job's folder, and the reaper that watches over it from its first moment.

Whoever makes the folder holds a lock on it, and the reaper another. So a folder that is locked has
somebody who cares for it, however the clock was set and whatever process ids were used again; and
one that is not has nobody.
"""

import contextlib
import fcntl
import json
import os
import stat
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

from x07bundle import children, files
from x07bundle.contract import vm_job
from x07bundle.contract.vm_job import INPUTS, JobRecord
from x07bundle.errors import X07Error
from x07bundle.vm import clock as clocks
from x07bundle.vm import lifeline
from x07bundle.vm import state as states
from x07bundle.vm.clock import Clock
from x07bundle.vm.failures import GuestError
from x07bundle.vm.lifeline import Lifeline
from x07bundle.vm.state import PRIVATE, State

Role = Literal["", "build", "run"]

OUTPUTS: Final = "out"
JOB_FILE: Final = "job.json"
MOST_JOB_BYTES: Final = 1 << 20
DONE: Final = "done"
MARK: Final = "started"
"""Left in the guest's output folder by what starts its program; it can be executed once that has
ended (stubs/launcher/starter.c, stubs/guestd/first.c). The starter of bundles leaves the exit
status as its time."""
LARGEST_STATUS: Final = 255

Step = Callable[[str], None]
"""Told where a job is: `reaper`, `folder`, `job_file`, `started`, `ended`, `cleaned`, `removed`."""


def no_step(_: str) -> None:
    """Nobody wants to know."""


class Mark(NamedTuple):
    """What a guest left of its program's start, and of its end.

    `status`: the program's own exit status, where it is known.
    """

    was_started: bool
    has_ended: bool
    status: int | None = None


class JobFolder:
    """Holds the lock and the line to the reaper.

    `run_id`: the name of the folder. `inputs`, `outputs`: made for what the guest gets and leaves.
    """

    def __init__(self, state: State, path: Path, line: Lifeline, lock: int, step: Step) -> None:
        self.state = state
        self.path = path
        self.step = step
        self._line = line
        self._lock = lock
        self._fate: Literal["remove", "keep", "leave"] = "remove"
        self._ending: list[int] = []

    @property
    def run_id(self) -> str:
        return self.path.name

    @property
    def inputs(self) -> Path:
        return self.path / INPUTS

    @property
    def outputs(self) -> Path:
        return self.path / OUTPUTS

    @property
    def begun(self) -> Path:
        """What is there once the guest's program is."""
        return self.outputs / MARK

    def mark(self) -> Mark:
        try:
            found = self.begun.lstat()
        except OSError:
            return Mark(was_started=False, has_ended=False)
        has_ended = bool(found.st_mode & stat.S_IXUSR)
        seconds = int(found.st_mtime)
        is_status = has_ended and seconds <= LARGEST_STATUS
        return Mark(True, has_ended, seconds if is_status else None)

    def write_job(self, record: JobRecord) -> None:
        """Tells the file and the reaper what may start now, and what ends it.

        Raises:
            OutputError: the file cannot be written.
        """
        files.write_atomic(self.path / JOB_FILE, vm_job.dump(record), 0o600)
        self._line.mention("job", json.dumps(record.as_json()))
        self.step("job_file")

    def job(self) -> JobRecord:
        """What `write_job` wrote.

        Raises:
            X07Error, ValueError: it is not there.
        """
        return vm_job.read(files.read_bytes(self.path / JOB_FILE, MOST_JOB_BYTES))

    def detach(self, serve: Callable[[], None], kept: Collection[int] = ()) -> None:
        """As `children.detach`; what has to be waited for is, at the end."""
        self._ending.append(children.detach(serve, kept))

    def starting(self) -> None:
        """From now on there may be a client.

        Raises:
            X07Error: the reaper is not there any more.
        """
        try:
            self._line.tell("starting")
        except OSError as error:
            raise X07Error(
                "the process that cleans up after the guest was killed",
                hint="try again; nothing was started",
            ) from error

    def started(self, client: int) -> None:
        """The client's id; 0: there is none after all."""
        self._line.mention(*(("client", str(client)) if client else ("none",)))
        self.step("started")

    def ended(self) -> None:
        """The client has ended by itself: the guest should be gone, which the reaper looks at."""
        self._line.mention("ended")

    def cleaned(self) -> None:
        """The guest is gone for sure."""
        self._line.mention("cleaned")
        self.step("cleaned")

    def keep(self) -> None:
        """Leaves what people want to look at: the job and what its guest left. It is pruned by its
        age."""
        self._fate = "keep"
        self._line.mention("kept")

    def leave(self) -> None:
        """The guest could not be ended yet: the reaper goes on, then the next sweep."""
        self._fate = "leave"

    def close(self) -> None:
        """Removes the folder, unless it is kept. The reaper hears the end of its line."""
        if self._fate == "keep":
            self._strip()
        elif self._fate == "remove":
            _remove(self.path)
        self.step("removed")
        os.close(self._lock)
        self._line.close()
        for pid in self._ending:
            os.waitpid(pid, 0)

    def _strip(self) -> None:
        with contextlib.suppress(OSError):
            (self.path / DONE).write_bytes(b"done\n")
            for path in self.path.iterdir():
                if path.is_dir() and path.name != OUTPUTS:
                    _remove(path)


@contextlib.contextmanager
def opened(
    state: State, role: Role = "", *, clock: Clock = clocks.SYSTEM, step: Step = no_step
) -> Iterator[JobFolder]:
    """A new job's folder while the block lasts, which is longer than its guest.

    It is removed at the end, whatever happened to us, but for what is kept of a guest that could
    not be started.

    Raises:
        OutputError: it cannot be made.
        X07Error: there can be no reaper.
    """
    children.open_closed_streams()
    line = lifeline.open(state.root, clock)
    step("reaper")
    try:
        path = _new(state, role, clock, line)
    except BaseException:
        line.close()
        raise
    with _closing(JobFolder(state, path, line, _locked(path), step)) as job:
        step("folder")
        make(job.inputs)
        make(job.outputs)
        yield job


@contextlib.contextmanager
def _closing(job: JobFolder) -> Iterator[JobFolder]:
    try:
        yield job
    except GuestError:
        job.keep()
        raise
    finally:
        job.close()


def adopted(
    state: State, run_id: str, line: Lifeline, lock: int
) -> contextlib.AbstractContextManager[JobFolder]:
    """A folder that was made, and filled, by whom we were before. It is ours from now on, as one
    that `opened` gives. `lock`: a descriptor that holds it.
    """
    return _closing(JobFolder(state, state.root / run_id, line, lock, no_step))


def make(path: Path) -> None:
    """A folder in a job's. Raises OutputError: it cannot be made."""
    try:
        path.mkdir()
        path.chmod(PRIVATE)
    except OSError as error:
        raise files.output_error(path, error) from error


def put(path: Path, data: bytes, mode: int) -> None:
    """A file for the guest, whose program may be another user, whatever the umask is.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        files.write_new(path, data)
        path.chmod(mode)
    except OSError as error:
        raise files.output_error(path, error) from error


def _new(state: State, role: Role, clock: Clock, line: Lifeline) -> Path:
    """A folder of a name that nobody has. The reaper hears of it before it is made, and after."""
    number = 1
    while True:
        path = state.root / _run_id(role, clock.unix_ms(), number)
        line.mention("folder", path.name)
        try:
            path.mkdir(PRIVATE)
            path.chmod(PRIVATE)
        except FileExistsError:
            number += 1
            clock.sleep_ms(1)
            continue
        except OSError as error:
            raise states.output_error(path, error) from error
        line.mention("made")
        return path


def _run_id(role: Role, unix_ms: int, number: int) -> str:
    """contract/vm.md §3: of a launcher, and of the two phases of a run."""
    start = f"{unix_ms}-{os.getpid()}"
    return f"{start}-{number}-{role}" if role else start


def _locked(path: Path) -> int:
    """Shared with the reaper, which has one of its own."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    with contextlib.suppress(OSError):  # a file system that has no locks
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    return descriptor


def _remove(path: Path) -> None:
    import shutil  # see `later`

    shutil.rmtree(path, ignore_errors=True)


def host_name() -> str:
    """Of the machine whose processes and engines its jobs are about: folders may be shared."""
    return os.uname().nodename


class Claim(NamedTuple):
    """Whether nobody cares for a folder: None where its file system has no locks."""

    is_free: bool | None


@contextlib.contextmanager
def claimed(path: Path) -> Iterator[Claim]:
    """Keeps others from a folder that nobody cares for, while the block lasts."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        yield Claim(False)
        return
    try:
        yield Claim(_lock(descriptor))
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool | None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True
