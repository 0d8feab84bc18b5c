"""Reading from memory, in parts and through buffers."""

import random

import pytest

from tests.unit.runtime.c_program import Programs, Word

OPEN, READ, BUFFER, FILL, CONSUME, LIVE_BYTES = range(6)
SOURCE = (1, 1)
"""The first one: handle and vtable."""


def test_reads_to_the_end_and_stays_there(c_program: Programs) -> None:
    requests: list[tuple[Word, ...]] = [(OPEN, b"hello")]
    requests += [(READ, *SOURCE, size) for size in (2, 0, 100, 0, 4, 4)]
    answers = c_program("readers").answers(*requests)
    assert answers == [*SOURCE, b"he", b"", b"llo", b"", b"", b""]


def test_a_size_is_unsigned(c_program: Programs) -> None:
    assert c_program("readers").answers((OPEN, b"abc"), (READ, *SOURCE, -1)) == [*SOURCE, b"abc"]


def test_the_copy_goes_when_the_end_is_found(c_program: Programs) -> None:
    requests: list[tuple[Word, ...]] = [(OPEN, bytes(1000))]
    requests += [(READ, *SOURCE, 1000), (LIVE_BYTES,), (READ, *SOURCE, 1), (LIVE_BYTES,)]
    *_, before, _, after = c_program("readers").answers(*requests)
    assert isinstance(before, int)
    assert isinstance(after, int)
    assert before - after == 1000


def test_buffer_reads_when_all_is_consumed(c_program: Programs) -> None:
    answers = c_program("readers").answers(
        (OPEN, b"abcdefg"), (BUFFER, *SOURCE, 4), (FILL, 1), (CONSUME, 1, 3), (FILL, 1),
        (CONSUME, 1, 1), (FILL, 1), (CONSUME, 1, 0), (CONSUME, 1, 3), (FILL, 1), (FILL, 1),
    )  # fmt: skip
    assert answers == [*SOURCE, 1, b"abcd", 3, b"d", 1, b"efg", 0, 3, b"", b""]


def test_many_buffers_give_every_byte_once(c_program: Programs) -> None:
    rng = random.Random(3)
    for _ in range(20):
        data, cap = rng.randbytes(rng.randrange(200)), rng.randrange(1, 9)
        rounds = len(data) // cap + 2
        parts = [data[at : at + cap] for at in range(0, len(data), cap)]
        parts += [b""] * (rounds - len(parts))
        requests: list[tuple[Word, ...]] = [(OPEN, data), (BUFFER, *SOURCE, cap)]
        for part in parts:
            requests += [(FILL, 1), (CONSUME, 1, len(part))]
        _, _, _, *answers = c_program("readers").answers(*requests)
        assert answers[::2] == parts


@pytest.mark.parametrize(
    ("requests", "line"),
    [
        ([(READ, 1, 1, 1)], "io.read invalid iface"),
        ([(OPEN, b""), (READ, 0, 1, 1)], "io.read invalid iface"),
        ([(OPEN, b""), (READ, 1, 2, 1)], "io.read invalid iface"),
        ([(BUFFER, 1, 7, 1), (FILL, 1)], "io.read invalid iface"),
        ([(OPEN, b""), (BUFFER, 1, 1, 0)], "bufread.new cap=0"),
        ([(FILL, 1)], "bufread invalid handle"),
        ([(OPEN, b"ab"), (BUFFER, 1, 1, 2), (CONSUME, 1, 1)], "bufread.consume oob"),
        ([(OPEN, b"ab"), (BUFFER, 1, 1, 2), (FILL, 1), (CONSUME, 1, 3)], "bufread.consume oob"),
    ],
)
def test_traps(c_program: Programs, requests: list[tuple[Word, ...]], line: str) -> None:
    assert c_program("readers").trap(*requests) == f"{line} ptr=/solve"
