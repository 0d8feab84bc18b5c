"""Programs that are deep, wide or long: written by a loop, so no cases of `tests/cases`."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.program_build import Workshop
from tests.program_cases import Case, run_framed
from x07bundle.cli.entry import RECURSION

Json = Any
LEVELS = 200
SIZE = ["bytes.len", "input"]
"""Of an input of three bytes."""
ENUM = {"kind": "defenum", "name": "E", "variants": [{"name": "A", "payload": "i32"}]}


@pytest.fixture(autouse=True)
def _deep_recursion() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(RECURSION)
    yield
    sys.setrecursionlimit(before)


def nested(innermost: Json, around: Callable[[Json], Json], levels: int = LEVELS) -> Json:
    expr = innermost
    for _ in range(levels):
        expr = around(expr)
    return expr


def shown(expr: Json) -> Json:
    return ["fmt.u32_to_dec", expr]


def counted(loop: Json) -> Json:
    return ["begin", ["let", "n", 0], loop, shown("n")]


DEEP: dict[str, tuple[Json, str]] = {
    "right operands": (shown(nested(SIZE, lambda e: ["+", 1, e])), "203"),
    "left operands": (shown(nested(SIZE, lambda e: ["+", e, 1])), "203"),
    "begin": (nested(["bytes.lit", "x"], lambda e: ["begin", e]), "x"),
    "scopes": (nested(["bytes.lit", "x"], lambda e: ["begin", ["let", "b", SIZE], e]), "x"),
    "then": (nested(["bytes.lit", "x"], lambda e: ["if", SIZE, e, ["bytes.empty"]]), "x"),
    "else": (nested(["bytes.lit", "x"], lambda e: ["if", ["=", 9, SIZE], ["bytes.empty"], e]), "x"),
    "conditions": (shown(nested(SIZE, lambda e: ["if", e, 1, 2])), "1"),
    "while": (
        counted(nested(["set", "n", ["+", "n", 1]], lambda e: ["while", ["<", "n", 3], e])),
        "3",
    ),
    "for": (counted(nested(["set", "n", ["+", "n", 1]], lambda e: ["for", "i", 0, 1, e])), "1"),
    "&&": (shown(nested(SIZE, lambda e: ["&&", e, ["||", 0, SIZE]])), "1"),
    "calls": (shown(nested(SIZE, lambda e: ["main.f", e])), "203"),
    "owned arguments": (
        shown(
            ["bytes.len", nested(["bytes.lit", "x"], lambda e: ["bytes.concat", ["bytes1", 65], e])]
        ),
        "201",
    ),
    "returns": (nested(["bytes.lit", "x"], lambda e: ["return", e]), "x"),
    "views of a temporary": (
        ["view.to_bytes", nested(["bytes.lit", "xyz"], lambda e: ["view.slice", e, 0, 1])],
        "x",
    ),
    "arms": (
        nested(["bytes.lit", "x"], lambda e: ["match", ["E.A", 1], ["E.A", "n", e]], LEVELS // 2),
        "x",
    ),
    "sets": (
        counted(nested(1, lambda e: ["set", "n", ["+", "n", e]], LEVELS // 2)),
        "1",
    ),
}


PARAMETERS = 300
FIELDS = 300
OWNERS = 150
"""The optimizer of gcc takes a time that grows with the square of it."""
LETTERS = 3000


def numbered(prefix: str, count: int, **members: str) -> list[dict[str, str]]:
    return [{"name": f"{prefix}{index}", **members} for index in range(count)]


def function(params: list[dict[str, str]], result: str, body: Json, name: str = "f") -> Json:
    declared = {"kind": "defn", "name": f"main.{name}", "params": params, "result": result}
    return {**declared, "body": body}


WIDE: dict[str, tuple[Json, list[Json], str]] = {
    "parameters": (
        shown(["main.f", *range(PARAMETERS)]),
        [function(numbered("p", PARAMETERS, ty="i32"), "i32", ["+", "p150", "p299"])],
        "449",
    ),
    "owned parameters": (
        ["main.f", *[shown(index) for index in range(OWNERS)]],
        [function(numbered("p", OWNERS, ty="bytes"), "bytes", ["bytes.concat", "p7", "p149"])],
        "7149",
    ),
    "fields": (
        shown(["R.f299", ["R.make", *range(FIELDS)]]),
        [{"kind": "defrecord", "name": "R", "fields": numbered("f", FIELDS, ty="i32")}],
        "299",
    ),
    "variants": (
        shown(["match", ["E.V299"], *[[f"E.V{index}", index] for index in range(FIELDS)]]),
        [{"kind": "defenum", "name": "E", "variants": numbered("V", FIELDS)}],
        "299",
    ),
    "locals": (
        ["begin", *[["let", f"x{i}", shown(i)] for i in range(OWNERS)], "x77"],
        [],
        "77",
    ),
    "names": (
        ["begin", ["let", "x" * LETTERS, 5], shown(["main." + "y" * LETTERS, "x" * LETTERS])],
        [function([{"name": "a", "ty": "i32"}], "i32", "a", "y" * LETTERS)],
        "5",
    ),
    "text": (shown(["bytes.len", ["bytes.lit", '?/"\u00e9' * LETTERS]]), [], "15000"),
}


def check(workshop: Workshop, name: str, solve: Json, decls: list[Json], output: str) -> None:
    facts = {"name": name, "schema": "0.9.0", "solve": json.dumps(solve)}
    compiled = Case("large.toml", {**facts, "decls": json.dumps(decls)}).compile()
    assert compiled.c_source is not None, compiled.diagnostics
    executable = workshop.build(re.sub(r"\W", "_", name), compiled.c_source)
    ran = run_framed(executable, b"abc")
    assert ran.exit_code == 0, ran.stderr
    assert ran.output == output.encode()
    assert ran.metrics["mem_stats"]["live_bytes"] == 0


@pytest.mark.parametrize("form", DEEP)
def test_forms_nest_200_levels(workshop: Workshop, form: str) -> None:
    solve, output = DEEP[form]
    decls = [function([{"name": "a", "ty": "i32"}], "i32", ["+", "a", 1]), ENUM]
    check(workshop, f"deep {form}", solve, decls, output)


@pytest.mark.parametrize("what", WIDE)
def test_there_may_be_many(workshop: Workshop, what: str) -> None:
    solve, decls, output = WIDE[what]
    check(workshop, f"wide {what}", solve, decls, output)


def test_what_nests_too_deeply_is_refused() -> None:
    solve = json.dumps(nested(SIZE, lambda e: ["+", 1, e], 300))
    [found] = Case("large.toml", {"name": "deep", "solve": solve}).compile().diagnostics
    assert found.code == "X07-X07AST-PARSE-0001"
    assert "nested too deeply" in found.message
