"""Programs that do the same with each of many texts, in one run."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.program_build import UNOPTIMIZED, Workshop
from tests.program_cases import run_framed
from tests.unit.packages.values import text
from tests.unit.std import calls
from x07bundle.lang.compiler import compile_entry
from x07bundle.lang.modules import ModuleProblem, SourceFile
from x07bundle.lang.options import Options

Json = Any


class Models:
    """The modules of the program, but for its entry."""

    def find(self, module_id: str) -> SourceFile | ModuleProblem:
        return calls.find(module_id) or ModuleProblem(f"unknown module: `{module_id}`")


def build(workshop: Workshop, name: str, imports: list[str], statements: list[Json]) -> Path:
    """`statements` see each text as the view `text`, and append to the vector `out`."""
    compiled = compile_entry(_entry(imports, statements), Models(), Options())
    assert compiled.c_source is not None, [each.compile_error() for each in compiled.diagnostics]
    return workshop.build(name, compiled.c_source, UNOPTIMIZED)


def _entry(imports: list[str], statements: list[Json]) -> SourceFile:
    size = ["codec.read_u32_le", "input", "at"]
    each = [
        "begin",
        ["let", "text", ["view.slice", "input", ["+", "at", 4], size]],
        *statements,
        ["set", "at", ["+", "at", ["+", 4, size]]],
    ]
    begin = [["let", "out", ["vec_u8.with_capacity", 4096]], ["let", "at", 0]]
    loop = ["while", ["<u", "at", ["view.len", "input"]], each]
    document = {
        "schema_version": "x07.x07ast@0.8.0",
        "kind": "entry",
        "module_id": "main",
        "imports": imports,
        "decls": [],
        "solve": ["begin", *begin, loop, ["vec_u8.into_bytes", "out"]],
    }
    return SourceFile("main.x07.json", json.dumps(document).encode())


def framed(result: Json) -> Json:
    """Appends a result_bytes as a frame; that of a failed one is empty."""
    value = ["result_bytes.unwrap_or", result, ["bytes.empty"]]
    return ["begin", ["let", "data", value], *appended("data")]


def appended(name: str) -> list[Json]:
    """Appends bytes as a frame."""
    size = ["codec.write_u32_le", ["bytes.len", name]]
    return [["set", "out", ["vec_u8.extend_bytes", "out", each]] for each in (size, name)]


def frames(executable: Path, texts: list[bytes]) -> Iterator[bytes]:
    """What the program appended; it did not trap, and gave back all memory."""
    ran = run_framed(executable, b"".join(map(text, texts)))
    assert (ran.exit_code, ran.output is None) == (0, False), ran
    assert ran.metrics["mem_stats"]["live_allocs"] == 0
    return calls.frames(ran.output or b"")
