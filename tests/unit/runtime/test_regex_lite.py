"""Patterns for arguments of processes (contract/policy.md §2): which texts they match."""

import random
import re

import pytest

from tests.unit.runtime.c_program import CProgram, Programs

TOO_LONG = 0xFFFFFFFF


def matches(program: CProgram, *pairs: tuple[bytes, bytes]) -> list[object]:
    return list(program.answers(*[(0, pattern, text) for pattern, text in pairs]))


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (b"", [b""], [b"a"]),
        (b"a", [b"a"], [b"", b"aa", b"b", b"A"]),
        (b".", [b"a", b"\xff", b"\0", b"\n"], [b"", b"ab", "é".encode()]),
        (b"a*", [b"", b"a", b"a" * 1000], [b"b", b"ab"]),
        (b".*", [b"", b"anything\n"], []),
        (b"--n=..*", [b"--n=1", b"--n=12"], [b"--n=", b"-n=1", b"x--n=1"]),
        (rb"\.", [b"."], [b"a", rb"\."]),
        (rb"\**", [b"", b"***"], [b"a"]),
        (rb"\\", [b"\\"], [b"", rb"\\"]),
        (rb"\a", [b"a"], [rb"\a"]),
        (b"a*a*a*b", [b"b", b"aaab"], [b"aaa"]),
        (b"[a-z]+^$|?", [b"[a-z]+^$|?"], [b"a"]),
        (b"*", [], [b"", b"*"]),
        (b"a**", [], [b"", b"a", b"*"]),
        (b"a\\", [], [b"a", b"a\\"]),
    ],
)
def test_texts(c_program: Programs, pattern: bytes, yes: list[bytes], no: list[bytes]) -> None:
    pairs = [(pattern, text) for text in [*yes, *no]]
    assert matches(c_program("regex_lite"), *pairs) == [1] * len(yes) + [0] * len(no)


def test_tokens_are_limited(c_program: Programs) -> None:
    text = b"a" * 256
    pairs = [(b"a" * 256, text), (b"a*" * 256, text), (b"a" * 257, text), (b"a*" * 257, text)]
    assert matches(c_program("regex_lite"), *pairs) == [1, 1, TOO_LONG, TOO_LONG]


def test_no_pattern_takes_long(c_program: Programs) -> None:
    """Which it would where ways to match were tried one after another."""
    pair = (b"a*" * 255 + b"b", b"a" * 4096)
    assert matches(c_program("regex_lite"), pair) == [0]


def test_texts_at_random(c_program: Programs) -> None:
    """As Python's expressions have it, which mean the same by these signs."""
    chance = random.Random(5)

    def some(alphabet: list[bytes], most: int) -> bytes:
        return b"".join(chance.choices(alphabet, k=chance.randrange(most)))

    tokens = [b"a", b"b", b".", rb"\.", rb"\*"]
    tokens += [token + b"*" for token in tokens]
    pairs = [(some(tokens, 7), some([b"a", b"b", b".", b"*"], 9)) for _ in range(3000)]
    wanted = [int(re.fullmatch(pattern, text, re.DOTALL) is not None) for pattern, text in pairs]
    assert matches(c_program("regex_lite"), *pairs) == wanted
    assert 100 < sum(wanted) < 2900
