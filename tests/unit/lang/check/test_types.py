"""What fits where: operators, bindings, branches, loops, calls, results."""

import pytest

from tests.unit.lang.check.programs import (
    EMPTY,
    Expected,
    Json,
    accepted,
    body,
    checked,
    expect,
    fn,
    nodes,
    refused,
)
from x07bundle.lang import tree, types

LIT = ["bytes.lit", "x"]

FORMS: list[tuple[Json, list[Expected]]] = [
    # operators
    (["+", 1], [("X07-ARITY-BINOP-0001", "", "`+` takes 2 arguments, not 1")]),
    (["+", LIT, 1], [("X07-TYPE-CALL-0003", "/1", "left operand of `+` must be i32, not bytes")]),
    (["=", 1, "input"], [("X07-TYPE-CALL-0003", "/2", "must be i32, not bytes_view")]),
    (["<u", 1, 0], [("X07-TYPE-OP-0001", "", "`<u` with 0 is always false")]),
    ([">=u", 1, 0], [("X07-TYPE-OP-0001", "", "`>=u` with 0 is always true")]),
    (["&&", 1, LIT], [("X07-TYPE-CALL-0003", "/2", "right operand of `&&`")]),
    # names and bindings
    ("nothing", [("X07-TYPE-0001", "", 'unknown identifier: "nothing"')]),
    (["let", 3, 4], [("X07-ARITY-LET-0001", "/1", "needs the name of a variable")]),
    (["let", "x"], [("X07-ARITY-LET-0001", "", "`let` takes 2 arguments, not 1")]),
    (
        ["+", 1, ["let", "x", LIT]],
        [
            ("X07-TYPE-LET-0001", "/2", "used as a value, but its type bytes is owned"),
            ("X07-TYPE-CALL-0003", "/2", "must be i32, not bytes"),
        ],
    ),
    (
        ["begin", ["let", "x", 1], ["let", "x", 2]],
        [
            ("X07-TYPE-LET-0002", "/2/1", '"x" is bound twice in one scope'),
        ],
    ),
    (["set", "x", 1], [("X07-TYPE-SET-0001", "/1", 'set of unknown variable: "x"')]),
    (
        ["begin", ["let", "x", 1], ["set", "x", LIT]],
        [
            ("X07-TYPE-SET-0002", "/2/2", 'the value of "x" must be i32, not bytes'),
        ],
    ),
    (
        ["begin", ["let", "x", LIT], ["+", 1, ["set", "x", LIT]]],
        [
            ("X07-TYPE-SET-0002", "/2/2", "its type is owned"),
            ("X07-TYPE-CALL-0003", "/2/2", "must be i32"),
        ],
    ),
    # branches and loops
    (["if", LIT, 1, 2], [("X07-TYPE-IF-0001", "/1", "condition of `if` must be i32")]),
    (["if", 1, 2], [("X07-ARITY-IF-0001", "", "`if` takes 3 arguments, not 2")]),
    (
        ["+", 1, ["if", 1, 2, LIT]],
        [
            ("X07-TYPE-IF-0002", "/2/3", "must have one type, not i32 and bytes"),
        ],
    ),
    (["while", LIT, 0], [("X07-TYPE-WHILE-0001", "/1", "condition of `while`")]),
    (["while", 1], [("X07-ARITY-WHILE-0001", "", "2 arguments")]),
    (["for", "i", LIT, 3, 0], [("X07-TYPE-FOR-0001", "/2", "start of `for`")]),
    (["for", "i", 0, LIT, 0], [("X07-TYPE-FOR-0001", "/3", "end of `for`")]),
    (["for", 1, 0, 3, 0], [("X07-FOR-0001", "/1", "needs the name")]),
    (["for", "i", 0, 3], [("X07-ARITY-FOR-0001", "", "4 arguments")]),
    (
        ["begin", ["let", "i", LIT], ["for", "i", 0, 3, 0]],
        [
            ("X07-FOR-0001", "/2/1", 'must be i32, but "i" is bytes'),
        ],
    ),
    (["begin"], [("X07-ARITY-BEGIN-0001", "", "1 or more arguments")]),
    (["unsafe"], [("X07-ARITY-UNSAFE-0001", "", "1 or more")]),
    (["return"], [("X07-ARITY-RETURN-0001", "", "1 argument")]),
    # calls
    (["bytes.alloc"], [("X07-TYPE-CALL-0002", "", "`bytes.alloc` takes 1 argument, not 0")]),
    (["bytes.empty", 1], [("X07-TYPE-CALL-0002", "", "takes no arguments, not 1")]),
    (["bytes.alloc", LIT], [("X07-TYPE-CALL-0003", "/1", "must be i32, not bytes")]),
    (["bytes.len", 3], [("X07-TYPE-CALL-0003", "/1", "must be bytes_view, not i32")]),
    (["f64.add", 1, ["f64.of_i32", 2]], [("X07-TYPE-CALL-0003", "/1", "must be f64, not i32")]),
    (["nonsense", 1], [("X07-TYPE-CALL-0001", "/0", 'unsupported head: "nonsense"')]),
    (["bytes.lit", 3], [("X07-TYPE-CALL-0003", "/1", "takes text")]),
    # ways out
    (["return", 1], [("X07-TYPE-RET-0001", "/1", "must be bytes, not i32")]),
    (
        ["try", ["result_i32.ok", 1]],
        [
            ("X07-TYPE-TRY-0001", "", "needs a function that returns result_i32 or result_bytes"),
        ],
    ),
    (["try", 3], [("X07-TYPE-TRY-0001", "", "`try` cannot take i32")]),
    (["try_doc", 3], [("X07-TYPE-TRYDOC-0001", "", "takes bytes or bytes_view, not i32")]),
]


