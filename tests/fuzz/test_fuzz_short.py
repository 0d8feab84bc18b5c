"""A few seconds of both campaigns: fixed seeds, and those that X07_FUZZ_SEED names.

X07_TEST_FUZZ_PARTS: how many programs, in parts of a few hundred. [2]
`python -m tests.fuzz.run` runs as many as one likes, and makes findings smaller.
"""

import os
from pathlib import Path
from typing import Final

import pytest

from tests.fuzz.batch import Bench
from tests.fuzz.run import KINDS
from tests.program_build import Workshop

FIXED: Final = 1
COUNTS: Final = {"generate": 60, "mutate": 250}
PARTS: Final = int(os.environ.get("X07_TEST_FUZZ_PARTS", "2"))


def first_seeds() -> list[int]:
    """A campaign begins at each of these."""
    given = os.environ.get("X07_FUZZ_SEED")
    return [FIXED, int(given)] if given else [FIXED]


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("first", first_seeds())
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_campaign_finds_nothing(
    kind: str, first: int, part: int, workshop: Workshop, tmp_path: Path
) -> None:
    count = COUNTS[kind]
    seeds = range(first + part * count, first + (part + 1) * count)
    programs = {seed: KINDS[kind].make(seed) for seed in seeds}
    bench = Bench(tmp_path, workshop, "-O0")
    found = KINDS[kind].attempt(bench, "batch", programs)
    assert not found, "\n".join(f"{kind} seed {seed}: {each}" for seed, each in found.items())
