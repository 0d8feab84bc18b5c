"""Ends guests by the plans that were made for them. Nothing here knows a backend.

What an engine answers is believed only where it says that the guest is not there: an engine that
cannot be asked (it is being started again) is asked later.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from x07bundle import process
from x07bundle.contract import vm_job
from x07bundle.contract.vm_job import Commands, KillPlan
from x07bundle.errors import X07Error
from x07bundle.vm.clock import Clock

OPERATION_MS: Final = 2000
PATIENT_MS: Final = 10_000
"""For an engine that did not remove a guest in the time that others take."""
OUTPUT_CAP_BYTES: Final = 1 << 16
FIRST_WAIT_MS: Final = 100
LONGEST_WAIT_MS: Final = 1000
SETTLE_MS: Final = 500
SETTLES: Final = 3
CLIENT_ENDS_MS: Final = 6000
"""For a client whose guest is killed again and again."""
CLIENT_ENDS_AT_MOST_MS: Final = 15_000
"""Where nobody waits: a busy machine takes more than the above to start a guest."""
REMOVAL_MS: Final = 10_000

GONE: Final = ("not found", "no such", "does not exist", "not exist", "unknown container")
UNREACHABLE: Final = ("connect", "dial ", "socket", "daemon running", "transport", "deadline")
"""Of answers that say nothing of the guest, though they say that something is not there."""


def replay(commands: Commands, env: Mapping[str, str], wall_ms: int = OPERATION_MS) -> None:
    """Runs commands, one after the other, whatever becomes of each."""
    for argv in commands:
        _run(argv, env, wall_ms)


def is_gone(plan: KillPlan, container_id: str) -> bool:
    done = _run(plan.probe, plan.env)
    if done is None or done.timed_out:
        return False
    if done.exit_status == 0:
        return done.stdout.strip() == b"[]"
    said = done.stderr.decode("utf-8", "replace").lower()
    lines = [line for line in said.splitlines() if any(word in line for word in GONE)]
    if any(container_id.lower() in line for line in lines):
        return True
    return bool(lines) and not any(word in said for word in UNREACHABLE)


def is_answered(plan: KillPlan, wall_ms: int) -> bool:
    """Whether the engine says anything of the guest, in so long."""
    done = _run(plan.probe, plan.env, wall_ms)
    return done is not None and not done.timed_out


class Client(Protocol):
    """The process that started a guest."""

    def has_ended(self) -> bool: ...
    def kill(self) -> None: ...


class Target(NamedTuple):
    """A guest that is to end. `folder`: its job's, where it is known."""

    plan: KillPlan
    container_id: str
    folder: Path | None = None


class NoClient:
    """Of a guest that has lost it."""

    def has_ended(self) -> bool:
        return True

    def kill(self) -> None:
        """There is nothing to kill."""


def end(target: Target, client: Client, clock: Clock, most_ms: int) -> bool:
    """Kills a guest, sees its client end, and removes what is left; whether nothing is, after
    `most_ms` at the latest.

    As long as the client may be starting the guest, nothing is removed: containerd and podman lose
    sight of what a client had begun whose container was removed, or which was killed itself. Only
    one that does not end in a while is.
    """
    plan, container_id, _ = target
    end_ms = clock.monotonic_ms() + most_ms
    has_ended = _sees_end(plan, client, clock, _patience_ms(most_ms))
    if not has_ended:
        client.kill()
    _withdraw(target.folder)
    is_gone = _remove(plan, container_id, clock, end_ms)
    return is_gone and (has_ended or _stays_gone(plan, container_id, clock, end_ms))


def end_surely(target: Target, client: Client, clock: Clock, most_ms: int) -> bool:
    """As `end`, for a client that may have been killed by others."""
    end_ms = clock.monotonic_ms() + most_ms
    is_gone = end(target, client, clock, most_ms)
    return is_gone and _stays_gone(target.plan, target.container_id, clock, end_ms)


def _withdraw(folder: Path | None) -> None:
    """A guest ends by itself that finds its folder of inputs empty: an engine that was killed may
    have forgotten one that goes on running."""
    import shutil  # see `later`

    if folder is not None:
        shutil.rmtree(folder / vm_job.INPUTS, ignore_errors=True)


def _sees_end(plan: KillPlan, client: Client, clock: Clock, most_ms: int) -> bool:
    end_ms = clock.monotonic_ms() + most_ms
    waits = _waits()
    while not client.has_ended():
        replay(plan.hard, plan.env)
        if clock.monotonic_ms() >= end_ms:
            return False
        clock.sleep_ms(next(waits))
    return True


def _patience_ms(most_ms: int) -> int:
    """With a client: more where there is time to remove its guest after that."""
    ample_ms = min(most_ms - REMOVAL_MS, CLIENT_ENDS_AT_MOST_MS)
    return min(most_ms, max(CLIENT_ENDS_MS, ample_ms))


def _remove(plan: KillPlan, container_id: str, clock: Clock, end_ms: int) -> bool:
    wall_ms = OPERATION_MS
    for wait_ms in _waits():
        replay(plan.cleanup, plan.env, wall_ms)
        wall_ms = PATIENT_MS
        if is_gone(plan, container_id):
            return True
        if clock.monotonic_ms() + wait_ms > end_ms:
            return False
        clock.sleep_ms(wait_ms)
        replay(plan.hard, plan.env)
    raise AssertionError("there is always another wait")


def _waits() -> Iterator[int]:
    """Milliseconds between attempts."""
    wait_ms = FIRST_WAIT_MS
    while True:
        yield wait_ms
        wait_ms = min(2 * wait_ms, LONGEST_WAIT_MS)


def _stays_gone(plan: KillPlan, container_id: str, clock: Clock, end_ms: int) -> bool:
    """An engine may go on with what a client asked that was killed: then that is ended, too."""
    for _ in range(SETTLES):
        clock.sleep_ms(SETTLE_MS)
        if not is_gone(plan, container_id):
            return _remove(plan, container_id, clock, end_ms)
    return True


def _run(
    argv: tuple[str, ...], env: Mapping[str, str], wall_ms: int = OPERATION_MS
) -> process.Finished | None:
    """What became of a command; None where it could not be started."""
    command = process.Command(
        argv,
        {**env, "LC_ALL": "C"},
        stdout_cap=OUTPUT_CAP_BYTES,
        stderr_cap=OUTPUT_CAP_BYTES,
        wall_ms=wall_ms,
    )
    try:
        return process.run(command)
    except X07Error:
        return None
