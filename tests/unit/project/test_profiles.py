"""Which profile holds, and what may be in it."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.project.projects import load_with
from x07bundle.errors import ProjectError, UsageError
from x07bundle.project.profiles import Profile, select, world_of

OS = {"world": "run-os"}


@pytest.mark.parametrize(
    ("names", "default", "asked", "chosen"),
    [
        ("a dev os", None, "a", "a"),
        ("a dev os", "a", "os", "os"),
        ("a dev os", "a", None, "a"),
        ("a dev os", None, None, "dev"),
        ("a os", None, None, "os"),
        ("a os", " ", None, "os"),
        ("a os", "a", "  ", "a"),
        ("a", "a", None, "a"),
    ],
)
def test_selection(
    tmp_path: Path, names: str, default: str | None, asked: str | None, chosen: str
) -> None:
    profiles = dict.fromkeys(names.split(), OS)
    profile = select(load_with(tmp_path, profiles=profiles, default_profile=default), asked)
    assert profile is not None
    assert profile.name == chosen


@pytest.mark.parametrize(
    ("names", "default", "asked", "words"),
    [
        ("b a", None, None, "profiles present but default_profile missing"),
        ("b a", None, "x", 'unknown profile "x" (available: a, b)'),
        ("b a", "x", None, 'unknown profile "x" (available: a, b)'),
        ("", None, "x", "no project with profiles"),
    ],
)
def test_no_selection(
    tmp_path: Path, names: str, default: str | None, asked: str | None, words: str
) -> None:
    profiles = dict.fromkeys(names.split(), OS)
    manifest = load_with(tmp_path, profiles=profiles, default_profile=default)
    with pytest.raises(UsageError) as caught:
        select(manifest, asked)
    assert words in caught.value.render()


def test_an_unknown_default_says_where_it_is_written(tmp_path: Path) -> None:
    manifest = load_with(tmp_path, profiles={"a": OS}, default_profile="x")
    with pytest.raises(UsageError) as caught:
        select(manifest, None)
    assert caught.value.details == f"`{tmp_path / 'x07.json'}` /default_profile"
    with pytest.raises(UsageError) as caught:
        select(manifest, "y")
    assert caught.value.details is None


def test_nothing_to_choose_from(tmp_path: Path) -> None:
    assert select(None, None) is None
    assert select(load_with(tmp_path, default_profile="x"), None) is None
    with pytest.raises(UsageError):
        select(None, "os")


def chosen(folder: Path, **members: object) -> Profile:
    profile = select(load_with(folder, profiles={"p": {**OS, **members}}), "p")
    assert profile is not None
    return profile


def test_a_profile(tmp_path: Path) -> None:
    profile = chosen(
        tmp_path,
        world="run-os-sandboxed",
        policy="p.json",
        runner="os",
        input="in.bin",
        auto_ffi=False,
        solve_fuel=0,
        cpu_time_limit_seconds=3,
        max_memory_bytes=4,
        max_output_bytes=5,
        cc_profile="size",
    )
    assert profile.policy == tmp_path / "p.json"
    assert profile.input == tmp_path / "in.bin"
    assert (profile.solve_fuel, profile.cpu_time_limit_seconds) == (0, 3)
    assert (profile.max_memory_bytes, profile.max_output_bytes) == (4, 5)
    assert (profile.auto_ffi, profile.cc_profile, profile.runner) == (False, "size", "os")


def test_defaults(tmp_path: Path) -> None:
    profile = chosen(tmp_path, input=" ", runner="")
    assert profile == Profile("p", "run-os", None, None, None, True, None, None, None, None, None)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"world": None}, "/profiles/p/world: is missing"),
        ({"world": "x"}, "/profiles/p/world: `x` is none of"),
        ({"world": "run-os-sandboxed"}, "/profiles/p/policy: the world run-os-sandboxed needs"),
        ({"policy": "p.json"}, "/profiles/p/policy: only the world run-os-sandboxed has"),
        ({"runner": "vm"}, "/profiles/p/runner: `vm` is none of auto, host, os"),
        ({"cc_profile": "fast"}, "/profiles/p/cc_profile: `fast` is none of default, size"),
        ({"auto_ffi": "yes"}, "/profiles/p/auto_ffi: must be true or false"),
        ({"solve_fuel": -1}, "/profiles/p/solve_fuel: must be an integer from 0 up"),
        ({"solve_fuel": True}, "/profiles/p/solve_fuel: must be an integer from 0 up"),
        ({"max_memory_bytes": 1.5}, "/profiles/p/max_memory_bytes: must be an integer"),
        ({"input": "../x"}, "/profiles/p/input: `../x` may not hold `..`"),
    ],
)
def test_problems(tmp_path: Path, members: dict[str, Any], words: str) -> None:
    with pytest.raises(ProjectError) as caught:
        chosen(tmp_path, **members)
    assert words in caught.value.render()


def test_only_the_selected_profile_is_checked(tmp_path: Path) -> None:
    manifest = load_with(tmp_path, profiles={"good": OS, "bad": 1})
    assert select(manifest, "good") is not None
    with pytest.raises(ProjectError):
        select(manifest, "bad")


def test_world(tmp_path: Path) -> None:
    manifest = load_with(tmp_path, world="solve-fs", profiles={"p": OS})
    profile = select(manifest, "p")
    assert world_of("solve-pure", profile, manifest) == "solve-pure"
    assert world_of(None, profile, manifest) == "run-os"
    assert world_of(None, None, manifest) == "solve-fs"
    assert world_of(None, None, None) == "run-os"
