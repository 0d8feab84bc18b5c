"""What a project's packages need, and the lock that comes of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.unit.project.packages.sources import IndexFolder, code_of, write_package
from tests.unit.project.projects import write
from x07bundle.errors import OutputError, ProjectError
from x07bundle.files import json_pretty
from x07bundle.project import lockfile
from x07bundle.project.packages import changes, locking, project_file
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.locking import Allowed, Plan
from x07bundle.project.packages.project_file import ProjectFile
from x07bundle.project.packages.settings import settings_of
from x07bundle.project.packages.spec import required
from x07bundle.project.packages.supply import Supply

SCHEMA = Path(__file__).resolve().parents[4] / "x07bundle/schemas/x07.lock@0.4.0.schema.json"
ADVISORY = {
    "schema_version": "x07.pkg.advisory@0.1.0",
    "id": "5ad0a8b4-94ae-4b1e-9cf2-3a8b1cf4a2b1",
    "package": "a",
    "version": "1.0.0",
    "kind": "security",
    "severity": "high",
    "summary": "it leaks",
    "created_at_utc": "2026-01-01T00:00:00Z",
}


class Workshop:
    """A project and an index that it is locked with."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.root.mkdir()
        self.index = IndexFolder(folder / "served")
        self.set()

    def set(self, *names: str, **members: object) -> None:
        """The project, with dependencies `NAME@VERSION`."""
        entries = [dict(zip(("name", "version"), name.split("@"), strict=True)) for name in names]
        write(self.root, dependencies=entries, **members)

    def project(self) -> ProjectFile:
        return project_file.load(self.root / "x07.json", {})

    def supply(self, *, offline: bool = False, url: str | None = None) -> Supply:
        lock = self.root / "x07.lock.json"
        return Supply(self.root, settings_of(self.root, lock, url or self.index.url, offline, {}))

    def plan(self, *, offline: bool = False, may_add: bool = True) -> Plan:
        return locking.plan(self.project(), self.supply(offline=offline), may_add=may_add)

    def lock(self) -> dict[str, Any]:
        locking.write(self.plan())
        lock: dict[str, Any] = json.loads((self.root / "x07.lock.json").read_bytes())
        return lock

    def add(self, spec: str, path: str | None = None, *, sync: bool = True) -> changes.Added:
        return changes.add(self.project(), required(spec), path, self.supply(), sync=sync)

    def dependencies(self) -> list[str]:
        document = json.loads((self.root / "x07.json").read_bytes())
        return [f"{one['name']}@{one['version']}" for one in document["dependencies"]]

    def files(self) -> dict[str, bytes]:
        paths = [path for path in self.root.rglob("*") if path.is_file()]
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def locked_names(lock: dict[str, Any]) -> list[str]:
    return [f"{one['name']}@{one['version']}" for one in lock["dependencies"]]


def test_a_lock(workshop: Workshop) -> None:
    workshop.index.add("b", "1.0.0")
    workshop.index.add("a", "1.0.0")
    workshop.set("b@1.0.0", "a@1.0.0")
    lock = workshop.lock()
    assert locked_names(lock) == ["a@1.0.0", "b@1.0.0"]
    assert not list(Draft202012Validator(json.loads(SCHEMA.read_bytes())).iter_errors(lock))
    assert lock["registry"] == {"index_url": workshop.index.url}
    members = ["name", "version", "path", "package_manifest_sha256", "module_root"]
    assert list(lock["dependencies"][0]) == [*members, "modules_sha256", "yanked"]
    assert lockfile.verify(workshop.project().manifest) is not None
    locking.check(workshop.plan(offline=True), Allowed())


def test_the_same_bytes_again(workshop: Workshop) -> None:
    workshop.index.add("a", "1.0.0", ["b@1.0.0"])
    workshop.index.add("b", "1.0.0")
    workshop.add("a@1.0.0")
    first = workshop.files()
    workshop.add("a@1.0.0")
    workshop.add("a")
    assert workshop.files() == first
    locking.write(workshop.plan(offline=True))
    assert workshop.files() == first


