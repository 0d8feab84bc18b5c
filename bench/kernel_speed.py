"""(c) Eight kernels as X07 programs, against the same in C with the same checks and flags."""

import math
from collections.abc import Iterator
from typing import Final

from bench.clock import Samples, command, interleave
from bench.figures import Figure
from bench.workshop import KERNELS, Workshop, output_of

ROUNDS: Final = {
    "histogram": 400,
    "rle": 25,
    "crc32": 50,
    "sieve": 70,
    "words": 40,
    "matrix": 40,
    "utf8": 40,
    "table": 30,
}
"""How often each kernel goes over its data: about a tenth of a second in C."""

REPETITIONS: Final = 9
MEAN_TARGET: Final = 1.10
WORST_TARGET: Final = 1.4


def measure(workshop: Workshop) -> Iterator[Figure]:
    ratios = {name: _ratio(workshop, name) for name in ROUNDS}
    mean = math.exp(math.fsum(math.log(ratio) for ratio, _ in ratios.values()) / len(ratios))
    detail = "\n          ".join(
        f"{name}: {ratio:.2f} ({text})" for name, (ratio, text) in ratios.items()
    )
    yield Figure("(c) eight kernels against C, geometric mean", mean, MEAN_TARGET, detail=detail)
    worst = max(ratios, key=lambda name: ratios[name][0])
    yield Figure(f"(c) the slowest of them, {worst}", ratios[worst][0], WORST_TARGET)


def _ratio(workshop: Workshop, name: str) -> tuple[float, str]:
    """The ratio of the least times, and both sides in words."""
    ours, theirs = workshop.folder / f"{name}-x07", workshop.folder / f"{name}-c"
    workshop.bundle_program(KERNELS / f"{name}.x07.json", ours)()
    workshop.compile_c(KERNELS / f"{name}.c", theirs)()
    rounds = str(ROUNDS[name])
    if output_of(ours, rounds) != output_of(theirs, rounds):
        raise SystemExit(f"error: `{name}` gives different results in X07 and in C")
    actions = {"x07": command((ours, rounds)), "c": command((theirs, rounds))}
    spent: dict[str, Samples] = interleave(actions, REPETITIONS)
    ratio = spent["x07"].least_ms / spent["c"].least_ms
    return ratio, f"x07 {spent['x07']}; c {spent['c']}"
