"""Versions and ranges."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x07bundle.project.packages import spec
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.versions import (
    highest,
    holds,
    is_prerelease,
    is_version,
    order,
    read_range,
)

ASCENDING = (
    "0.0.9 0.1.0-1 0.1.0-2 0.1.0-10 0.1.0-a 0.1.0-a.1 0.1.0-b 0.1.0 0.2.0 0.10.0 1.0.0".split()
)


def test_order() -> None:
    for lower, higher in pairwise(ASCENDING):
        assert order(lower) < order(higher)
    assert order("1.0.0+a") == order("1.0.0")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "1.2",
        "1.2.3.4",
        "01.2.3",
        "1.2.3-",
        "1.2.3-a..b",
        "v1.2.3",
        "1.2.x",
        "1.2.3\n",
        "1.2.3/..",
        "..",
        "1.2.99999999999",
        "1.2.3-" + "a" * 64,
        "\u0661.2.3",
    ],
)
def test_what_is_no_version(text: str) -> None:
    assert not is_version(text)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">=0.1.5, <0.2.0", "0.1.5 0.1.99", "0.1.4 0.2.0"),
        (">=0.1.5 <0.2.0", "0.1.5", "0.2.0"),
        (">= 0.1.5,<0.2.0", "0.1.5", "0.2.0"),
        ("=1.0.0", "1.0.0", "1.0.1"),
        ("1.0.0", "1.0.0", "1.0.1"),
        (">1.0.0,<=1.1.0", "1.0.1 1.1.0", "1.0.0 1.1.1"),
    ],
)
def test_ranges(text: str, inside: str, outside: str) -> None:
    wanted = read_range(text)
    assert wanted is not None
    assert all(holds(wanted, version) for version in inside.split())
    assert not any(holds(wanted, version) for version in outside.split())


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ",",
        "^1.0.0",
        "~1.0.0",
        ">=1.0",
        "1.x.0",
        ">=",
        ">=1.0.0 <",
        "*",
        ">>1.0.0",
        "!1.0.0",
        ">=1.0.0 " * 100,
    ],
)
def test_what_is_no_range(text: str) -> None:
    assert read_range(text) is None


def test_highest() -> None:
    assert highest(ASCENDING) == "1.0.0"
    assert highest(["0.9.0", "1.0.0-rc.1"]) == "0.9.0"
    assert highest(["1.0.0-rc.1"]) is None
    assert highest(ASCENDING, read_range("<0.10.0") or ()) == "0.2.0"
    assert is_prerelease("1.0.0-rc.1")


@pytest.mark.parametrize(
    ("text", "version", "fits", "does_not"),
    [
        ("ext-a", None, "9.9.9", None),
        ("ext-a@1.2.3", "1.2.3", "1.2.3", "1.2.4"),
        (" ext-a@ 1.2.3 ", "1.2.3", "1.2.3", "1.2.4"),
        ("ext-a@>=1.0.0", None, "1.0.0", "0.9.0"),
        ("ext-a@1.0.0,<=2.0.0", None, "1.0.0", "2.0.0"),
    ],
)
def test_specs(text: str, version: str | None, fits: str, does_not: str | None) -> None:
    found = spec.required(text)
    assert (found.name, found.version) == ("ext-a", version)
    assert found.fits(fits)
    assert does_not is None or not found.fits(does_not)
    assert spec.parse(str(found)) == found


@pytest.mark.parametrize(
    "text", ["", "@", "a@", "A", "1a", "a b", "a/b", "../a", "a@^1.0.0", "a@1"]
)
def test_what_is_no_spec(text: str) -> None:
    with pytest.raises(PackageError) as caught:
        spec.required(text)
    assert caught.value.code == "X07PKG_SPEC_INVALID"


@given(st.text(alphabet="019.-+ <>=,^a@/", max_size=40))
def test_any_text(text: str) -> None:
    found = spec.parse("a@" + text)
    wanted = read_range(text)
    assert found is None or (found.version is not None) != bool(found.wanted)
    assert wanted is None or holds(wanted, "1.0.0") in (True, False)