def test_what_packages_need(workshop: Workshop) -> None:
    workshop.index.add("a", "1.0.0", ["b@>=1.0.0, <2.0.0"])
    for version in ("1.0.0", "1.5.0", "1.6.0-rc.1", "2.0.0"):
        workshop.index.add("b", version, ["c@1.0.0"])
    workshop.index.add("c", "1.0.0", ["a@1.0.0"])
    done = workshop.add("a")
    assert workshop.dependencies() == ["a@1.0.0", "b@1.5.0", "c@1.0.0"]
    assert [one.name for one in done.others or ()] == ["b", "c"]
    assert done.plan is not None
    assert [one.name for one in done.plan.fetched] == ["a", "b", "c"]


def test_all_that_is_asked_of_a_package_counts(workshop: Workshop) -> None:
    workshop.index.add("a", "1.0.0", ["c@>=1.0.0"])
    workshop.index.add("b", "1.0.0", ["c@<1.2.0"])
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        workshop.index.add("c", version)
    workshop.set("a@1.0.0", "b@1.0.0")
    assert "c@1.1.0" in locked_names(workshop.lock())


@pytest.mark.parametrize(
    ("needs", "own"),
    [
        (("c@1.0.0", "c@1.1.0"), ()),
        (("c@1.0.0", "c@>=1.1.0"), ()),
        (("c@1.0.0", "c@1.0.0"), ("c@1.1.0",)),
        (("c@>=1.1.0", "c@>=1.0.0"), ("c@1.0.0",)),
    ],
)
def test_conflicts(workshop: Workshop, needs: tuple[str, str], own: tuple[str, ...]) -> None:
    for name, need in zip("ab", needs, strict=True):
        workshop.index.add(name, "1.0.0", [need])
    for version in ("1.0.0", "1.1.0"):
        workshop.index.add("c", version)
    workshop.set("a@1.0.0", "b@1.0.0", *own)
    before = (workshop.root / "x07.json").read_bytes()
    with pytest.raises(ProjectError, match="dependency version conflict") as caught:
        workshop.plan()
    assert "needs c@" in caught.value.render()
    assert (workshop.root / "x07.json").read_bytes() == before
    workshop.set("a@1.0.0", "b@1.0.0", *own, patch={"c": {"version": "1.1.0"}})
    lock = workshop.lock()
    assert locked_names(lock)[-1] == "c@1.1.0"
    assert lock["dependencies"][-1]["overridden_by"] == "patch"


def test_two_versions_in_one_project(workshop: Workshop) -> None:
    workshop.set("a@1.0.0", "a@1.1.0")
    with pytest.raises(ProjectError, match="dependency version conflict"):
        workshop.plan()


def test_a_patch_with_a_path(workshop: Workshop) -> None:
    workshop.index.add("a", "1.0.0")
    workshop.set("a@1.0.0", patch={"a": {"version": "1.0.1", "path": "mine/a"}})
    assert code_of(workshop.plan) == "X07PKG_PATCH_MISSING_DEP"
    write_package(workshop.root / "mine/a", "a", "1.0.1")
    lock = workshop.lock()
    assert lock["dependencies"][0]["path"] == "mine/a"
    assert "yanked" not in lock["dependencies"][0]
    assert lockfile.verify(workshop.project().manifest) is not None


def test_an_old_schema_with_a_patch(workshop: Workshop) -> None:
    workshop.index.add("a", "1.0.0")
    patch = {"a": {"version": "1.0.0"}}
    workshop.set("a@1.0.0", patch=patch, schema_version="x07.project@0.2.0")
    workshop.lock()
    assert workshop.project().manifest.schema_version == "x07.project@0.5.0"


def test_what_cannot_be_got(workshop: Workshop) -> None:
    workshop.index.add("a", "1.0.0")
    workshop.set("a@1.0.0")
    assert code_of(lambda: workshop.plan(offline=True)) == "X07PKG_OFFLINE_MISSING_DEP"
    workshop.set("a@9.0.0")
    assert code_of(workshop.plan) == "X07PKG_INDEX_NO_MATCH"
    write(workshop.root, dependencies=[{"name": "a", "version": "1.0.0", "path": "mine/a"}])
    assert code_of(workshop.plan) == "X07PKG_LOCAL_MISSING_DEP"
    workshop.set("A@1.0.0")
    assert code_of(workshop.plan) == "X07PKG_SPEC_INVALID"
    assert not (workshop.root / "x07.lock.json").exists()
    assert not (workshop.root / ".x07").exists()


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"name": "b"}, "X07PKG_MANIFEST_PARSE"),
        ({"version": "1.0.1"}, "X07PKG_MANIFEST_PARSE"),
        ({"meta": {"x07c_compat": ">=0.3.0"}}, "X07PKG_X07C_INCOMPATIBLE"),
        ({"meta": {"x07c_compat": "^0.2.0"}}, "X07PKG_X07C_COMPAT_INVALID"),
    ],
)
def test_packages_that_are_refused(workshop: Workshop, members: dict[str, Any], code: str) -> None:
    """Nothing of them gets into the project."""
    workshop.index.add("a", "1.0.0", **members)
    workshop.set("a@1.0.0")
    assert code_of(workshop.plan) == code
    assert [name for name in workshop.files() if "deps" in name] == []


