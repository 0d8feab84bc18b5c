"""Runs one guest, whichever way its files get there."""

from collections.abc import Mapping

from x07bundle.vm import runner, streamed
from x07bundle.vm.backend import Backend
from x07bundle.vm.folder import JobFolder
from x07bundle.vm.job import Job
from x07bundle.vm.runner import Ended
from x07bundle.vm.streams import Attached, Captured


def run(
    backend: Backend,
    job: Job,
    folder: JobFolder,
    streams: Attached | Captured,
    env: Mapping[str, str],
) -> Ended:
    """As `runner.run`, or `streamed.run` where folders cannot be mounted. The guest's first process
    is the agent either way: signals reach no program that is it."""
    if streamed.is_needed(backend.caps, env):
        return streamed.run(backend, job, folder, streams)
    beside = job._replace(argv=(streamed.AGENT, "--exec", *job.argv))
    return runner.run(backend, beside, folder, streams)
