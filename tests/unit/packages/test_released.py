"""The packages that come with the tool."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from x07bundle import packages, std
from x07bundle.lang.load import load as load_module
from x07bundle.lang.modules import SourceFile
from x07bundle.packages import Release
from x07bundle.project.packages import package
from x07bundle.project.packages.archive import files_of, pack
from x07bundle.project.packages.builtin_index import BuiltInIndex
from x07bundle.project.packages.packing import pack_for_others

RELEASED = packages.released()
SCHEMAS = Path(__file__).resolve().parents[3] / "x07bundle/schemas"
each_release = pytest.mark.parametrize(
    "release", RELEASED, ids=lambda release: f"{release.name}@{release.version}"
)


def exports(data: bytes) -> set[str]:
    document = json.loads(data)
    found = [one["names"] for one in document["decls"] if one["kind"] == "export"]
    return {name for names in found for name in names}


def test_ext_fs_is_there() -> None:
    assert {"0.1.5", "0.1.6"} <= {release.version for release in packages.versions("ext-fs")}


@each_release
def test_manifests(release: Release, tmp_path: Path) -> None:
    found = package.load(release.folder)
    assert (found.name, found.version) == (release.name, release.version)
    schema = json.loads((SCHEMAS / "x07.package@0.1.0.schema.json").read_bytes())
    assert not list(Draft202012Validator(schema).iter_errors(found.document))
    pack_for_others(release.folder, tmp_path / "out.x07pkg")


@each_release
def test_modules(release: Release) -> None:
    """Each loads, and is what its place says; no other file lies there."""
    found = package.load(release.folder)
    files = files_of(pack(release.folder), release.name)
    for module_id in found.modules:
        name = str(found.module_file(module_id))
        module, problems = load_module(SourceFile(name, files[name], builtin=True))
        assert module is not None, problems
        assert module.module_id == module_id
    below = [path for path in release.folder.rglob("*") if path.is_file()]
    assert sorted(files) == sorted(path.relative_to(release.folder).as_posix() for path in below)


@each_release
def test_what_they_need_comes_with_the_tool_too(release: Release) -> None:
    for spec in package.load(release.folder).requires:
        versions = [other.version for other in packages.versions(spec.name)]
        assert any(spec.fits(version) for version in versions), str(spec)


@each_release
def test_built_in_modules_have_what_packages_name(release: Release) -> None:
    """Built-in modules win over those of packages: they must export no less."""
    found = package.load(release.folder)
    for module_id in found.modules:
        builtin = std.find(module_id, "run-os")
        if builtin is not None:
            own = (release.folder / found.module_file(module_id)).read_bytes()
            assert exports(own) <= exports(builtin.data)


def test_the_index() -> None:
    index = BuiltInIndex()
    assert "ext-fs" in index.names()
    assert [entry.version for entry in index.entries("ext-fs")][:2] == ["0.1.5", "0.1.6"]
    assert index.entries("nothing") == ()
