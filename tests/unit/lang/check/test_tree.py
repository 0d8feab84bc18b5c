"""The typed tree: what the check pass makes explicit for the passes after it."""

from typing import Final

from tests.unit.lang.check.programs import EMPTY, Json, accepted, body, fn, nodes
from x07bundle.lang import tree, types

LIT: Final = ["bytes.lit", "x"]
LOOP_AND_SET: Final = ["begin", ["for", "i", 0, 3, 0], ["for", "i", 0, 3, ["set", "i", 5]], EMPTY]


def kinds(solve: Json, *decls: Json) -> list[type[tree.Node]]:
    return [type(node) for node in nodes(body(accepted(solve, *decls)))]


def test_a_bare_branch_is_a_block_that_nobody_wrote() -> None:
    root = body(accepted(["if", 1, LIT, ["begin", LIT]]))
    [choice] = root.body
    assert isinstance(choice, tree.If)
    assert (root.written, choice.then.written, choice.other.written) == (False, False, True)
    assert (choice.then.at, choice.other.at) == ("/solve/2", "/solve/3")


def test_set0_is_a_set_and_a_zero() -> None:
    solve = ["begin", ["let", "x", 1], ["codec.write_u32_le", ["set0", "x", 2]]]
    assert kinds(solve) == [
        tree.Block,
        *(tree.Let, tree.Integer),
        *(tree.CallPrimitive, tree.Block, tree.Set, tree.Integer, tree.Integer),
    ]


def test_a_loop_variable_is_bound_once() -> None:
    loops = [node for node in nodes(body(accepted(LOOP_AND_SET))) if isinstance(node, tree.For)]
    assert [loop.binds for loop in loops] == [True, False]
    assert loops[0].variable is loops[1].variable
    assert loops[0].variable.assigned


def test_only_what_is_written_again_counts_as_assigned() -> None:
    solve = ["begin", ["let", "x", 1], ["let", "y", 1], ["set", "y", "x"], EMPTY]
    lets = [node.variable for node in nodes(body(accepted(solve))) if isinstance(node, tree.Let)]
    assert [(each.name, each.assigned) for each in lets] == [("x", False), ("y", True)]


def test_nothing_follows_what_never_comes_back() -> None:
    root = body(accepted(["begin", ["return", EMPTY], ["bytes.alloc", 3], LIT]))
    assert [type(node) for node in root.body] == [tree.Return]
    assert root.ty is types.NEVER


def test_literals_are_bytes() -> None:
    solve = ["begin", ["bytes.len", ["bytes.view_lit", "é"]], ["bytes.lit", "\U0001f600"]]
    found = [node for node in nodes(body(accepted(solve))) if isinstance(node, tree.Literal_)]
    assert [(node.ty, node.data) for node in found] == [
        (types.VIEW, b"\xc3\xa9"),
        (types.BYTES, b"\xf0\x9f\x98\x80"),
    ]


def test_u32_is_carried_as_i32() -> None:
    decl = fn("main.f", "n u32", "u32", ["+", "n", 1])
    program = accepted(["codec.write_u32_le", ["main.f", 3]], decl)
    [function] = program.functions
    assert (function.params[0].ty, function.result) == (types.I32, types.I32)


def test_structured_types_are_those_with_names() -> None:
    decl = {**fn("main.f", "", "i32", ["option_bytes.some", LIT]), "result": ["option", "bytes"]}
    program = accepted(["option_bytes.unwrap_or", ["main.f"], LIT], decl)
    assert program.functions[0].result == types.OPTION_BYTES


def test_a_function_counts_its_locals() -> None:
    """Loop variables and payloads too; a loop that is checked again counts once."""
    carried = ["while", "i", ["begin", ["let", "k", 1], ["set", "v", ["bytes.view", "b"]]]]
    solve = [
        "begin",
        ["let", "b", LIT],
        ["let", "v", ["bytes.view_lit", ""]],
        ["for", "i", 0, 3, 0],
        carried,
        EMPTY,
    ]
    assert accepted(solve).solve.locals_count == 4