@pytest.mark.parametrize(("form", "expected"), FORMS, ids=lambda value: str(value)[:48])
def test_a_form_is_refused(form: Json, expected: list[Expected]) -> None:
    """The form is a statement of its own, so that nothing else can be wrong."""
    placed = [(code, "/solve/1" + at, part) for code, at, part in expected]
    expect(refused(["begin", form, EMPTY]), placed)


ACCEPTED = [
    ["begin", ["if", 1, LIT, 2], EMPTY],
    ["begin", ["while", 0, ["if", 1, LIT, 2]], EMPTY],
    ["if", 1, ["return", EMPTY], LIT],
    ["if", 1, ["return", EMPTY], ["return", LIT]],
    ["begin", ["return", EMPTY], 3],
    ["begin", ["let", "x", ["return", EMPTY]], ["+", "x", 1]],
    ["begin", ["let", "x", 1], ["begin", ["let", "x", LIT], 0], ["codec.write_u32_le", "x"]],
    ["begin", ["for", "i", 0, 3, 0], ["codec.write_u32_le", "i"]],
    ["begin", ["let", "i", 7], ["for", "i", 0, 3, 0], EMPTY],
    ["begin", ["let", "i", LIT], ["begin", ["for", "i", 0, 3, 0]], "i"],
    ["codec.write_u32_le", ["begin", ["let", "x", 2], ["set", "x", 3]]],
    ["codec.write_u32_le", ["begin", ["let", "x", 2], ["set0", "x", 3]]],
    ["begin", ["let", "v", ["vec_u8.with_capacity", 1]], ["bytes.len", "v"], EMPTY],
    ["codec.write_u32_le", ["bytes.len", ["vec_u8.with_capacity", 1]]],
    ["begin", ["&&", 1, ["return", EMPTY]], EMPTY],
    ["try_doc", "input"],
    ["begin", ["set", "input", ["view.slice", "input", 1, 2]], ["view.to_bytes", "input"]],
]


@pytest.mark.parametrize("solve", ACCEPTED, ids=str)
def test_a_program_is_accepted(solve: Json) -> None:
    accepted(solve)


def test_the_value_of_solve_is_bytes() -> None:
    expect(refused(3), [("X07-TYPE-RET-0001", "/solve", "must be bytes, not i32")])


def test_one_mistake_is_reported_once() -> None:
    """What follows from an error is silent, and the rest of the program is still checked."""
    solve = [
        "begin",
        ["let", "x", ["nonsense"]],
        ["+", "x", ["bytes.len", "x"]],
        ["let", "y", ["if", "x", "nothing", 3]],
        ["bytes.concat", "nothing", "y"],
        ["bytes.alloc", LIT],
    ]
    found = refused(solve)
    assert [each[:2] for each in found] == [
        ("X07-TYPE-CALL-0001", "/solve/1/2/0"),
        ("X07-TYPE-0001", "/solve/3/2/2"),
        ("X07-TYPE-CALL-0003", "/solve/5/1"),
    ]


@pytest.mark.parametrize(
    ("result", "value", "ty"),
    [
        ("result_i32", ["result_i32.ok", 1], types.I32),
        ("result_bytes", ["result_i32.ok", 1], types.I32),
        ("result_i32", ["result_bytes.ok", LIT], types.BYTES),
        ("result_i32", ["result_bytes_view.ok", "input"], types.VIEW),
        ("result_bytes_view", ["result_bytes_view.ok", "input"], types.VIEW),
    ],
)
def test_try_passes_errors_on(result: str, value: Json, ty: types.Type) -> None:
    end = {"result_i32": 1, "result_bytes": LIT, "result_bytes_view": "input"}[result]
    decl = fn("main.f", "", result, ["begin", ["let", "x", ["try", value]], [f"{result}.ok", end]])
    program = accepted(["begin", ["main.f"], EMPTY], decl)
    [found] = [node for node in nodes(body(program, "main.f")) if isinstance(node, tree.Try)]
    assert found.ty == ty


@pytest.mark.parametrize("result", ["f64", "ptr_const_u8", "result_result_bytes"])
def test_a_function_cannot_return(result: str) -> None:
    _, found = checked(EMPTY, fn("main.f", "", result, ["return", 1]))
    assert ("X07-TYPE-DECL-0002", "/decls/0/result") in [(d.code, d.at) for d in found]


def test_a_diagnostic_names_file_module_and_function() -> None:
    _, [found] = checked(EMPTY, fn("main.f", "", "i32", LIT))
    assert (found.file, found.module_id, found.function) == ("main.x07.json", "main", "main.f")
    assert found.compile_error().startswith('Typing: the result of "main.f" must be i32')


@pytest.mark.parametrize(
    ("name", "hint"),
    [("lenght", "did you mean `length`?"), ("zzz", None)],
)
def test_a_name_nearby_is_offered(name: str, hint: str | None) -> None:
    _, [found] = checked(["begin", ["let", "length", 3], ["bytes.alloc", name]])
    assert found.hint == hint


def test_a_head_nearby_is_offered() -> None:
    _, [found] = checked(["view.to_byte", "input"])
    assert found.hint == "did you mean `view.to_bytes`?"
