"""Operators that C lacks, numbers as text and as bytes, pseudo-random numbers."""

import random

import pytest

from tests.unit.runtime.c_program import Programs, Word

DIV, MOD, WRITE, UNSIGNED, SIGNED, NEXT, EXIT_CODE = range(7)
READ, PARSE, PARSE_AT = 10, 11, 12

TOP = 0xFFFFFFFF
EDGES = [0, 1, 2, 9, 10, 99, 100, 0x7FFFFFFF, 0x80000000, 0x80000001, TOP]


def _numbers() -> list[int]:
    rng = random.Random(1)
    return EDGES + [rng.randrange(1 << rng.randrange(1, 33)) for _ in range(200)]


def test_division_is_unsigned_and_total(c_program: Programs) -> None:
    pairs = [(left, right) for left in EDGES for right in EDGES]
    answers = c_program("number").answers(
        *((DIV, *pair) for pair in pairs), *((MOD, *pair) for pair in pairs)
    )
    quotients = [left // right if right else 0 for left, right in pairs]
    assert answers == quotients + [left % right if right else left for left, right in pairs]


def test_numbers_as_text(c_program: Programs) -> None:
    numbers = _numbers()
    requests = [(kind, number) for kind in (UNSIGNED, SIGNED) for number in numbers]
    signed = [number - (1 << 32) if number >> 31 else number for number in numbers]
    wanted = [str(number).encode() for number in numbers + signed]
    assert c_program("number").answers(*requests) == wanted


def test_text_as_numbers(c_program: Programs) -> None:
    numbers = _numbers()
    requests: list[tuple[Word, ...]] = [(PARSE, b"%d" % number) for number in numbers]
    requests += [(PARSE_AT, b"x-%d" % number, 2) for number in numbers]
    answers = c_program("number").answers(*requests, (PARSE, b"000000000000001"))
    assert answers == [*numbers, *numbers, 1]


def test_words_in_bytes(c_program: Programs) -> None:
    requests: list[tuple[Word, ...]] = [(WRITE, 0x81020304), (READ, b"?\x04\x03\x02\x81", 1)]
    assert c_program("number").answers(*requests) == [b"\x04\x03\x02\x81", 0x81020304]


def test_state_of_the_process_and_of_random_numbers(c_program: Programs) -> None:
    answers = c_program("number").answers((NEXT, 1), (NEXT, TOP), (EXIT_CODE, 300))
    assert answers == [1103527590, (TOP * 1103515245 + 12345) & TOP, 300, 300]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ((READ, b"abc", 0), "codec.read_u32_le oob"),
        ((READ, b"abcde", 2), "codec.read_u32_le oob"),
        ((READ, b"abcd", TOP), "codec.read_u32_le oob"),
        ((PARSE, b""), "parse.u32_dec empty"),
        ((PARSE, b"-1"), "parse.u32_dec non-digit"),
        ((PARSE, b"1:"), "parse.u32_dec non-digit"),
        ((PARSE, b"4294967296"), "parse.u32_dec overflow"),
        ((PARSE, b"99999999999999999999"), "parse.u32_dec overflow"),
        ((PARSE_AT, b"12", 3), "parse.u32_dec_at oob"),
        ((PARSE_AT, b"12", 2), "parse.u32_dec empty"),
    ],
)
def test_traps(c_program: Programs, words: tuple[Word, ...], line: str) -> None:
    assert c_program("number").trap(words) == f"{line} ptr=/solve"
