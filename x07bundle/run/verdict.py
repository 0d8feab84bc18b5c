"""How a run went, from how the process ended and what it wrote (contract/abi.md §1, "How the
runner reads the child"). Pure."""

import signal
from collections.abc import Mapping
from typing import Any, NamedTuple

from x07bundle.process import Finished
from x07bundle.run import frame, metrics, traps
from x07bundle.run.limits import RunLimits


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
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines()]
    said = [line for line in lines if line and not line.startswith("{")]
    return said[-1] if said else None


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
        trap_help=traps.explain(trap, limits, finished.stderr) if trap else None,
    )
