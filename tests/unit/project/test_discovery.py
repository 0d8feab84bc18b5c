"""Where a project is found."""

from pathlib import Path

import pytest

from tests.unit.project.projects import write
from x07bundle.errors import UsageError
from x07bundle.project.discovery import discover, discover_for_program, named


def test_upward(tmp_path: Path) -> None:
    file = write(tmp_path)
    below = tmp_path / "a/b"
    below.mkdir(parents=True)
    assert discover(below) == file
    assert discover(tmp_path) == file


def test_another_name_when_there_is_one(tmp_path: Path) -> None:
    below = tmp_path / "a"
    below.mkdir()
    (below / "one.x07project.json").touch()
    assert discover(below) == below / "one.x07project.json"
    (below / "two.x07project.json").touch()
    file = write(tmp_path)
    assert discover(below) == file
    own = write(below)
    assert discover(below) == own


def test_of_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    source = tmp_path / "work/src"
    source.mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    assert discover_for_program(source / "main.x07.json") == tmp_path / "x07.json"
    assert discover_for_program(Path("src/main.x07.json")) is None
    write(tmp_path / "work")
    assert discover_for_program(Path("src/main.x07.json")) == Path("x07.json")


def test_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no project at"):
        named(tmp_path)
    file = write(tmp_path)
    assert named(tmp_path) == named(file) == file
