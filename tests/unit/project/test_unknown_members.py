"""Members of x07.json that nothing reads."""

from pathlib import Path
from typing import Final

from tests.unit.project.projects import load_with
from x07bundle.project.unknown_members import unknown_members

PROFILE: Final = {"world": "run-os"}


def found(folder: Path, **members: object) -> list[tuple[str, str | None]]:
    warnings = unknown_members(load_with(folder, **members))
    assert {(one.code, one.severity) for one in warnings} <= {("X07-PROJECT-0002", "warning")}
    return [(one.at, one.hint) for one in warnings]


def test_none_of_a_project_in_order(tmp_path: Path) -> None:
    limits = dict.fromkeys(
        ("solve_fuel", "cpu_time_limit_seconds", "max_memory_bytes", "max_output_bytes"), 1
    )
    profile = {**PROFILE, **limits, "runner": "os", "auto_ffi": True, "cc_profile": "size"}
    members = {
        "$schema": "x",
        "_note": "y",
        "compat": "0.5",
        "default_profile": "os",
        "lockfile": "x07.lock.json",
        "link": {"libs": [], "search_paths": [], "frameworks": [], "static": False},
        "dependencies": [{"name": "a", "version": "1.0.0", "path": "a"}],
        "patch": {"a": {"version": "1.0.0", "path": "a"}},
        "profiles": {"os": {**profile, "input": "in"}, "box": {**PROFILE, "policy": "p"}},
    }
    assert found(tmp_path, **members) == []
    assert unknown_members(None) == ()


def test_each_has_its_place_and_the_nearest_name(tmp_path: Path) -> None:
    members = {
        "defualt_profile": "os",
        "link": {"statik": True},
        "dependencies": [{"name": "a", "version": "1.0.0", "path": "a", "pth": ""}],
        "patch": {"a": {"version": "1.0.0", "paht": "a"}},
        "profiles": {"os": PROFILE, "o/s~": {**PROFILE, "solve_fule": 3}},
    }
    assert found(tmp_path, **members) == [
        ("/defualt_profile", "did you mean `default_profile`?"),
        ("/link/statik", "did you mean `static`?"),
        ("/dependencies/0/pth", "did you mean `path`?"),
        ("/patch/a/paht", "did you mean `path`?"),
        ("/profiles/o~1s~0/solve_fule", "did you mean `solve_fuel`?"),
    ]


def test_a_name_that_is_near_none(tmp_path: Path) -> None:
    [(at, hint)] = found(tmp_path, link={"whatever": 1})
    assert (at, hint) == ("/link/whatever", "known here: libs, search_paths, frameworks, static")


def test_profiles_that_are_no_objects(tmp_path: Path) -> None:
    assert found(tmp_path, profiles={"os": PROFILE, "odd": 3}) == []
