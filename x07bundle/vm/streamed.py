"""A job whose files reach the guest as a stream, for backends into which no folder of the host
comes (docs/decisions, "files as a stream").

The same job runs: its mounts become a tar, its folders are made in the guest's memory, and the
guest's agent starts its program. What the program leaves in writable roots comes back where it
ended well.
"""

import errno
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from x07bundle.errors import OutputError, RefusedError, X07Error
from x07bundle.vm import engine_env, runner, stream_files
from x07bundle.vm.backend import Backend, Caps
from x07bundle.vm.failures import GuestError, LostGuestError
from x07bundle.vm.folder import JobFolder
from x07bundle.vm.job import Job
from x07bundle.vm.runner import Ended
from x07bundle.vm.stream import Exchange
from x07bundle.vm.stream_files import Entry
from x07bundle.vm.stream_frames import Request
from x07bundle.vm.streams import Attached, Captured, Relayed

AGENT: Final = "/usr/local/bin/x07-guestd"
GUESTS: Final = "/x07"
SPOOL: Final = "back.tar"
FIRST_UID: Final = 1 << 20
MOST_UIDS: Final = 1 << 30
NOBODY_ELSE: Final = (0, 0)
"""The agent stays who the engine made it."""
NOBODY: Final = (65534, 65534)
OWN_END_SECONDS: Final = 20
"""After its deadline a guest ends by itself. Nothing tells it that its engine was killed, which may
have forgotten it."""


def is_needed(caps: Caps, env: Mapping[str, str]) -> bool:
    """Whether files are streamed: where they cannot be mounted, or the variable says so.

    Raises:
        RefusedError: it says something else.
    """
    return engine_env.streams(env) or not caps.host_mounts


def run(backend: Backend, job: Job, folder: JobFolder, streams: Attached | Captured) -> Ended:
    """As `runner.run`.

    Raises:
        RefusedError: the policy's folders are too large, or what came back was not to be trusted.
        GuestError: the program was not started. LostGuestError: its guest failed.
        OutputError: what it writes to its standard output cannot be written.
    """
    spool = folder.path / SPOOL
    found = stream_files.entries(job.mounts)
    files = stream_files.packed([*found, *_start(job, folder, found)])
    request = request_of(job, backend.caps)
    exchange = Exchange(request.payload(), files, streams, spool, request.most_files_bytes)
    ended = runner.run(backend, agent_job(job), folder, Relayed(exchange))
    if exchange.status is None and ended.asked_by is not None:
        # podman's client exits with 0 when it is asked early
        ended = ended._replace(interrupted_by=ended.asked_by)
    if exchange.failure is not None or (exchange.status is None and not _was_stopped(ended)):
        raise _failure(backend, exchange)
    if exchange.status == 0 and spool.exists():
        if not exchange.is_whole:
            raise _too_much()
        with spool.open("rb") as archive:
            stream_files.restore(archive, job.mounts)
    if exchange.unwritten is not None and exchange.unwritten.errno != errno.EPIPE:
        raise _unwritten(exchange.unwritten)
    return _with_streams(ended, exchange)


def _unwritten(error: OSError) -> OutputError:
    reason = (error.strerror or str(error)).lower()
    return OutputError(f"the output of the program cannot be written: {reason}")


def _start(job: Job, folder: JobFolder, found: Iterable[Entry]) -> list[Entry]:
    """The folder that the program starts in, where no root makes it: engines make theirs."""
    path = job.workdir.strip("/")
    is_there = not _is_below(job.workdir, GUESTS) or any(
        _is_below(entry.path, path) for entry in found
    )
    return [] if is_there else [Entry(str(folder.path), path, folder.path.stat())]


def agent_job(job: Job) -> Job:
    """What the engine is asked to run."""
    return job._replace(
        argv=(AGENT, "--stream"),
        env={},
        workdir="/",
        mounts=(),
        has_input=True,
        terminal=False,
        scratch=_scratch(job),
        is_streamed=True,
        user=_engine_user(job),
    )


