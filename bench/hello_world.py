"""(d) Starting a bundled hello against starting one written in C. (e) Its size."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from bench.clock import Action, interleave
from bench.figures import Figure
from bench.workshop import HERE, Workshop, output_of

STARTS: Final = 40
REPETITIONS: Final = 40
START_TARGET: Final = 1.1
DYNAMIC_TARGET_BYTES: Final = 64 * 1024
STATIC_TARGET_BYTES: Final = 256 * 1024


def measure(workshop: Workshop) -> Iterator[Figure]:
    ours, theirs = workshop.folder / "hello", workshop.folder / "hello-c"
    workshop.bundle(HERE / "hello" / "x07.json", ours)()
    workshop.compile_c(HERE / "hello" / "hello.c", theirs)()
    if output_of(ours) != output_of(theirs):
        raise SystemExit("error: the bundled hello says something else than the one in C")
    name = "(d) start of the bundled hello against C"
    yield compared(name, workshop, START_TARGET, {"x07": ours, "c": theirs})
    yield _size("(e) the bundled hello, dynamic and stripped", ours, DYNAMIC_TARGET_BYTES)
    if shutil.which("musl-gcc"):
        static = workshop.folder / "hello-static"
        workshop.bundle(HERE / "hello" / "x07.json", static, "--static")()
        yield _size("(e) the bundled hello, static with musl", static, STATIC_TARGET_BYTES)


def compared(name: str, workshop: Workshop, target: float, programs: Mapping[str, Path]) -> Figure:
    """The start of the first of two programs against that of the other."""
    starts = workshop.tool("starts")
    actions = {each: _starting(starts, program) for each, program in programs.items()}
    spent = interleave(actions, REPETITIONS)
    ours, theirs = (samples.least_ms for samples in spent.values())
    micro = [f"{each} {samples.least_ms * 1000:.0f} µs" for each, samples in spent.items()]
    detail = f"{'; '.join(micro)} (least of {REPETITIONS} times {STARTS} starts)"
    return Figure(name, ours / theirs, target, detail=detail)


def _starting(starts: Path, program: Path) -> Action:
    def run() -> float:
        argv = [str(starts), str(STARTS), str(program)]
        return int(subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout) / 1e6

    return run


def _size(name: str, program: Path, target_bytes: int) -> Figure:
    return Figure(name, program.stat().st_size, target_bytes, "bytes")
