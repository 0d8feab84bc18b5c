"""How a run went, from how the process ended and what it wrote (contract/abi.md §1, "How the
runner reads the child"). Pure."""

import signal
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from x07bundle.process import Finished
from x07bundle.run import frame, metrics, traps
from x07bundle.run.limits import RunLimits

OURS: Final = "x07: "
HINT: Final = "hint: "
"""What does not start a program says why, in a line that begins so, and then what to do."""


class Solve(NamedTuple):
    """The `solve` object. `metrics` is None where the program did not report any."""

    exit_status: int
    output: bytes
    stdout: bytes
    stderr: bytes
    metrics: Mapping[str, Any] | None
    trap: str | None
    trap_help: str | None

    @property
    def ok(self) -> bool:
        return self.exit_status == 0 and self.trap is None


def judge(finished: Finished, limits: RunLimits) -> Solve:
    """The verdict on a process that ran under `limits`."""
    cut_short = _cut_short(finished)
    if cut_short is not None:
        return _solve(finished, limits, cut_short)
    output, frame_trap = frame.unframed(finished.stdout, limits.max_output_bytes)
    counters = metrics.parse(finished.stderr)
    trap = _trap(finished, limits, frame_trap)
    if trap is None and finished.exit_status == 0 and counters is None:
        trap = "missing metrics json line on stderr"
    return _solve(finished, limits, trap, output, counters)


def _cut_short(finished: Finished) -> str | None:
    """Why neither frame nor metrics are looked at."""
    if finished.timed_out:
        return traps.TIMED_OUT
    if finished.stderr_over:
        return "stderr exceeded cap"
    return "stdout exceeded cap" if finished.stdout_over else None


def _trap(finished: Finished, limits: RunLimits, frame_trap: str | None) -> str | None:
    """A limit that was hit, else what the program said last when it failed, else what we saw."""
    if finished.signal == signal.SIGXCPU and limits.cpu_seconds is not None:
        return traps.cpu_limit(limits)
    seen = f"terminated by signal {finished.signal}" if finished.signal else frame_trap
    if finished.exit_status == 0:
        return seen
    return _last_words(finished.stderr) or seen


def _last_words(stderr: bytes) -> str | None:
    """The last line that says something and is no JSON. The line `  in fn` comes before it."""
    said = _said(stderr)
    refusal = _refusal(said)
    return refusal[0] if refusal else said[-1] if said else None


def _refusal(said: list[str]) -> tuple[str, str] | None:
    """Why it was not started, and what to do."""
    match said[-2:]:
        case [reason, advice] if reason.startswith(OURS) and advice.startswith(HINT):
            return reason.removeprefix(OURS), advice.removeprefix(HINT)
        case _:
            return None


def _said(stderr: bytes) -> list[str]:
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines()]
    return [line for line in lines if line and not line.startswith("{")]


def _solve(
    finished: Finished,
    limits: RunLimits,
    trap: str | None,
    output: bytes = b"",
    counters: Mapping[str, Any] | None = None,
) -> Solve:
    return Solve(
        exit_status=finished.exit_status,
        output=output,
        stdout=finished.stdout,
        stderr=finished.stderr,
        metrics=counters,
        trap=trap,
        trap_help=_help(trap, limits, finished.stderr) if trap else None,
    )


def _help(trap: str, limits: RunLimits, stderr: bytes) -> str | None:
    refusal = _refusal(_said(stderr))
    if refusal is not None and refusal[0] == trap:
        return refusal[1]
    return traps.explain(trap, limits, stderr)
