"""Imports, followed to their end."""

from collections.abc import Mapping

import pytest

from tests.unit.lang.documents import entry, module, source
from x07bundle.lang.load import load
from x07bundle.lang.modules import ModuleProblem, SourceFile
from x07bundle.lang.resolve import Resolved, resolve


class Table:
    """Modules from a table of id -> what the id imports."""

    def __init__(self, imports: Mapping[str, list[str]]) -> None:
        self.imports = imports

    def find(self, module_id: str) -> SourceFile | ModuleProblem:
        if module_id == "later":
            return ModuleProblem("not yet", is_later=True)
        if module_id not in self.imports:
            return ModuleProblem(f'unknown module: "{module_id}"', "look elsewhere")
        imports = self.imports[module_id]
        return source(module(module_id=module_id, imports=imports, decls=[]), f"{module_id}.json")


class One:
    """The same file, whatever is asked for."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file

    def find(self, module_id: str) -> SourceFile | ModuleProblem:
        return self.file


def resolved(imports: list[str], modules: Table | One) -> Resolved:
    loaded, _ = load(source(entry(imports=imports), "main.json"))
    assert loaded is not None
    return resolve(loaded, modules)


def test_each_module_once_in_the_order_met() -> None:
    result = resolved(["a", "b"], Table({"a": ["c"], "b": ["c", "d"], "c": [], "d": []}))
    assert list(result.modules) == ["main", "a", "c", "b", "d"]
    assert result.diagnostics == []


def test_a_module_of_a_later_version() -> None:
    (one,) = resolved(["later"], Table({})).diagnostics
    assert (one.code, one.at, one.kind) == ("X07-UNAVAILABLE-0001", "/imports/0", "Unsupported")
    assert one.compile_error() == "Unsupported: not yet (ptr=/imports/0)"


def test_a_chain_of_many_modules() -> None:
    chain = {f"m{i}": [f"m{i + 1}"] for i in range(3000)} | {"m3000": []}
    assert len(resolved(["m0"], Table(chain)).modules) == 3002


def test_a_cycle() -> None:
    result = resolved(["a"], Table({"a": ["b"], "b": ["a"]}))
    (one,) = result.diagnostics
    assert one.message == 'cyclic import detected at module "a" (a -> b -> a)'
    assert (one.file, one.at) == ("b.json", "/imports/0")
    assert set(result.modules) == {"main", "a", "b"}


def test_the_entry_is_part_of_cycles() -> None:
    (one,) = resolved(["a"], Table({"a": ["main"]})).diagnostics
    assert "(main -> a -> main)" in one.message


def test_every_unknown_module_is_named() -> None:
    result = resolved(["a", "x", "y"], Table({"a": ["z"]}))
    assert [(one.file, one.at, one.message) for one in result.diagnostics] == [
        ("a.json", "/imports/0", 'unknown module: "z"'),
        ("main.json", "/imports/1", 'unknown module: "x"'),
        ("main.json", "/imports/2", 'unknown module: "y"'),
    ]
    assert result.diagnostics[0].hint == "look elsewhere"
    assert result.diagnostics[0].compile_error().startswith('Parse: unknown module: "z" (ptr=')


def test_brand_heads_need_no_import() -> None:
    (one,) = resolved(["std.brand"], Table({})).diagnostics
    assert one.message == 'unknown module: "std.brand"'
    assert "need no import" in str(one.hint)
    assert one.fix is not None
    assert one.fix.patch == ({"op": "remove", "path": "/imports/0"},)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (source(module(module_id="b", decls=[])), 'whose module_id is "b"'),
        (source(entry()), "is an entry program"),
    ],
)
def test_a_file_that_is_something_else(file: SourceFile, words: str) -> None:
    result = resolved(["a"], One(file))
    assert words in result.diagnostics[0].message
    assert list(result.modules) == ["main"]


def test_errors_of_an_imported_file_are_its_own() -> None:
    (one,) = resolved(["a"], One(SourceFile("a.json", b"{"))).diagnostics
    assert one.file == "a.json"
