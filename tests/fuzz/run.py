"""Campaigns: `python -m tests.fuzz.run generate --count 20000 --seed 1`, and `mutate`.

Findings go to stdout, each with its seed and a smaller program that fails in the same way; how far
it has come goes to stderr. The exit status is 1 when there are findings.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.fuzz import batch, generating, mutating
from tests.fuzz.compiled import Finding

BATCH: Final = 40


@dataclass(frozen=True, slots=True)
class Task:
    """A batch of seeds for one worker."""

    folder: Path
    flavour: batch.Flavour
    seeds: Sequence[int]


def generate(task: Task) -> dict[int, Finding]:
    bench = batch.open_bench(task.folder, task.flavour)
    return generating.try_seeds(bench, f"b{task.seeds[0]}", task.seeds)


def mutate(task: Task) -> dict[int, Finding]:
    bench = batch.open_bench(task.folder, task.flavour)
    return mutating.try_seeds(bench, f"b{task.seeds[0]}", task.seeds)


WORKERS: Final[dict[str, Callable[[Task], dict[int, Finding]]]] = {
    "generate": generate,
    "mutate": mutate,
}


def tasks(folder: Path, first: int, count: int) -> Iterator[Task]:
    """Batches of seeds, with the flavours in turn."""
    available = batch.flavours()
    for number, start in enumerate(range(first, first + count, BATCH)):
        end = min(start + BATCH, first + count)
        yield Task(folder, available[number % len(available)], range(start, end))


def campaign(kind: str, first: int, count: int, jobs: int) -> dict[int, Finding]:
    started = time.monotonic()
    findings: dict[int, Finding] = {}
    with TemporaryDirectory(prefix="x07-fuzz-") as folder, ProcessPoolExecutor(jobs) as pool:
        done = 0
        work = list(tasks(Path(folder), first, count))
        for task, found in zip(work, pool.map(WORKERS[kind], work), strict=True):
            done += len(task.seeds)
            for seed, finding in found.items():
                report(kind, seed, task.flavour, finding)
            findings.update(found)
            elapsed = time.monotonic() - started
            sys.stderr.write(f"\r{done}/{count} in {elapsed:.0f} s, {len(findings)} findings ")
            sys.stderr.flush()
    sys.stderr.write("\n")
    return findings


def report(kind: str, seed: int, flavour: batch.Flavour, finding: Finding) -> None:
    sys.stdout.write(f"\n== {kind} seed {seed} ({flavour}): {finding.kind}\n{finding.detail}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.fuzz.run", description=__doc__)
    parser.add_argument("kind", choices=sorted(WORKERS))
    parser.add_argument("--count", type=int, default=1000, help="how many programs (1000)")
    parser.add_argument("--seed", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    chosen = parser.parse_args(arguments)
    findings = campaign(chosen.kind, chosen.seed, chosen.count, chosen.jobs)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
