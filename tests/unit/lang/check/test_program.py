"""Modules together: who may call whom, what is reached, what is reported where."""

from typing import Final

import pytest

from tests.unit.lang.check.programs import (
    EMPTY,
    SCHEMA,
    Json,
    Table,
    accepted,
    checked,
    expect,
    export,
    fn,
    refused,
)
from tests.unit.lang.documents import entry, module, source
from x07bundle.lang import check
from x07bundle.lang.load import load
from x07bundle.lang.options import Options
from x07bundle.lang.resolve import resolve

LIT: Final = ["bytes.lit", "x"]
M: Final = [fn("m.f", "", "bytes", LIT), fn("m.hidden", "", "bytes", LIT), export("m.f")]


def test_functions_are_sorted_and_only_those_that_solve_reaches() -> None:
    decls = [
        fn("main.z", "", "bytes", ["main.a"]),
        fn("main.a", "", "bytes", ["m.f"]),
        fn("main.unused", "", "bytes", ["main.z"]),
    ]
    program = accepted(["main.z"], *decls, imports=["m"], modules={"m": M})
    assert [each.name for each in program.functions] == ["m.f", "main.a", "main.z"]
    assert [each.module_id for each in program.functions] == ["m", "main", "main"]
    assert program.solve.name == "main.solve"


def test_functions_may_call_each_other_in_circles() -> None:
    decls = [
        fn("main.even", "n i32", "i32", ["if", "n", ["main.odd", ["-", "n", 1]], 1]),
        fn("main.odd", "n i32", "i32", ["if", "n", ["main.even", ["-", "n", 1]], 0]),
    ]
    program = accepted(["codec.write_u32_le", ["main.even", 4]], *decls)
    assert len(program.functions) == 2


def test_a_function_of_the_user_is_checked_though_nobody_calls_it() -> None:
    found = refused(EMPTY, imports=["m"], modules={"m": [fn("m.f", "", "bytes", 3)]})
    expect(found, [("X07-TYPE-RET-0001", "/decls/0/body", 'the result of "m.f"')])


def test_a_std_function_is_checked_when_it_is_reached() -> None:
    decls = [fn("s.good", "", "bytes", LIT), fn("s.bad", "", "bytes", 3), export("s.good", "s.bad")]
    how: Json = {"imports": ["s"], "modules": {"s": decls}, "builtin": ["s"]}
    accepted(["s.good"], **how)
    assert [each[:2] for each in refused(["s.bad"], **how)] == [
        ("X07-TYPE-RET-0001", "/decls/1/body")
    ]


def test_a_call_needs_an_import_and_an_export() -> None:
    modules = {"m": M, "n": [fn("n.g", "", "bytes", ["m.hidden"])]}
    found = refused(["m.hidden"], imports=["m", "n"], modules=modules)
    expect(
        found,
        [
            ("X07-IMPORT-0004", "/solve", 'function "m.hidden" is not exported by module "m"'),
            ("X07-IMPORT-0002", "/decls/0/body", 'requires (import m) in module "n"'),
            ("X07-IMPORT-0004", "/decls/0/body", "is not exported"),
        ],
    )


@pytest.mark.parametrize(
    ("head", "hint", "has_fix"),
    [
        ("std.text.trim", 'call to "std.text.trim" requires (import std.text) in module "main"', 1),
        ("lib.trim", 'call to "lib.trim" requires (import lib) in module "main"', 0),
        ("bytes.lenn", "did you mean `bytes.len`?", 0),
        ("main.ff", "did you mean `main.f`?", 0),
        ("whileee", "did you mean `while`?", 0),
    ],
)
def test_an_unknown_head_is_explained(head: str, hint: str, has_fix: int) -> None:
    _, [found] = checked(["begin", [head], EMPTY], fn("main.f", "", "bytes", LIT))
    assert (found.code, found.hint) == ("X07-TYPE-CALL-0001", hint)
    assert (found.fix is not None) == bool(has_fix)


def test_an_extern_of_another_module_is_as_visible_as_a_function() -> None:
    extern = {"kind": "extern", "abi": "C", "name": "m.put", "params": [], "result": "i32"}
    solve = ["begin", ["unsafe", ["m.put"]], EMPTY]
    accepted(solve, imports=["m"], modules={"m": [extern, export("m.put")]})
    assert [each[:2] for each in refused(solve, imports=["m"], modules={"m": [extern]})] == [
        ("X07-IMPORT-0004", "/solve/1/1")
    ]


def test_externs_and_backends_are_those_of_reached_functions() -> None:
    extern = {"kind": "extern", "abi": "C", "name": "main.c", "params": [], "result": "i32"}
    unused = fn("main.f", "", "i32", ["unsafe", ["main.c"]])
    assert accepted(EMPTY, extern, unused).externs == []
    program = accepted(["codec.write_u32_le", ["main.f"]], extern, unused)
    assert [each.name for each in program.externs] == ["main.c"]


def test_a_module_without_solve_is_checked_and_gives_no_program() -> None:
    decls = [fn("m.f", "", "bytes", LIT), fn("m.g", "", "bytes", 3)]
    loaded, _ = load(source(module(module_id="m", decls=decls, schema_version=SCHEMA)))
    assert loaded is not None
    resolved = resolve(loaded, Table({}))
    program, found = check.check(resolved, loaded, Options())
    assert program is None
    assert [(each.code, each.function) for each in found] == [("X07-TYPE-RET-0001", "m.g")]


def test_a_module_that_is_not_there_is_not_reported_again() -> None:
    """`resolve` has said it; what else is wrong is still found."""
    solve = ["begin", ["gone.f"], ["bytes.alloc", LIT], EMPTY]
    loaded, _ = load(source(entry(solve=solve, imports=["gone"]), "main.x07.json"))
    assert loaded is not None
    resolved = resolve(loaded, Table({}))
    assert [each.at for each in resolved.diagnostics] == ["/imports/0"]
    program, found = check.check(resolved, loaded, Options())
    assert program is None
    assert [(each.code, each.at) for each in found] == [("X07-TYPE-CALL-0003", "/solve/2/1")]


def test_the_locals_of_a_function_are_limited() -> None:
    lets = [["let", f"v{n}", n] for n in range(5)]
    accepted(["begin", *lets, EMPTY], options=Options(max_locals=5))
    program, [found] = checked(["begin", *lets, EMPTY], options=Options(max_locals=4))
    assert program is None
    assert (found.kind, found.at) == ("Budget", "/solve")
    assert "max_locals=4 got 5" in found.message


def test_input_is_known_to_the_functions_that_use_it() -> None:
    uses = fn("main.f", "", "i32", ["bytes.len", "input"])
    program = accepted(["codec.write_u32_le", ["main.f"]], uses)
    assert program.solve.input is None
    assert program.functions[0].input is not None
