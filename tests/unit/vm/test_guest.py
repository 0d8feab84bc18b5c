"""What is believed of an engine's client that was asked to end, and of one that says nothing."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.unit.vm import agents
from x07bundle.contract.vm_job import KillPlan
from x07bundle.vm import guest, runner
from x07bundle.vm.backend import Caps
from x07bundle.vm.failures import EngineError
from x07bundle.vm.folder import JobFolder
from x07bundle.vm.job import Job, Launch
from x07bundle.vm.runner import Ended
from x07bundle.vm.streams import Captured

ASK = "kill -TERM $PPID"
FOREVER = "while :; do sleep 0.05; done"


class AskedError(Exception):
    """We were."""


class Client(agents.LocalAgent):
    """Its client is a script; `before` has it."""

    def launch(self, job: Job) -> Launch:
        del job
        return Launch(("/bin/sh", "-c", *self.before), {"PATH": os.environ["PATH"]})


class Silent(Client):
    def kill_plan(self, container_id: str, grace_ms: int) -> KillPlan:
        return super().kill_plan(container_id, grace_ms)._replace(probe=("sleep", "60"))


@pytest.fixture(autouse=True)
def asked() -> Iterator[None]:
    """A signal is an exception, as it is in the commands."""

    def ask(_number: int, _frame: object) -> NoReturn:
        raise AskedError

    before = signal.signal(signal.SIGTERM, ask)
    yield
    signal.signal(signal.SIGTERM, before)


def run(
    jobs: JobFolder, script: str, kind: type[Client] = Client, *, is_streamed: bool = False
) -> Ended:
    backend = kind(Path("none"), Caps("vm", ("config",), host_mounts=not is_streamed), (script,))
    job = agents.job(jobs.run_id, ("true",))
    return guest.run(backend, job, jobs, Captured(), {})


@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_client_that_ends_well_before_the_program_begins(
    jobs: JobFolder, is_streamed: bool
) -> None:
    """podman's does, with 0, when it is asked early."""
    with pytest.raises(AskedError):
        run(jobs, f"{ASK}; sleep 0.5; exit 0", is_streamed=is_streamed)


def test_a_client_that_leaves_its_guest(jobs: JobFolder) -> None:
    with pytest.raises(AskedError):
        run(jobs, f"trap 'exit 0' TERM; : > {jobs.begun}; {ASK}; {FOREVER}")


def test_a_client_is_asked_once_the_program_has_begun(jobs: JobFolder) -> None:
    """Before that, podman leaves half of a guest."""
    asked = jobs.path / "asked"
    script = f"trap 'test -e {jobs.begun} && echo late > {asked}; exit 0' TERM; {ASK}; sleep 0.5"
    with contextlib.suppress(AskedError):
        run(jobs, f"{script}; : > {jobs.begun}; {FOREVER}")
    assert asked.read_text() == "late\n"


def test_a_program_that_ends_as_it_likes_when_it_is_asked(jobs: JobFolder) -> None:
    mark = jobs.begun
    script = f"trap 'chmod 700 {mark}; exit 3' TERM; : > {mark}; {ASK}; {FOREVER}"
    ended = run(jobs, script)
    assert (ended.exit_status, ended.interrupted_by) == (3, None)


def test_an_engine_that_says_nothing(jobs: JobFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "DOUBT_MS", 200)
    monkeypatch.setattr(runner, "ANSWER_MS", 200)
    with pytest.raises(EngineError, match="local does not answer, and has started no guest"):
        run(jobs, "exec sleep 60", Silent)
