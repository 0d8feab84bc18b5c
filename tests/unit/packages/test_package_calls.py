"""Every exported function of the packages in x07AST alone, called."""

import json
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from tests.program_build import Workshop
from tests.unit.packages import table_cli, table_data_model, table_json
from tests.unit.std.calling import call_all
from tests.unit.std.calls import Call, functions_of
from x07bundle import packages, std
from x07bundle.lang import canonical, load
from x07bundle.lang.modules import SourceFile
from x07bundle.project.packages import package

Calls = Callable[[], Iterator[Call]]
GROUPS: Final[dict[str, tuple[Calls, ...]]] = {
    "ext-data-model reads": (
        table_data_model.constant_calls,
        table_data_model.reading_calls,
        table_data_model.item_calls,
        table_data_model.pointer_calls,
        table_data_model.validating_calls,
    ),
    "ext-data-model makes": (table_data_model.number_calls, table_data_model.making_calls),
    "ext-json-rs": (table_json.parse_calls, table_json.write_calls, table_json.text_calls),
    "ext-cli specifies": (
        table_cli.building_calls,
        table_cli.usage_calls,
        table_cli.argv_calls,
        table_cli.reading_calls,
    ),
    "ext-cli parses": (table_cli.parsing_calls,),
}
NAMES: Final = ("ext-cli", "ext-data-model", "ext-json-rs")


def calls_of(group: str) -> list[Call]:
    return [call for calls in GROUPS[group] for call in calls()]


@pytest.mark.parametrize("group", GROUPS)
def test_functions_return_what_they_say(group: str, workshop: Workshop) -> None:
    call_all(workshop, group, calls_of(group), "solve-pure")


@pytest.mark.parametrize("name", NAMES)
def test_modules_are_canonical_and_documented(name: str) -> None:
    for release in packages.versions(name):
        for path in release.folder.rglob(f"*{std.SUFFIX}"):
            data = path.read_bytes()
            module, found = load.load(SourceFile(path.name, data))
            assert module is not None, found
            assert canonical.dump(canonical.canonical(json.loads(data))) == data
            assert module.exports - {each.name for each in module.functions if each.doc} == set()


def test_every_exported_function_is_called() -> None:
    called = {call.function for group in GROUPS for call in calls_of(group)}
    releases = [one for name in NAMES for one in packages.versions(name)]
    modules = [each for one in releases for each in package.load(one.folder).modules]
    assert {name for each in modules for name in functions_of(each)} - called == set()
