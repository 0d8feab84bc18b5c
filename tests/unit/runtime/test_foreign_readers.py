"""Readers that native extensions register (contract/abi.md §3)."""

import pytest

from tests.unit.runtime.c_program import Programs, Word

REGISTER, READ, BUFFER, FILL, CONSUME = range(5)
COUNTS, FAILS, LIES, NOTHING = range(4)
FIRST = 2
"""1 is the reader of bytes in memory."""


def test_each_gets_a_number_that_stays(c_program: Programs) -> None:
    requests = [(REGISTER, which) for which in (FAILS, COUNTS, FAILS, LIES, COUNTS, NOTHING)]
    assert c_program("foreign_readers").answers(*requests) == [2, 3, 2, 4, 3, 0]


def test_reads_in_parts_to_the_end(c_program: Programs) -> None:
    requests: list[tuple[Word, ...]] = [(REGISTER, COUNTS)]
    requests += [(READ, 65, FIRST, most) for most in (0, 2, 100, -1, 100, 100)]
    answers = c_program("foreign_readers").answers(*requests)
    assert answers == [FIRST, b"", b"AB", b"CDEF", b"GHIJ", b"", b""]


def test_through_a_buffer(c_program: Programs) -> None:
    answers = c_program("foreign_readers").answers(
        (REGISTER, COUNTS), (BUFFER, 97, FIRST, 3), (FILL, 1), (CONSUME, 1, 2), (FILL, 1),
        (CONSUME, 1, 1), (FILL, 1), (CONSUME, 1, 3), (READ, 97, FIRST, 9), (FILL, 1),
    )  # fmt: skip
    assert answers == [FIRST, 1, b"abc", 2, b"c", 1, b"def", 3, b"ghij", b""]


@pytest.mark.parametrize(
    ("requests", "line"),
    [
        ([(REGISTER, FAILS), (READ, 1, FIRST, 1)], "io.read failed"),
        ([(REGISTER, LIES), (READ, 1, FIRST, 9)], "io.read too many bytes"),
        ([(REGISTER, LIES), (BUFFER, 1, FIRST, 4), (FILL, 1)], "io.read too many bytes"),
        ([(REGISTER, COUNTS), (READ, 1, FIRST + 1, 1)], "io.read invalid iface"),
        ([(REGISTER, NOTHING), (READ, 1, 0, 1)], "io.read invalid iface"),
    ],
)
def test_traps(c_program: Programs, requests: list[tuple[Word, ...]], line: str) -> None:
    assert c_program("foreign_readers").trap(*requests) == f"{line} ptr=/solve"
