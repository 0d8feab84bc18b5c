"""What views borrow from: scopes, temporaries, branches, results of functions."""

import pytest

from tests.unit.lang.check.programs import (
    EMPTY,
    Expected,
    Json,
    accepted,
    body,
    expect,
    fn,
    nodes,
    refused,
)
from x07bundle.lang import tree

LIT = ["bytes.lit", "x"]
STATIC = ["bytes.view_lit", ""]
B = ["let", "b", LIT]

ESCAPES: list[tuple[str, Json, Expected]] = [
    (
        "the value of a block",
        ["view.to_bytes", ["begin", B, ["bytes.view", "b"]]],
        ("X07-BORROW-0002", "/solve/1/2", 'drop while borrowed: "b" ends with this block'),
    ),
    (
        "an outer view",
        ["begin", ["let", "v", STATIC], ["begin", B, ["set", "v", ["bytes.view", "b"]]], EMPTY],
        ("X07-BORROW-0002", "/solve/2", 'drop while borrowed: "b" borrowed_by="v"'),
    ),
    (
        "a temporary",
        ["begin", ["let", "v", STATIC], ["begin", ["set", "v", ["view.slice", LIT, 0, 1]]], EMPTY],
        ("X07-BORROW-0002", "/solve/2", "drop while borrowed: a temporary value"),
    ),
    (
        "a temporary of a branch",
        ["view.to_bytes", ["if", 1, ["view.slice", LIT, 0, 1], STATIC]],
        ("X07-BORROW-0002", "/solve/1/2", "a temporary value ends with this block"),
    ),
    (
        "two owners in two branches",
        [
            "begin",
            B,
            ["let", "c", LIT],
            ["let", "v", ["if", 1, ["bytes.view", "b"], ["bytes.view", "c"]]],
            EMPTY,
        ],
        (
            "X07-BORROW-0003",
            "/solve/3/2",
            "the value of `if` must have a single borrow source across branches",
        ),
    ),
    (
        "a view set to another owner in a branch",
        [
            "begin",
            B,
            ["let", "c", LIT],
            ["let", "v", ["bytes.view", "b"]],
            ["if", 1, ["set", "v", ["bytes.view", "c"]], 0],
            EMPTY,
        ],
        ("X07-BORROW-0003", "/solve/4", "v must have a single borrow source across branches"),
    ),
    (
        "a view set to another owner in a loop",
        [
            "begin",
            B,
            ["let", "c", LIT],
            ["let", "v", ["bytes.view", "b"]],
            ["while", 1, ["set", "v", ["bytes.view", "c"]]],
            EMPTY,
        ],
        ("X07-BORROW-0003", "/solve/4", "must have a single borrow source"),
    ),
    (
        "the default of another owner",
        [
            "begin",
            B,
            ["let", "c", LIT],
            [
                "view.to_bytes",
                ["option_bytes_view.unwrap_or", ["option_bytes_view.some", "b"], "c"],
            ],
        ],
        ("X07-BORROW-0003", "/solve/3/1", "must have a single borrow source"),
    ),
]


@pytest.mark.parametrize(("what", "solve", "expected"), ESCAPES, ids=[row[0] for row in ESCAPES])
def test_refused(what: str, solve: Json, expected: Expected) -> None:
    expect(refused(solve), [expected])


RESULTS: list[tuple[str, Json, Expected]] = [
    (
        "b bytes",
        ["bytes.view", "b"],
        (
            "X07-BORROW-0002",
            "/decls/0/body",
            'function "main.f" returns bytes_view borrowed from local owned buffer "b"',
        ),
    ),
    (
        "",
        ["begin", B, ["return", ["bytes.view", "b"]]],
        ("X07-BORROW-0002", "/decls/0/body/2/1", 'borrowed from local owned buffer "b"'),
    ),
    (
        "",
        ["view.slice", LIT, 0, 1],
        ("X07-BORROW-0002", "/decls/0/body", "borrowed from a local temporary value"),
    ),
    (
        "v bytes_view, w bytes_view",
        ["if", 1, "v", "w"],
        (
            "X07-BORROW-0003",
            "/decls/0/body",
            'must have a single borrow source across branches, not "v" and "w"',
        ),
    ),
    (
        "v bytes_view, w bytes_view",
        ["begin", ["if", 1, ["return", "v"], 0], "w"],
        (
            "X07-BORROW-0003",
            "/decls/0/body/2",
            'the result of "main.f" must have a single borrow source',
        ),
    ),
    (
        "c i32",
        [
            "begin",
            B,
            ["let", "v", STATIC],
            [
                "while",
                "c",
                ["begin", ["if", "c", ["return", "v"], 0], ["set", "v", ["bytes.view", "b"]]],
            ],
            STATIC,
        ],
        ("X07-BORROW-0002", "/decls/0/body/3/2/1/2/1", 'local owned buffer "b"'),
    ),
    ("v bytes_view", ["main.f", "v"], ("X07-BORROW-0004", "/decls/0", "recursive borrow analysis")),
]


@pytest.mark.parametrize(
    ("params", "value", "expected"), RESULTS, ids=lambda value: str(value)[:40]
)
def test_a_result_is_refused(params: str, value: Json, expected: Expected) -> None:
    expect(refused(EMPTY, fn("main.f", params, "bytes_view", value)), [expected])


