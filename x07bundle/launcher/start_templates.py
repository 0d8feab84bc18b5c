"""What is told an engine and a reaper at a start, with holes for what each start has of its own.

The words are made by whoever makes them at every start, of a run that stands in for others; what is
its own in them is a hole then. Two runs that have nothing in common have to give the same template:
so nothing else can look like a run's own by chance.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle.contract import vm_job
from x07bundle.launcher import guest_job
from x07bundle.launcher.guest_job import Guest
from x07bundle.vm import runner
from x07bundle.vm.job import Job
from x07bundle.vm.state import State

MARK: Final = b"\x01"
"""Begins a hole, whose letter follows; and parts the parts of a value."""
MOST_LINE_BYTES: Final = 32 << 10
"""What a pipe takes that nobody reads yet, with room for other lines."""


class StandIn(NamedTuple):
    """A run that is none."""

    run_id: str
    created_unix_ms: int
    deadline_unix_ms: int


STAND_INS: Final = (
    StandIn("7000000000000-1000000001-1", 8_100_000_000_000_001, 8_200_000_000_000_002),
    StandIn("some-other-run.of-nobody", 8_300_000_000_000_003, 8_400_000_000_000_004),
)


class Templates(NamedTuple):
    """`arguments`: of the engine's client, as far as they are ours; those of the program follow.
    `env`: of the client. `job`: the file. `line`: the same for the reaper. `ready`: see `Launch`.
    """

    arguments: tuple[bytes, ...]
    env: Mapping[str, str]
    job: bytes
    line: bytes
    ready: bytes | None


def made(guest: Guest, job: Job, jobs: State) -> Templates:
    """Of a job as it was started.

    Raises:
        ValueError: files are needed that hold values of the caller; something has a mark, or looks
            like a run that stands in; or the line is too long.
    """
    one, other = (_made(guest, job, jobs, run) for run in STAND_INS)
    if one != other:
        raise ValueError("something looks like the id or the times of a run")
    return one


def _made(guest: Guest, job: Job, jobs: State, run: StandIn) -> Templates:
    place = jobs.root / run.run_id
    standing_in = job._replace(
        run_id=run.run_id,
        argv=guest_job.words(False, guest_job.NOTHING),
        created_unix_ms=run.created_unix_ms,
        deadline_unix_ms=run.deadline_unix_ms,
        mounts=(*guest_job.mounts(place), *guest.confined.mounts),
    )
    launch, record = runner.prepared(guest.backend, standing_in, place, jobs.instance)
    line = json.dumps(record.as_json()).encode()
    if launch.files or len(line) >= MOST_LINE_BYTES:
        raise ValueError("it takes a file of its own, or a line that is too long")
    return Templates(
        arguments=tuple(_punched(_bytes(word), run) for word in launch.argv),
        env=launch.env,
        job=_punched(vm_job.dump(record), run),
        line=_punched(line, run),
        ready=_punched(_bytes(launch.ready_file), run) if launch.ready_file is not None else None,
    )


def _bytes(text: str | Path) -> bytes:
    return str(text).encode("utf-8", "surrogateescape")


def _punched(data: bytes, run: StandIn) -> bytes:
    if MARK in data:
        raise ValueError("a word has the byte that holes begin with")
    for letter, value in zip((b"R", b"C", b"D"), run, strict=True):
        data = data.replace(str(value).encode(), MARK + letter)
    return data
