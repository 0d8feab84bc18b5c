"""map_u32 and set_u32 against dict and set, in tables that are empty, crowded and full."""

import random
import struct
from collections.abc import Callable, Iterator

import pytest

from tests.unit.runtime.c_program import Programs, Word

NEW, LEN, GET, SET, CONTAINS, REMOVE, DUMP = range(7)
SET_NEW, SET_ADD, SET_CONTAINS, SET_REMOVE, SET_DUMP = range(10, 15)

Step = tuple[tuple[Word, ...], Word]
"""A request and its answer."""


def _keys(rng: random.Random, cap: int) -> list[int]:
    """More keys than fit: neighbours, keys that differ in the upper half only, any."""
    spread = rng.choice((1, 1 << 16, 0x9E3779B1, rng.randrange(1 << 32)))
    return [(key * spread) % 0xFFFFFFFF for key in range(cap + cap // 2 + 1)]


def _map_steps(rng: random.Random, handle: int, cap: int) -> Iterator[Step]:
    model: dict[int, int] = {}
    keys = _keys(rng, cap)
    yield (NEW, cap), handle
    for _ in range(cap * 12):
        key, value = rng.choice(keys), rng.randrange(1 << 32)
        operation = rng.choice((GET, SET, SET, CONTAINS, REMOVE))
        if operation == SET and (key in model or len(model) < cap):
            yield (SET, handle, key, value), int(key not in model)
            model[key] = value
        elif operation == GET:
            yield (GET, handle, key, value), model.get(key, value)
        elif operation == CONTAINS:
            yield (CONTAINS, handle, key), int(key in model)
        elif operation == REMOVE:
            yield (REMOVE, handle, key), int(model.pop(key, None) is not None)
        yield (LEN, handle), len(model)
    for key in keys:
        yield (GET, handle, key, 7), model.get(key, 7)


def _set_steps(rng: random.Random, handle: int, cap: int) -> Iterator[Step]:
    model: set[int] = set()
    keys = _keys(rng, cap)
    yield (SET_NEW, cap), handle
    for _ in range(cap * 12):
        key = rng.choice(keys)
        operation = rng.choice((SET_ADD, SET_ADD, SET_CONTAINS, SET_REMOVE))
        if operation == SET_ADD and (key in model or len(model) < cap):
            yield (SET_ADD, handle, key), int(key not in model)
            model.add(key)
        elif operation == SET_CONTAINS:
            yield (SET_CONTAINS, handle, key), int(key in model)
        elif operation == SET_REMOVE:
            yield (SET_REMOVE, handle, key), int(key in model)
            model.discard(key)
    for key in keys:
        yield (SET_CONTAINS, handle, key), int(key in model)


@pytest.mark.parametrize("steps_of", [_map_steps, _set_steps])
def test_tables_agree_with_python(
    c_program: Programs, steps_of: Callable[[random.Random, int, int], Iterator[Step]]
) -> None:
    rng = random.Random(7)
    caps = [1 << rng.randrange(8) for _ in range(200)]
    steps = [step for handle, cap in enumerate(caps, 1) for step in steps_of(rng, handle, cap)]
    answers = c_program("tables").answers(*(request for request, _ in steps))
    for answer, (request, wanted) in zip(answers, steps, strict=True):
        assert answer == wanted, request


def test_dumps_hold_every_entry_once(c_program: Programs) -> None:
    entries = {key * 77: key for key in range(50)}
    requests: list[tuple[Word, ...]] = [(NEW, 64), (SET_NEW, 64)]
    requests += [(SET, 1, key, value) for key, value in entries.items()]
    requests += [(SET_ADD, 1, key) for key in entries]
    *_, pairs, keys = c_program("tables").answers(*requests, (DUMP, 1), (SET_DUMP, 1))
    assert isinstance(pairs, bytes)
    assert isinstance(keys, bytes)
    assert sorted(struct.iter_unpack("<II", pairs)) == sorted(entries.items())
    assert sorted(key for (key,) in struct.iter_unpack("<I", keys)) == sorted(entries)


PTR = " ptr=/solve"


@pytest.mark.parametrize(
    ("requests", "line"),
    [
        ([(NEW, 0)], "map_u32.new cap is not a power of two" + PTR),
        ([(NEW, 6)], "map_u32.new cap is not a power of two" + PTR),
        ([(SET_NEW, 3)], "set_u32.new cap is not a power of two" + PTR),
        ([(LEN, 1)], "map_u32 invalid handle" + PTR),
        ([(NEW, 1), (GET, 0, 1, 1)], "map_u32 invalid handle" + PTR),
        ([(NEW, 1), (GET, 2, 1, 1)], "map_u32 invalid handle" + PTR),
        ([(NEW, 1), (SET_CONTAINS, 1, 1)], "set_u32 invalid handle" + PTR),
        ([(NEW, 1), (GET, 1, -1, 1)], "map_u32 key -1 is reserved" + PTR),
        ([(NEW, 1), (SET, 1, -1, 1)], "map_u32 key -1 is reserved" + PTR),
        ([(NEW, 1), (REMOVE, 1, -1)], "map_u32 key -1 is reserved" + PTR),
        ([(SET_NEW, 1), (SET_ADD, 1, -1)], "set_u32 key -1 is reserved" + PTR),
        ([(NEW, 2), (SET, 1, 1, 1), (SET, 1, 2, 1), (SET, 1, 3, 1)], "map_u32 full"),
        ([(SET_NEW, 1), (SET_ADD, 1, 1), (SET_ADD, 1, 2)], "set_u32 full" + PTR),
    ],
)
def test_traps(c_program: Programs, requests: list[tuple[Word, ...]], line: str) -> None:
    assert c_program("tables").trap(*requests) == line
