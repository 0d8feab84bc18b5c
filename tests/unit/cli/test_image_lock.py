"""`x07 image lock` and a mirror of tests."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.commands import x07
from tests.unit.image.debian.making import Mirror, deb, make_mirror
from tests.unit.image.debian.recipes import TEXT

PACKAGES = [deb("alpha", Depends="beta"), deb("beta"), deb("gamma")]


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    made = make_mirror(tmp_path / "mirror")
    made.fill(PACKAGES)
    (tmp_path / "recipe.toml").write_text(TEXT)
    return made


def lock(
    mirror: Mirror, folder: Path, *more: str, code: int = 0, arch: str = "amd64", **variables: str
) -> tuple[list[dict[str, object]], str]:
    """The locks that the report has, and what is said on stderr."""
    done = x07(
        *("image", "lock", "--recipe", "recipe.toml", "--arch", arch, "--mirror", mirror.url),
        *("--keyring", mirror.keyring, *more),
        folder=folder,
        variables={"PATH": mirror.env["PATH"], "X07_CACHE_DIR": str(folder / "cache"), **variables},
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    if code not in (0, 1):
        assert done.stdout == ""
        return [], done.stderr
    rows: list[dict[str, object]] = json.loads(done.stdout)["locks"]
    return rows, done.stderr


def test_a_lock_beside_the_recipe(mirror: Mirror, tmp_path: Path) -> None:
    (row,), said = lock(mirror, tmp_path)
    assert row == {
        "architecture": "amd64",
        "lock": "lock-amd64.toml",
        "packages": 3,
        "size_bytes": sum(len(made.data) for made in PACKAGES),
        "changed": True,
    }
    assert said == "lock-amd64.toml: 3 packages, changed\n"
    text = (tmp_path / "lock-amd64.toml").read_bytes()
    assert lock(mirror, tmp_path)[1] == "lock-amd64.toml: 3 packages, is up to date\n"
    assert (tmp_path / "lock-amd64.toml").read_bytes() == text


def test_another_folder(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "locks").mkdir()
    lock(mirror, tmp_path, "--out", "locks")
    assert (tmp_path / "locks/lock-amd64.toml").is_file()
    assert "is no folder" in lock(mirror, tmp_path, "--out", "nowhere", code=2)[1]


def test_check_writes_nothing(mirror: Mirror, tmp_path: Path) -> None:
    (row,), said = lock(mirror, tmp_path, "--check", code=1)
    assert row["changed"] is True
    assert "would change" in said
    assert not (tmp_path / "lock-amd64.toml").exists()
    lock(mirror, tmp_path)
    lock(mirror, tmp_path, "--check")
    mirror.fill([*PACKAGES, deb("beta", version="1.1")])
    lock(mirror, tmp_path, "--check", code=1)


def test_one_that_fails_leaves_all_as_they_were(mirror: Mirror, tmp_path: Path) -> None:
    """There are no packages for arm64."""
    said = lock(mirror, tmp_path, arch="all", code=2)[1]
    assert "no package of the suites is `alpha` for `arm64`" in said
    assert not (tmp_path / "lock-amd64.toml").exists()


def test_a_signature_that_is_missing(mirror: Mirror, tmp_path: Path) -> None:
    (mirror.root / "programs/gpgv").write_text("#!/bin/sh\nexit 1\n")
    assert "not signed" in lock(mirror, tmp_path, code=125)[1]


def test_a_lock_that_is_damaged_is_named(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "lock-amd64.toml").write_text("nonsense")
    assert "cannot use `lock-amd64.toml`" in lock(mirror, tmp_path, code=2)[1]


def test_offline(mirror: Mirror, tmp_path: Path) -> None:
    assert "network may not be used" in lock(mirror, tmp_path, "--offline", code=2)[1]


@pytest.mark.parametrize(
    "url",
    [
        *("", "/srv/debian", "ftp://x", "http:///x", "http://[::1", "http://a\nb", "http://a b"),
        *("http://a:99999", "file://relative", "file:", "http://user:password@a"),
    ],
)
@pytest.mark.parametrize("more", [(), ("--offline",)])
def test_what_is_no_address_of_a_mirror(
    mirror: Mirror, tmp_path: Path, url: str, more: tuple[str, ...]
) -> None:
    said = lock(mirror, tmp_path, "--mirror", url, *more, code=2)[1]
    assert f"error: `{url}` is no address of a mirror\n" in said
    assert said.splitlines()[-1].startswith("hint: ")


def test_offline_by_the_environment(mirror: Mirror, tmp_path: Path) -> None:
    assert "network may not be used" in lock(mirror, tmp_path, code=2, X07_OFFLINE="1")[1]
    lock(mirror, tmp_path, X07_OFFLINE="0")


def test_help() -> None:
    assert "x07 image lock" in x07("image", "lock", "--help", folder=Path.cwd()).stdout
