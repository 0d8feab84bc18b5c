"""Releases: what they list, from when they are, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.image.debian.making import DATE, SUITE, release
from x07bundle.errors import RefusedError, X07Error
from x07bundle.image.debian import release as releases

DIGEST = "0" * 64
WHEN = datetime(2026, 7, 11, 10, 16, 37, tzinfo=UTC)


def test_what_it_lists() -> None:
    found = releases.read(
        release({"main/binary-amd64/Packages.xz": b"x"}, Acquire_By_Hash="yes"), SUITE
    )
    assert found.date == WHEN
    assert found.by_hash
    assert found.valid_until is None
    (listed,) = releases.indices(found, "main", "amd64")
    assert (listed.path, listed.size_bytes) == ("main/binary-amd64/Packages.xz", 1)


def test_the_smallest_form_first() -> None:
    files = {f"main/binary-amd64/Packages{end}": b"" for end in ("", ".gz", ".xz")}
    found = releases.indices(releases.read(release(files), SUITE), "main", "amd64")
    assert [one.path.rpartition("/")[2] for one in found] == [
        "Packages.xz",
        "Packages.gz",
        "Packages",
    ]


def test_another_architecture() -> None:
    with pytest.raises(X07Error, match="lists no packages for `riscv64`"):
        releases.indices(_one(), "main", "riscv64")


def _one() -> releases.Release:
    return releases.read(release({"main/binary-amd64/Packages": b""}), SUITE)


def test_another_suite_is_refused() -> None:
    with pytest.raises(RefusedError, match="says that it is that of `other`"):
        releases.read(release({"a": b""}, "other"), SUITE)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (DATE, "yesterday", "no date"),
        (DATE, "Sat, 31 Feb 2026 10:16:37 UTC", "no date"),
        (DATE, "Sat, 11 Xyz 2026 10:16:37 UTC", "no date"),
        ("Date:", "Day:", "`Date` is missing"),
        ("SHA256:", "MD5Sum:", "`SHA256` is missing"),
        (" main/", " ../main/", "lists no file"),
        (" main/", " /main/", "lists no file"),
        (" 1 main", " 1x main", "lists no file"),
    ],
)
def test_refused(old: str, new: str, why: str) -> None:
    text = release({"main/binary-amd64/Packages": b"x"}).decode()
    assert old in text
    with pytest.raises(X07Error, match=why):
        releases.read(text.replace(old, new).encode(), SUITE)


def test_out_of_date() -> None:
    found = releases.read(release({"a": b""}, Valid_Until=DATE), SUITE)
    releases.check_age(found, WHEN, None)
    with pytest.raises(RefusedError, match="was valid until 2026-07-11"):
        releases.check_age(found, WHEN + timedelta(seconds=1), None)


def test_older_than_before() -> None:
    releases.check_age(_one(), WHEN, WHEN)
    with pytest.raises(RefusedError, match="lock was made with that of 2026-07-12"):
        releases.check_age(_one(), WHEN, WHEN + timedelta(days=1))
