"""Goes on with a guest that the executable of the bundle started by a record of an earlier start.

It was one process with us, so what it started are children of ours. What it hands over comes in a
variable that is not veiled, as no variable of the caller is.
"""

import os
from pathlib import Path
from typing import NamedTuple

from x07bundle.vm import folder, runner
from x07bundle.vm.backend import Backend
from x07bundle.vm.folder import Mark
from x07bundle.vm.lifeline import Lifeline
from x07bundle.vm.runner import Ended
from x07bundle.vm.state import State
from x07bundle.vm.streams import Joined


class Handed(NamedTuple):
    """`client`: of the engine, a process. `line`: descriptor of the pipe to the reaper. `lock`: of
    the job's folder. `feed`: of the pipe that is the client's standard input; -1: it has the
    caller's.
    """

    run: str
    client: int
    line: int
    lock: int
    feed: int


def read(text: bytes) -> Handed:
    """What is handed over; the descriptors go no further.

    Raises:
        ValueError: it is something else.
    """
    words = dict(word.split("=", 1) for word in text.decode("ascii").split(" "))
    if not {*Handed._fields} <= words.keys():
        raise ValueError("not all is handed over that is needed")
    numbers = {name: int(words[name]) for name in Handed._fields if name != "run"}
    handed = Handed(run=words["run"], **numbers)
    for descriptor in (handed.line, handed.lock, handed.feed):
        if descriptor >= 0:
            os.set_inheritable(descriptor, False)
    return handed


def run(handed: Handed, backend: Backend, jobs: State) -> tuple[Ended, Mark]:
    """How the guest ended, and what it left of its program.

    Raises:
        X07Error, ValueError: the job's file cannot be read.
    """
    line = Lifeline(handed.line)
    with folder.adopted(jobs, handed.run, line, handed.lock) as place:
        feed = _feed(handed, place.path) if handed.feed >= 0 else None
        ended = runner.adopt(backend, place, handed.client, feed)
        return ended, place.mark()


def _feed(handed: Handed, job: Path) -> Joined:
    """One backend alone holds the end of its input back."""
    from x07bundle.vm.backends.firecracker_ctr import PID_FILE

    return Joined(handed.feed, str(job / PID_FILE))
