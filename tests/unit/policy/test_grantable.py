"""What denials take for grantable is what a policy may hold (stubs/runtime/src/denial_item.c)."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.unit.contract.policies import policy
from x07bundle.contract import regex_lite
from x07bundle.contract.policy_reading import parse
from x07bundle.policy.grant_words import WORDS

SOURCES: Final = Path(__file__).resolve().parents[3] / "stubs/runtime/src"
SOURCE: Final = (SOURCES / "denial_item.c").read_text()
AMOUNTS: Final = {
    field: int(most) for field, most in re.findall(r'\{"([a-z_.]+)", (\d+)\},', SOURCE)
}
NUMBERS: Final = [field for field, words in WORDS.items() if "{}" in words and "max_" in field]


def problems(field: str, value: object) -> list[str]:
    section, _, name = field.partition(".")
    document = policy("cli")
    document[section][name] = value
    return [str(problem) for problem in parse(document)[1]]


@pytest.mark.parametrize("field", NUMBERS)
def test_the_largest_amounts(field: str) -> None:
    most = AMOUNTS.get(field, 2**32 - 1)
    assert problems(field, most) == []
    assert problems(field, most + 1) != []


def test_no_other_amounts() -> None:
    assert set(AMOUNTS) < set(NUMBERS)


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("env.allow_keys", "KEY_CHARACTERS"),
        ("process.allow_env_keys", "KEY_CHARACTERS"),
        ("fs.read_roots", "PATH_CHARACTERS"),
        ("fs.write_roots", "PATH_CHARACTERS"),
        ("process.allow_execs", "PATH_CHARACTERS"),
        ("process.allow_cwd_roots", "PATH_CHARACTERS"),
        ("process.allow_args_regex_lite", "X07_PATTERN_CHARACTERS"),
    ],
)
def test_the_longest_items(field: str, name: str) -> None:
    source = SOURCE + (SOURCES / "denial_item.h").read_text()
    [most] = re.findall(rf"{name} = (\d+)", source)
    assert problems(field, ["a" * int(most)]) == []
    for item in ("a" * (int(most) + 1), "", "a;b", "a\0b"):
        assert problems(field, [item]) != [], item


def test_the_tokens_of_patterns() -> None:
    header = (SOURCES / "regex_lite.h").read_text()
    assert re.findall(r"X07_REGEX_LITE_TOKENS = (\d+)", header) == [str(regex_lite.MOST_TOKENS)]
