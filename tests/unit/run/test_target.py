"""What is to be run."""

import json
from pathlib import Path

import pytest

from x07bundle.errors import ProjectError, UsageError
from x07bundle.project.init import create
from x07bundle.run.target import Named, find


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "hello"
    create(folder)
    monkeypatch.chdir(folder)
    return folder


def test_the_project_here_or_above(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = find(Named(), {})
    assert (target.kind, target.path, target.entry) == (
        "project", Path("x07.json"), Path("src/main.x07.json"),
    )  # fmt: skip
    assert target.working_folder == Path()
    monkeypatch.chdir(project / "src")
    assert find(Named(), {}).working_folder == project


def test_a_named_project(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.parent)
    for path in (Path("hello"), Path("hello/x07.json")):
        target = find(Named(project=path), {})
        assert target.entry == Path("hello/src/main.x07.json")
        assert target.working_folder == Path("hello")


@pytest.mark.usefixtures("project")
def test_a_program_has_the_roots_that_are_named_or_those_of_its_project() -> None:
    program = Path("src/main.x07.json")
    assert find(Named(program=program), {}).module_roots == (Path("src"),)
    target = find(Named(program=program, module_roots=(Path("lib"),)), {})
    assert target.module_roots == (Path("lib"),)
    assert target.project is not None
    assert target.working_folder == Path()


def test_a_program_without_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program = Path("main.x07.json")
    program.touch()
    target = find(Named(program=program), {})
    assert (target.project, target.module_roots) == (None, (Path(),))


def test_an_artifact(tmp_path: Path) -> None:
    (tmp_path / "app").touch()
    target = find(Named(artifact=tmp_path / "app"), {})
    assert (target.kind, target.entry, target.module_roots) == ("artifact", None, ())


def test_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="set exactly one of"):
        find(Named(project=Path("a"), artifact=Path("b")), {})
    with pytest.raises(UsageError, match="no project found"):
        find(Named(), {})
    with pytest.raises(UsageError, match="only valid with `--program`"):
        find(Named(module_roots=(Path("src"),)), {})
    with pytest.raises(UsageError, match="no program at"):
        find(Named(program=Path("no.x07.json")), {})
    with pytest.raises(UsageError, match="no executable at"):
        find(Named(artifact=Path("no")), {})


def test_a_project_without_its_entry(project: Path) -> None:
    (project / "src/main.x07.json").unlink()
    with pytest.raises(ProjectError, match="entry program not found"):
        find(Named(), {})


def test_a_project_without_its_lockfile(project: Path) -> None:
    (project / "x07.lock.json").unlink()
    assert find(Named(), {}).kind == "project"
    with pytest.raises(ProjectError, match=r"`x07\.lock\.json` \[X07LOCK_READ\]") as caught:
        find(Named(locked=True), {})
    assert "`x07 pkg lock`" in caught.value.render()


def test_a_lockfile_of_something_else(project: Path) -> None:
    lock = json.loads((project / "x07.lock.json").read_text())
    lock["dependencies"] = [{"name": "a"}]
    (project / "x07.lock.json").write_text(json.dumps(lock))
    with pytest.raises(ProjectError, match="lockfile"):
        find(Named(), {})
