"""The heap: blocks keep what was written, new ones are zero, counts are those of a model."""

import random
from dataclasses import astuple, dataclass, field

import pytest

from tests.unit.runtime.c_program import Programs, Word

ALLOC, REALLOC, FREE, COUNTS, CLASSES, LIMIT = range(6)
SLOTS = 64


@dataclass
class Counts:
    """What abi.md §1 says about `mem_stats`, in its order. `sizes` is by slot."""

    alloc_calls: int = 0
    realloc_calls: int = 0
    free_calls: int = 0
    bytes_alloc_total: int = 0
    bytes_freed_total: int = 0
    live_bytes: int = 0
    peak_live_bytes: int = 0
    live_allocs: int = 0
    peak_live_allocs: int = 0
    memcpy_bytes: int = 0
    sizes: dict[int, int] = field(default_factory=dict)

    def alloc(self, slot: int, size: int) -> None:
        self.alloc_calls += 1
        self._take(size)
        self.sizes[slot] = size

    def realloc(self, slot: int, size: int) -> None:
        """A new block, a copy, a free."""
        self.realloc_calls += 1
        self._take(size)
        self._give(self.sizes[slot])
        self.memcpy_bytes += min(size, self.sizes[slot])
        self.sizes[slot] = size

    def free(self, slot: int) -> None:
        self.free_calls += 1
        self._give(self.sizes.pop(slot))

    def _take(self, size: int) -> None:
        self.bytes_alloc_total += size
        self.live_bytes += size
        self.live_allocs += 1
        self.peak_live_bytes = max(self.peak_live_bytes, self.live_bytes)
        self.peak_live_allocs = max(self.peak_live_allocs, self.live_allocs)

    def _give(self, size: int) -> None:
        self.bytes_freed_total += size
        self.live_bytes -= size
        self.live_allocs -= 1

    def shown(self) -> list[int]:
        return list(astuple(self)[:10])


def _step(rng: random.Random, counts: Counts, most: int) -> tuple[int, ...]:
    slot = rng.randrange(SLOTS)
    size = rng.randrange(1, 2 << rng.randrange(most))
    if slot not in counts.sizes:
        counts.alloc(slot, size)
        return (ALLOC, slot, size)
    if rng.random() < 0.4:
        counts.realloc(slot, size)
        return (REALLOC, slot, size)
    counts.free(slot)
    return (FREE, slot)


@pytest.mark.parametrize(("seed", "most"), [*((seed, 8) for seed in range(8)), (8, 14), (9, 19)])
def test_random_use(c_program: Programs, seed: int, most: int) -> None:
    """`most`: sizes are below 2 to this power, small ones as often as large ones."""
    rng, counts = random.Random(seed), Counts()
    requests: list[tuple[Word, ...]] = []
    for _ in range(4000 if most < 10 else 400):
        requests.append(_step(rng, counts, most))
    requests.append((COUNTS,))
    before = counts.shown()
    for slot in list(counts.sizes):
        counts.free(slot)
        requests.append((FREE, slot))
    answers = c_program("heap").answers(*requests, (COUNTS,))
    assert answers == [0, *before, 0, *counts.shown()]


def test_blocks_beyond_the_largest_class(c_program: Programs) -> None:
    size = (32 << 20) + 5
    requests = [(ALLOC, 1, size), (REALLOC, 1, size + 9000), (ALLOC, 2, 100), (FREE, 1)]
    requests += [(ALLOC, 1, size), (REALLOC, 1, 20), (FREE, 1), (FREE, 2), (COUNTS,)]
    wrong, *counts = c_program("heap").answers(*requests)
    assert wrong == 0
    assert counts[:3] == [3, 2, 3]


def test_each_size_has_the_smallest_class_that_holds_it(c_program: Programs) -> None:
    assert c_program("heap").answers((CLASSES,)) == [0, 32 << 20]


def test_memory_up_to_the_limit_and_not_past_it(c_program: Programs) -> None:
    within: list[tuple[Word, ...]] = [(LIMIT, 100), (ALLOC, 1, 60), (ALLOC, 2, 40)]
    assert c_program("heap").answers(*within, (FREE, 1), (FREE, 2)) == []
    line = "out of memory ptr=/solve"
    assert c_program("heap").trap(*within, (ALLOC, 3, 1)) == line
    assert c_program("heap").trap((LIMIT, 100), (ALLOC, 1, 60), (REALLOC, 1, 61)) == line
    assert c_program("heap").trap((LIMIT, 100), (ALLOC, 1, 60), (REALLOC, 1, 62)) == line
