"""Builds one program that makes many calls of functions, and reads what came back.

The functions are those of std modules, and of the packages that come with the tool.

A `Call` is a function, its arguments as Python values (int, bytes), and what it must return. The
arguments travel in the program's input, so they may be any bytes; their types come from the
module's own signatures. The first four bytes of the input choose one call, or all of them.
"""

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from x07bundle import packages, std
from x07bundle.lang.modules import ModuleProblem, SourceFile

ALL: Final = 0xFFFFFFFF
BRAND_OF_VIEW: Final = "std.brand.assume_bytes_v1"

Json = Any


@dataclass(frozen=True)
class Ok:
    """An ok result; the payload of `result_i32` as u32."""

    value: int | bytes


@dataclass(frozen=True)
class Err:
    code: int


@dataclass(frozen=True)
class Some:
    """A value that is there; none is None."""

    value: bytes


@dataclass(frozen=True)
class Trap:
    """Instead of a value: the message that the program stops with begins so."""

    message: str


Value = int | bytes | Ok | Err | Some | Trap | None
Argument = int | bytes | Ok | Err
"""An `Ok` or `Err` is an argument of type result_i32."""


@dataclass(frozen=True)
class Call:
    function: str
    args: tuple[Argument, ...]
    expected: Value

    @property
    def module_id(self) -> str:
        return self.function.rpartition(".")[0]

    def __str__(self) -> str:
        return f"{self.function}{self.args!r}"


@dataclass(frozen=True)
class Program:
    """A program that makes `calls`: its files, and the bytes that hold their arguments."""

    calls: tuple[Call, ...]
    entry: SourceFile
    cases: SourceFile
    arguments: bytes

    def input(self, chosen: int = ALL) -> bytes:
        return struct.pack("<I", chosen) + self.arguments

    def find(self, module_id: str) -> SourceFile | ModuleProblem:
        if module_id == "cases":
            return self.cases
        found = find(module_id)
        return found or ModuleProblem(f"unknown module: `{module_id}`")

    def results(self, output: bytes) -> list[Value]:
        """What each call returned, read from the output of a run of all calls."""
        read = frames(output)
        return [_decoded(signature(each.function)["result"], next(read)) for each in self.calls]


def program(calls: Sequence[Call]) -> Program:
    arguments = bytearray()
    functions = [
        _function(f"cases.call_{index}", "bytes", _case(each, arguments))
        for index, each in enumerate(calls)
    ]
    exports = {"kind": "export", "names": ["cases.run"]}
    document = {
        "schema_version": "x07.x07ast@0.8.0",
        "kind": "module",
        "module_id": "cases",
        "imports": sorted({each.module_id for each in calls}),
        "decls": [exports, *functions, *_runners(len(calls))],
    }
    entry = {
        **document,
        "kind": "entry",
        "module_id": "main",
        "imports": ["cases"],
        "decls": [],
        "solve": ["cases.run"],
    }
    return Program(
        tuple(calls),
        SourceFile("main.x07.json", json.dumps(entry).encode()),
        SourceFile("cases.x07.json", json.dumps(document).encode()),
        bytes(arguments),
    )


def find(module_id: str) -> SourceFile | None:
    """A std module, or one of the packages that come with the tool."""
    built_in = std.find(module_id, "run-os")
    if built_in is not None:
        return built_in
    name = f"modules/{module_id.replace('.', '/')}{std.SUFFIX}"
    files = [each.folder / name for each in packages.released()]
    return next((SourceFile(name, file.read_bytes()) for file in files if file.is_file()), None)


@cache
def functions_of(module_id: str) -> Mapping[str, Json]:
    """The exported functions of a module, by name."""
    found = find(module_id)
    assert found is not None, module_id
    document = json.loads(found.data)
    exports = document["decls"][0]["names"]
    named = {each["name"]: each for each in document["decls"] if each["kind"] == "defn"}
    return {name: named[name] for name in exports}


def signature(function: str) -> Json:
    return functions_of(function.rpartition(".")[0])[function]


def _function(name: str, result: str, body: Json) -> Json:
    return {"kind": "defn", "name": name, "params": [], "result": result, "body": body}


