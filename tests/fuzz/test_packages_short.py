"""A second of the campaign on packages and indices; `python -m tests.fuzz.packages` runs more."""

from typing import Final

import pytest

from tests.fuzz import packages

COUNT: Final = 150


@pytest.mark.parametrize("kind", packages.READERS)
def test_campaign_finds_nothing(kind: str) -> None:
    found = [packages.finding(kind, seed) for seed in range(COUNT)]
    assert not [problem for problem in found if problem]


@pytest.mark.parametrize("kind", packages.READERS)
def test_what_is_changed_is_taken_as_it_was(kind: str) -> None:
    first, *_ = packages.seeds()[kind]
    if kind == "release":
        first = first.replace(b"never", b"Sat, 11 Jul 2026 10:16:37 UTC")
    packages.READERS[kind](first)


def test_a_finding_is_found() -> None:
    def broken(data: bytes) -> None:
        raise IndexError(len(data))

    assert "ar seed 1: IndexError" in str(packages.finding("ar", 1, broken))
