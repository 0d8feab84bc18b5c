"""The project that `x07 init` makes."""

import json
from pathlib import Path

import pytest

from x07bundle.lang.format import formatted
from x07bundle.lang.modules import SourceFile
from x07bundle.project import lockfile, manifest, profiles
from x07bundle.project.init import InitError, create

CREATED = (
    "x07.json",
    "x07.lock.json",
    "src/app.x07.json",
    "src/main.x07.json",
    "tests/tests.json",
    "tests/smoke.x07.json",
    ".gitignore",
    "x07-toolchain.toml",
    ".agent/docs",
    ".agent/skills",
    "AGENT.md",
)

APP = (
    '{"decls":[{"kind":"export","names":["app.solve"]},{"body":["view.to_bytes","b"],'
    '"kind":"defn","name":"app.solve","params":[{"name":"b","ty":"bytes_view"}],'
    '"result":"bytes"}],"imports":[],"kind":"module","module_id":"app",'
    '"schema_version":"x07.x07ast@0.8.0"}\n'
)
MAIN = (
    '{"decls":[],"imports":["app"],"kind":"entry","module_id":"main",'
    '"schema_version":"x07.x07ast@0.8.0","solve":["app.solve","input"]}\n'
)
SMOKE = (
    '{"decls":[{"kind":"export","names":["smoke.pass"]},{"body":["std.test.pass"],'
    '"kind":"defn","name":"smoke.pass","params":[],"result":"result_i32"}],'
    '"imports":["std.test"],"kind":"module","module_id":"smoke",'
    '"schema_version":"x07.x07ast@0.8.0"}\n'
)
LOCK = """{
  "schema_version": "x07.lock@0.4.0",
  "toolchain": {
    "x07_version": "0.2.17",
    "x07c_version": "0.2.17",
    "lang_id": "x07-core@0.2.0",
    "compat": "0.5"
  },
  "registry": {
    "index_url": "sparse+builtin://x07bundle/index/"
  },
  "dependencies": []
}
"""
IGNORED = """.x07/deps/
.x07/tmp/
.x07/policies/_generated/
target/
dist/
artifacts/
.DS_Store
*.log
"""


def contents(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def test_every_file(tmp_path: Path) -> None:
    assert create(tmp_path) == CREATED
    assert (tmp_path / "src/app.x07.json").read_text() == APP
    assert (tmp_path / "src/main.x07.json").read_text() == MAIN
    assert (tmp_path / "tests/smoke.x07.json").read_text() == SMOKE
    assert (tmp_path / "x07.lock.json").read_text() == LOCK
    assert (tmp_path / ".gitignore").read_text() == IGNORED
    for name in CREATED:
        assert (tmp_path / name).exists()


def test_the_manifest(tmp_path: Path) -> None:
    create(tmp_path)
    text = (tmp_path / "x07.json").read_text()
    assert json.loads(text) == {
        "compat": "0.5",
        "default_profile": "os",
        "dependencies": [],
        "entry": "src/main.x07.json",
        "lockfile": "x07.lock.json",
        "module_roots": ["src"],
        "profiles": {
            "os": {"auto_ffi": True, "world": "run-os"},
            "sandbox": {
                "auto_ffi": True,
                "policy": ".x07/policies/base/cli.sandbox.base.policy.json",
                "world": "run-os-sandboxed",
            },
        },
        "schema_version": "x07.project@0.5.0",
        "world": "run-os",
    }
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"


def test_the_project_can_be_used(tmp_path: Path) -> None:
    create(tmp_path)
    loaded = manifest.load(tmp_path / "x07.json", {})
    assert lockfile.verify(loaded) == tmp_path / "x07.lock.json"
    for name in (None, "sandbox"):
        assert profiles.select(loaded, name) is not None
    for file in tmp_path.rglob("*.x07.json"):
        data = file.read_bytes()
        assert formatted(SourceFile(str(file), data)) == (data, [])


def test_a_folder_is_made(tmp_path: Path) -> None:
    create(tmp_path / "a/b")
    assert (tmp_path / "a/b/src/main.x07.json").is_file()


@pytest.mark.parametrize("name", [*CREATED[:6], *CREATED[-3:]])
def test_nothing_is_replaced(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("mine")
    with pytest.raises(InitError) as caught:
        create(tmp_path)
    assert (caught.value.code, caught.value.exit_code) == ("X07INIT_EXISTS", 20)
    assert contents(tmp_path) == {name: b"mine"}


def test_an_existing_gitignore_is_extended(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\ntarget/")
    assert ".gitignore" in create(tmp_path)
    lines = (tmp_path / ".gitignore").read_text().splitlines()
    assert lines == ["mine", "target/", *[x for x in IGNORED.splitlines() if x != "target/"]]


def test_a_complete_gitignore_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text(IGNORED)
    assert ".gitignore" not in create(tmp_path)


@pytest.mark.parametrize(
    ("blocked", "code"),
    [
        ("src", "X07INIT_SRC"),
        ("tests", "X07INIT_TESTS"),
        (".agent", "X07INIT_AGENT_DIR"),
    ],
)
def test_all_or_nothing(tmp_path: Path, blocked: str, code: str) -> None:
    (tmp_path / blocked).write_text("mine")
    with pytest.raises(InitError) as caught:
        create(tmp_path)
    assert caught.value.code == code
    assert contents(tmp_path) == {blocked: b"mine"}


def test_a_gitignore_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").mkdir()
    with pytest.raises(InitError) as caught:
        create(tmp_path)
    assert caught.value.code == "X07INIT_GITIGNORE"
    assert [path.name for path in tmp_path.iterdir()] == [".gitignore"]


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("mine")
    for root in (tmp_path / "f", tmp_path / "f/below"):
        with pytest.raises(InitError) as caught:
            create(root)
        assert caught.value.code == "X07INIT_MKDIR"
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(InitError, match="dangling`: no such file or directory"):
        create(tmp_path / "dangling")
