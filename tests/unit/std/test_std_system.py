"""std.io.bufread, whose calls hand a reader on; and the modules of OS worlds."""

import json
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.program_build import Workshop
from tests.program_cases import Ran, run_framed
from x07bundle import std
from x07bundle.lang.compiler import compile_entry
from x07bundle.lang.modules import ModuleProblem, SourceFile
from x07bundle.lang.options import Options

Expression = Any
"""An expression as it stands in a file."""

CLOCKS = ("std.os.time", "std.world.time")


@dataclass(frozen=True)
class StdModules:
    world: str = "run-os"

    def find(self, module_id: str) -> SourceFile | ModuleProblem:
        return std.find(module_id, self.world) or ModuleProblem(f"unknown module: `{module_id}`")


def run(
    workshop: Workshop, name: str, imports: list[str], *body: Expression, given: bytes = b""
) -> Ran:
    entry = {
        "schema_version": "x07.x07ast@0.8.0",
        "kind": "entry",
        "module_id": "main",
        "imports": imports,
        "decls": [],
        "solve": ["begin", *body],
    }
    source = SourceFile("main.x07.json", json.dumps(entry).encode())
    compiled = compile_entry(source, StdModules(), Options())
    assert compiled.c_source is not None, [each.compile_error() for each in compiled.diagnostics]
    return run_framed(workshop.build(f"std_{name}", compiled.c_source), given)


def test_buffered_reader_gives_the_input_in_pieces(workshop: Workshop) -> None:
    take = [
        "begin",
        ["let", "chunk", ["std.io.bufread.fill", "reader"]],
        ["set", "more", ["view.len", "chunk"]],
        ["set", "out", ["vec_u8.extend_bytes", "out", "chunk"]],
        ["set", "out", ["vec_u8.push", "out", ord("|")]],
        ["std.io.bufread.consume", "reader", "more"],
    ]
    ran = run(
        workshop,
        "bufread",
        ["std.io.bufread"],
        ["let", "reader", ["std.io.bufread.new", ["io.open_read_bytes", "input"], 4]],
        ["let", "out", ["vec_u8.with_capacity", 0]],
        ["let", "more", 1],
        ["while", "more", take],
        ["vec_u8.into_bytes", "out"],
        given=b"0123456789",
    )
    assert ran.output == b"0123|4567|89||"


def test_file_written_is_the_file_read(workshop: Workshop, tmp_path: Path) -> None:
    for module in ("std.os.fs", "std.world.fs"):
        path = (tmp_path / module).as_posix()
        ran = run(
            workshop,
            module.replace(".", "_"),
            [module],
            ["let", "data", ["view.to_bytes", "input"]],
            ["let", "path", ["bytes.lit", path]],
            ["let", "code", [f"{module}.write_file", "path", "data"]],
            [
                "bytes.concat",
                ["codec.write_u32_le", "code"],
                [f"{module}.read_file", ["bytes.lit", path]],
            ],
            given=b"\0data",
        )
        assert ran.output == b"\0\0\0\0\0data", ran
        assert (tmp_path / module).read_bytes() == b"\0data"


def test_file_that_cannot_be_written_gives_a_code(workshop: Workshop, tmp_path: Path) -> None:
    path = (tmp_path / "no" / "such").as_posix()
    write = ["std.os.fs.write_file", ["bytes.lit", path], ["bytes.empty"]]
    ran = run(workshop, "no_folder", ["std.os.fs"], ["bytes1", ["!=", write, 0]])
    assert ran.output == b"\1", ran


def test_environment_variable_that_is_not_set_is_empty(workshop: Workshop) -> None:
    for module in ("std.os.env", "std.world.env"):
        get = [f"{module}.get", ["bytes.lit", "X07_TEST_NOT_SET"]]
        path = ["bytes.len", [f"{module}.get", ["bytes.lit", "PATH"]]]
        ran = run(
            workshop,
            module.replace(".", "_"),
            [module],
            ["bytes.concat", get, ["bytes1", ["!=", path, 0]]],
        )
        assert ran.output == b"\1", ran


def test_clock_tells_the_time_of_this_machine(workshop: Workshop) -> None:
    both = [["codec.write_u32_le", [f"{name}.now_unix_ms"]] for name in CLOCKS]
    before = time.time_ns() // 1_000_000
    ran = run(workshop, "clock", list(CLOCKS), ["bytes.concat", *both])
    after = time.time_ns() // 1_000_000
    assert ran.output is not None, ran
    for told in struct.unpack("<II", ran.output):
        assert (told - before) % 2**32 <= after - before


def test_exit_ends_the_process_at_once(workshop: Workshop) -> None:
    for module in ("std.os.process", "std.world.process"):
        ran = run(
            workshop,
            module.replace(".", "_"),
            [module],
            [f"{module}.exit", 7],
            ["bytes.lit", "never"],
        )
        assert (ran.exit_code, ran.output) == (7, None), ran
