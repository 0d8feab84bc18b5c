"""Moves and lexical borrows."""

import pytest

from tests.unit.lang.check.programs import (
    EMPTY,
    Expected,
    Json,
    accepted,
    checked,
    expect,
    fn,
    nodes,
    refused,
)
from x07bundle.lang import tree

LIT = ["bytes.lit", "x"]
B = ["let", "b", LIT]
VIEW_OF_B = ["let", "v", ["bytes.view", "b"]]
DONE = ["begin", EMPTY]

REFUSED: list[tuple[str, list[Json], list[Expected]]] = [
    (
        "used after a move",
        [B, ["let", "c", "b"], ["bytes.len", "b"]],
        [
            ("X07-MOVE-0901", "/3/1", 'use after move: "b" moved_ptr=/solve/2/2'),
        ],
    ),
    (
        "moved twice in one call",
        [B, ["bytes.concat", "b", "b"]],
        [
            ("X07-MOVE-0901", "/2/2", 'use after move: "b" moved_ptr=/solve/2/1'),
        ],
    ),
    (
        "moved as a statement",
        [B, "b", "b"],
        [
            ("X07-MOVE-0901", "/3", 'use after move: "b" moved_ptr=/solve/2'),
        ],
    ),
    (
        "moved in one branch",
        [B, ["if", 1, "b", 0], ["bytes.len", "b"]],
        [
            ("X07-MOVE-0901", "/3/1", "moved_ptr=/solve/2/2"),
        ],
    ),
    (
        "moved where it may not be evaluated",
        [B, ["&&", 1, ["bytes.len", ["begin", "b"]]], "b"],
        [
            ("X07-MOVE-0901", "/3", "moved_ptr=/solve/2/2/1/1"),
        ],
    ),
    (
        "moved in a loop",
        [B, ["while", 0, "b"], "b"],
        [
            ("X07-MOVE-0003", "/2/2", '"b" is moved inside a loop'),
            ("X07-MOVE-0901", "/3", "moved_ptr=/solve/2/2"),
        ],
    ),
    (
        "moved while viewed",
        [B, VIEW_OF_B, "b"],
        [
            (
                "X07-MOVE-0902",
                "/3",
                'move while borrowed: "b" borrowed_by="v" borrowed_ptr=/solve/2',
            ),
        ],
    ),
    (
        "set while viewed",
        [B, VIEW_OF_B, ["set", "b", LIT]],
        [
            (
                "X07-MOVE-0902",
                "/3",
                'set while borrowed: "b" borrowed_by="v" borrowed_ptr=/solve/2',
            ),
        ],
    ),
    (
        "changed while viewed",
        [B, VIEW_OF_B, ["bytes.set_u8", "b", 0, 1]],
        [
            ("X07-MOVE-0902", "/3/1", 'bytes.set_u8 while borrowed: "b" borrowed_by="v"'),
        ],
    ),
    (
        "a vector changed while viewed",
        [
            ["let", "b", ["vec_u8.with_capacity", 1]],
            ["let", "v", ["vec_u8.as_view", "b"]],
            ["vec_u8.push", "b", 1],
        ],
        [("X07-MOVE-0902", "/3/1", 'vec_u8.push while borrowed: "b"')],
    ),
    (
        "moved while an argument of the same call looks",
        [B, ["main.f", "b", "b"]],
        [
            ("X07-MOVE-0902", "/2/2", 'move while borrowed: "b" borrowed_ptr=/solve/2/1'),
        ],
    ),
    (
        "viewed in one branch",
        [
            B,
            ["let", "v", ["bytes.view_lit", ""]],
            ["if", 1, ["set", "v", ["bytes.view", "b"]], 0],
            ["set", "b", LIT],
        ],
        [("X07-MOVE-0902", "/4", 'borrowed_by="v" borrowed_ptr=/solve/3/2')],
    ),
    (
        "viewed from the second round on",
        [
            B,
            ["let", "v", ["bytes.view_lit", ""]],
            ["while", 1, ["begin", ["set", "b", LIT], ["set", "v", ["bytes.view", "b"]]]],
        ],
        [("X07-MOVE-0902", "/3/2/1", 'set while borrowed: "b" borrowed_by="v"')],
    ),
    (
        "passed from view to view, round by round",
        [
            B,
            ["let", "v", ["bytes.view_lit", ""]],
            ["let", "w", ["bytes.view_lit", ""]],
            ["while", 1, ["begin", ["set", "v", "w"], ["set", "w", ["bytes.view", "b"]]]],
            ["set", "w", ["bytes.view_lit", ""]],
            "b",
        ],
        [("X07-MOVE-0902", "/6", 'borrowed_by="v"')],
    ),
]


F = fn("main.f", "v bytes_view, b bytes", "i32", 0)