@pytest.mark.parametrize(
    ("params", "result", "value", "borrows"),
    [
        ("n i32, v bytes_view", "bytes_view", ["view.slice", "v", 0, "n"], True),
        ("n i32, v bytes_view", "bytes_view", ["if", "n", STATIC, "v"], True),
        (
            "n i32, v bytes_view",
            "bytes_view",
            ["begin", ["let", "w", STATIC], ["set", "w", "v"], "w"],
            True,
        ),
        (
            "n i32, v bytes_view",
            "bytes_view",
            [
                "begin",
                ["let", "w", STATIC],
                ["while", "n", ["begin", ["if", "n", ["return", "w"], 0], ["set", "w", "v"]]],
                STATIC,
            ],
            True,
        ),
        ("n i32, v bytes_view", "option_bytes_view", ["option_bytes_view.some", "v"], True),
        (
            "n i32, v bytes_view",
            "result_bytes_view",
            ["result_bytes_view.ok", ["try", ["result_bytes_view.ok", "v"]]],
            True,
        ),
        ("n i32, v bytes_view", "bytes_view", ["main.g", "v"], True),
        ("n i32, v bytes_view", "bytes_view", STATIC, False),
        ("n i32, v bytes_view", "bytes_view", "input", False),
        ("n i32, v bytes_view", "bytes_view", ["scratch_u8_fixed_v1.as_view", "n"], False),
        ("n i32, v bytes_view", "bytes_view", ["main.h"], False),
    ],
    ids=str,
)
def test_a_result_borrows_from_its_parameter(
    params: str, result: str, value: Json, borrows: bool
) -> None:
    """Whether the argument stays borrowed as long as the result lives."""
    solve = ["begin", B, ["let", "r", ["main.f", 1, "b"]], ["set", "b", LIT], EMPTY]
    decls = [
        fn("main.f", params, result, value),
        fn("main.g", "v bytes_view", "bytes_view", "v"),
        fn("main.h", "", "bytes_view", "input"),
    ]
    if borrows:
        expect(refused(solve, *decls), [("X07-MOVE-0902", "/solve/3", 'borrowed_by="r"')])
    else:
        accepted(solve, *decls)


ACCEPTED: dict[str, Json] = {
    "a view of a temporary lives as long as its block": [
        "begin",
        ["let", "v", ["view.slice", ["bytes.concat", LIT, LIT], 0, 1]],
        ["view.to_bytes", "v"],
    ],
    "a temporary inside an argument": ["view.to_bytes", ["view.slice", LIT, 0, 1]],
    "a view of an outer owner": ["begin", B, ["view.to_bytes", ["begin", ["bytes.view", "b"]]]],
    "nothing and an owner": ["begin", B, ["view.to_bytes", ["if", 1, STATIC, ["bytes.view", "b"]]]],
    "an owner that never comes back": [
        "begin",
        B,
        ["view.to_bytes", ["if", 1, ["bytes.view", "b"], ["return", EMPTY]]],
    ],
    "an outer view of an owner as old": [
        "begin",
        B,
        ["let", "v", STATIC],
        ["begin", ["set", "v", ["bytes.view", "b"]]],
        EMPTY,
    ],
    "the condition of a loop": [
        "begin",
        ["while", ["<", 9, ["view.len", ["view.slice", LIT, 0, 1]]], 0],
        EMPTY,
    ],
    "the default of the same owner": [
        "begin",
        B,
        ["view.to_bytes", ["option_bytes_view.unwrap_or", ["option_bytes_view.some", "b"], "b"]],
    ],
}


@pytest.mark.parametrize("solve", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted(solve: Json) -> None:
    accepted(solve)


@pytest.mark.parametrize(
    ("solve", "escapes"),
    [
        (["codec.write_u32_le", ["bytes.len", LIT]], False),
        (["view.to_bytes", LIT], False),
        (["view.to_bytes", ["view.slice", LIT, 0, 1]], True),
        (["view.to_bytes", ["main.f", 1, LIT]], True),
        (["view.to_bytes", ["main.g", LIT]], False),
        (
            [
                "codec.write_u32_le",
                ["option_i32.unwrap_or", ["option_i32.some", ["bytes.len", LIT]], 1],
            ],
            False,
        ),
    ],
    ids=str,
)
def test_a_temporary_lives_as_long_as_what_borrows_from_it(solve: Json, escapes: bool) -> None:
    decls = [
        fn("main.f", "n i32, v bytes_view", "bytes_view", "v"),
        fn("main.g", "v bytes_view", "bytes_view", "input"),
    ]
    found = [
        node for node in nodes(body(accepted(solve, *decls))) if isinstance(node, tree.Temporary)
    ]
    assert [node.escapes for node in found] == [escapes]


def test_views_that_return_views_may_be_nested_deeply() -> None:
    """A function is checked after those that it calls, without recursion over the calls."""
    links = 3000
    chain = [
        fn(
            f"main.f{n}",
            "v bytes_view",
            "bytes_view",
            [f"main.f{n + 1}", "v"] if n < links else "v",
        )
        for n in range(links + 1)
    ]
    accepted(["view.to_bytes", ["main.f0", "input"]], *chain)
