"""The files of the std modules: where they are found, and their form."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from x07bundle import std
from x07bundle.lang import canonical, load
from x07bundle.lang.modules import SourceFile

FILES = sorted(std.HERE.rglob(f"*{std.SUFFIX}"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(std.HERE).as_posix())
def test_module_is_canonical_and_documented(path: Path) -> None:
    data = path.read_bytes()
    module, found = load.load(SourceFile(path.name, data, builtin=True))
    assert found == []
    assert module is not None
    assert canonical.dump(canonical.canonical(json.loads(data))) == data
    named = path.relative_to(std.HERE).as_posix().partition("/")[2].removesuffix(std.SUFFIX)
    assert module.module_id == named.replace("/", ".")
    documented = {each.name for each in module.functions if each.doc}
    assert module.exports - documented == set()


def test_every_import_is_found_in_the_same_worlds() -> None:
    for world in ("solve-pure", "run-os"):
        for module_id in std.module_ids(world):
            missing = [each for each in _imports(module_id) if std.find(each, world) is None]
            assert missing == [], module_id


def test_modules_of_os_worlds_are_found_there_alone() -> None:
    assert std.find("std.os.fs", "run-os") is not None
    assert std.find("std.os.fs", "run-os-sandboxed") is not None
    assert std.find("std.os.fs", "solve-pure") is None


@pytest.mark.parametrize("module_id", ["std", "std.nowhere", "app", "stdbytes", "std.brand"])
def test_unknown_module_is_not_found(module_id: str) -> None:
    assert std.find(module_id, "run-os") is None


def test_modules_of_a_later_version_are_not_there_yet() -> None:
    assert std.LATER.isdisjoint(std.module_ids("run-os"))


def _imports(module_id: str) -> Iterator[str]:
    found = std.find(module_id, "run-os")
    assert found is not None
    yield from json.loads(found.data)["imports"]
