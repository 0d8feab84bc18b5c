"""The reference interpreter, held to contract/language.md by hand-worked expressions."""

import pytest

from tests.fuzz.interpreter import Interpreter
from tests.fuzz.program import Node, Outcome
from tests.fuzz.values import ContractViolation, IllTyped, Unspecified

LET_AB = ["let", "b", ["bytes.lit", "ab"]]


def run(solve: Node, *decls: Node, given: bytes = b"") -> Outcome:
    entry = {"module_id": "main", "imports": [], "decls": list(decls), "solve": solve}
    return Interpreter(entry).run(given)


def defn(name: str, params: Node, result: str, body: Node, **more: Node) -> dict[str, Node]:
    named = [{"name": name, "ty": ty} for name, ty in params]
    return {"kind": "defn", "name": name, "params": named, "result": result, "body": body, **more}


def number(expression: Node, *decls: Node) -> int:
    return int(run(["fmt.s32_to_dec", expression], *decls).output)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (["+", 2147483647, 1], -2147483648),
        (["*", 65536, 65536], 0),
        (["/", -1, 2], 2147483647),
        (["/", 7, 0], 0),
        (["%", 7, 0], 7),
        (["%", -1, 10], 5),
        (["<<u", 1, 33], 2),
        ([">>u", -1, 31], 1),
        (["<", -1, 0], 1),
        (["<u", -1, 0], 0),
        ([">=", -2, -1], 0),
        (["&&", 7, 9], 1),
        (["||", 0, 9], 1),
        (["&&", 0, ["parse.u32_dec", ["bytes.lit", "x"]]], 0),
        (["if", 0, 1, 2], 2),
        (["begin", ["let", "x", 3], ["+", "x", ["set", "x", 5]]], 8),
        (["begin", ["let", "x", 3], ["set0", "x", 9]], 0),
        (["begin", ["let", "x", 3], ["begin", ["let", "x", ["+", "x", 1]]], "x"], 3),
        (["begin", ["let", "s", 0], ["for", "i", 2, 5, ["set", "s", ["+", "s", "i"]]], "s"], 9),
        (["begin", ["for", "i", 2, 5, 0], "i"], 5),
        (["begin", ["let", "i", 7], ["for", "i", -1, 5, 0], "i"], -1),
        (["begin", ["let", "i", 3], ["while", "i", ["set", "i", ["-", "i", 1]]], "i"], 0),
        (["bytes.cmp_range", ["bytes.lit", "abc"], 1, 1, ["bytes.lit", "c"], 0, 1], -1),
        (["codec.read_u32_le", ["codec.write_u32_le", -5], 0], -5),
        (["prng.lcg_next_u32", 1], 1103527590),
        (["f64.to_i32_trunc", ["f64.div", ["f64.of_i32", -7], ["f64.of_i32", 2]]], -3),
        (["option_i32.unwrap_or", ["option_i32.none"], 4], 4),
        (["result_i32.err_code", ["result_i32.ok", 4]], 0),
        (["result_bytes.err_code", ["result_bytes.err", 9]], 9),
    ],
)
def test_value_of_expression(expression: Node, expected: int) -> None:
    assert number(expression) == expected


@pytest.mark.parametrize(
    ("solve", "expected"),
    [
        (["view.to_bytes", "input"], b"in"),
        (["begin", LET_AB, ["bytes.concat", "b", ["view.to_bytes", ["bytes.view", "b"]]]], b"ab"),
        (["begin", LET_AB, ["set", "b", ["bytes.set_u8", "b", 0, 0x141]], "b"], b"Ab"),
        (["begin", LET_AB, ["bytes.slice", "b", 1, 1]], b"b"),
        (["bytes.copy", ["bytes.lit", "x"], ["bytes.alloc", 3]], b"x\0\0"),
        (["begin", LET_AB, ["if", ["bytes.len", "b"], "b", ["bytes.empty"]]], b"ab"),
        (["bytes.concat", ["bytes.lit", "p"], ["begin", ["return", ["bytes1", 65]]]], b"A"),
        (["try_doc", ["bytes.lit", "\x01rest"]], b"rest"),
        (["bytes.concat", ["bytes.lit", "p"], ["try_doc", ["bytes.lit", "\0e"]]], b"\0e"),
        (["vec_u8.into_bytes", ["vec_u8.push", ["vec_u8.with_capacity", 0], 66]], b"B"),
        (["begin", ["let", "r", ["io.open_read_bytes", "input"]], ["io.read", "r", 1]], b"i"),
    ],
)
def test_output_of_program(solve: Node, expected: bytes) -> None:
    assert run(solve, given=b"in").output == expected


