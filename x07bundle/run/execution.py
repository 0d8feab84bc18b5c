"""Runs a framed executable under limits (contract/abi.md §1 and §9)."""

import signal
from collections.abc import Mapping
from pathlib import Path

from x07bundle import process
from x07bundle.run import verdict
from x07bundle.run.frame import framed
from x07bundle.run.limits import RunLimits
from x07bundle.run.verdict import Solve


def execute(
    executable: Path,
    data: bytes,
    limits: RunLimits,
    environment: Mapping[str, str],
    working_folder: Path,
    *,
    ends_descendants: bool = False,
) -> Solve:
    """Run it with `data` as input. `environment` is all that it sees. `ends_descendants`: also
    those that left its process group.

    Raises:
        X07Error: it cannot be started.
    """
    command = process.Command(
        argv=(str(executable.absolute()),),
        env=environment,
        cwd=working_folder,
        stdin=framed(data),
        stdout_cap=limits.stdout_cap_bytes,
        stderr_cap=limits.stderr_cap_bytes,
        wall_ms=limits.wall_ms,
        limits=limits.resources,
        wall_signal=signal.SIGALRM if limits.policy else None,
        ends_descendants=ends_descendants,
    )
    return verdict.judge(process.run(command), limits)


def child_environment(environment: Mapping[str, str], world: str) -> dict[str, str]:
    """What a program of `run-os` sees: all of the caller's, and the world's name."""
    return {**environment, "X07_WORLD": world}
