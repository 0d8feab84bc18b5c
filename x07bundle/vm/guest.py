"""Runs one guest, whichever way its files get there."""

import signal
from collections.abc import Mapping
from typing import Final

from x07bundle.vm import runner, streamed
from x07bundle.vm.backend import Backend
from x07bundle.vm.folder import JobFolder, put
from x07bundle.vm.job import GUEST_IN, Job
from x07bundle.vm.runner import Ended
from x07bundle.vm.streams import Attached, Captured

SIGNALLED: Final = 128
WANTED: Final = "wanted"
"""The agent ends the guest once this is gone (stubs/guestd/first.c)."""


def run(
    backend: Backend,
    job: Job,
    folder: JobFolder,
    streams: Attached | Captured,
    env: Mapping[str, str],
) -> Ended:
    """As `runner.run`, or `streamed.run` where folders cannot be mounted. The guest's first process
    is the agent either way: signals reach no program that is it.

    A signal that ended the guest is ours then, too: what is going on here ends as ever.
    """
    if streamed.is_needed(backend.caps, env):
        ended = streamed.run(backend, job, folder, streams)
    else:
        put(folder.inputs / WANTED, b"", 0o644)
        words = (streamed.AGENT, "--exec", f"{GUEST_IN}/{WANTED}", *job.argv)
        beside = job._replace(argv=words)
        ended = runner.run(backend, beside, folder, streams)
    number = _ended_by(ended)
    if number is not None:
        signal.raise_signal(number)
    return ended


def _ended_by(ended: Ended) -> int | None:
    """The signal that we were asked to end by, where the guest did for it."""
    if ended.asked_by is not None and ended.exit_status == SIGNALLED + ended.asked_by:
        return ended.asked_by
    return ended.interrupted_by
