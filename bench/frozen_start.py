"""Starting the toolchain that guest images bring against starting the tool as Python runs it."""

import shutil
from collections.abc import Iterator
from typing import Final

from bench.clock import command, interleave
from bench.figures import Figure
from bench.workshop import Workshop, output_of

ROUNDS: Final = 21
START_TARGET: Final = 3.0


def measure(workshop: Workshop) -> Iterator[Figure]:
    if shutil.which("strip") is None:
        return
    folder = workshop.folder / "frozen"
    command((workshop.x07, "image", "toolchain", "--out", folder))()
    frozen = folder / "usr/local/bin/x07"
    if output_of(frozen, "--version") != output_of(workshop.x07, "--version"):
        raise SystemExit("error: the frozen tool says another version than the one in Python")
    programs = {"frozen": frozen, "unfrozen": workshop.x07}
    actions = {name: command((program, "--version")) for name, program in programs.items()}
    spent = interleave(actions, ROUNDS)
    ratio = spent["frozen"].median_ms / spent["unfrozen"].median_ms
    detail = "; ".join(f"{name}: {samples}" for name, samples in spent.items())
    yield Figure(
        "start of the frozen toolchain against the unfrozen one", ratio, START_TARGET, detail=detail
    )
