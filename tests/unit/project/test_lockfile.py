"""The lock of a project without dependencies."""

import json
from pathlib import Path

import pytest

from tests.unit.project.projects import load_with
from x07bundle.errors import ProjectError
from x07bundle.project import lockfile
from x07bundle.project.manifest import Dependency, Manifest
from x07bundle.project.packages.locked import as_json, of_folder

DEPENDENCY = {"name": "a", "version": "1.0.0", "path": "deps/a"}


def put(manifest: Manifest, lock: object) -> Path:
    manifest.lockfile.write_text(json.dumps(lock))
    return manifest.lockfile


def test_what_is_written_verifies(tmp_path: Path) -> None:
    manifest = load_with(tmp_path)
    assert lockfile.verify(manifest) is None
    put(manifest, lockfile.new_lock(manifest.compat))
    assert lockfile.verify(manifest) == tmp_path / "x07.lock.json"


def test_order_of_members() -> None:
    lock = lockfile.new_lock("strict")
    assert list(lock) == ["schema_version", "toolchain", "registry", "dependencies"]
    assert list(lock["toolchain"]) == ["x07_version", "x07c_version", "lang_id", "compat"]
    assert lock["toolchain"]["compat"] == "strict"


def test_older_locks_have_less() -> None:
    lock = lockfile.new_lock(None, schema_version="x07.lock@0.3.0")
    assert list(lock) == ["schema_version", "dependencies"]


@pytest.mark.parametrize(
    "lock",
    [
        {"schema_version": "x07.lock@0.2.0", "dependencies": []},
        {"schema_version": "x07.lock@0.3.0", "dependencies": []},
        {
            "schema_version": "x07.lock@0.4.0",
            "toolchain": {"x07_version": "9"},
            "registry": {},
            "dependencies": [],
        },
    ],
)
def test_older_locks_and_other_toolchains(tmp_path: Path, lock: dict[str, object]) -> None:
    (tmp_path / "x07.lock.json").write_text(json.dumps(lock))
    assert lockfile.verify(load_with(tmp_path)) is not None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "[X07LOCK_PARSE]"),
        ("[]", "[X07LOCK_PARSE]"),
        ("{}", "[X07LOCK_SCHEMA]"),
        ('{"schema_version":"x07.lock@1.0.0","dependencies":[]}', "/schema_version: `x07.lock@1"),
        ('{"schema_version":"x07.lock@0.2.0"}', "/dependencies: is missing"),
        ('{"schema_version":"x07.lock@0.4.0","dependencies":[]}', "/toolchain: is missing"),
        ('{"schema_version":"x07.lock@0.2.0","dependencies":[1]}', "/dependencies: must be"),
        (
            '{"schema_version":"x07.lock@0.2.0","dependencies":[{}]}',
            "lockfile dependency list does not match project",
        ),
    ],
)
def test_locks_that_do_not_fit(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "x07.lock.json").write_text(text)
    with pytest.raises(ProjectError) as caught:
        lockfile.verify(load_with(tmp_path))
    assert words in caught.value.render()


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", lockfile.NO_LOCK),
        ("{}", lockfile.NO_LOCK),
        ("[]", lockfile.NO_LOCK),
        ('<<<<<<< a\n{"schema_version":"x07.lock@0.4.0"', lockfile.HINT),
        ('{"schema_version":"x07.lock@9.0.0","dependencies":[]}', lockfile.HINT),
    ],
)
def test_what_to_do_is_what_helps(tmp_path: Path, text: str, hint: str) -> None:
    """`x07 pkg lock` replaces damaged locks, and no other file."""
    (tmp_path / "x07.lock.json").write_text(text)
    with pytest.raises(ProjectError) as caught:
        lockfile.verify(load_with(tmp_path))
    assert caught.value.hint == hint


def test_a_lock_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "x07.lock.json").mkdir()
    with pytest.raises(ProjectError, match=r"\[X07LOCK_READ\]"):
        lockfile.verify(load_with(tmp_path))


def test_a_project_with_dependencies_needs_its_lock(tmp_path: Path) -> None:
    manifest = load_with(tmp_path, dependencies=[DEPENDENCY])
    with pytest.raises(
        ProjectError, match="missing lockfile for project with dependencies"
    ) as caught:
        lockfile.verify(manifest)
    assert "`x07 pkg lock`" in str(caught.value.hint)


@pytest.mark.parametrize("member", ["name", "version", "path"])
@pytest.mark.parametrize("value", [[], {}, 1, None, "other"])
def test_entries_of_another_shape(tmp_path: Path, member: str, value: object) -> None:
    manifest = load_with(tmp_path, dependencies=[DEPENDENCY])
    entry = packed(tmp_path / "deps/a")
    put(manifest, lockfile.new_lock(None, dependencies=[entry]))
    assert lockfile.verify(manifest) is not None
    put(manifest, lockfile.new_lock(None, dependencies=[{**entry, member: value}]))
    with pytest.raises(ProjectError, match="lockfile dependencies do not match project manifest"):
        lockfile.verify(manifest)


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ("package_manifest_sha256", 'lockfile package manifest hash mismatch for "a"'),
        ("module_root", 'lockfile module_root mismatch for "a"'),
        ("modules_sha256", 'lockfile module hashes mismatch for "a"'),
    ],
)
def test_a_package_that_is_not_the_one_of_the_lock(tmp_path: Path, member: str, words: str) -> None:
    manifest = load_with(tmp_path, dependencies=[DEPENDENCY])
    put(manifest, lockfile.new_lock(None, dependencies=[packed(tmp_path / "deps/a", member)]))
    with pytest.raises(ProjectError) as caught:
        lockfile.verify(manifest)
    assert words in caught.value.brief
    assert "`x07 pkg lock`" in str(caught.value.hint)


def test_a_changed_module(tmp_path: Path) -> None:
    manifest = load_with(tmp_path, dependencies=[DEPENDENCY])
    put(manifest, lockfile.new_lock(None, dependencies=[packed(tmp_path / "deps/a")]))
    lockfile.verify(manifest)
    (tmp_path / "deps/a/modules/a.x07.json").write_text("{ }")
    with pytest.raises(ProjectError, match='module hashes mismatch for "a"'):
        lockfile.verify(manifest)


def test_module_roots(tmp_path: Path) -> None:
    packed(tmp_path / "deps/a")
    manifest = load_with(tmp_path, dependencies=[DEPENDENCY])
    roots = (tmp_path / "src", tmp_path / "deps/a/modules")
    assert lockfile.module_roots(manifest) == roots


def test_a_package_that_is_not_there(tmp_path: Path) -> None:
    manifest = load_with(tmp_path, dependencies=[DEPENDENCY])
    put(manifest, lockfile.new_lock(None, dependencies=[DEPENDENCY]))
    with pytest.raises(ProjectError, match=r"the package a@1\.0\.0 is not there"):
        lockfile.verify(manifest)


def packed(folder: Path, wrong: str | None = None) -> dict[str, object]:
    """Writes the package `a` with one module; its entry in a lock, with one wrong member."""
    (folder / "modules").mkdir(parents=True)
    document = {
        "schema_version": "x07.package@0.1.0",
        "name": "a",
        "version": "1.0.0",
        "module_root": "modules",
        "modules": ["a"],
    }
    (folder / "x07-package.json").write_text(json.dumps(document))
    (folder / "modules/a.x07.json").write_text("{}")
    entry = as_json(of_folder(Dependency("a", "1.0.0", "deps/a"), folder))
    return entry | ({wrong: "0"} if wrong else {})
