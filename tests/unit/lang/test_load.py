"""What is wrong with a file: all of it, at pointers into the canonical document."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.quick_fixes import patched
from tests.unit.lang.documents import ENTRY, MODULE, entry, function, module, source
from x07bundle.lang.diagnostics import Diagnostic
from x07bundle.lang.load import load
from x07bundle.lang.modules import SourceFile
from x07bundle.lang.source import Form, Int, Module, Name, Text

RECORD = {"kind": "defrecord", "name": "P", "fields": [{"name": "x", "ty": "i32"}]}
ENUM = {"kind": "defenum", "name": "E", "variants": [{"name": "A"}]}
EXTERN = {"kind": "extern", "abi": "C", "name": "m.z", "params": [], "result": "i32"}
SCHEMA = "X07-SCHEMA-0001"
AST = "X07-AST-0001"


def found(document: object) -> list[Diagnostic]:
    result, diagnostics = load(source(document))
    assert (result is None) == any(one.severity == "error" for one in diagnostics)
    return diagnostics


def loaded(document: object) -> Module:
    result, diagnostics = load(source(document))
    assert result is not None, diagnostics
    return result


def body(expression: object) -> dict[str, Any]:
    return module(decls=[function(body=expression)])


def params(*values: object) -> dict[str, Any]:
    return module(decls=[function(params=list(values))])


def test_a_module() -> None:
    clause = {"id": "c", "expr": ["=", "a", 1], "witness": ["a"]}
    first = function(name="m.b", ensures=[clause], params=[{"name": "p", "ty": "bytes"}])
    first["params"][0]["brand"] = "b.v1"
    exports = {"kind": "export", "names": ["m.b"]}
    result = loaded(module(imports=["y", "x"], decls=[first, exports, EXTERN, RECORD, ENUM]))
    assert (result.kind, result.module_id, result.imports) == ("module", "m", ("x", "y"))
    assert result.exports == {"m.b"}
    assert [(e.name, e.link_name, e.at) for e in result.externs] == [("m.z", "z", "/decls/1")]
    assert result.records[0].fields == ("x",)
    assert [(v.name, v.has_payload) for v in result.enums[0].variants] == [("A", False)]
    (b,) = result.functions
    assert (b.at, b.params[0].brand, b.params[0].at) == ("/decls/2", "b.v1", "/decls/2/params/0")
    assert (b.ensures[0].id, b.ensures[0].at) == ("c", "/decls/2/ensures/0")
    assert isinstance(b.ensures[0].expr, Form)
    assert b.ensures[0].expr.args[1].at == "/decls/2/ensures/0/expr/2"


def test_expressions() -> None:
    solve = loaded(entry(solve=["begin", ["bytes.lit", "a b"], "x", -3])).solve
    assert isinstance(solve, Form)
    text, name, number = solve.args
    assert isinstance(text, Form)
    assert isinstance(text.args[0], Text)
    assert (text.args[0].text, text.args[0].at) == ("a b", "/solve/1/1")
    assert isinstance(name, Name)
    assert (name.name, name.at) == ("x", "/solve/2")
    assert isinstance(number, Int)
    assert number.value == -3


def test_nodes_are_counted() -> None:
    assert loaded(entry(solve=["begin", ["bytes.lit", "t"], 1])).node_count == 4


def test_async_and_generics_are_read() -> None:
    generic = function(
        name="m.g",
        type_params=[{"name": "T", "bound": "num_like"}],
        params=[{"name": "x", "ty": ["t", "T"]}],
        result=["option", ["t", "T"]],
    )
    task = function(kind="defasync", name="m.t", protocol={"await_invariant": [{"expr": 1}]})
    result = loaded(module(decls=[generic, task]))
    assert result.functions[0].type_params == ({"name": "T", "bound": "num_like"},)
    assert result.functions[1].is_async
    assert result.functions[1].protocol is not None


def test_pointers_are_those_of_the_canonical_document() -> None:
    wrong = function(name="m.a", body=[])
    assert [one.at for one in found(module(decls=[function(name="m.z"), wrong]))] == [
        "/decls/0/body"
    ]


def test_an_entry_of_another_id_can_be_read_as_main() -> None:
    document = entry(module_id="app")
    assert [one.at for one in found(document)] == ["/module_id"]
    result, _ = load(source(document), any_entry_id=True)
    assert result is not None
    assert (result.module_id, result.document["module_id"]) == ("main", "main")


@pytest.mark.parametrize(
    ("document", "code", "at", "words"),
    [
        ([], SCHEMA, "", "must hold an object"),
        (module(schema_version="x07.x07ast@0.2.0"), SCHEMA, "/schema_version", "not supported"),
        (module(schema_version="x07.x07ast@0.9.1"), SCHEMA, "/schema_version", "not supported"),
        (module(schema_version=3), SCHEMA, "/schema_version", "must be"),
        (module(kind="library"), SCHEMA, "/kind", '"library"'),
        (module(module_id="a..b"), SCHEMA, "/module_id", '"a..b"'),
        (module(module_id="1a"), SCHEMA, "/module_id", '"1a"'),
        (entry(module_id="app"), SCHEMA, "/module_id", "must be `main`"),
        (module(imports=["a b"]), SCHEMA, "/imports/0", '"a b"'),
        (module(imports=[1]), SCHEMA, "/imports/0", "`1`"),
        (module(imports={}), SCHEMA, "/imports", "an object"),
        (module(solve=1), SCHEMA, "/solve", "entry program"),
        (module(meta=[1]), SCHEMA, "/meta", "must be an object"),
        (module(meta={"a": [0.5]}), SCHEMA, "/meta", "integers"),
        (module(decls=3), SCHEMA, "/decls", "must be an array"),
        (module(decls=[3]), SCHEMA, "/decls/0", "objects"),
        (module(decls=[{"kind": "def"}]), SCHEMA, "/decls/0/kind", '"def"'),
        (module(decls=[{"name": "x"}]), SCHEMA, "/decls/0", "`kind` is missing"),
        (module(decls=[function(name="n.f")]), SCHEMA, "/decls/0/name", "must begin with `m.`"),
        (module(decls=[function(name="m.f g")]), SCHEMA, "/decls/0/name", '"m.f g"'),
        (module(decls=[function(), function()]), SCHEMA, "/decls/1/name", "declared twice"),
        (module(decls=[function(result="byte")]), SCHEMA, "/decls/0/result", "`byte`"),
        (module(decls=[function(result=["t", "T"])]), SCHEMA, "/decls/0/result", "`[t, T]`"),
        (module(decls=[function(result=["option", "f64"])]), SCHEMA, "/decls/0/result", "f64"),
        (module(decls=[function(doc=1)]), SCHEMA, "/decls/0/doc", "must be a string"),
        (params({"name": "input", "ty": "i32"}), SCHEMA, "/decls/0/params/0/name", "`input`"),
        (params({"name": "a-b", "ty": "i32"}), SCHEMA, "/decls/0/params/0/name", '"a-b"'),
        (params({"name": "a"}), SCHEMA, "/decls/0/params/0", "`ty` is missing"),
        (params(1), SCHEMA, "/decls/0/params/0", "must hold objects"),
        (params(*[{"name": "a", "ty": "i32"}] * 2), SCHEMA, "/decls/0/params/1/name", "twice"),
        (
            params({"name": "a", "ty": "i32", "brand": "b"}),
            "E_BRAND_BAD_TY",
            "/decls/0/params/0/brand",
            "`i32` cannot have a brand",
        ),
        (
            module(decls=[function(result="vec_u8", result_brand="b")]),
            "E_BRAND_BAD_TY",
            "/decls/0/result_brand",
            "`vec_u8`",
        ),
        (module(decls=[{**EXTERN, "abi": "D"}]), SCHEMA, "/decls/0", "`abi`"),
        (module(decls=[{**EXTERN, "link_name": "a-b"}]), SCHEMA, "/decls/0/link_name", "a-b"),
        (module(decls=[{**EXTERN, "name": "m.a-b"}]), SCHEMA, "/decls/0", "not a C identifier"),
        (module(decls=[{**EXTERN, "result": "bytes"}]), SCHEMA, "/decls/0/result", "to C"),
        (
            module(decls=[{**EXTERN, "params": [{"name": "a", "ty": "f64"}]}]),
            SCHEMA,
            "/decls/0/params/0/ty",
            "`f64` cannot cross to C",
        ),
        (module(decls=[{**RECORD, "fields": []}]), SCHEMA, "/decls/0/fields", "at least one"),
        (
            module(decls=[{**RECORD, "fields": [{"name": "make", "ty": "i32"}]}]),
            SCHEMA,
            "/decls/0/fields/0/name",
            "`P.make`",
        ),
        (
            module(decls=[{**RECORD, "fields": [{"name": "x", "ty": "bytes"}]}]),
            SCHEMA,
            "/decls/0/fields/0/ty",
            "`i32` or `u32`",
        ),
        (
            module(decls=[{**ENUM, "variants": [{"name": "A"}, {"name": "A"}]}]),
            SCHEMA,
            "/decls/0/variants/1/name",
            "twice",
        ),
        (
            module(decls=[{"kind": "export", "names": ["m.f"]}] * 2 + [function()]),
            SCHEMA,
            "/decls/1",
            "second `export`",
        ),
        (module(decls=[{"kind": "export", "names": [1]}]), SCHEMA, "/decls/0/names/0", "`1`"),
        (module(decls=[function(requires=[{}])]), SCHEMA, "/decls/0/requires/0", "`expr`"),
        (body(None), AST, "/decls/0/body", "`null`"),
        (body(["+", 1, True]), AST, "/decls/0/body/2", "`true`"),
        (body({"a": 1}), AST, "/decls/0/body", "an object"),
        (body(1.5), AST, "/decls/0/body", "`1.5`"),
        (body([]), AST, "/decls/0/body", "an empty array"),
        (body([["x"], 1]), AST, "/decls/0/body/0", "must begin with a name"),
        (body(["a b"]), AST, "/decls/0/body/0", '"a b"'),
        (body("a b"), AST, "/decls/0/body", '"a b"'),
        (body(""), AST, "/decls/0/body", "empty string"),
        (body("a\x00"), AST, "/decls/0/body", "white space"),
        (body(["bytes.lit", "a", "b c"]), AST, "/decls/0/body/2", '"b c"'),
        (body(["bytes.len", "some text"]), AST, "/decls/0/body/1", '"some text"'),
        (body(2147483648), AST, "/decls/0/body", "32 bits"),
        (body(-2147483649), AST, "/decls/0/body", "32 bits"),
        (body(10**1000), AST, "/decls/0/body", "more than 20 digits"),
    ],
)
def test_what_is_refused(document: object, code: str, at: str, words: str) -> None:
    diagnostics = found(document)
    assert [(one.code, one.at) for one in diagnostics] == [(code, at)]
    assert words in diagnostics[0].message
    assert diagnostics[0].compile_error().startswith("Parse: ")


@pytest.mark.parametrize("member", ["schema_version", "kind", "module_id", "imports", "decls"])
def test_a_missing_member(member: str) -> None:
    document = module()
    del document[member]
    assert member in found(document)[0].message


@pytest.mark.parametrize("member", ["name", "params", "result", "body"])
def test_a_missing_member_of_a_function(member: str) -> None:
    declaration = function()
    del declaration[member]
    (one,) = found(module(decls=[declaration]))
    assert (one.at, one.message) == ("/decls/0", f"`{member}` is missing")


@pytest.mark.parametrize(
    ("feature", "declaration", "since"),
    [
        ("type_params", function(type_params=[{"name": "T"}]), 4),
        ("requires", function(requires=[{"expr": 1}]), 5),
        ("ensures", function(ensures=[{"expr": 1}]), 5),
        ("invariant", function(invariant=[{"expr": 1}]), 5),
        ("loop_contracts", function(loop_contracts=[{"ptr": "/body"}]), 6),
        ("protocol", function(kind="defasync", protocol={"scope_invariant": [{"expr": 1}]}), 7),
        ("decreases", function(decreases=[{"expr": 1}]), 8),
        ("defrecord", RECORD, 9),
        ("defenum", ENUM, 9),
    ],
)
def test_what_a_version_brought(feature: str, declaration: dict[str, Any], since: int) -> None:
    def at(minor: int) -> dict[str, Any]:
        return module(schema_version=f"x07.x07ast@0.{minor}.0", decls=[declaration])

    assert found(at(since)) == []
    (one,) = found(at(since - 1))
    assert f"`{feature}` needs" in one.message
    assert one.fix is not None
    assert one.fix.patch[0]["value"] == f"x07.x07ast@0.{since}.0"


def test_a_newer_file_asks_for_a_newer_toolchain() -> None:
    (one,) = found(module(schema_version="x07.x07ast@0.10.0"))
    assert "update the toolchain" in str(one.hint)


def test_an_export_of_nothing_is_a_warning() -> None:
    (one,) = found(module(decls=[{"kind": "export", "names": ["m.g"]}]))
    assert (one.severity, one.at) == ("warning", "/decls/0/names/0")


def test_everything_is_found_in_one_run() -> None:
    document = module(
        kind="x", imports=[1], decls=[function(name="f", result="q", body=[None, {}])]
    )
    assert [one.at for one in found(document)] == [
        "/kind",
        "/imports/0",
        "/decls/0/name",
        "/decls/0/result",
        "/decls/0/body/0",
        "/decls/0/body/1",
    ]


def test_findings_name_their_function() -> None:
    (one,) = found(body(None))
    assert (one.function, one.module_id, one.file) == ("m.f", "m", "m.x07.json")
    (one,) = found(entry(solve=None))
    assert one.function == "main.solve"


@pytest.mark.parametrize(
    "document",
    [
        module(schema_version="1"),
        module(schema_version="x07.x07ast@0.4.0", decls=[function(requires=[{"expr": 1}])]),
        {key: value for key, value in MODULE.items() if key != "imports"},
        {key: value for key, value in ENTRY.items() if key != "decls"},
        entry(module_id="app"),
        module(decls=[function(name="other.f")]),
        params({"name": "a", "ty": "i32", "brand": "b"}),
        body("some text"),
        body(True),
        body(2.0),
        body(4294967295),
        body([["bytes.alloc", 1], 2]),
        module(decls=[{**EXTERN, "abi": "c"}]),
    ],
)
def test_a_quick_fix_mends(document: dict[str, Any]) -> None:
    (one,) = found(document)
    assert one.fix is not None
    assert found(patched(document, one.fix)) == []


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=6)
ANYTHING = st.recursive(
    SCALARS | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
)


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(data: bytes) -> None:
    result, diagnostics = load(SourceFile("f", data))
    assert result is None
    assert diagnostics


@given(ANYTHING)
def test_any_json_is_answered(value: object) -> None:
    load(SourceFile("f", json.dumps(value).encode()))


def places(value: object) -> list[tuple[Any, Any]]:
    """Every (container, key) of a document."""
    if isinstance(value, dict):
        keys: list[Any] = list(value)
    elif isinstance(value, list):
        keys = list(range(len(value)))
    else:
        return []
    return [(value, key) for key in keys] + [place for key in keys for place in places(value[key])]


WHOLE = module(
    imports=["x"],
    meta={"a": 1},
    decls=[
        {"kind": "export", "names": ["m.f"]},
        EXTERN,
        function(
            doc="d",
            type_params=[{"name": "T", "bound": "any"}],
            requires=[{"id": "i", "expr": 1, "witness": ["a"]}],
            loop_contracts=[{"ptr": "/body", "invariant": [{"expr": 1}], "decreases": []}],
        ),
        function(kind="defasync", name="m.t", protocol={"await_invariant": [{"expr": 1}]}),
        RECORD,
        {**ENUM, "variants": [{"name": "A", "payload": "u32"}]},
    ],
)


@given(st.data())
def test_any_change_of_a_file_is_answered(data: st.DataObject) -> None:
    document = copy.deepcopy(WHOLE)
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(places(document)))
        container[key] = data.draw(ANYTHING | st.sampled_from([["t", "T"], "defn", "m.f", {}, []]))
    result, diagnostics = load(SourceFile("f", json.dumps(document).encode()))
    assert (result is None) == any(one.severity == "error" for one in diagnostics)
    for one in diagnostics:
        one.as_json()
