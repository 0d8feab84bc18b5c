"""Versions, against a table and against dpkg."""

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from x07bundle.errors import X07Error
from x07bundle.image.debian import versions

ASCENDING = (
    "0~~", "0~~a", "0~", "0", "0a", "0a.", "0+", "0.0~1", "0.0", "0.1", "0.9", "0.10", "1~rc1-1",
    "1-0.1", "1-1~deb12u1", "1-1", "1-1+b1", "1-1+deb12u1", "1.0.9-1", "1.0.10-1", "1:0", "1:0-1",
    "2:0~",
)  # fmt: skip


def test_they_ascend() -> None:
    for at, low in enumerate(ASCENDING):
        for high in ASCENDING[at + 1 :]:
            assert versions.compare(low, high) < 0, (low, high)
            assert versions.compare(high, low) > 0, (low, high)


@pytest.mark.parametrize(
    ("left", "right"),
    [("1.0", "1.00"), ("0:1", "1"), ("1-0", "1"), ("1.0-0", "1.0"), ("1a0", "1a"), ("1.", "1.0")],
)
def test_equal(left: str, right: str) -> None:
    assert versions.compare(left, right) == 0


@pytest.mark.parametrize(
    "text", ["", "a b", "1:", "-1", "1_2", "1-", "9999999999:1", "1" * 300, "é"]
)
def test_no_version(text: str) -> None:
    with pytest.raises(X07Error, match="no version of a package"):
        versions.check(text)


PARTS = st.from_regex(r"\A(?:[01]:)?[0-9][0-9a-cZ.+~]{0,6}(?:-[0-9a-c.+~]{1,4})?\Z")
NEAR = st.tuples(PARTS, st.sampled_from(["", "~", "0", "a", ".0", "+b1", "~~"]))


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="no dpkg to compare with")
@settings(max_examples=150, deadline=None)
@given(PARTS, st.one_of(PARTS, NEAR), st.booleans())
def test_as_dpkg_compares(left: str, other: str | tuple[str, str], is_near: bool) -> None:
    right = other if isinstance(other, str) else (left if is_near else other[0]) + other[1]
    found = versions.compare(versions.check(left), versions.check(right))
    word = "lt" if found < 0 else "gt" if found > 0 else "eq"
    command = ["dpkg", "--compare-versions", left, word, right]
    assert subprocess.run(command, check=False).returncode == 0, (left, word, right)
