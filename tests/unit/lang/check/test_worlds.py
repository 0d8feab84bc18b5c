"""What worlds and capabilities allow, and what waits for a later version."""

from typing import Final

import pytest

from tests.unit.lang.check.programs import (
    EMPTY,
    Expected,
    Json,
    accepted,
    body,
    checked,
    expect,
    export,
    fn,
    nodes,
    refused,
)
from x07bundle.lang import tree, types
from x07bundle.lang.options import Options

PURE: Final = Options(world="solve-pure")
BOXED: Final = Options(world="run-os-sandboxed", allow_unsafe=False, allow_ffi=False)
EXTERN: Final = {
    "kind": "extern",
    "abi": "C",
    "name": "main.put",
    "link_name": "putchar",
    "params": [{"name": "c", "ty": "i32"}, {"name": "p", "ty": "ptr_const_u8"}],
    "result": "void",
}
CALL: Final = ["main.put", 1, ["bytes.as_mut_ptr", "b"]]
B: Final = ["let", "b", ["bytes.lit", "x"]]

GATED: Final[list[tuple[Json, Options, Expected]]] = [
    (["os.env.get", EMPTY], PURE, (
        "X07-WORLD-OS-0001", "", "os.env.get is standalone-only; compile with --world run-os",
    )),
    (["fs.read", "input"], PURE, ("X07-WORLD-FS-0001", "", "fs.read is disabled in this world")),
    (["kv.get", "input"], Options(), ("X07-WORLD-KV-0001", "", "kv.get is disabled in this world")),
    (["rr.stats_v1", 1], PURE, ("X07-WORLD-RR-0001", "", "rr.stats_v1 is disabled")),
    (["unsafe", 1], PURE, ("X07-WORLD-UNSAFE-0001", "", "unsafe requires unsafe capability")),
    (["unsafe", 1], BOXED, ("X07-WORLD-UNSAFE-0001", "", "unsafe requires unsafe capability")),
    (["bytes.as_ptr", "b"], BOXED, (
        "X07-WORLD-UNSAFE-0001", "", "bytes.as_ptr requires unsafe capability",
    )),
    (["addr_of", "b"], BOXED, ("X07-WORLD-UNSAFE-0001", "", "addr_of requires unsafe capability")),
    (["memset", ["ptr.null"], 0, 0], Options(), (
        "X07-WORLD-UNSAFE-0002", "", "unsafe-required: memset",
    )),
    (["ptr.cast", "ptr_mut_u8", ["ptr.null"]], Options(), (
        "X07-WORLD-UNSAFE-0002", "", "unsafe-required: ptr.cast",
    )),
    (CALL, Options(), ("X07-WORLD-UNSAFE-0002", "", "unsafe-required: main.put")),
    (["unsafe", CALL], Options(allow_ffi=False), (
        "X07-WORLD-FFI-0001", "/1", "main.put requires ffi capability",
    )),
    (["set_u32.dump_u32le", 1], Options(), (
        "X07-WORLD-0001", "", "internal-only builtin is not allowed here: set_u32.dump_u32le",
    )),
    (["__internal.anything"], Options(), (
        "X07-WORLD-0001", "", "internal-only builtin is not allowed here: __internal.anything",
    )),
]  # fmt: skip


@pytest.mark.parametrize(("form", "options", "expected"), GATED, ids=lambda v: str(v)[:40])
def test_a_head_is_gated(form: Json, options: Options, expected: Expected) -> None:
    found = refused(["begin", B, form, EMPTY], EXTERN, options=options)
    expect(found, [(expected[0], "/solve/2" + expected[1], expected[2])])


def test_a_sandboxed_world_names_the_field_of_the_policy() -> None:
    _, [found] = checked(["unsafe", EMPTY], options=BOXED)
    assert found.hint == "set `language.allow_unsafe` to true in the policy"


LATER: Final = [
    ["await", 1],
    ["task.yield"],
    ["chan.bytes.new", 1],
    ["tapp", "std.heap.len", ["tys", "i32"], "input"],
    ["ty.size", "i32"],
    ["budget.scope_v1", ["budget.cfg_v1", ["mode", "trap_v1"]], 1],
    ["std.rr.with_v1", "input", 1],
    ["std.stream.pipe_v1", ["std.stream.cfg_v1"], 1, 2, 3],
    ["regex.compile_opts_v1", "input", 0],
    ["jsonschema.compile_v1", "input"],
    ["fs.read", "input"],
    ["rr.open_v1", "input"],
    ["os.nothing_like_it"],
]


