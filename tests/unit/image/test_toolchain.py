"""Toolchains that do not fit an image are refused before it is built."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.contract.test_toolchain import SOUND
from x07bundle.contract import toolchain as contract
from x07bundle.errors import UsageError
from x07bundle.image.assembly import described
from x07bundle.image.debian.lock import Lock, Locked, Seen

SEEN = Seen("bookworm", datetime(2026, 1, 1, tzinfo=UTC), "1" * 64)


def lock(libc: str | None = "2.36-9+deb12u10", architecture: str = "amd64") -> Lock:
    packages = [("dash", "0.5"), *([("libc6", libc)] if libc is not None else [])]
    rows = [Locked(*one, architecture, "bookworm", "p", 1, "1" * 64, ()) for one in packages]
    return Lock(architecture, "1" * 64, (SEEN,), tuple(rows))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / contract.PLACE
    place.parent.mkdir(parents=True)
    place.write_bytes(contract.document(SOUND))
    return tmp_path


@pytest.mark.parametrize("libc", ["2.36-9+deb12u10", "2.41-1", "3.0", None])
def test_one_that_fits(folder: Path, libc: str | None) -> None:
    assert described(folder, lock(libc)) == SOUND


@pytest.mark.parametrize("libc", ["2.35-1", "2.9-1", "1.99"])
def test_a_c_library_that_is_too_old(folder: Path, libc: str) -> None:
    with pytest.raises(UsageError, match=r"needs glibc 2\.36") as caught:
        described(folder, lock(libc))
    assert f"the image has {libc.partition('-')[0]}" in caught.value.render()


def test_another_architecture(folder: Path) -> None:
    with pytest.raises(UsageError, match="is for amd64, not arm64"):
        described(folder, lock(architecture="arm64"))


def test_files_of_ones_own_say_nothing(tmp_path: Path) -> None:
    assert described(tmp_path, lock()) is None
    assert described(None, lock()) is None
