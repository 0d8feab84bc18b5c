"""vec_value, map_value and scratch against lists, dicts and bytearrays."""

import random
from collections.abc import Callable, Iterator

import pytest

from tests.unit.runtime.c_program import Programs, Word

Step = tuple[tuple[Word, ...], Word]
"""A request and its answer."""

PUSH, GET, SET, NEW_VEC, VEC_LEN, RESERVE, POP, CLEAR_VEC = 0, 1, 2, 5, 6, 7, 8, 9
CONTAINS, REMOVE, NEW_MAP, MAP_LEN, CLEAR_MAP, MAP_GET, MAP_SET = 10, 11, 15, 16, 17, 20, 21
NEW, CLEAR, LEN, CAP, DROP, VIEW, WRITE = range(30, 37)

NUMBERS, BYTES, VIEWS = range(3)
SUFFIX = {1: NUMBERS, 2: NUMBERS, 3: BYTES, 4: VIEWS}
"""By the number of the element type."""


def _value(rng: random.Random, ty: int) -> Word:
    if SUFFIX[ty] == NUMBERS:
        return rng.randrange(1 << 32)
    return rng.randbytes(rng.choice((0, 1, 3, 40)))


def _vec_step(rng: random.Random, handle: int, ty: int, model: list[Word]) -> Step:
    suffix, value = SUFFIX[ty], _value(rng, ty)
    index = rng.randrange(len(model) + 2)
    operation = rng.choice((PUSH, PUSH, PUSH, GET, SET, POP, VEC_LEN, RESERVE))
    if operation == PUSH:
        model.append(value)
        return (PUSH, handle, suffix, value), handle
    if operation == GET:
        return (GET, handle, suffix, index, value), (*model, value, value)[index]
    if operation == SET and index < len(model):
        model[index] = value
        return (SET, handle, suffix, index, value), handle
    if operation == POP:
        del model[-1:]
        return (POP, handle), handle
    if operation == RESERVE:
        return (RESERVE, handle, index), handle
    return (VEC_LEN, handle), len(model)


def _vec_steps(rng: random.Random) -> Iterator[Step]:
    for handle in range(1, 41):
        ty = rng.randrange(1, 5)
        model: list[Word] = []
        yield (NEW_VEC, ty, rng.choice((0, 1, 5))), handle
        for _ in range(60):
            yield _vec_step(rng, handle, ty, model)
        if rng.random() < 0.5:
            yield (CLEAR_VEC, handle), handle
            yield (VEC_LEN, handle), 0


def _map_step(
    rng: random.Random,
    handle: int,
    types: tuple[int, int],
    keys: list[Word],
    model: dict[Word, Word],
) -> Step:
    key, value = rng.choice(keys), _value(rng, types[1])
    k, v = (SUFFIX[ty] for ty in types)
    operation = rng.choice((MAP_SET, MAP_SET, MAP_GET, CONTAINS, REMOVE, MAP_LEN))
    if operation == MAP_SET:
        model[key] = value
        return (MAP_SET, handle, k, v, key, value), handle
    if operation == MAP_GET:
        return (MAP_GET, handle, k, v, key, value), model.get(key, value)
    if operation == CONTAINS:
        return (CONTAINS, handle, k, key), int(key in model)
    if operation == REMOVE:
        model.pop(key, None)
        return (REMOVE, handle, k, key), handle
    return (MAP_LEN, handle), len(model)


def _map_steps(rng: random.Random) -> Iterator[Step]:
    for handle in range(1, 65):
        types = (rng.randrange(1, 5), rng.randrange(1, 5))
        keys = [_value(rng, types[0]) for _ in range(rng.choice((2, 10, 60)))]
        model: dict[Word, Word] = {}
        yield (NEW_MAP, *types, rng.choice((1, 2, 16))), handle
        for _ in range(120):
            yield _map_step(rng, handle, types, keys, model)
            if rng.random() < 0.01:
                yield (CLEAR_MAP, handle), handle
                model.clear()


