"""Brands, records, enums and `match`."""

from typing import Final

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
from x07bundle.lang import tree, types

LIT: Final = ["bytes.lit", "x"]
ASSUMED: Final = ["unsafe", ["std.brand.assume_bytes_v1", "t", LIT]]
B: Final = ["let", "b", ASSUMED]
CAST: Final = ["std.brand.cast_bytes_v1", "t", "main.ok", LIT]
DECLS: Final = [
    fn("main.ok", "v bytes_view", "result_i32", ["result_i32.ok", 0]),
    fn("main.view", "v bytes_view@t", "i32", 0),
    fn("main.take", "b bytes@t", "i32", 0),
    fn("main.give", "", "bytes@t", ASSUMED),
    fn("main.plain", "v bytes_view", "i32", 0),
    fn("main.option", "o option_bytes@t", "i32", 0),
    fn("main.result", "r result_bytes@t", "i32", 0),
]

ACCEPTED: Final[dict[str, list[Json]]] = {
    "a brand is dropped in silence": [B, ["main.plain", "b"], "b"],
    "a coercion keeps it": [B, ["main.view", "b"], LIT],
    "a named view keeps it": [B, ["main.view", ["std.brand.view_v1", "b"]], LIT],
    "a copy keeps it": [
        B,
        ["main.take", ["std.brand.to_bytes_preserve_if_full_v1", ["std.brand.view_v1", "b"]]],
        LIT,
    ],
    "a result of a function": [["main.take", ["main.give"]], LIT],
    "some carries it": [["main.option", ["option_bytes.some", ASSUMED]], LIT],
    "none fits any": [["main.option", ["option_bytes.none"]], LIT],
    "err fits any": [["main.result", ["result_bytes.err", 1]], LIT],
    "ok carries it": [["main.result", ["result_bytes.ok", ASSUMED]], LIT],
    "a cast gives it": [["main.result", CAST], LIT],
    "a default of the same brand": [
        ["main.take", ["result_bytes.unwrap_or", CAST, ASSUMED]],
        LIT,
    ],
    "err becomes what is set": [
        ["let", "r", ["result_bytes.err", 1]],
        ["set", "r", CAST],
        ["main.result", "r"],
        LIT,
    ],
    "branches with err": [["main.result", ["if", 1, ["result_bytes.err", 1], CAST]], LIT],
    "branches with and without": [["if", 1, ASSUMED, LIT]],
    "a view is cast": [
        ["let", "r", ["std.brand.cast_view_v1", "t", "main.ok", "input"]],
        ["result_bytes_view.is_ok", "r"],
        LIT,
    ],
}


