"""Traps, fuel, and contracts: what stderr says, line by line."""

import json
from typing import Any

import pytest

from tests.unit.runtime.c_program import TRAPPED, CProgram, Programs, Word

REPORT, CLAUSE, FUEL, PATH, PLAIN = range(5)


def _stderr(program: CProgram, *request: Word) -> list[str]:
    ran = program.run(request)
    assert ran.status == TRAPPED
    return ran.stderr.splitlines()


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ((PLAIN,), ["bad"]),
        (
            (PATH,),
            ["  in main.solve", "os.fs.read_file open failed path=out/a b ptr=/solve"],
        ),
        ((FUEL, 11), ["  in main.solve at /solve", "fuel exhausted"]),
        ((CLAUSE, 50001, 1), ["  in main.solve at /solve", "X07T_BUDGET_EXCEEDED_FUEL"]),
        (
            (CLAUSE, 0, (1 << 20) + 1),
            ["  in main.solve", "X07T_BUDGET_EXCEEDED_ALLOC_BYTES ptr=/solve"],
        ),
    ],
)
def test_lines(c_program: Programs, words: tuple[Word, ...], lines: list[str]) -> None:
    assert _stderr(c_program("contract"), *words) == lines


def test_fuel_to_the_last_unit(c_program: Programs) -> None:
    assert c_program("contract").answers((FUEL, 10)) == []


def test_a_clause_has_fuel_and_memory_of_its_own(c_program: Programs) -> None:
    assert c_program("contract").answers((CLAUSE, 50000, 1 << 20)) == [10]


def _buffer(ty: str, data: bytes, **more: int) -> dict[str, Any]:
    shown = {"len": len(data), "hex": data[:256].hex(), "truncated": int(len(data) > 256)}
    return {"ty": ty, **more, **shown}


WITNESSES = [
    {"ty": "i32", "value_i32": -5},
    _buffer("bytes", b"ab"),
    _buffer("bytes_view", b"\xab\xcd" + bytes(298)),
    _buffer("vec_u8", b""),
    {"ty": "option_i32", "tag": 1, "value_i32": 7},
    {"ty": "option_i32", "tag": 0},
    _buffer("option_bytes", b"", tag=1),
    {"ty": "option_bytes", "tag": 0},
    _buffer("option_bytes_view", b"c", tag=1),
    {"ty": "option_bytes_view", "tag": 0},
    {"ty": "result_i32", "tag": 1, "value_i32": 8},
    {"ty": "result_i32", "tag": 0, "err_i32": 9},
    _buffer("result_bytes", b"", tag=1),
    {"ty": "result_bytes", "tag": 0, "err_i32": 3},
    _buffer("result_bytes_view", b"d", tag=1),
    {"ty": "result_bytes_view", "tag": 0, "err_i32": 4},
]


def test_report_of_a_violation(c_program: Programs) -> None:
    report, *lines = _stderr(c_program("contract"), REPORT)
    assert lines == ["  in main.f", "contract violation ptr=/decls/0/requires/2"]
    name, _, text = report.partition(" ")
    assert name == "X07T_CONTRACT_V1"
    assert list(json.loads(text).items()) == [
        ("contract_kind", "requires"),
        ("fn", "main.f"),
        ("clause_id", 'positive "x"\n'),
        ("clause_index", 2),
        ("clause_ptr", "/decls/0/requires/2"),
        ("witness", WITNESSES),
    ]