@pytest.mark.parametrize("form", LATER, ids=lambda form: form[0])
def test_a_feature_of_a_later_version_is_named(form: Json) -> None:
    _, [found] = checked(["begin", form, EMPTY])
    assert (found.code, found.at, found.kind) == ("X07-UNAVAILABLE-0001", "/solve/1", "Unsupported")
    assert f"(`{form[0]}`)" in found.message


@pytest.mark.parametrize(
    ("head", "hint"),
    [
        ("os.env.gett", "did you mean `os.env.get`?"),
        ("task.anything", "call a `defn` instead: it runs to its end at once"),
        ("jsonschema.compile_v1", None),
    ],
)
def test_a_feature_of_a_later_version_has_a_way_round(head: str, hint: str | None) -> None:
    _, [found] = checked(["begin", [head], EMPTY])
    assert (found.code, found.hint) == ("X07-UNAVAILABLE-0001", hint)


@pytest.mark.parametrize(
    ("members", "word"),
    [({"kind": "defasync"}, "async"), ({"type_params": [{"name": "T"}]}, "generic")],
)
def test_async_and_generic_functions_wait(members: dict[str, Json], word: str) -> None:
    decl = {**fn("main.f", "", "bytes", ["nonsense"]), **members}
    found = refused(["begin", ["main.f"], EMPTY], decl)
    part = f'this version does not compile {word} functions ("main.f") yet'
    expect(found, [("X07-UNAVAILABLE-0001", at, part) for at in ("/decls/0", "/solve/1")])


def test_std_modules_may_use_internal_heads_and_vouch_for_brands() -> None:
    inner = ["unsafe", ["std.brand.assume_bytes_v1", "t", ["set_u32.dump_u32le", 1]]]
    modules = {"std.x": [fn("std.x.f", "", "bytes", inner), export("std.x.f")]}
    how: Json = {"imports": ["std.x"], "modules": modules, "options": PURE}
    accepted(["std.x.f"], builtin=["std.x"], **how)
    assert refused(["std.x.f"], **how)


def test_foreign_functions_take_pointers_for_writing_where_they_read() -> None:
    program = accepted(["begin", B, ["unsafe", CALL], EMPTY], EXTERN)
    assert [(each.name, each.link_name) for each in program.externs] == [("main.put", "putchar")]
    [call] = [node for node in nodes(body(program)) if isinstance(node, tree.CallExtern)]
    assert call.ty == types.I32
    assert isinstance(call.args[1], tree.PointerCast)
    assert call.args[1].ty == types.PTR_CONST_U8


def test_the_type_of_a_pointer_chooses_the_row() -> None:
    pointer = ["ptr.cast", "ptr_mut_i32", ["bytes.as_mut_ptr", "b"]]
    solve = ["begin", B, ["unsafe", ["ptr.read_i32", ["ptr.add", pointer, 1]]], EMPTY]
    rows = [n.primitive for n in nodes(body(accepted(solve))) if isinstance(n, tree.CallPrimitive)]
    assert [row.params[0].ty for row in rows[:2]] == [types.PTR_MUT_I32, types.PTR_MUT_I32]


@pytest.mark.parametrize(
    ("form", "at", "part"),
    [
        (["ptr.add", 1, 1], "/1", "must be a pointer, not i32"),
        (["ptr.cast", "bytes", ["ptr.null"]], "/1", "needs a pointer type"),
        (["ptr.cast", "ptr_mut_u8", 3], "/2", "takes a pointer, not i32"),
        (["ptr.as_const", ["bytes.as_ptr", "b"]], "/1", "takes a pointer for writing"),
        (["addr_of", 3], "/1", "takes the name of a variable"),
        (["main.put", 1, ["ptr.null"]], "/2", "must be ptr_const_u8, not ptr_mut_void"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_pointer_is_refused(form: Json, at: str, part: str) -> None:
    found = refused(["begin", B, ["unsafe", form], EMPTY], EXTERN)
    expect(found, [("X07-TYPE-CALL-0003", "/solve/2/1" + at, part)])
