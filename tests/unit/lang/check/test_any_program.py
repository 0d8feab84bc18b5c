"""Whatever a file says, checking it gives diagnostics or a sound tree, and never fails."""

import sys
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.lang.check.programs import EMPTY, Json, accepted, checked, export, fn, nodes
from x07bundle.lang import tree
from x07bundle.lang.check.heads import HANDLERS
from x07bundle.lang.primitives.table import TABLE

VIEW: Final = "bytes_view"
DECLS: Final[list[Json]] = [
    fn("main.v", "a bytes_view, n i32", VIEW, "a"),
    fn("main.b", "a bytes, v vec_u8", "result_bytes", ["result_bytes.ok", "a"]),
    fn("main.ok", "v bytes_view", "result_i32", ["result_i32.ok", 0]),
    fn(
        "main.t", "v bytes_view@t", "bytes@t", ["unsafe", ["std.brand.assume_bytes_v1", "t", EMPTY]]
    ),
    {"kind": "defrecord", "name": "R", "fields": [{"name": "x", "ty": "i32"}]},
    {
        "kind": "defenum",
        "name": "E",
        "variants": [{"name": "A"}, {"name": "B", "payload": "i32"}],
    },
    {"kind": "extern", "abi": "C", "name": "main.c", "params": [], "result": "void"},
]
DECLARED: Final = ["main.v", "main.b", "main.ok", "main.t", "main.f", "main.c", "m.f", "m.g"]
HEADS: Final = sorted({*HANDLERS, *TABLE, *DECLARED, "R.make", "R.x", "E.A", "E.B"})
UNKNOWN: Final = ["await", "task.spawn", "tapp", "fs.read", "no.such", "nonsense"]
WORDS: Final = ["a", "b", "v", "x", "input", "t", "main.ok", "ptr_mut_u8", "__result"]
MODULES: Final = {"m": [fn("m.f", "", "bytes", EMPTY), fn("m.g", "", "i32", 1), export("m.f")]}

SHAPED: Final = [
    ("let", 2), ("set", 2), ("if", 3), ("while", 2), ("begin", 2), ("begin", 3), ("for", 4),
    ("match", 3), ("bytes.view", 1), ("view.slice", 3), ("bytes.alloc", 1), ("main.v", 2),
    ("return", 1), ("try", 1), ("&&", 2), ("bytes.concat", 2), ("R.x", 1), ("E.B", 1),
]  # fmt: skip
"""Forms with the right number of arguments, so that more than arity is tried."""

leaves = st.one_of(
    st.integers(-1, 3),
    st.sampled_from(WORDS),
    st.sampled_from([["bytes.lit", "x"], ["bytes.view_lit", ""], ["vec_u8.with_capacity", 1]]),
)


def forms(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    loose = st.tuples(st.sampled_from([*HEADS, *UNKNOWN]), st.lists(inner, max_size=4))
    exact = st.sampled_from(SHAPED).flatmap(
        lambda shape: st.tuples(
            st.just(shape[0]), st.lists(inner, min_size=shape[1], max_size=shape[1])
        )
    )
    return st.one_of(exact, exact, loose).map(_form)


def _form(parts: tuple[str, list[Json]]) -> Json:
    """Free text stands where the language has it; names come first where they must."""
    head, args = parts
    if head in ("bytes.lit", "bytes.view_lit"):
        return [head, "text"]
    if head in ("let", "set", "set0", "for") and args and isinstance(args[0], list):
        args = ["x", *args[1:]]
    return [head, *args]


expressions = st.recursive(leaves, forms, max_leaves=40)
clauses = st.lists(st.fixed_dictionaries({"expr": expressions}), max_size=1)


def points(document: Json, pointer: str) -> bool:
    """Whether a JSON pointer names something in a document."""
    for step in pointer.split("/")[1:]:
        if isinstance(document, list) and step.isdigit() and int(step) < len(document):
            document = document[int(step)]
        elif isinstance(document, dict) and step in document:
            document = document[step]
        else:
            return False
    return True


def trees(program: tree.Program) -> Iterator[tree.Node]:
    for function in [program.solve, *program.functions]:
        assert function.body is not None
        yield from nodes(function.body)


@settings(max_examples=200, deadline=None)
@given(solve=expressions, body=expressions, requires=clauses, ensures=clauses)
def test_any_program(solve: Json, body: Json, requires: Json, ensures: Json) -> None:
    params = "a bytes, b vec_u8, v bytes_view, x i32"
    function = fn("main.f", params, "bytes", body, requires=requires, ensures=ensures)
    program, found = checked(solve, *DECLS, function, imports=["m"], modules=MODULES)
    document = {"solve": solve, "decls": [*DECLS, function]}
    assert (program is None) == any(each.severity == "error" for each in found)
    if program is not None:
        assert not [node for node in trees(program) if node.ty.kind == "error"]
    for each in found:
        assert each.module_id == "main"
        assert "solve" not in each.at or points(document, each.at), each


@pytest.fixture
def _as_deep_as_the_tool() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    yield
    sys.setrecursionlimit(before)


def _nested(depth: int, inner: Json, *around: Json) -> Json:
    value = inner
    for _ in range(depth):
        value = [*around[:-1], value, around[-1]]
    return value


@pytest.mark.parametrize(
    "around",
    [
        ("+", 1),
        ("if", 1, ["codec.write_u32_le", 1]),
        ("begin", 0),
        ("&&", 1),
        ("bytes.concat", EMPTY),
    ],
    ids=lambda around: around[0],
)
@pytest.mark.usefixtures("_as_deep_as_the_tool")
def test_programs_may_nest_as_deeply_as_files(around: tuple[Json, ...]) -> None:
    owned = around[0] in ("if", "bytes.concat")
    value = _nested(240, EMPTY if owned else 1, *around)
    accepted(["begin", value, EMPTY])