def test_a_failed_add_changes_nothing(workshop: Workshop) -> None:
    workshop.index.add("a", "1.0.0", ["b@1.0.0"])
    before = (workshop.root / "x07.json").read_bytes()
    assert code_of(lambda: workshop.add("a")) == "X07PKG_INDEX_NO_MATCH"
    (workshop.root / "x07.lock.json").mkdir()
    workshop.index.add("b", "1.0.0")
    with pytest.raises(OutputError):
        workshop.add("a")
    assert (workshop.root / "x07.json").read_bytes() == before


def test_a_lock_that_cannot_be_written(workshop: Workshop) -> None:
    """x07.json gets its bytes back."""
    workshop.index.add("a", "1.0.0")
    planned = workshop.plan()
    changed = project_file.with_added(workshop.project(), [])
    before = (workshop.root / "x07.json").read_bytes()
    (workshop.root / "x07.lock.json").mkdir()
    with pytest.raises(Exception, match="cannot write"):
        locking.write(planned._replace(project=changed))
    assert (workshop.root / "x07.json").read_bytes() == before


def test_adding(workshop: Workshop) -> None:
    for version in ("1.0.0", "1.1.0", "2.0.0-rc.1"):
        workshop.index.add("a", version)
    workshop.add("a@<1.1.0", sync=False)
    assert workshop.dependencies() == ["a@1.0.0"]
    assert not (workshop.root / ".x07").exists()
    workshop.add("a")
    assert workshop.dependencies() == ["a@1.0.0"]
    assert code_of(lambda: workshop.add("a@1.1.0")) == "X07PKG_DEP_EXISTS"
    assert code_of(lambda: workshop.add("b")) == "X07PKG_INDEX_NO_MATCH"


def test_adding_a_folder(workshop: Workshop) -> None:
    write_package(workshop.root / "mine/a", "a", "1.0.0")
    assert code_of(lambda: workshop.add("a", "mine/b")) == "X07PKG_LOCAL_MISSING_DEP"
    assert code_of(lambda: workshop.add("a@2.0.0", "mine/a")) == "X07PKG_MANIFEST_PARSE"
    with pytest.raises(ProjectError, match="absolute"):
        workshop.add("a", str(workshop.root / "mine/a"))
    workshop.add("a", "mine/a")
    assert workshop.dependencies() == ["a@1.0.0"]


def test_removing(workshop: Workshop) -> None:
    workshop.index.add("a", "1.0.0")
    workshop.add("a")
    changes.remove(workshop.project(), "a", workshop.supply(), sync=True)
    assert workshop.dependencies() == []
    assert lockfile.verify(workshop.project().manifest) is not None
    code = code_of(lambda: changes.remove(workshop.project(), "a", workshop.supply(), sync=True))
    assert code == "X07PKG_DEP_NOT_FOUND"


def test_versions_that_were_taken_back(workshop: Workshop) -> None:
    entry = workshop.index.add("a", "1.0.0")
    newer = workshop.index.add("a", "1.1.0")
    workshop.index.list("a", {**newer, "yanked": True})
    workshop.add("a")
    assert workshop.dependencies() == ["a@1.0.0"]
    workshop.index.list("a", {**entry, "yanked": True, "advisories": [ADVISORY]})
    lock = workshop.lock()
    assert (lock["dependencies"][0]["yanked"], lock["dependencies"][0]["advisories"]) == (
        True,
        [ADVISORY],
    )
    codes = ["X07PKG_YANKED_DEP", "X07PKG_ADVISED_DEP", None]
    for code, allowed in zip(codes, (Allowed(), Allowed(True), Allowed(True, True)), strict=True):
        assert code_of(lambda a=allowed: locking.check(workshop.plan(), a)) == code  # type: ignore[misc]
    locking.check(workshop.plan(offline=True), Allowed(True, True))


