"""`x07-package.json`."""

import json
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.unit.project.packages.sources import code_of, write_package
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.package import check_compat, load, read
from x07bundle.project.packages.spec import parse

SCHEMA = Path(__file__).resolve().parents[4] / "x07bundle/schemas/x07.package@0.1.0.schema.json"
WHOLE: dict[str, Any] = {
    "schema_version": "x07.package@0.1.0",
    "name": "ext-a",
    "version": "1.0.0",
    "module_root": "./modules",
    "modules": ["ext.a", "ext.a.b-c"],
    "meta": {
        "requires_packages": ["ext-b@1.0.0", "ext-c@>=1.0.0, <2.0.0"],
        "import_mode": "ffi",
        "ffi_libs": ["curl"],
        "x07c_compat": ">=0.2.17",
    },
}


def schema() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_bytes()))


def encoded(**members: object) -> bytes:
    return json.dumps(
        {key: value for key, value in {**WHOLE, **members}.items() if value != ""}
    ).encode()


def test_a_whole_one() -> None:
    package = read(encoded(), "f")
    assert (package.name, package.version, package.import_mode) == ("ext-a", "1.0.0", "ffi")
    assert package.module_file("ext.a") == PurePosixPath("modules/ext/a.x07.json")
    assert [str(spec) for spec in package.requires] == ["ext-b@1.0.0", "ext-c@>=1.0.0 <2.0.0"]
    assert package.requires[1] == parse("ext-c@>=1.0.0,<2.0.0")
    assert package.ffi_libs == ("curl",)
    assert not list(schema().iter_errors(WHOLE))


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"schema_version": "x07.package@9.0.0"}, "/schema_version"),
        ({"name": "Ext"}, "/name: `Ext` is not a package name"),
        ({"name": "../a"}, "/name"),
        ({"name": ""}, "/name: is missing"),
        ({"version": "1"}, "/version: `1` is not a version"),
        ({"version": "../1.0.0"}, "/version"),
        ({"module_root": "/etc"}, "/module_root"),
        ({"module_root": "a/../../b"}, "/module_root"),
        ({"modules": []}, "/modules: must name at least one module"),
        ({"modules": ["../a"]}, "/modules/0"),
        ({"modules": ["a", "a"]}, "/modules: names a module twice"),
        ({"modules": "a"}, "/modules"),
        ({"meta": []}, "/meta: must be an object"),
        ({"meta": {"requires_packages": ["b"]}}, "/meta/requires_packages/0"),
        ({"meta": {"requires_packages": ["b@^1.0.0"]}}, "/meta/requires_packages/0"),
        ({"meta": {"ffi_libs": ["-Wl,x"]}}, "/meta/ffi_libs/0"),
        ({"meta": {"ffi_libs": ["/lib/a"]}}, "/meta/ffi_libs/0"),
    ],
)
def test_wrong_members(members: dict[str, object], words: str) -> None:
    document = json.loads(encoded(**members))
    with pytest.raises(PackageError) as caught:
        read(encoded(**members), "f")
    assert caught.value.code == "X07PKG_MANIFEST_PARSE"
    assert words in caught.value.render()
    assert list(schema().iter_errors(document)), "the schema refuses it too"


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff", b'{"name":1,"name":2}', b"[" * 9999])
def test_other_bytes(data: bytes) -> None:
    with pytest.raises(PackageError) as caught:
        read(data, "f")
    assert caught.value.code == "X07PKG_MANIFEST_PARSE"


@pytest.mark.parametrize(
    ("compat", "code"),
    [
        (">=0.2.17, <0.3.0", None),
        (">=0.3.0", "X07PKG_X07C_INCOMPATIBLE"),
        ("^0.2.0", "X07PKG_X07C_COMPAT_INVALID"),
    ],
)
def test_versions_of_the_language(tmp_path: Path, compat: str, code: str | None) -> None:
    found = load(write_package(tmp_path / "a", "a", "1.0.0", meta={"x07c_compat": compat}))
    if code is None:
        check_compat(found, "f")
        return
    with pytest.raises(PackageError) as caught:
        check_compat(found, "f")
    assert caught.value.code == code


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from(sorted(WHOLE) + sorted(WHOLE["meta"])), VALUES)
def test_any_value_anywhere(key: str, value: object) -> None:
    """Whatever a member holds: a package, or the one error."""
    meta = {**WHOLE["meta"], key: value} if key in WHOLE["meta"] else WHOLE["meta"]
    document = {**WHOLE, "meta": meta} if key in WHOLE["meta"] else {**WHOLE, key: value}
    code = code_of(lambda: read(json.dumps(document).encode(), "f"))
    assert code in (None, "X07PKG_MANIFEST_PARSE")
