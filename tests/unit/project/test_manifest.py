"""x07.json: what is accepted, and every problem of one that is not."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.project.projects import load_with, write
from x07bundle.errors import ProjectError
from x07bundle.project.manifest import Dependency, Link, compat_problem, load


def problems(folder: Path, **members: object) -> str:
    with pytest.raises(ProjectError) as caught:
        load_with(folder, **members)
    assert caught.value.exit_code == 2
    return caught.value.render()


def test_the_least(tmp_path: Path) -> None:
    manifest = load_with(tmp_path)
    assert manifest.root == tmp_path
    assert manifest.entry == tmp_path / "src/main.x07.json"
    assert manifest.module_roots == (tmp_path / "src",)
    assert manifest.lockfile == tmp_path / "x07.lock.json"
    assert (manifest.compat, manifest.default_profile, manifest.profiles) == (None, None, None)
    assert manifest.link == Link()


def test_everything(tmp_path: Path) -> None:
    manifest = load_with(
        tmp_path,
        compat=" strict ",
        operational_entry_symbol="app.run",
        certification_entry_symbol="app.certify",
        module_roots=[" src ", "./src", "more"],
        link={"libs": ["m"], "search_paths": ["lib"], "frameworks": ["F"], "static": True},
        dependencies=[{"name": "a", "version": "1.0.0", "path": ".x07/deps/a/1.0.0"}],
        patch={"a": {"version": "1.0.1"}},
        lockfile="locks/x07.lock.json",
        default_profile=" os ",
        profiles={"os": {"world": "run-os"}},
        unknown={"is": "ignored"},
    )
    assert manifest.compat == "strict"
    assert manifest.module_roots == (tmp_path / "src", tmp_path / "more")
    assert manifest.link == Link(("m",), (tmp_path / "lib",), ("F",), True)
    assert manifest.dependencies == (Dependency("a", "1.0.0", ".x07/deps/a/1.0.0"),)
    assert manifest.lockfile == tmp_path / "locks/x07.lock.json"
    assert manifest.default_profile == "os"


def test_blank_is_unset(tmp_path: Path) -> None:
    manifest = load_with(tmp_path, default_profile="  ", lockfile=" ")
    assert manifest.default_profile is None
    assert manifest.lockfile == tmp_path / "x07.lock.json"


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"schema_version": None}, "/schema_version: is missing"),
        ({"schema_version": "x07.project@0.6.0"}, "project schema_version mismatch: x07.project@0"),
        ({"schema_version": "0.5.0"}, "project schema_version mismatch"),
        ({"world": None}, "/world: is missing"),
        ({"world": "run"}, "/world: `run` is none of solve-pure, "),
        ({"entry": " "}, "/entry: is blank"),
        ({"entry": 1}, "/entry: must be a string"),
        ({"entry": "src/main.json"}, "must end in `.x07.json`"),
        ({"entry": "/src/main.x07.json"}, "is absolute"),
        ({"entry": "../main.x07.json"}, "may not hold `..`"),
        ({"module_roots": None}, "/module_roots: must name at least one folder"),
        ({"module_roots": []}, "/module_roots: must name at least one folder"),
        ({"module_roots": "src"}, "/module_roots: must be an array of strings"),
        ({"module_roots": ["src", "a/../../b"]}, "/module_roots/1: `a/../../b` may not hold `..`"),
        ({"compat": "0"}, "/compat: `0` is none of"),
        ({"schema_version": "x07.project@0.4.0", "compat": "0.5"}, "/compat: needs schema_version"),
        (
            {"schema_version": "x07.project@0.3.0", "operational_entry_symbol": "a.b"},
            "/operational_entry_symbol: needs schema_version x07.project@0.4.0",
        ),
        ({"certification_entry_symbol": "a b"}, "/certification_entry_symbol: `a b`"),
        ({"link": []}, "/link: must be an object"),
        ({"link": {"static": 1}}, "/link/static: must be true or false"),
        ({"link": {"libs": ["-lm"]}}, "/link/libs/0: `-lm`"),
        ({"link": {"libs": ["m", "a/b"]}}, "/link/libs/1: `a/b`"),
        ({"link": {"frameworks": ["a b"]}}, "/link/frameworks/0: `a b`"),
        ({"link": {"search_paths": ["/usr/lib"]}}, "/link/search_paths/0: `/usr/lib` is absolute"),
        ({"dependencies": [{"name": "a", "path": "b"}]}, "/dependencies/0/version: is missing"),
        ({"dependencies": {}}, "/dependencies: must be an array of objects"),
        ({"patch": {"A": {"version": "1"}}}, "/patch/A: is not a package name"),
        ({"patch": {"a": {}}}, "/patch/a/version: is missing"),
        ({"lockfile": "/x"}, "/lockfile: `/x` is absolute"),
        ({"profiles": []}, "/profiles: must be an object"),
        ({"default_profile": 1}, "/default_profile: must be a string"),
    ],
)
def test_one_problem(tmp_path: Path, members: dict[str, object], words: str) -> None:
    text = problems(tmp_path, **members)
    assert words in text
    assert "has 1 problem [X07PROJECT_PARSE]" in text


def test_all_problems_at_once(tmp_path: Path) -> None:
    text = problems(tmp_path, world="x", entry="/y", module_roots=[], link={"libs": 1})
    assert "has 5 problems" in text
    for pointer in ("/world", "/entry", "/module_roots", "/link/libs"):
        assert f"  {pointer}: " in text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "not valid JSON"),
        (b"[]", "does not hold an object"),
        (b"null", "does not hold an object"),
        (b"\xff", "not valid UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_no_json(tmp_path: Path, data: bytes, words: str) -> None:
    file = tmp_path / "x07.json"
    file.write_bytes(data)
    with pytest.raises(ProjectError, match=r"\[X07PROJECT_PARSE\]") as caught:
        load(file, {})
    assert words in caught.value.render()


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"\[X07PROJECT_READ\]"):
        load(tmp_path / "x07.json", {})


def test_workspace_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    file = write(tmp_path / "project", module_roots=["src", "$workspace/shared", "$workspace"])
    manifest = load(file, {"X07_WORKSPACE_ROOT": str(tmp_path)})
    assert manifest.module_roots[1:] == (tmp_path / "shared", tmp_path)


def test_workspace_of_a_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "a/b").mkdir(parents=True)
    manifest = load(write(tmp_path / "a/b", module_roots=["$workspace/shared"]), {})
    assert manifest.module_roots == (tmp_path / "shared",)


def test_workspace_that_is_left_by_a_link(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "out").symlink_to(tmp_path)
    file = write(inside, module_roots=["$workspace/out"])
    with pytest.raises(ProjectError) as caught:
        load(file, {"X07_WORKSPACE_ROOT": str(inside)})
    assert "leads outside the workspace" in caught.value.render()


def test_a_name_that_only_begins_like_the_workspace(tmp_path: Path) -> None:
    manifest = load_with(tmp_path, module_roots=["$workspaces/a"])
    assert manifest.module_roots == (tmp_path / "$workspaces/a",)


@pytest.mark.parametrize("text", ["current", "strict", "0.5", "0.5.1"])
def test_compat(text: str) -> None:
    assert compat_problem(text) is None


@pytest.mark.parametrize("text", ["", "0", "v0.5", "0.5.1.2", "latest"])
def test_no_compat(text: str) -> None:
    assert compat_problem(text) is not None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    members=st.dictionaries(
        st.sampled_from(
            "schema_version compat world entry module_roots link dependencies patch lockfile "
            "default_profile profiles certification_entry_symbol".split()
        ),
        JSON,
        max_size=4,
    )
)
def test_anything_is_answered(tmp_path: Path, members: dict[str, object]) -> None:
    with suppress(ProjectError):
        load_with(tmp_path, **members)
