"""Packages that are not there are got before a project runs, and are what was locked."""

import json
import shutil
from pathlib import Path

import pytest

from tests.unit.project.packages.test_locking import Workshop
from x07bundle.errors import ProjectError
from x07bundle.project import lockfile
from x07bundle.project.manifest import Manifest
from x07bundle.project.packages.hydration import hydrate


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """A locked project with two packages, `a` and what it needs."""
    workshop = Workshop(tmp_path)
    workshop.index.add("a", "1.0.0", ["b@1.0.0"])
    workshop.index.add("b", "1.0.0")
    workshop.add("a")
    return workshop


def hydrated(workshop: Workshop, *, offline: bool = False) -> tuple[Manifest, list[str]]:
    said: list[str] = []
    manifest = hydrate(workshop.project().manifest, offline, {}, said.append)
    return manifest, said


def test_nothing_is_missing(workshop: Workshop) -> None:
    shutil.rmtree(workshop.index.folder)
    before = workshop.files()
    assert hydrated(workshop)[1] == []
    assert workshop.files() == before


def test_packages_are_missing(workshop: Workshop) -> None:
    """The index is the one that the lock names; the lock stays as it is."""
    before = workshop.files()
    shutil.rmtree(workshop.root / ".x07")
    manifest, said = hydrated(workshop)
    assert said == ["got a@1.0.0, b@1.0.0"]
    assert workshop.files() == before
    assert lockfile.verify(manifest) is not None


def test_offline(workshop: Workshop) -> None:
    shutil.rmtree(workshop.root / ".x07/deps/b")
    with pytest.raises(ProjectError, match=r"\[X07PKG_OFFLINE_MISSING_DEP\]"):
        hydrated(workshop, offline=True)


def test_the_lock_is_missing(workshop: Workshop) -> None:
    before = workshop.files()
    (workshop.root / "x07.lock.json").unlink()
    workshop.set("a@1.0.0")
    (workshop.root / "x07.config.json").write_text(
        json.dumps({"schema_version": "x07.config@0.1.0", "pkg": {"index": workshop.index.url}})
    )
    manifest, said = hydrated(workshop)
    assert said == ["locked the project's packages (`x07 pkg lock`)"]
    assert [one.name for one in manifest.dependencies] == ["a", "b"]
    assert workshop.files()["x07.lock.json"] == before["x07.lock.json"]


def test_other_bytes_than_were_locked(workshop: Workshop) -> None:
    """A version that its index changed does not get into the project."""
    shutil.rmtree(workshop.root / ".x07")
    shutil.rmtree(workshop.index.folder / "sources/b")
    workshop.index.add("b", "1.0.0", description="changed")
    with pytest.raises(ProjectError, match=r"\[X07PKG_LOCK_MISMATCH\]"):
        hydrated(workshop)
    assert not (workshop.root / ".x07/deps/b/1.0.0").exists()


def test_a_dependency_that_is_not_locked_yet(workshop: Workshop) -> None:
    workshop.index.add("c", "1.0.0", ["d@1.0.0"])
    workshop.index.add("d", "1.0.0")
    workshop.add("c", sync=False)
    manifest, said = hydrated(workshop)
    assert said == ["locked the project's packages (`x07 pkg lock`)"]
    assert [one.name for one in manifest.dependencies] == ["a", "b", "c", "d"]
    assert lockfile.verify(manifest) is not None


def test_no_change_gets_into_a_lock_unseen(workshop: Workshop) -> None:
    """A new dependency does not make the others be locked as they happen to be."""
    before = (workshop.root / "x07.lock.json").read_bytes()
    (workshop.root / ".x07/deps/b/1.0.0/modules/b.x07.json").write_text("{}")
    workshop.index.add("c", "1.0.0")
    workshop.add("c", sync=False)
    with pytest.raises(ProjectError, match=r"b@1.0.0 is not what .* \[X07PKG_LOCK_MISMATCH\]"):
        hydrated(workshop)
    assert (workshop.root / "x07.lock.json").read_bytes() == before