def _runners(count: int) -> Iterator[Json]:
    """`cases.run`, in pieces of a hundred calls: a function has a limit of locals."""
    starts = range(0, count, 100)
    for start in starts:
        chosen = [_chosen(index) for index in range(start, min(start + 100, count))]
        body = ["begin", ["let", "which", ["codec.read_u32_le", "input", 0]], *chosen, "out"]
        params = [{"name": "out", "ty": "vec_u8"}]
        yield {**_function(f"cases.part_{start}", "vec_u8", body), "params": params}
    grow = [["set", "out", [f"cases.part_{start}", "out"]] for start in starts]
    begin = ["let", "out", ["vec_u8.with_capacity", 4096]]
    yield _function("cases.run", "bytes", ["begin", begin, *grow, ["vec_u8.into_bytes", "out"]])


def _chosen(index: int) -> Json:
    push = [
        "begin",
        ["let", "got", [f"cases.call_{index}"]],
        [
            "set",
            "out",
            ["vec_u8.extend_bytes", "out", ["codec.write_u32_le", ["bytes.len", "got"]]],
        ],
        ["set", "out", ["vec_u8.extend_bytes", "out", "got"]],
    ]
    return ["if", ["||", ["=", "which", -1], ["=", "which", index]], push, 0]


def _case(each: Call, arguments: bytearray) -> Json:
    declared = signature(each.function)
    pairs = zip(declared["params"], each.args, strict=True)
    made = [_argument(param, value, arguments) for param, value in pairs]
    return _encoded(declared["result"], [each.function, *made])


def _argument(param: Json, value: Argument, arguments: bytearray) -> Json:
    if isinstance(value, int):
        return value
    if isinstance(value, Ok):
        return ["result_i32.ok", value.value]
    if isinstance(value, Err):
        return ["result_i32.err", value.code]
    offset = 4 + len(arguments)
    arguments += value
    view = ["view.slice", "input", offset, len(value)]
    if "brand" in param:
        return ["unsafe", [BRAND_OF_VIEW, param["brand"], ["view.to_bytes", view]]]
    if param["ty"] == "bytes":
        return ["view.to_bytes", view]
    if param["ty"] == "vec_u8":
        return ["vec_u8.extend_bytes", ["vec_u8.with_capacity", 0], view]
    return ["io.open_read_bytes", view] if param["ty"] == "iface" else view


def _encoded(result: str, expression: Json) -> Json:
    """An expression of type bytes with the value of `expression`."""
    if result == "i32":
        return ["codec.write_u32_le", expression]
    if result == "bytes_view":
        return ["view.to_bytes", expression]
    if result == "vec_u8":
        return ["vec_u8.into_bytes", expression]
    if result == "option_bytes_view":
        return _encoded_option(expression)
    if not result.startswith("result_"):
        return expression
    default: Json = 0 if result == "result_i32" else ["bytes.empty"]
    value = [f"{result}.unwrap_or", "got", default]
    payload = ["codec.write_u32_le", value] if result == "result_i32" else value
    ok = ["bytes.concat", ["bytes1", 1], payload]
    code = ["codec.write_u32_le", [f"{result}.err_code", "got"]]
    err = ["bytes.concat", ["bytes1", 0], code]
    return ["begin", ["let", "got", expression], ["if", [f"{result}.is_ok", "got"], ok, err]]


def _encoded_option(expression: Json) -> Json:
    view = ["option_bytes_view.unwrap_or", "got", ["view.slice", "input", 0, 0]]
    some = ["bytes.concat", ["bytes1", 1], ["view.to_bytes", view]]
    is_some = ["option_bytes_view.is_some", "got"]
    return ["begin", ["let", "got", expression], ["if", is_some, some, ["bytes1", 0]]]


def _decoded(result: str, data: bytes) -> Value:
    if result == "i32":
        return _i32(data)
    if result == "option_bytes_view":
        return Some(data[1:]) if data[0] else None
    if not result.startswith("result_"):
        return data
    if data[0] == 0:
        return Err(struct.unpack("<I", data[1:])[0])
    return Ok(struct.unpack("<I", data[1:])[0] if result == "result_i32" else data[1:])


def _i32(data: bytes) -> int:
    number: int = struct.unpack("<i", data)[0]
    return number


def frames(output: bytes) -> Iterator[bytes]:
    """Byte strings behind each other, the length of each before it."""
    at = 0
    while at < len(output):
        (size,) = struct.unpack_from("<I", output, at)
        yield output[at + 4 : at + 4 + size]
        at += 4 + size
