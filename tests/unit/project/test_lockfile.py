"""The lock of a project without dependencies."""

import json
from pathlib import Path

import pytest

from tests.unit.project.projects import load_with
from x07bundle.errors import ProjectError
from x07bundle.project import lockfile

DEPENDENCY = {"name": "a", "version": "1.0.0", "path": "deps/a"}


def test_what_is_written_verifies(tmp_path: Path) -> None:
    manifest = load_with(tmp_path)
    assert lockfile.verify(manifest) is None
    assert lockfile.write(manifest) == tmp_path / "x07.lock.json"
    assert lockfile.verify(manifest) == tmp_path / "x07.lock.json"


def test_order_of_members(tmp_path: Path) -> None:
    lockfile.write(load_with(tmp_path, compat="strict"))
    lock = json.loads((tmp_path / "x07.lock.json").read_bytes())
    assert list(lock) == ["schema_version", "toolchain", "registry", "dependencies"]
    assert list(lock["toolchain"]) == ["x07_version", "x07c_version", "lang_id", "compat"]
    assert lock["toolchain"]["compat"] == "strict"


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


def test_a_lock_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "x07.lock.json").mkdir()
    with pytest.raises(ProjectError, match=r"\[X07LOCK_READ\]"):
        lockfile.verify(load_with(tmp_path))


def test_packages_are_refused(tmp_path: Path) -> None:
    manifest = load_with(tmp_path, dependencies=[DEPENDENCY])
    for use in (lockfile.verify, lockfile.write):
        with pytest.raises(ProjectError, match="packages are not supported") as caught:
            use(manifest)
        assert "a@1.0.0" in caught.value.render()
