"""A guest that makes something: files in, files out, no network, nothing else of the host.

It is for compilers: it has more memory and time than the program that comes of it, and none of its
policy's folders.
"""

import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import files
from x07bundle.vm import boundary, folder, guest
from x07bundle.vm.boundary import Boundary
from x07bundle.vm.job import GUEST_IN, GUEST_OUT, GuestLimits, Job, Mount
from x07bundle.vm.runner import Ended
from x07bundle.vm.streams import Captured
from x07bundle.vm.users import caller

WALL_MS: Final = 600_000
LIMITS: Final = GuestLimits(mem_bytes=2 << 30, pids=512, open_files=1024, scratch_bytes=1 << 30)
WORKDIR: Final = "/tmp"
SEARCHED: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
WITH_PATH: Final = ("/usr/bin/env", f"PATH={SEARCHED}")
"""Some engines set PATH and some do not; a compiler that is found elsewhere is another one."""


class Task(NamedTuple):
    """`inputs`: by path below /x07/in. `argv`: what runs, and leaves its results in /x07/out.
    `prepared`: by path below /x07/out, for what works in the folder of its sources.
    """

    argv: tuple[str, ...]
    inputs: Mapping[str, bytes]
    env: Mapping[str, str] = {}
    prepared: Mapping[str, bytes] = {}
    workdir: str = WORKDIR


class Done(NamedTuple):
    """`outputs`: what /x07/out was, while the block lasts. `ended` has the captured streams."""

    ended: Ended
    outputs: Path


@contextmanager
def performed(place: Boundary, task: Task) -> Iterator[Done]:
    """A task that a guest has done, well or not.

    Raises:
        GuestError: it was not started.
        EngineError: the engine does not answer.
        OutputError: a file of the job cannot be written.
    """
    with folder.opened(place.state, "build") as job_folder:
        for path, data in task.inputs.items():
            files.write_atomic(job_folder.inputs / path, data, parents=True)
        for path, data in task.prepared.items():
            files.write_atomic(job_folder.outputs / path, data, parents=True)
        job = _job(place, task, job_folder)
        with boundary.explained(place.backend, place.env):
            ended = guest.run(place.backend, job, job_folder, Captured(), place.env)
        if ended.asked_by is not None and ended.exit_status != 0:
            signal.raise_signal(ended.asked_by)  # a compiler may have a status of its own for it
        yield Done(ended, job_folder.outputs)


def _job(place: Boundary, task: Task, job_folder: folder.JobFolder) -> Job:
    now_ms = time.time_ns() // 1_000_000
    return Job(
        run_id=job_folder.run_id,
        image=place.image,
        argv=(*WITH_PATH, *task.argv),
        created_unix_ms=now_ms,
        deadline_unix_ms=now_ms + WALL_MS,
        limits=LIMITS,
        mounts=(
            Mount(str(job_folder.inputs), GUEST_IN),
            Mount(str(job_folder.outputs), GUEST_OUT, writable=True),
        ),
        env=task.env,
        workdir=task.workdir,
        user=caller(place.backend),
    )
