"""What a project needs of the machine."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.unit.project.projects import write
from x07bundle import packages
from x07bundle.contract.consent import ACCEPT, BACKEND
from x07bundle.doctor.needs import Needs, of_project
from x07bundle.errors import UsageError

OS_PROFILE: Final = {"world": "run-os"}
SANDBOX: Final = {"world": "run-os-sandboxed", "policy": "policy.json"}
WITHOUT_FFI: Final = {**OS_PROFILE, "auto_ffi": False}
ALL: Final = {"os": OS_PROFILE, "sandbox": SANDBOX, "plain": WITHOUT_FFI}


def names(file: Path, profile: str | None = None, **variables: str) -> list[str]:
    found = of_project(file, profile, variables)
    assert found.problem is None
    return sorted(found.names)


def package(folder: Path, **meta: object) -> dict[str, str]:
    """A package on disk; the dependency that names it."""
    (folder / "deps/one").mkdir(parents=True)
    (folder / "deps/one/x07-package.json").write_text(json.dumps({"name": "one", "meta": meta}))
    return {"name": "one", "version": "1.0.0", "path": "deps/one"}


def test_no_project() -> None:
    assert of_project(None, None, {}) == Needs(names=frozenset({"c_compiler"}))


def test_any_project(tmp_path: Path) -> None:
    found = of_project(write(tmp_path), None, {})
    assert found == Needs(frozenset({"c_compiler"}), project=tmp_path / "x07.json")


def test_a_static_one(tmp_path: Path) -> None:
    file = write(tmp_path, link={"static": True})
    assert names(file) == ["c_compiler", "static_linking"]


def test_one_with_libraries(tmp_path: Path) -> None:
    file = write(tmp_path, link={"libs": ["z", "ssl"], "search_paths": ["lib"]})
    found = of_project(file, None, {})
    assert sorted(found.names) == ["c_compiler", "library_z", "net_deps_curl_openssl"]
    assert (found.libraries, found.search_paths) == (("z",), (str(tmp_path / "lib"),))


@pytest.mark.parametrize("name", ["curl", "ssl", "crypto"])
def test_packages_with_c(tmp_path: Path, name: str) -> None:
    dependency = package(tmp_path, import_mode="ffi", ffi_libs=[name])
    file = write(tmp_path, dependencies=[dependency], profiles=ALL)
    assert names(file, "os") == ["c_compiler", "net_deps_curl_openssl"]
    assert names(file, "plain") == ["c_compiler"]


def test_packages_that_packages_brought(tmp_path: Path) -> None:
    dependency = package(tmp_path, import_mode="ffi", ffi_libs=["curl"])
    file = write(tmp_path)
    (tmp_path / "x07.lock.json").write_text(json.dumps({"dependencies": [dependency]}))
    assert names(file) == ["c_compiler", "net_deps_curl_openssl"]


@pytest.mark.parametrize(
    "meta",
    [
        {"import_mode": "handwritten", "ffi_libs": ["curl"]},
        {"import_mode": "ffi"},
        {"import_mode": "ffi", "ffi_libs": "curl"},
        {"import_mode": "ffi", "ffi_libs": [1, None]},
    ],
)
def test_packages_without_c(tmp_path: Path, meta: dict[str, Any]) -> None:
    assert names(write(tmp_path, dependencies=[package(tmp_path, **meta)])) == ["c_compiler"]


@pytest.mark.parametrize(
    "lock", ["", "[]", '{"dependencies": 1}', '{"dependencies": [1, {"path": "/etc"}, {}]}']
)
def test_a_broken_lock_is_for_others_to_tell(tmp_path: Path, lock: str) -> None:
    file = write(tmp_path)
    (tmp_path / "x07.lock.json").write_text(lock)
    assert names(file) == ["c_compiler"]


def test_a_lock_leads_nowhere_else(tmp_path: Path) -> None:
    dependency = package(tmp_path, import_mode="ffi", ffi_libs=["curl"])
    below = tmp_path / "below"
    below.mkdir()
    file = write(below)
    for path in ("../deps/one", str(tmp_path / "deps/one")):
        lock = {"dependencies": [{**dependency, "path": path}]}
        (below / "x07.lock.json").write_text(json.dumps(lock))
        assert names(file) == ["c_compiler"]


@pytest.fixture
def released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two packages that come with the tool: `net` requires `web`, which has C."""
    root = tmp_path / "released"
    meta = {
        "net": {"requires_packages": ["web@>=1.0.0", "net@1.0.0", "gone@1.0.0"]},
        "web": {"import_mode": "ffi", "ffi_libs": ["curl"]},
    }
    for name, value in meta.items():
        (root / name / "1.0.0").mkdir(parents=True)
        manifest = root / name / "1.0.0" / "x07-package.json"
        manifest.write_text(json.dumps({"name": name, "meta": value}))
    monkeypatch.setattr(packages, "HERE", root)
    return root


