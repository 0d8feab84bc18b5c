"""Quick fixes: applied to the canonical document, they mend it."""

import copy
from typing import Final

import pytest

from tests.unit.lang.check.programs import EMPTY, SCHEMA, Json, Table, export, fn
from tests.unit.lang.documents import entry, source
from x07bundle.lang import check
from x07bundle.lang.diagnostics import Diagnostic
from x07bundle.lang.load import load
from x07bundle.lang.options import Options
from x07bundle.lang.resolve import resolve

LIT: Final = ["bytes.lit", "x"]
B: Final = ["let", "b", LIT]
MODULES: Final = {
    "m": [fn("m.f", "", "bytes", LIT), export("m.f")],
    "n": [fn("n.g", "", "bytes", ["m.f"]), export("n.g")],
    "z": [],
    "std.k": [fn("std.k.f", "", "bytes", LIT), export("std.k.f")],
}


def found_in(document: Json) -> list[Diagnostic]:
    loaded, problems = load(source(document))
    assert loaded is not None, problems
    resolved = resolve(loaded, Table(MODULES, imports={"n": ["m"]}))
    return [*resolved.diagnostics, *check.check(resolved, loaded, Options())[1]]


def apply(document: Json, operation: Json) -> Json:
    """`add` and `replace` of RFC 6902."""
    changed = copy.deepcopy(document)
    *path, last = operation["path"].split("/")[1:]
    target = changed
    for step in path:
        target = target[int(step)] if isinstance(target, list) else target[step]
    if operation["op"] == "add" and isinstance(target, list):
        target.insert(int(last), operation["value"])
    else:
        target[int(last) if isinstance(target, list) else last] = operation["value"]
    return changed


BROKEN: Final = {
    "used after a move": (["begin", B, ["let", "c", "b"], "b"], []),
    "moved twice": (["begin", B, ["bytes.concat", "b", "b"]], []),
    "moved in a loop": (["begin", B, ["while", 0, "b"], EMPTY], []),
    "eager truth": (["codec.write_u32_le", ["&", ["=", 1, 1], ["<", 2, 3]]], []),
    "import missing": (["begin", ["m.f"], EMPTY], ["n", "z"]),
    "std import missing": (["std.k.f"], ["z"]),
}


@pytest.mark.parametrize(("solve", "imports"), BROKEN.values(), ids=BROKEN.keys())
def test_a_fix_mends_the_document(solve: Json, imports: list[str]) -> None:
    document = entry(solve=solve, imports=imports, decls=[], schema_version=SCHEMA)
    [found] = found_in(document)
    assert found.fix is not None
    [operation] = found.fix.patch
    mended = apply(document, operation)
    assert found_in(mended) == []
    assert mended["imports"] == sorted(mended["imports"])