@pytest.mark.parametrize(("what", "parts", "expected"), REFUSED, ids=[row[0] for row in REFUSED])
def test_refused(what: str, parts: list[Json], expected: list[Expected]) -> None:
    placed = [(code, "/solve" + at, part) for code, at, part in expected]
    expect(refused(["begin", *parts, DONE], F), placed)


ACCEPTED: dict[str, list[Json]] = {
    "set again after a move": [B, ["let", "c", "b"], ["set", "b", LIT], "b"],
    "moved into itself": [B, ["set", "b", ["bytes.set_u8", "b", 0, 1]], "b"],
    "moved in a branch that returns": [B, ["if", 1, ["return", "b"], 0], "b"],
    "moved in both branches": [B, ["if", 1, "b", "b"]],
    "moved in a loop that ends with it": [B, ["while", 1, ["return", "b"]], LIT],
    "set again in the loop": [B, ["while", 1, ["set", "b", ["bytes.concat", "b", LIT]]], "b"],
    "moved after the view's scope": [B, ["begin", VIEW_OF_B, 0], "b"],
    "moved after the view was set": [B, VIEW_OF_B, ["set", "v", "input"], "b"],
    "viewed by calls that are complete": [B, ["bytes.len", "b"], ["bytes.eq", "b", "b"], "b"],
    "viewed by several": [B, VIEW_OF_B, ["let", "w", "v"], ["bytes.eq", "v", "w"], LIT],
    "a view of the same owner in both": [
        B,
        VIEW_OF_B,
        ["let", "w", ["if", 1, "v", ["view.slice", "v", 0, 1]]],
        ["view.to_bytes", "w"],
    ],
    "bound and moved inside the loop": [["while", 0, ["begin", B, "b"]], LIT],
    "looked at, not moved": [
        ["let", "r", ["result_bytes.err", 1]],
        ["let", "o", ["option_bytes.none"]],
        ["let", "v", ["vec_u8.with_capacity", 1]],
        ["+", ["result_bytes.is_ok", "r"], ["result_bytes.err_code", "r"]],
        ["+", ["option_bytes.is_some", "o"], ["vec_u8.len", "v"]],
        [
            "result_bytes.unwrap_or",
            "r",
            ["option_bytes.unwrap_or", "o", ["vec_u8.into_bytes", "v"]],
        ],
    ],
}


@pytest.mark.parametrize("parts", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted(parts: list[Json]) -> None:
    accepted(["begin", *parts])


@pytest.mark.parametrize(
    ("solve", "at"),
    [
        (["begin", B, ["while", 0, "b"], EMPTY], "/solve/2/2"),
        (["begin", B, ["for", "i", 0, 3, ["if", "i", "b", 0]], EMPTY], "/solve/2/4/2"),
        (["begin", B, ["while", ["bytes.len", ["begin", "b"]], 0], EMPTY], "/solve/2/1/1/1"),
        (["begin", B, ["while", 0, ["while", 0, "b"]], EMPTY], "/solve/2/2/2"),
    ],
    ids=str,
)
def test_a_move_inside_a_loop_is_a_warning_with_a_fix(solve: Json, at: str) -> None:
    program, [found] = checked(solve)
    assert program is not None
    assert (found.code, found.severity, found.at) == ("X07-MOVE-0003", "warning", at)
    assert found.fix is not None
    assert found.fix.patch == ({"op": "replace", "path": at, "value": ["view.to_bytes", "b"]},)


def test_input_is_never_moved() -> None:
    accepted(["begin", ["let", "v", "input"], ["let", "w", "input"], ["view.to_bytes", "input"]])


@pytest.mark.parametrize(
    ("form", "part"),
    [
        (["bytes.view", LIT], "bytes.view requires an identifier owner"),
        (["bytes.subview", LIT, 0, 1], "bytes.subview requires an identifier owner"),
        (["vec_u8.as_view", ["vec_u8.with_capacity", 1]], "vec_u8.as_view requires an identifier"),
        (["vec_u8.len", ["vec_u8.with_capacity", 1]], "bind the value to a local with let first"),
        (["std.brand.view_v1", LIT], "std.brand.view_v1 requires an identifier owner"),
    ],
)
def test_a_view_needs_a_named_owner(form: Json, part: str) -> None:
    expect(refused(["begin", form, EMPTY]), [("X07-BORROW-0001", "/solve/1/1", part)])


def test_moves_and_borrows_are_nodes() -> None:
    solve = ["begin", B, ["bytes.len", "b"], ["vec_value.push_bytes_v1", 1, "b"], LIT]
    body = accepted(solve).solve.body
    assert body is not None
    steps = [
        (type(node), node.at) for node in nodes(body) if isinstance(node, tree.Move | tree.Borrow)
    ]
    assert steps == [(tree.Borrow, "/solve/2/1"), (tree.Move, "/solve/3/2")]
