"""Packages with modules under names that others have, and links in the place of packages."""

import json
import shutil
from pathlib import Path

import pytest

from tests.unit.project.packages.sources import module, write_package
from tests.unit.project.packages.test_locking import Workshop
from tests.unit.project.projects import write
from x07bundle.errors import ProjectError
from x07bundle.files import json_pretty
from x07bundle.project import lockfile
from x07bundle.project.packages import locking
from x07bundle.project.packages.archive import pack
from x07bundle.project.packages.hydration import hydrate
from x07bundle.project.packages.locking import Allowed

MIXED = ("f0.own", "std.fmt", "std.world.env", "std.net.tcp")


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def publish(workshop: Workshop, name: str, *modules: str, code: str | None = None) -> None:
    """A package with these modules, and with C where it has some."""
    place = workshop.index.folder / "sources" / name
    meta = {"import_mode": "ffi"} if code is not None else {}
    write_package(place, name, "1.0.0", modules=list(modules), meta=meta)
    for each in modules:
        path = place / f"modules/{each.replace('.', '/')}.x07.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(module(each)))
    if code is not None:
        (place / "ffi").mkdir()
        (place / "ffi/code.c").write_text(code)
        (place / "ffi/code.h").write_text("")
    workshop.index.publish(pack(place), name, "1.0.0")


# -- names


def test_names_of_others_are_told(workshop: Workshop) -> None:
    publish(workshop, "a", *MIXED)
    publish(workshop, "b", "f0.own", "std.fmt")
    workshop.set("a@1.0.0", "b@1.0.0")
    assert workshop.plan().warnings == (
        "a@1.0.0 replaces modules that are built in: std.world.env",
        "a@1.0.0 has modules that are built in, which win: std.fmt",
        "a@1.0.0 has modules of ext-net, a package of the tool: std.net.tcp",
        "b@1.0.0 has modules that are built in, which win: std.fmt",
        "a@1.0.0 and b@1.0.0 have modules in common, so that importing them is an error: f0.own",
    )


def test_names_of_the_project(workshop: Workshop) -> None:
    publish(workshop, "a", "app", "f0.own")
    workshop.set("a@1.0.0")
    (workshop.root / "src").mkdir(exist_ok=True)
    (workshop.root / "src/app.x07.json").write_text(json.dumps(module("app")))
    (line,) = workshop.plan().warnings
    assert line == (
        "a@1.0.0 has modules that this project has, too, so that importing them is an error: app"
    )


def test_packages_of_the_tool_are_as_they_should_be(workshop: Workshop) -> None:
    workshop.set("ext-fs@0.1.6", "ext-net@0.1.11", "ext-json-rs@0.1.7")
    assert workshop.plan().warnings == ()


# -- links


@pytest.mark.parametrize("link", [".x07", ".x07/deps", ".x07/deps/a", ".x07/deps/a/1.0.0"])
def test_a_link_out_of_the_project(workshop: Workshop, tmp_path: Path, link: str) -> None:
    publish(workshop, "a", "f0.own")
    workshop.set("a@1.0.0")
    workshop.lock()
    outside, place = tmp_path / "outside", workshop.root / link
    place.rename(outside)
    place.symlink_to(outside)
    manifest = workshop.project().manifest
    for follow in (
        lambda: lockfile.verify(manifest),
        lambda: lockfile.module_roots(manifest),
        lambda: workshop.plan(),
    ):
        with pytest.raises(ProjectError, match="leads out of the project") as caught:
            follow()
        assert "remove the link" in caught.value.render()


def test_nothing_is_fetched_through_a_link(workshop: Workshop, tmp_path: Path) -> None:
    publish(workshop, "a", "f0.own")
    workshop.set("a@1.0.0")
    (tmp_path / "outside").mkdir()
    (workshop.root / ".x07/deps").mkdir(parents=True)
    (workshop.root / ".x07/deps/a").symlink_to("../../../outside")
    with pytest.raises(ProjectError, match="leads out of the project"):
        workshop.plan()
    assert list((tmp_path / "outside").iterdir()) == []


def test_links_within_the_project(workshop: Workshop) -> None:
    publish(workshop, "a", "f0.own")
    workshop.set("a@1.0.0")
    (workshop.root / "vendor").mkdir()
    (workshop.root / ".x07").mkdir()
    (workshop.root / ".x07/deps").symlink_to("../vendor")
    workshop.lock()
    assert (workshop.root / "vendor/a/1.0.0/x07-package.json").is_file()


def test_a_project_that_is_reached_by_a_link(workshop: Workshop, tmp_path: Path) -> None:
    publish(workshop, "a", "f0.own")
    workshop.set("a@1.0.0")
    (tmp_path / "other").symlink_to(workshop.root)
    workshop.root = tmp_path / "other"
    workshop.lock()
    assert lockfile.verify(workshop.project().manifest) is not None


def test_a_workspace_is_a_place_of_its_own(workshop: Workshop, tmp_path: Path) -> None:
    publish(workshop, "a", "f0.own")
    (tmp_path / ".git").mkdir()
    path = "$workspace/.x07/deps/a/1.0.0"
    write(workshop.root, dependencies=[{"name": "a", "version": "1.0.0", "path": path}])
    workshop.lock()
    assert (tmp_path / ".x07/deps/a/1.0.0/x07-package.json").is_file()


# -- C code


def test_c_code_is_locked(workshop: Workshop) -> None:
    publish(workshop, "a", "f0.own", code="int f(void);\n")
    workshop.set("a@1.0.0")
    (entry,) = workshop.lock()["dependencies"]
    assert list(entry["native_sha256"]) == ["ffi/code.c", "ffi/code.h"]
    manifest = workshop.project().manifest
    for name, data in (("code.c", "int g(void);\n"), ("code.h", "#define A\n"), ("new.h", "")):
        file = workshop.root / ".x07/deps/a/1.0.0/ffi" / name
        before = file.read_bytes() if file.exists() else None
        file.write_text(data)
        with pytest.raises(ProjectError, match='lockfile hashes of C files mismatch for "a"'):
            lockfile.verify(manifest)
        if before is None:
            file.unlink()
        else:
            file.write_bytes(before)
    assert lockfile.verify(manifest) is not None


def test_c_code_that_an_index_changed_is_not_got(workshop: Workshop) -> None:
    publish(workshop, "a", "f0.own", code="int f(void);\n")
    workshop.set("a@1.0.0")
    workshop.lock()
    for folder in (workshop.root / ".x07", workshop.index.folder / "sources"):
        shutil.rmtree(folder)
    publish(workshop, "a", "f0.own", code="int g(void);\n")
    with pytest.raises(ProjectError, match=r"\[X07PKG_LOCK_MISMATCH\]"):
        hydrate(workshop.project().manifest, False, {}, print)
    assert not (workshop.root / ".x07/deps/a/1.0.0").exists()


def test_locks_of_other_tools_have_none(workshop: Workshop) -> None:
    """They are good as they are; one for older tools has none either."""
    publish(workshop, "a", "f0.own", code="int f(void);\n")
    workshop.set("a@1.0.0")
    lock = workshop.lock()
    del lock["dependencies"][0]["native_sha256"]
    (workshop.root / "x07.lock.json").write_bytes(json_pretty(lock))
    assert lockfile.verify(workshop.project().manifest) is not None
    older = locking.plan(workshop.project(), workshop.supply(), "x07.lock@0.3.0")
    assert "native_sha256" not in older.lock["dependencies"][0]
    locking.write(older)
    locking.check(older, Allowed())