def test_moved_variable_reads_as_empty_from_the_second_round_on() -> None:
    fill = ["set", "out", ["bytes.concat", "out", "b"]]
    solve = ["begin", LET_AB, ["let", "out", ["bytes.lit", "-"]], ["for", "i", 0, 3, fill], "out"]
    assert run(solve).output == b"-ab"


def test_argument_is_borrowed_for_a_view_and_moved_for_bytes() -> None:
    twice = defn(
        "main.twice",
        [("v", "bytes_view")],
        "bytes",
        ["bytes.concat", ["view.to_bytes", "v"], ["view.to_bytes", "v"]],
    )
    solve = ["begin", LET_AB, ["bytes.concat", ["main.twice", "b"], "b"]]
    assert run(solve, twice).output == b"ababab"


def test_try_carries_the_error_code_into_another_result_type() -> None:
    inner = defn("main.inner", [], "result_i32", ["result_i32.err", 77])
    outer = defn(
        "main.outer", [], "result_bytes", ["result_bytes.ok", ["bytes1", ["try", ["main.inner"]]]]
    )
    assert number(["result_bytes.err_code", ["main.outer"]], inner, outer) == 77


def test_records_and_enums() -> None:
    point = {
        "kind": "defrecord",
        "name": "P",
        "fields": [{"name": "x", "ty": "i32"}, {"name": "y", "ty": "u32"}],
    }
    shape = {
        "kind": "defenum",
        "name": "S",
        "variants": [{"name": "A"}, {"name": "B", "payload": "i32"}],
    }
    value = ["P.make", 3, ["match", ["S.B", 4], ["S.A", 0], ["S.B", "n", ["+", "n", 1]]]]
    assert run(value, point, shape).output == bytes([3, 0, 0, 0, 5, 0, 0, 0])
    assert number(["P.y", value], point, shape) == 5


@pytest.mark.parametrize(
    ("expression", "message", "at"),
    [
        (["bytes.get_u8", "input", 0], "view.get_u8 oob", "/solve/1"),
        (["begin", 1, ["view.len", ["view.slice", "input", 1, -1]]], "view.slice oob", "/1/2/1"),
        (["parse.u32_dec", ["bytes.lit", "4294967296"]], "parse.u32_dec overflow", "/solve/1"),
        (["parse.u32_dec", ["bytes.lit", ""]], "parse.u32_dec empty", "/solve/1"),
        (["map_u32.new", 3], None, "/solve/1"),
    ],
)
def test_trap_names_its_place(expression: Node, message: str | None, at: str) -> None:
    trap = run(["fmt.s32_to_dec", expression]).trap
    assert trap is not None
    assert (trap.message, trap.function) == (message, "main.solve")
    assert trap.at.endswith(at)


def test_trap_in_a_callee_names_the_callee() -> None:
    first = defn("main.first", [("v", "bytes_view")], "i32", ["view.get_u8", "v", 0])
    trap = run(["bytes1", ["main.first", "input"]], first).trap
    assert trap is not None
    assert (trap.function, trap.at) == ("main.first", "/decls/0/body")


def test_exit_code_outside_a_byte_is_255() -> None:
    solve = ["begin", ["process.set_exit_code_v1", -1], ["bytes.empty"]]
    assert run(solve).exit_code == 255


@pytest.mark.parametrize("early", [False, True])
def test_ensures_sees_the_result_on_every_exit(early: bool) -> None:
    body = ["begin", ["return", "n"], 1] if early else "n"
    clause = {"id": "small", "expr": ["<", "__result", 9], "witness": ["__result"]}
    bounded = defn("main.f", [("n", "i32")], "i32", body, ensures=[clause])
    assert number(["main.f", 8], bounded) == 8
    trap = run(["bytes1", ["main.f", 9]], bounded).trap
    assert isinstance(trap, ContractViolation)
    assert trap.facts == {
        "contract_kind": "ensures",
        "fn": "main.f",
        "clause_id": "small",
        "clause_index": 0,
        "clause_ptr": "/decls/0/ensures/0",
        "witness": [{"ty": "i32", "value_i32": 9}],
    }


def test_what_the_contract_leaves_open_is_refused() -> None:
    with pytest.raises(Unspecified):
        run(["begin", ["while", 1, 0], ["bytes.empty"]])
    with pytest.raises(Unspecified):
        run(["bytes.alloc", -1])
    with pytest.raises(IllTyped):
        run(["bytes.len", "nowhere"])
