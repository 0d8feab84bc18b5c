"""(a) `x07 bundle` against `cc` of the same program in C. (b) The part of it that is ours.

Ours is what is left of a whole run when the C compiler's own time (measured by a compiler that
notes it, see `tools/timed_cc.c`) and a start of Python that does nothing are taken away.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench import family
from bench.clock import Action, command, interleave, usual_environment
from bench.figures import Figure
from bench.workshop import HERE, Workshop

REPETITIONS: Final = 25
RATIO_TARGET: Final = 5
OWN_TARGET_MS: Final = 60
SIZES: Final = (1_000, 3_000, 10_000, 30_000, 100_000)
"""Expression nodes of the programs that show how the cost grows."""

GROWTH_TARGET: Final = 1.5
"""Cost per node of the largest program, against that of the one with a tenth of its nodes."""


def measure(workshop: Workshop) -> Iterator[Figure]:
    yield _against_c(workshop)
    yield _own_part(workshop)
    yield _growth(workshop)


def _against_c(workshop: Workshop) -> Figure:
    hello = HERE / "hello"
    actions = {
        "bundle": workshop.bundle(hello / "x07.json", workshop.folder / "hello"),
        "cc": workshop.compile_c(hello / "hello.c", workshop.folder / "hello-c"),
    }
    spent = interleave(actions, REPETITIONS)
    ratio = spent["bundle"].least_ms / spent["cc"].least_ms
    detail = f"bundle {spent['bundle']}; cc {spent['cc']}"
    return Figure(
        "(a) bundle of hello against cc of the same in C", ratio, RATIO_TARGET, "", detail
    )


def _own_part(workshop: Workshop) -> Figure:
    log = workshop.folder / "cc.log"
    compiler = workshop.tool("timed_cc", COMPILER=workshop.compiler, LOG=log)
    own: list[float] = []
    actions = {"bundle": _own(workshop, compiler, log, own), "python": command(python("pass"))}
    spent = interleave(actions, REPETITIONS)
    own_ms = min(own[1:]) - spent["python"].least_ms
    detail = f"whole run {spent['bundle']}; start of Python {spent['python']}"
    name = "(b) bundle of hello less cc, ld and Python's start"
    return Figure(name, own_ms, OWN_TARGET_MS, "ms", detail)


def _own(workshop: Workshop, compiler: Path, log: Path, own: list[float]) -> Action:
    """Bundles hello; adds to `own` the milliseconds that were not the compiler's.

    The first time the runtime is compiled too, several files at once: that one does not count.
    """
    argv = [str(workshop.x07), "bundle", "--project", str(HERE / "hello" / "x07.json")]
    argv += ["--out", str(workshop.folder / "hello-timed")]
    environment = usual_environment() | {"X07_CC": str(compiler)}

    def run() -> float:
        log.unlink(missing_ok=True)
        begin = time.perf_counter()
        subprocess.run(argv, check=True, env=environment, stdout=subprocess.DEVNULL)
        whole_ms = (time.perf_counter() - begin) * 1000
        own.append(whole_ms - sum(int(line) for line in log.read_text().split()) / 1e6)
        return whole_ms

    return run


def _growth(workshop: Workshop) -> Figure:
    """The front end, in a process of its own for each size."""
    projects = {n: family.write(workshop.folder / f"family-{n}", n) for n in SIZES}
    spent = {n: min(_front_end_ms(project) for _ in range(3)) for n, project in projects.items()}
    per_node = {n: spent_ms / n for n, spent_ms in spent.items()}
    ratio = per_node[SIZES[-1]] / per_node[SIZES[-1] // 10]
    detail = ", ".join(f"{n:,} nodes {spent_ms:.0f} ms" for n, spent_ms in spent.items())
    name = "(b) front end: cost of a node at 100,000 nodes against 10,000"
    return Figure(name, ratio, GROWTH_TARGET, "", detail)


def _front_end_ms(project: Path) -> float:
    argv = [sys.executable, "-m", "bench.front_end", str(project)]
    done = subprocess.run(argv, check=True, cwd=HERE.parent, stdout=subprocess.PIPE)
    return float(json.loads(done.stdout))


def python(code: str) -> tuple[str, str, str]:
    return (sys.executable, "-c", code)