def test_checks(workshop: Workshop) -> None:
    workshop.index.add("a", "1.0.0", ["b@1.0.0"])
    workshop.index.add("b", "1.0.0")
    workshop.set("a@1.0.0")
    assert code_of(lambda: workshop.plan(may_add=False)) == "X07PKG_TRANSITIVE_MISSING"
    planned = workshop.plan()
    assert code_of(lambda: locking.check(planned, Allowed())) == "X07PKG_LOCK_MISSING"
    lock = workshop.lock()
    changed_locks: list[tuple[dict[str, Any], str]] = [
        ({**lock, "toolchain": {**lock["toolchain"], "x07_version": "9"}}, "`toolchain`"),
        ({**lock, "registry": {"index_url": "x"}}, "`registry`"),
        ({**lock, "dependencies": lock["dependencies"][1:]}, "a@1.0.0"),
        ({**lock, "dependencies": lock["dependencies"][::-1]}, "their order"),
    ]
    for changed, words in changed_locks:
        (workshop.root / "x07.lock.json").write_bytes(json_pretty(changed))
        with pytest.raises(PackageError) as caught:
            locking.check(planned, Allowed())
        assert caught.value.code == "X07PKG_LOCK_MISMATCH"
        assert words in caught.value.render()
        assert "  " not in caught.value.render().replace("\n  ", "\n")


def test_versions_of_locks(workshop: Workshop) -> None:
    file = workshop.root / "x07.lock.json"
    assert locking.lock_version(None, file, is_check=True) == "x07.lock@0.4.0"
    file.write_bytes(json_pretty(lockfile.new_lock(None, schema_version="x07.lock@0.3.0")))
    assert locking.lock_version(None, file, is_check=True) == "x07.lock@0.3.0"
    assert locking.lock_version(None, file, is_check=False) == "x07.lock@0.4.0"
    assert locking.lock_version("0.3", file, is_check=False) == "x07.lock@0.3.0"
    code = code_of(lambda: locking.lock_version("0.2", file, is_check=False))
    assert code == "X07PKG_LOCK_VERSION_INVALID"


def test_packages_of_the_tool_come_first(workshop: Workshop) -> None:
    """An index cannot stand in for a version that comes with the tool."""
    workshop.index.add("ext-fs", "0.1.6")
    workshop.set("ext-fs@0.1.6")
    planned = workshop.plan()
    assert planned.fetched == ()
    assert "std.os.fs" in planned.lock["dependencies"][0]["modules_sha256"]
    workshop.plan(offline=True)


def test_a_damaged_lock(workshop: Workshop) -> None:
    """A merge that left its marks is no reason to be stuck; another file is not overwritten."""
    workshop.index.add("a", "1.0.0")
    workshop.add("a")
    file = workshop.root / "x07.lock.json"
    whole = file.read_bytes()
    file.write_bytes(b"<<<<<<< ours\n" + whole)
    with pytest.raises(ProjectError, match="X07LOCK_PARSE"):
        lockfile.verify(workshop.project().manifest)
    locking.write(workshop.plan())
    assert file.read_bytes() == whole
    file.write_text("my notes")
    with pytest.raises(ProjectError, match="is no lockfile"):
        locking.write(workshop.plan())
    assert file.read_text() == "my notes"


def test_the_project_is_not_its_lock(workshop: Workshop) -> None:
    workshop.set(lockfile="x07.json")
    with pytest.raises(ProjectError, match="is no lockfile"):
        locking.write(workshop.plan())


def test_versions_that_were_left_are_not_offered(workshop: Workshop) -> None:
    """What lies in `.x07/deps` satisfies other packages, but is not what `add` means."""
    workshop.index.add("a", "1.0.0")
    write_package(workshop.root / ".x07/deps/a/2.0.0", "a", "2.0.0")
    workshop.add("a")
    assert workshop.dependencies() == ["a@1.0.0"]


def test_links_and_permissions_stay(workshop: Workshop) -> None:
    workshop.index.add("a", "1.0.0")
    real = workshop.root / "real.json"
    (workshop.root / "x07.json").rename(real)
    (workshop.root / "x07.json").symlink_to("real.json")
    real.chmod(0o640)
    workshop.add("a")
    assert (workshop.root / "x07.json").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert workshop.dependencies() == ["a@1.0.0"]
