"""vec_u8 against a model, its growth and its traps."""

import random

import pytest

from tests.unit.runtime.c_program import Programs, Word

NEW, PUSH, SET, CLEAR, ZEROES, EXTEND, RANGE, RESERVE = range(8)
GET, INTO_BYTES = 10, 11

TOP = 0xFFFFFFFF
PTR = " ptr=/solve"


def test_push_doubles_from_one(c_program: Programs) -> None:
    answers = c_program("vec").answers(*((PUSH, byte) for byte in range(9)), (INTO_BYTES,))
    assert answers[0:18:2] == [1, 2, 4, 4, 8, 8, 8, 8, 16]
    assert answers[18:] == [9, bytes(range(9))]


def test_bytes_keep_their_low_eight_bits(c_program: Programs) -> None:
    answers = c_program("vec").answers((PUSH, 0x1FE), (SET, 0, 0x301), (GET, 0), (INTO_BYTES,))
    assert answers == [1, b"\xfe", 1, b"\x01", 1, 1, b"\x01"]


def test_reserving_is_exact_and_adds_only_what_is_missing(c_program: Programs) -> None:
    reserves = [(RESERVE, additional) for additional in (1, 2, 0)]
    answers = c_program("vec").answers(
        (NEW, 3), (EXTEND, b"ab"), *reserves, (CLEAR,), (INTO_BYTES,)
    )
    assert answers[0:12:2] == [3, 3, 3, 4, 4, 4]
    assert answers[12:] == [0, b""]


def test_zeroes_cover_what_stood_there_before(c_program: Programs) -> None:
    answers = c_program("vec").answers((EXTEND, b"abc"), (CLEAR,), (ZEROES, 3), (INTO_BYTES,))
    assert answers[-3:] == [bytes(3), 3, bytes(3)]


def _grown(cap: int, needed: int) -> int:
    cap = cap or 1
    while cap < needed:
        cap *= 2
    return cap


def _step(rng: random.Random, cap: int, content: bytes) -> tuple[tuple[Word, ...], int, bytes]:
    data, start = rng.randbytes(rng.randrange(40)), rng.randrange(8)
    operation = rng.choice((PUSH, ZEROES, EXTEND, RANGE, RESERVE, CLEAR))
    requests: dict[int, tuple[tuple[Word, ...], bytes]] = {
        PUSH: ((PUSH, start), bytes([start])),
        ZEROES: ((ZEROES, start), bytes(start)),
        EXTEND: ((EXTEND, data), data),
        RANGE: ((RANGE, bytes(start) + data, start, len(data)), data),
        RESERVE: ((RESERVE, start), b""),
        CLEAR: ((CLEAR,), b""),
    }
    request, added = requests[operation]
    content = b"" if operation == CLEAR else content + added
    if operation == RESERVE:
        return request, max(cap, len(content) + start), content
    return request, _grown(cap, len(content)) if len(content) > cap else cap, content


@pytest.mark.parametrize("seed", range(10))
def test_against_a_model(c_program: Programs, seed: int) -> None:
    rng = random.Random(seed)
    cap, content = 0, b""
    requests, wanted = [], list[Word]()
    for _ in range(200):
        request, cap, content = _step(rng, cap, content)
        requests.append(request)
        wanted += [cap, content]
    answers = c_program("vec").answers(*requests, (INTO_BYTES,))
    assert answers == [*wanted, len(content), content]


@pytest.mark.parametrize(
    ("requests", "line"),
    [
        ([(GET, 0)], "vec_u8.get oob"),
        ([(NEW, 4), (GET, 0)], "vec_u8.get oob"),
        ([(PUSH, 1), (SET, 1, 0)], "vec_u8.set oob"),
        ([(RANGE, b"abc", 2, 2)], "vec_u8.extend_bytes_range oob"),
        ([(PUSH, 1), (RESERVE, TOP)], "vec_u8.reserve_exact overflow"),
        ([(PUSH, 1), (ZEROES, TOP)], "vec_u8.extend_zeroes overflow"),
    ],
)
def test_traps(c_program: Programs, requests: list[tuple[Word, ...]], line: str) -> None:
    assert c_program("vec").trap(*requests) == line + PTR