@pytest.mark.parametrize("parts", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted(parts: list[Json]) -> None:
    accepted(["begin", *parts], *DECLS)


REFUSED: Final[list[tuple[list[Json], Expected]]] = [
    (
        [["main.take", LIT]],
        ("E_BRAND_MISMATCH", "/1/1", "must carry the brand `t`, but is unbranded"),
    ),
    ([["main.view", "input"]], ("E_BRAND_MISMATCH", "/1/1", "argument 1 of `main.view`")),
    (
        [B, ["let", "c", LIT], ["set", "b", "c"]],
        ("E_BRAND_MISMATCH", "/3/2", 'the value of "b" must carry the brand `t`'),
    ),
    (
        [["unsafe", ["let", "c", ["std.brand.assume_bytes_v1", "u", LIT]], ["main.take", "c"]]],
        ("E_BRAND_MISMATCH", "/1/2/1", "must carry the brand `t`, but is branded `u`"),
    ),
    (
        [["main.take", ["std.brand.erase_bytes_v1", ["main.give"]]]],
        ("E_BRAND_MISMATCH", "/1/1", "but is unbranded"),
    ),
    (
        [B, ["main.view", ["std.brand.erase_view_v1", "b"]]],
        ("E_BRAND_MISMATCH", "/2/1", "but is unbranded"),
    ),
    ([B, ["main.view", ["bytes.view", "b"]]], ("E_BRAND_MISMATCH", "/2/1", "but is unbranded")),
    (
        [["main.take", ["result_bytes.unwrap_or", CAST, LIT]]],
        ("E_BRAND_MISMATCH", "/1/1", "but is unbranded"),
    ),
    (
        [["let", "c", LIT], ["std.brand.view_v1", "c"]],
        ("E_BRAND_MISSING", "/2/1", "this one has no brand"),
    ),
    (
        [["std.brand.assume_bytes_v1", "t", LIT]],
        ("X07-WORLD-UNSAFE-0002", "/1", "unsafe-required: std.brand.assume_bytes_v1"),
    ),
    (
        [["std.brand.cast_bytes_v1", "t", "main.plain", LIT]],
        ("E_BRAND_VALIDATOR", "/1/2", "must be (bytes_view) -> result_i32"),
    ),
    (
        [["std.brand.cast_bytes_v1", "t", "main.no", LIT]],
        ("E_BRAND_VALIDATOR", "/1/2", "needs a validator here"),
    ),
    (
        [["std.brand.cast_bytes_v1", 3, "main.ok", LIT]],
        ("X07-TYPE-CALL-0003", "/1/1", "needs the name of a brand"),
    ),
]


@pytest.mark.parametrize(("parts", "expected"), REFUSED, ids=lambda value: str(value)[:60])
def test_refused(parts: list[Json], expected: Expected) -> None:
    code, at, part = expected
    expect(refused(["begin", *parts, EMPTY], *DECLS), [(code, "/solve" + at, part)])


def test_a_result_without_the_brand_is_refused() -> None:
    found = refused(EMPTY, fn("main.f", "", "bytes@t", LIT))
    expect(found, [("E_BRAND_MISMATCH", "/decls/0/body", 'the result of "main.f"')])


def test_a_validator_is_reached() -> None:
    program = accepted(["begin", CAST, LIT], *DECLS)
    assert [function.name for function in program.functions] == ["main.ok"]
    [cast] = [node for node in nodes(body(program)) if isinstance(node, tree.Cast)]
    assert cast.validator is program.functions[0]
    assert (cast.ty, cast.copy) == (types.RESULT_BYTES.with_brand("t"), False)


SHAPES: Final = [
    {
        "kind": "defrecord",
        "name": "P",
        "fields": [{"name": "x", "ty": "i32"}, {"name": "y", "ty": "u32"}],
    },
    {
        "kind": "defenum",
        "name": "E",
        "variants": [{"name": "A"}, {"name": "B", "payload": "i32"}, {"name": "C"}],
    },
]
ARMS: Final = [["E.A", 1], ["E.B", "n", "n"], ["E.C", 3]]
VALUE: Final = ["let", "e", ["E.B", 7]]


def test_records_are_made_and_read() -> None:
    solve = ["begin", ["let", "p", ["P.make", 1, 2]], ["P.x", "p"], ["P.y", ["P.make", 3, 4]], "p"]
    found = list(nodes(body(accepted(solve, *SHAPES))))
    makes = [node for node in found if isinstance(node, tree.RecordMake)]
    reads = [node for node in found if isinstance(node, tree.RecordGet)]
    assert makes[0].ty == types.BYTES.with_brand("P")
    assert [(node.field_name, node.index, type(node.value)) for node in reads] == [
        ("x", 0, tree.Borrow),
        ("y", 1, tree.Temporary),
    ]


def test_a_match_is_exhaustive_and_typed() -> None:
    solve = ["begin", VALUE, ["codec.write_u32_le", ["match", "e", *ARMS]]]
    [match] = [n for n in nodes(body(accepted(solve, *SHAPES))) if isinstance(n, tree.Match)]
    assert match.ty == types.I32
    assert [(arm.variant_index, arm.variant_name, arm.at) for arm in match.arms] == [
        (0, "A", "/solve/2/1/2"),
        (1, "B", "/solve/2/1/3"),
        (2, "C", "/solve/2/1/4"),
    ]
    assert match.arms[1].bind is not None


def test_arms_are_branches() -> None:
    """What one arm moves is gone afterwards; each arm starts from the same state."""
    owned = ["let", "b", LIT]
    arms = [["E.A", "b"], ["E.B", "b"], ["E.C", ["begin", ["let", "n", 3], LIT]]]
    accepted(["begin", VALUE, owned, ["match", "e", *arms]], *SHAPES)
    found = refused(["begin", VALUE, owned, ["match", "e", *arms], "b"], *SHAPES)
    expect(found, [("X07-MOVE-0901", "/solve/4", 'use after move: "b"')])


WRONG: Final[list[tuple[Json, list[Expected]]]] = [
    (["P.make", 1], [("X07-TYPE-CALL-0002", "", "`P.make` takes 2 arguments, not 1")]),
    (["P.make", 1, LIT], [("X07-TYPE-CALL-0003", "/2", "field `y` of P must be i32")]),
    (["P.x", LIT], [("E_BRAND_MISMATCH", "/1", "must carry the brand `P`")]),
    (["P.z", LIT], [("X07-TYPE-CALL-0001", "/0", 'unsupported head: "P.z"')]),
    (["E.A", 1], [("X07-TYPE-CALL-0002", "", "takes no arguments")]),
    (["E.B", LIT], [("X07-TYPE-CALL-0003", "/1", "the payload of `E.B` must be i32")]),
    (["match", "e"], [("X07-ARITY-0000", "", "2 or more arguments")]),
    (["match", "e", *ARMS[:2]], [("X07-TYPE-MATCH-0002", "", "has no arm for E.C")]),
    (
        ["match", "e", *ARMS, ["E.A", 2]],
        [("X07-TYPE-MATCH-0002", "/5", "E.A has two arms (first: /solve/2/2)")],
    ),
    (["match", LIT, *ARMS], [("E_BRAND_MISMATCH", "/1", "must carry the brand `E`")]),
    (["match", 3, *ARMS], [("X07-TYPE-CALL-0003", "/1", "not i32")]),
    (
        ["match", "e", ["E.A", "n", 1], *ARMS[1:]],
        [("X07-TYPE-MATCH-0001", "/2/1", "the variant A has no payload to bind")],
    ),
    (["match", "e", ["P.x", 1]], [("X07-TYPE-MATCH-0001", "/2", "names no variant of an enum")]),
    (
        ["match", "e", *ARMS, ["P.x", 1]],
        [("X07-TYPE-MATCH-0001", "/5", "must name a variant of E")],
    ),
    (
        ["+", 1, ["match", "e", ["E.A", 1], ["E.B", LIT], ["E.C", 1]]],
        [("X07-TYPE-UNIFY-0001", "/2/3/1", "must have one type, not i32 and bytes")],
    ),
]


@pytest.mark.parametrize(("form", "expected"), WRONG, ids=lambda value: str(value)[:48])
def test_a_form_is_refused(form: Json, expected: list[Expected]) -> None:
    placed = [(code, "/solve/2" + at, part) for code, at, part in expected]
    expect(refused(["begin", VALUE, form, EMPTY], *SHAPES), placed)


def test_records_of_other_modules_need_no_export() -> None:
    solve = ["begin", ["let", "p", ["P.make", 1, 2]], "p"]
    accepted(solve, imports=["m"], modules={"m": SHAPES})


def test_a_name_belongs_to_one_module() -> None:
    found = refused(EMPTY, *SHAPES, imports=["m"], modules={"m": SHAPES})
    assert [each[:2] for each in found] == [
        ("X07-TYPE-DECL-0001", "/decls/0/name"),
        ("X07-TYPE-DECL-0001", "/decls/1/name"),
    ]
    assert 'declared by the modules "main" and "m"' in found[0][2]
