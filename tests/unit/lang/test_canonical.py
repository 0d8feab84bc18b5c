"""The canonical form (contract/language.md §13)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.lang.documents import entry, function, module, source
from x07bundle.lang.canonical import canonical, dump
from x07bundle.lang.format import formatted

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["kind", "name", "names", "params", "doc", "expr", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
KINDS = ["export", "extern", "defn", "defasync", "defrecord", "defenum", "other"]
MEMBERS = ["names", "name", "params", "doc", "requires", "loop_contracts", "protocol", "variants"]
DECLARATION = st.builds(
    lambda kind, members: {"kind": kind, **members},
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=4),
)
DOCUMENT = st.builds(
    lambda kind, imports, decls, meta: {
        "kind": kind,
        "imports": imports,
        "decls": decls,
        "meta": meta,
    },
    st.sampled_from(["entry", "module", None]),
    st.lists(st.text(max_size=3), max_size=4) | JSON,
    st.lists(DECLARATION | JSON, max_size=5) | JSON,
    JSON,
)


def test_bytes_of_a_file() -> None:
    document = module(
        imports=["b", "a", "b", "Z"],
        decls=[
            {"kind": "defenum", "name": "Z", "variants": [{"name": "a", "x": 1}]},
            {"kind": "defenum", "name": "A", "variants": [{"name": "b", "payload": "u32"}]},
            function(name="m.b", doc="  ", requires=[], junk=1),
            function(name="m.a", doc=" é ", requires=[{"expr": 1, "id": None, "witness": []}]),
            {"kind": "extern", "abi": "C", "name": "m.z", "params": [], "result": "void"},
            {"kind": "export", "names": ["m.b", "m.a", "m.b"]},
        ],
        meta={},
        junk=True,
    )
    lines = [
        '{"decls":[{"kind":"export","names":["m.a","m.b"]},',
        '{"abi":"C","kind":"extern","name":"m.z","params":[],"result":"void"},',
        '{"body":["bytes.alloc","a"],"doc":"é","kind":"defn","name":"m.a",',
        '"params":[{"name":"a","ty":"i32"}],"requires":[{"expr":1}],"result":"bytes"},',
        '{"body":["bytes.alloc","a"],"kind":"defn","name":"m.b",',
        '"params":[{"name":"a","ty":"i32"}],"result":"bytes"},',
        '{"kind":"defenum","name":"Z","variants":[{"name":"a"}]},',
        '{"kind":"defenum","name":"A","variants":[{"name":"b","payload":"u32"}]}],',
        '"imports":["Z","a","b"],"kind":"module","module_id":"m",',
        '"schema_version":"x07.x07ast@0.9.0"}\n',
    ]
    assert dump(canonical(document)).decode() == "".join(lines)


def test_pretty_has_the_same_order() -> None:
    document = canonical(module(imports=["b", "a"]))
    pretty = dump(document, pretty=True)
    assert pretty.startswith(b'{\n  "decls": [\n    {\n      "body": [\n        "bytes.alloc",\n')
    assert pretty.endswith(b"}\n")
    assert list(json.loads(pretty)) == list(json.loads(dump(document)))


def test_an_entry_drops_its_exports() -> None:
    document = entry(decls=[{"kind": "export", "names": ["main.f"]}])
    assert canonical(document)["decls"] == []


def test_empty_exports_are_dropped() -> None:
    assert canonical(module(decls=[{"kind": "export", "names": []}]))["decls"] == []


def test_loop_contracts_always_carry_both_arrays() -> None:
    declaration = function(loop_contracts=[{"ptr": "/body", "invariant": [{"expr": 1}]}])
    kept = canonical(module(decls=[declaration]))["decls"][0]["loop_contracts"]
    assert kept == [{"ptr": "/body", "invariant": [{"expr": 1}], "decreases": []}]


def test_meta_is_kept_verbatim() -> None:
    meta: dict[str, Any] = {"z": {"b": [], "a": None}, "brands_v1": {}}
    assert canonical(module(meta=meta))["meta"] == meta


@given(DOCUMENT)
def test_once_is_as_good_as_twice(document: dict[str, Any]) -> None:
    once = canonical(document)
    assert canonical(once) == once
    assert dump(canonical(json.loads(dump(once)))) == dump(once)


@pytest.mark.parametrize("pretty", [False, True])
def test_formatting_is_stable(pretty: bool) -> None:
    first, found = formatted(source(module(imports=["b", "a"])), pretty)
    assert first is not None
    assert found == []
    again, _ = formatted(source(json.loads(first)), pretty)
    assert again == first


def test_a_file_with_errors_is_not_formatted() -> None:
    result, found = formatted(source(module(kind="modul")))
    assert result is None
    assert [one.at for one in found] == ["/kind"]
