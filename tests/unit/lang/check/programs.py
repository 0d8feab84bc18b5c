"""Programs as JSON values, checked: what the tests of the check pass are written with."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tests.unit.lang.documents import entry, module, source
from x07bundle.lang import check, tree
from x07bundle.lang.diagnostics import Diagnostic
from x07bundle.lang.facts import children
from x07bundle.lang.load import load
from x07bundle.lang.modules import ModuleProblem, SourceFile
from x07bundle.lang.options import Options
from x07bundle.lang.resolve import resolve

Json = Any
Expected = tuple[str, str, str]
"""Code, pointer, and a part of the message."""

EMPTY: Final[Json] = ["bytes.empty"]
SCHEMA: Final = "x07.x07ast@0.9.0"


def fn(name: str, params: str, result: str, body: Json, **members: Json) -> dict[str, Json]:
    """`fn("main.f", "a i32, b bytes@brand", "i32", "a")`"""
    result_kind, _, brand = result.partition("@")
    branded = {"result_brand": brand} if brand else {}
    listed = [_param(word) for word in params.split(", ") if word]
    declared = {"kind": "defn", "name": name, "params": listed, "result": result_kind}
    return {**declared, "body": body, **branded, **members}


def _param(word: str) -> dict[str, str]:
    name, written = word.split()
    ty, _, brand = written.partition("@")
    return {"name": name, "ty": ty, **({"brand": brand} if brand else {})}


class Table:
    """Modules from tables of id -> declarations and id -> imports."""

    def __init__(
        self,
        modules: Mapping[str, Sequence[Json]],
        builtin: Sequence[str] = (),
        imports: Mapping[str, list[str]] | None = None,
    ) -> None:
        self.modules = modules
        self.builtin = builtin
        self.imports = imports or {}

    def find(self, module_id: str) -> SourceFile | ModuleProblem:
        if module_id not in self.modules:
            return ModuleProblem(f'unknown module: "{module_id}"')
        decls = list(self.modules[module_id])
        imports = self.imports.get(module_id, [])
        document = module(module_id=module_id, imports=imports, decls=decls, schema_version=SCHEMA)
        found = source(document, f"{module_id}.x07.json")
        return SourceFile(found.file, found.data, builtin=module_id in self.builtin)


def export(*names: str) -> dict[str, Json]:
    return {"kind": "export", "names": list(names)}


def checked(
    solve: Json = EMPTY,
    *decls: Json,
    imports: Sequence[str] = (),
    modules: Mapping[str, Sequence[Json]] | None = None,
    builtin: Sequence[str] = (),
    options: Options | None = None,
) -> tuple[tree.Program | None, list[Diagnostic]]:
    document = entry(solve=solve, decls=list(decls), imports=list(imports), schema_version=SCHEMA)
    loaded, found = load(source(document, "main.x07.json"))
    assert loaded is not None, found
    resolved = resolve(loaded, Table(modules or {}, builtin))
    assert not resolved.diagnostics
    return check.check(resolved, loaded, options or Options())


def refused(solve: Json, *decls: Json, **how: Json) -> list[tuple[str, str, str]]:
    """Code, pointer and message of everything that was found in a program with errors."""
    program, found = checked(solve, *decls, **how)
    assert program is None
    return [(each.code, each.at, each.message) for each in found]


def accepted(solve: Json, *decls: Json, **how: Json) -> tree.Program:
    """The program of sources in which nothing was found."""
    program, found = checked(solve, *decls, **how)
    assert not found
    assert program is not None
    return program


def expect(found: list[tuple[str, str, str]], expected: Sequence[Expected]) -> None:
    assert [each[:2] for each in found] == [each[:2] for each in expected], found
    for (_, _, message), (_, _, part) in zip(found, expected, strict=True):
        assert part in message


def nodes(root: tree.Node) -> Iterator[tree.Node]:
    """A typed tree, parents first, in the order of evaluation."""
    yield root
    for part in children(root):
        yield from nodes(part)


def body(program: tree.Program, name: str = "") -> tree.Block:
    """The body of solve, or of the function of that name."""
    named = {each.name: each for each in program.functions}
    found = named[name] if name else program.solve
    assert found.body is not None
    return found.body