def _engine_user(job: Job) -> tuple[int, int] | None:
    """Files are copied, so whoever is root here need not be root there."""
    return NOBODY if job.user is not None and job.user[0] == 0 else job.user


def request_of(job: Job, caps: Caps) -> Request:
    """What the guest's agent is told of a job."""
    return Request(
        argv=job.argv,
        env=tuple(sorted(job.env.items())),
        workdir=job.workdir,
        user=NOBODY_ELSE if caps.users else _own_user(job),
        open_files=job.limits.open_files or 0,
        # The engine's own limit counts what is in the guest; this one, all that its user has.
        processes=0 if caps.pids else job.limits.pids or 0,
        most_files_bytes=stream_files.MOST_BYTES,
        most_seconds=(job.deadline_unix_ms - job.created_unix_ms) // 1000 + OWN_END_SECONDS,
        roots=_outer(mount.guest for mount in job.mounts if mount.writable),
    )


def _own_user(job: Job) -> tuple[int, int]:
    """One of its own for each job, so that the limit of processes counts those of one guest."""
    seed = sum(byte << (8 * (at % 4)) for at, byte in enumerate(job.run_id.encode()))
    uid = FIRST_UID + seed % MOST_UIDS
    return uid, uid


def _scratch(job: Job) -> tuple[str, ...]:
    """Where folders of the guest are made: its own place, and each absolute root.

    Raises:
        RefusedError: a root is a file at a place of its own.
    """
    absolute = [mount.guest for mount in job.mounts if not _is_below(mount.guest, GUESTS)]
    for mount in job.mounts:
        if mount.guest in absolute and not Path(mount.host).is_dir():
            raise RefusedError(
                f"the root `{mount.guest}` is a file, and this backend copies folders",
                hint="name the folder that it is in",
            )
    return (GUESTS, *_outer(absolute))


def _outer(paths: Iterable[str]) -> tuple[str, ...]:
    """Without those that are below another."""
    found = sorted(paths)
    return tuple(path for path in found if not any(_is_inside(path, each) for each in found))


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _is_inside(path: str, folder: str) -> bool:
    return path != folder and _is_below(path, folder)


def _was_stopped(ended: Ended) -> bool:
    return ended.timed_out or ended.interrupted_by is not None


def _failure(backend: Backend, exchange: Exchange) -> X07Error:
    """Of a guest that is not to be started again, where its program may have done something."""
    said = exchange.said.kept.decode("utf-8", "replace").strip().splitlines()
    reason = exchange.failure or (said[-1] if said else "it ended without a word")
    shown = "".join(char if char.isprintable() else "?" for char in reason)[:300]
    if exchange.has_begun:
        return LostGuestError(
            f"{backend.name} lost the guest before it was done: {shown}",
            "nothing of the program's folders came back",
            "start it again; what else the program has done up to then stands",
        )
    return GuestError(
        f"the guest was not started by {backend.name}: {shown}",
        hint=f"the guest image has to have {AGENT}; `x07 image build --flavour run` makes one",
    )


def _too_much() -> RefusedError:
    return RefusedError(
        f"the program left more than {stream_files.MOST_BYTES >> 20} MiB in its folders",
        "nothing of it was written",
        stream_files.HINT,
    )


def _with_streams(ended: Ended, exchange: Exchange) -> Ended:
    status = exchange.status if exchange.status is not None else ended.exit_status
    changed = ended._replace(exit_status=status)
    if not isinstance(exchange.streams, Captured):
        return changed
    stdout, stderr = exchange.stdout, exchange.stderr
    assert not hasattr(stdout, "loop")
    assert not hasattr(stderr, "loop")
    return changed._replace(
        stdout=bytes(stdout.kept),
        stderr=bytes(stderr.kept),
        stdout_over=getattr(stdout, "is_over", False),
        stderr_over=getattr(stderr, "is_over", False),
    )
