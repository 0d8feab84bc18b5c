"""Measuring: several actions in turn, again and again; the least and the median of each."""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Action = Callable[[], float]
"""Does its work once and returns what it took, in milliseconds."""


@dataclass(frozen=True)
class Samples:
    """Milliseconds, in the order measured."""

    values_ms: tuple[float, ...]

    @property
    def least_ms(self) -> float:
        return min(self.values_ms)

    @property
    def median_ms(self) -> float:
        return statistics.median(self.values_ms)

    def __str__(self) -> str:
        return f"min {self.least_ms:.1f} ms, median {self.median_ms:.1f} ms"


def usual_environment() -> dict[str, str]:
    """Ours, without what makes Python compile its modules again at each start."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def command(argv: Sequence[str | Path], cwd: Path | None = None) -> Action:
    """An action that runs a command, and fails where the command does."""
    words = [str(word) for word in argv]

    def run() -> float:
        begin = time.perf_counter()
        subprocess.run(
            words, cwd=cwd, check=True, stdout=subprocess.DEVNULL, env=usual_environment()
        )
        return (time.perf_counter() - begin) * 1000

    return run


def interleave(actions: Mapping[str, Action], rounds: int, warm: int = 1) -> dict[str, Samples]:
    """Runs the actions in turn, `rounds` times, after `warm` turns that are not counted."""
    values: dict[str, list[float]] = {name: [] for name in actions}
    for turn in range(warm + rounds):
        for name, action in actions.items():
            spent_ms = action()
            if turn >= warm:
                values[name].append(spent_ms)
    return {name: Samples(tuple(spent)) for name, spent in values.items()}
