"""Where the tool's own files are found."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from x07bundle import assets
from x07bundle.errors import X07Error


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    assets.find.cache_clear()
    yield
    assets.find.cache_clear()


def test_checkout() -> None:
    assert assets.find("stubs") == Path(__file__).parents[3] / "stubs"


def test_wheel_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "x07bundle" / "_assets" / "stubs"
    inside.mkdir(parents=True)
    (tmp_path / "stubs").mkdir()
    monkeypatch.setattr(assets, "PACKAGE", tmp_path / "x07bundle")
    assert assets.find("stubs") == inside


def test_frozen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stubs").mkdir()
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert assets.find("stubs") == tmp_path / "stubs"


def test_missing() -> None:
    with pytest.raises(X07Error, match="part of this installation is missing: `no-such`"):
        assets.find("no-such")
