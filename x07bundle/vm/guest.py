"""Runs one guest, whichever way its files get there."""

import signal
from collections.abc import Mapping
from typing import Final

from x07bundle.vm import runner, streamed
from x07bundle.vm.backend import Backend
from x07bundle.vm.failures import stuck
from x07bundle.vm.folder import MARK, JobFolder, put
from x07bundle.vm.job import GUEST_IN, GUEST_OUT, Job
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

    Raises:
        EngineError: the engine does not answer.
        X07Error: as they do.
    """
    if streamed.is_needed(backend.caps, env):
        ended = streamed.run(backend, job, folder, streams)
    else:
        ended = _beside_the_agent(backend, job, folder, streams)
    number = _ended_by(ended)
    if number is not None:
        signal.raise_signal(number)
    return ended


def _beside_the_agent(
    backend: Backend, job: Job, folder: JobFolder, streams: Attached | Captured
) -> Ended:
    put(folder.inputs / WANTED, b"", 0o644)
    files = (f"{GUEST_IN}/{WANTED}", f"{GUEST_OUT}/{MARK}")
    beside = job._replace(argv=(streamed.AGENT, "--exec", *files, *job.argv))
    ended = runner.run(backend, beside, folder, streams, leaves_mark=True)
    if ended.is_stuck:
        raise stuck(backend.name, "`x07 doctor` says what a backend needs")
    if ended.asked_by is not None and not folder.mark().has_ended:
        # podman's client exits with 0 when it is asked early
        return ended._replace(interrupted_by=ended.asked_by)
    return ended


def _ended_by(ended: Ended) -> int | None:
    """The signal that we were asked to end by, where the guest did for it."""
    if ended.asked_by is not None and ended.exit_status == SIGNALLED + ended.asked_by:
        return ended.asked_by
    return ended.interrupted_by
