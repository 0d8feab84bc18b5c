"""Contract clauses."""

from typing import Final

import pytest

from tests.unit.lang.check.programs import (
    EMPTY,
    Expected,
    Json,
    accepted,
    expect,
    fn,
    nodes,
    refused,
)
from x07bundle.lang import tree

AT: Final = "/decls/0"
CALL: Final = ["begin", ["main.f", ["bytes.lit", "x"], 1], EMPTY]


def function(body: Json, **clauses: Json) -> dict[str, Json]:
    return fn("main.f", "b bytes, n i32", "bytes", body, **clauses)


def clause(expr: Json, *witness: Json) -> list[dict[str, Json]]:
    return [{"expr": expr, "witness": list(witness)}]


def test_clauses_are_typed_and_numbered() -> None:
    decl = function(
        ["view.to_bytes", "b"],
        requires=[{"expr": "n"}, {"id": "short", "expr": ["<", ["bytes.len", "b"], 9]}],
        ensures=clause(["=", ["bytes.len", "__result"], ["bytes.len", "b"]], "__result", "n"),
        invariant=clause(["begin", ["let", "k", "n"], "k"]),
    )
    [found] = accepted(CALL, decl).functions
    assert [(c.kind, c.id, c.position, c.at) for c in found.requires] == [
        ("requires", "requires_0", 0, f"{AT}/requires/0"),
        ("requires", "short", 1, f"{AT}/requires/1"),
    ]
    [ensures] = found.ensures
    assert [type(node) for node in ensures.witness] == [tree.Borrow, tree.Read]
    assert found.result_variable is not None
    looked_at = [n.variable for n in nodes(ensures.expr) if isinstance(n, tree.Borrow)]
    assert looked_at == [found.result_variable, found.params[0]]


def test_a_function_without_ensures_has_no_result_variable() -> None:
    [found] = accepted(CALL, function("b", requires=clause("n"))).functions
    assert found.result_variable is None


REFUSED: Final[list[tuple[Json, dict[str, Json], list[Expected]]]] = [
    ("b", {"requires": clause("b")}, [
        ("X07-CONTRACT-0003", "/requires/0/expr", 'cannot move or set "b"'),
        ("X07-CONTRACT-0001", "/requires/0/expr", "must be i32, not bytes"),
    ]),
    ("b", {"requires": clause("input")}, [
        ("X07-CONTRACT-0001", "/requires/0/expr", "must be i32, not bytes_view"),
    ]),
    ("b", {"requires": clause(["=", "__result", 1])}, [
        ("X07-CONTRACT-0002", "/requires/0/expr/1", "`__result` is known in `ensures` only"),
    ]),
    ("b", {"requires": clause(1, "__result")}, [
        ("X07-CONTRACT-0002", "/requires/0/witness/0", "in `ensures` only"),
    ]),
    ("b", {"requires": clause(["set", "n", 1])}, [
        ("X07-CONTRACT-0003", "/requires/0/expr", 'cannot move or set "n"'),
    ]),
    ("b", {"requires": clause(["for", "n", 0, 1, 0])}, [
        ("X07-CONTRACT-0003", "/requires/0/expr/1", 'cannot move or set "n"'),
    ]),
    ("b", {"requires": clause(["begin", ["return", ["bytes.empty"]], 1])}, [
        ("X07-CONTRACT-0003", "/requires/0/expr/1", "cannot leave its function with `return`"),
    ]),
    ("b", {"requires": clause(["try", ["result_i32.ok", 1]])}, [
        ("X07-CONTRACT-0003", "/requires/0/expr", "cannot leave its function with `try`"),
    ]),
    ("b", {"requires": clause(1, ["bytes.alloc", 3])}, [
        ("X07-CONTRACT-0004", "/requires/0/witness/0", "the name of a value"),
    ]),
    ("b", {"requires": clause(1, ["f64.of_i32", 3])}, [
        ("X07-CONTRACT-0004", "/requires/0/witness/0", "cannot be of type f64"),
    ]),
    ("b", {"ensures": clause(["begin", "__result", 1])}, [
        ("X07-CONTRACT-0003", "/ensures/0/expr/1", 'cannot move or set "__result"'),
    ]),
    ("b", {"ensures": clause(["bytes.len", "b"])}, [
        ("X07-MOVE-0901", "/ensures/0/expr/1", f'"b" moved_ptr={AT}/body'),
    ]),
    (["begin", ["if", "n", ["return", "b"], 0], EMPTY], {"invariant": clause(["bytes.len", "b"])}, [
        ("X07-MOVE-0901", "/invariant/0/expr/1", f'"b" moved_ptr={AT}/body/1/2/1'),
    ]),
    ("__result", {"ensures": clause(1)}, [
        ("X07-TYPE-0001", "/body", 'unknown identifier: "__result"'),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "clauses", "expected"), REFUSED, ids=lambda value: str(value)[:60]
)
def test_refused(body: Json, clauses: dict[str, Json], expected: list[Expected]) -> None:
    placed = [(code, AT + at, part) for code, at, part in expected]
    expect(refused(EMPTY, function(body, **clauses)), placed)


def test_a_parameter_that_is_set_again_can_be_shown_at_the_end() -> None:
    body = ["begin", ["let", "c", "b"], ["set", "b", ["bytes.empty"]], "c"]
    accepted(CALL, function(body, ensures=clause(["=", 0, ["bytes.len", "b"]], "b")))


def test_what_proofs_need_is_not_evaluated() -> None:
    loop = {"ptr": "/body", "invariant": clause("unheard_of"), "decreases": clause("n")}
    decl = function("b", decreases=clause(["nonsense"]), loop_contracts=[loop])
    [found] = accepted(CALL, decl).functions
    assert [*found.requires, *found.ensures, *found.invariant] == []