@pytest.mark.parametrize("steps_of", [_vec_steps, _map_steps])
def test_containers_agree_with_python(
    c_program: Programs, steps_of: Callable[[random.Random], Iterator[Step]]
) -> None:
    steps = list(steps_of(random.Random(11)))
    answers = c_program("values").answers(*(request for request, _ in steps))
    for answer, (request, wanted) in zip(answers, steps, strict=True):
        assert answer == wanted, request


def test_scratch_holds_what_fits(c_program: Programs) -> None:
    answers = c_program("values").answers(
        (NEW, 5), (WRITE, 1, b"abc"), (WRITE, 1, b"def"), (WRITE, 1, b"de"), (VIEW, 1), (LEN, 1),
        (CAP, 1), (CLEAR, 1), (LEN, 1), (WRITE, 1, b"xyz"), (VIEW, 1),
    )  # fmt: skip
    ok, err = 1, 0
    assert answers == [1, ok, 3, err, 8, ok, 2, b"abcde", 5, 5, 1, 0, ok, 3, b"xyz"]


def test_dropped_scratch_is_gone_and_handles_are_not_used_again(c_program: Programs) -> None:
    requests = [(NEW, 5), (DROP, 1), (DROP, 1), (DROP, 0), (NEW, 6), (CAP, 2), (VIEW, 2), (NEW, 0)]
    assert c_program("values").answers(*requests) == [1, 1, 0, 0, 2, 6, b"", 3]


PTR = " ptr=/solve"


@pytest.mark.parametrize(
    ("requests", "line"),
    [
        ([(NEW_VEC, 0, 1)], "vec_value.with_capacity_v1 unknown ty"),
        ([(NEW_VEC, 5, 1)], "vec_value.with_capacity_v1 unknown ty"),
        ([(VEC_LEN, 1)], "vec_value invalid handle"),
        ([(NEW_VEC, 3, 0), (PUSH, 1, NUMBERS, 1)], "vec_value.push ty mismatch"),
        ([(NEW_VEC, 3, 0), (GET, 1, VIEWS, 0, b"")], "vec_value.get ty mismatch"),
        ([(NEW_VEC, 4, 0), (SET, 1, BYTES, 0, b"")], "vec_value.set ty mismatch"),
        ([(NEW_VEC, 1, 9), (SET, 1, NUMBERS, 0, 1)], "vec_value.set oob"),
        ([(NEW_MAP, 1, 0, 1)], "map_value.new_v1 unknown ty"),
        ([(NEW_MAP, 1, 1, 0)], "map_value.new_v1 cap is not a power of two"),
        ([(NEW_MAP, 1, 1, 12)], "map_value.new_v1 cap is not a power of two"),
        ([(MAP_LEN, 0)], "map_value invalid handle"),
        ([(NEW_MAP, 1, 3, 1), (CONTAINS, 1, BYTES, b"")], "map_value.contains ty mismatch"),
        ([(NEW_MAP, 3, 3, 1), (REMOVE, 1, NUMBERS, 0)], "map_value.remove ty mismatch"),
        ([(NEW_MAP, 3, 3, 1), (MAP_GET, 1, BYTES, VIEWS, b"", b"")], "map_value.get ty mismatch"),
        ([(NEW_MAP, 3, 3, 1), (MAP_SET, 1, VIEWS, BYTES, b"", b"")], "map_value.set ty mismatch"),
        ([(NEW, 1), (DROP, 1), (LEN, 1)], "scratch_u8_fixed_v1 invalid handle"),
        ([(VIEW, 0)], "scratch_u8_fixed_v1 invalid handle"),
    ],
)
def test_traps(c_program: Programs, requests: list[tuple[Word, ...]], line: str) -> None:
    assert c_program("values").trap(*requests) == line + PTR
