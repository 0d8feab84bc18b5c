"""Patterns for arguments: their syntax."""

import pytest

from x07bundle.contract.regex_lite import problem


@pytest.mark.parametrize(
    "pattern", ["a", ".*", r"\*", r"\\", r"\\*", "a*b*", "é", "a" * 256, "a*" * 128]
)
def test_patterns(pattern: str) -> None:
    assert problem(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("*", "`*` repeats what is before it"),
        ("a**", "`*` repeats what is before it"),
        (".*.**", "`*` repeats what is before it"),
        ("a\\", "ends in a single"),
        (r"a\\" + "\\", "ends in a single"),
        ("é" * 129, "has 258 tokens, at most 256"),
    ],
)
def test_what_is_none(pattern: str, words: str) -> None:
    assert words in (problem(pattern) or "")