@pytest.mark.usefixtures("released")
@pytest.mark.parametrize(
    ("name", "version", "needed"),
    [
        ("net", "1.0.0", ["net_deps_curl_openssl"]),
        ("web", "1.0.0", ["net_deps_curl_openssl"]),
        ("net", "2.0.0", []),
        ("other", "1.0.0", []),
    ],
)
def test_packages_that_are_not_there_yet(
    tmp_path: Path, name: str, version: str, needed: list[str]
) -> None:
    dependency = {"name": name, "version": version, "path": f".x07/deps/{name}/{version}"}
    assert names(write(tmp_path, dependencies=[dependency])) == ["c_compiler", *needed]


@pytest.mark.usefixtures("released")
def test_what_is_on_disk_counts(tmp_path: Path) -> None:
    dependency = {**package(tmp_path, import_mode="handwritten"), "name": "web"}
    assert names(write(tmp_path, dependencies=[dependency])) == ["c_compiler"]


# -- sandboxed profiles


def test_a_sandboxed_profile_needs_a_vm(tmp_path: Path) -> None:
    file = write(tmp_path, profiles=ALL, default_profile="os")
    assert names(file) == ["c_compiler"]
    assert names(file, "sandbox") == ["c_compiler", "vm"]
    assert names(write(tmp_path, profiles=ALL, default_profile="sandbox")) == ["c_compiler", "vm"]


@pytest.mark.parametrize(
    ("variables", "needed"),
    [
        ({BACKEND: "os", ACCEPT: "1"}, []),
        ({BACKEND: "none", ACCEPT: "yes"}, []),
        ({ACCEPT: "1"}, ["vm"]),
        ({BACKEND: "vm", ACCEPT: "1"}, ["vm"]),
    ],
)
def test_less_than_a_vm(tmp_path: Path, variables: dict[str, str], needed: list[str]) -> None:
    file = write(tmp_path, profiles=ALL)
    assert names(file, "sandbox", **variables) == ["c_compiler", *needed]


# -- projects that cannot be looked at


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema_version": "x07.project@0.5.0"}'])
def test_a_broken_project(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x07.json"
    file.write_text(text)
    found = of_project(file, None, {})
    assert found.problem is not None
    assert found.names == {"c_compiler"}


def test_no_profile_holds(tmp_path: Path) -> None:
    found = of_project(write(tmp_path, profiles={"one": OS_PROFILE}), None, {})
    assert found.problem is not None
    assert found.problem.brief.startswith("profiles present but default_profile missing")


def test_a_backend_without_consent(tmp_path: Path) -> None:
    file = write(tmp_path, profiles={"dev": SANDBOX})
    found = of_project(file, None, {BACKEND: "os"})
    assert found.problem is not None
    assert found.problem.brief.startswith("the sandbox backend `os` isolates less than a VM")


def test_a_profile_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no project with profiles"):
        of_project(None, "other", {})
    with pytest.raises(UsageError, match="unknown profile"):
        of_project(write(tmp_path, profiles=ALL), "other", {})
