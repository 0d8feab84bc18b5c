"""Campaigns: `python -m tests.fuzz.run generate --count 20000 --seed 1`, and `mutate`.

Findings go to stdout, each with its seed and a smaller program that fails in the same way; how far
it has come goes to stderr. The exit status is 1 when there are findings.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.fuzz import batch, generating, generator, mutating, mutator
from tests.fuzz.compiled import Failure, Finding, Sources, sources
from tests.fuzz.minimise import minimise

BATCH: Final = 40


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of campaign: where its programs come from, and what makes them ready to be tried."""

    make: Callable[[int], Sources]
    prepare: generating.Prepare

    def attempt(
        self, bench: batch.Bench, name: str, programs: Mapping[int, Sources]
    ) -> dict[int, Finding]:
        return generating.try_programs(self.prepare, bench, name, programs)


KINDS: Final[dict[str, Kind]] = {
    "generate": Kind(lambda seed: sources(generator.generate(seed)), generating.prepare),
    "mutate": Kind(mutator.mutate, mutating.prepare),
}


@dataclass(frozen=True, slots=True)
class Task:
    """A batch of seeds for one worker."""

    kind: str
    folder: Path
    flavour: batch.Flavour
    seeds: Sequence[int]

    def run(self) -> dict[int, Failure]:
        kind = KINDS[self.kind]
        bench = batch.open_bench(self.folder, self.flavour)
        programs = {seed: kind.make(seed) for seed in self.seeds}
        found = kind.attempt(bench, f"batch-{self.seeds[0]}", programs)
        return {seed: Failure(finding, programs[seed]) for seed, finding in found.items()}

    def smaller(self, failure: Failure) -> Sources:
        bench = batch.open_bench(self.folder, self.flavour)
        attempt = partial(KINDS[self.kind].attempt, bench, "smaller")
        return minimise(failure.program, failure.finding.kind, attempt)


def tasks(kind: str, folder: Path, first: int, count: int) -> Iterator[Task]:
    """Batches of seeds, with the flavours in turn."""
    available = batch.flavours()
    for number, start in enumerate(range(first, first + count, BATCH)):
        seeds = range(start, min(start + BATCH, first + count))
        yield Task(kind, folder, available[number % len(available)], seeds)


def campaign(kind: str, first: int, count: int, jobs: int) -> Counter[str]:
    """Findings by their kind."""
    started = time.monotonic()
    findings: Counter[str] = Counter()
    with TemporaryDirectory(prefix="x07-fuzz-") as folder, ProcessPoolExecutor(jobs) as pool:
        work = list(tasks(kind, Path(folder), first, count))
        done = 0
        for task, found in zip(work, pool.map(Task.run, work), strict=True):
            done += len(task.seeds)
            for seed, failure in found.items():
                report(task, seed, failure, shrink=not findings[failure.finding.kind])
                findings[failure.finding.kind] += 1
            elapsed = time.monotonic() - started
            progress(f"\r{done}/{count} programs, {elapsed:.0f} s, {findings.total()} findings ")
    progress("\n")
    return findings


def progress(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def report(task: Task, seed: int, failure: Failure, *, shrink: bool) -> None:
    """The first finding of each kind comes with a smaller program."""
    finding = failure.finding
    sys.stdout.write(f"\n== {task.kind} seed {seed} ({task.flavour}): {finding.kind}\n")
    sys.stdout.write(f"{finding.detail}\n")
    if shrink:
        smaller = task.smaller(failure)
        for data in smaller.files():
            sys.stdout.write(f"-- {data.decode(errors='replace')}\n")
        sys.stdout.write(f"-- input {smaller.input!r}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.fuzz.run", description=__doc__)
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("--count", type=int, default=1000, help="how many programs (1000)")
    parser.add_argument("--seed", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    chosen = parser.parse_args(arguments)
    findings = campaign(chosen.kind, chosen.seed, chosen.count, chosen.jobs)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
