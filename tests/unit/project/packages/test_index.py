"""What an index says, read from bytes of others."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.project.packages.sources import IndexFolder, code_of
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.index import entry_path, read_entries
from x07bundle.project.packages.index_url import parse
from x07bundle.project.packages.sparse_index import SparseIndex, read_config
from x07bundle.project.packages.web import Web

ADVISORY: dict[str, Any] = {
    "schema_version": "x07.pkg.advisory@0.1.0",
    "id": "5ad0a8b4-94ae-4b1e-9cf2-3a8b1cf4a2b1",
    "package": "abcd",
    "version": "1.0.0",
    "kind": "security",
    "severity": "high",
    "summary": "s",
    "created_at_utc": "2026-01-01T00:00:00Z",
}
ENTRY: dict[str, Any] = {
    "schema_version": "x07.index-entry@0.1.0",
    "name": "abcd",
    "version": "1.0.0",
    "cksum": "0" * 64,
    "yanked": False,
    "advisories": [ADVISORY],
    "signature": {"kind": "ed25519", "key_id": "k", "ed25519_sig": "AA=="},
}
WEB = parse("https://index.example/i/")
FILE = parse("file:///srv/i/")


def lines(*entries: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a", "1/a"),
        ("ab", "2/ab"),
        ("abc", "3/a/abc"),
        ("abcd", "ab/cd/abcd"),
        ("ext-fs", "ex/t-/ext-fs"),
    ],
)
def test_places(name: str, path: str) -> None:
    assert entry_path(name) == path


def test_entries() -> None:
    found = read_entries(
        b"\n" + lines({**ENTRY, "version": "1.10.0"}, ENTRY) + b"\r\n", "abcd", "f"
    )
    assert [entry.version for entry in found] == ["1.0.0", "1.10.0"]
    assert found[0].signature is not None
    assert found[0].active_advisories == (ADVISORY,)
    withdrawn = {**ADVISORY, "withdrawn_at_utc": "2026-02-01T00:00:00Z"}
    assert (
        read_entries(lines({**ENTRY, "advisories": [withdrawn]}), "abcd", "f")[0].active_advisories
        == ()
    )
    assert read_entries(b"", "abcd", "f") == ()


@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": "x07.index-entry@9.0.0"},
        {"name": "other"},
        {"name": None},
        {"version": "../1"},
        {"version": None},
        {"cksum": "0" * 63},
        {"cksum": "A" * 64},
        {"cksum": None},
        {"yanked": 1},
        {"advisories": {}},
        {"advisories": [{**ADVISORY, "package": "other"}]},
        {"advisories": [{**ADVISORY, "schema_version": "x07.pkg.advisory@9.0.0"}]},
        {"advisories": [{**ADVISORY, "kind": "rumour"}]},
        {"advisories": [{**ADVISORY, "summary": None}]},
        {"signature": "s"},
        {"signature": {"kind": "ed25519"}},
    ],
)
def test_wrong_entries(change: dict[str, Any]) -> None:
    with pytest.raises(PackageError) as caught:
        read_entries(lines(ENTRY, {**ENTRY, "version": "2.0.0", **change}), "abcd", "f")
    assert caught.value.code == "X07PKG_INDEX_FETCH"
    assert "line 2" in caught.value.brief


def test_a_version_twice() -> None:
    assert code_of(lambda: read_entries(lines(ENTRY, ENTRY), "abcd", "f")) == "X07PKG_INDEX_FETCH"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({}, "/dl: is missing"),
        ([], "it is no object"),
        ({"dl": 1}, "/dl"),
        ({"dl": "ftp://a/"}, "/dl: its scheme is none of"),
        ({"dl": "http://dl.example/"}, "/dl: is not protected"),
        ({"dl": "file:///etc"}, "/dl: leads into this machine"),
        ({"dl": "https://user:secret@dl.example"}, "/dl: it holds a user"),
        ({"dl": "https://["}, "/dl"),
        ({"dl": "https://a/", "auth-required": "yes"}, "/auth-required"),
        ({"dl": "https://a/", "signing": {"public_keys": [{}]}}, "/signing/public_keys/0/id"),
    ],
)
def test_wrong_configurations(document: object, words: str) -> None:
    with pytest.raises(PackageError) as caught:
        read_config(json.dumps(document).encode(), "f", WEB)
    assert caught.value.code == "X07PKG_INDEX_CONFIG"
    assert words in caught.value.render()
    assert "secret" not in caught.value.render()


def test_configurations() -> None:
    keys = {"kind": "ed25519", "public_keys": [{"id": "k", "ed25519_pub": "AA=="}]}
    document = {"dl": "https://dl.example/v1/", "api": "x", "auth-required": True, "signing": keys}
    found = read_config(json.dumps(document).encode(), "f", WEB)
    assert (found.download, found.needs_token) == ("https://dl.example/v1", True)
    assert [key.key_id for key in found.public_keys] == ["k"]
    assert read_config(b'{"dl":"file:///srv/dl"}', "f", FILE).download == "file:///srv/dl"


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("sparse+https://Index.Example/i/", "https://index.example/i/"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/"),
        ("file:///srv/i/", "file:///srv/i/"),
        ("sparse+builtin://x07bundle/index/", "builtin://x07bundle/index/"),
    ],
)
def test_urls(text: str, base: str) -> None:
    assert parse(text) == (text, base)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "index",
        "https://a.example",
        "ftp://a/",
        "https:///",
        "https://u:p@a/",
        "https://a/?q/",
        "https://a/#f/",
        "file://host/a/",
        "https://a b/",
        "https://a:x/",
        "https://[/",
        "sparse+/",
        "builtin://other/index/",
    ],
)
def test_what_is_no_url(text: str) -> None:
    assert code_of(lambda: parse(text)) == "X07PKG_INDEX_CONFIG"


def no_web() -> Web:
    raise AssertionError("a file index needs no network")


def test_a_file_index(tmp_path: Path) -> None:
    folder = IndexFolder(tmp_path)
    folder.add("abcd", "1.0.0")
    folder.add("e", "1.0.0")
    folder.write("index/README", b"")
    index = SparseIndex(parse(folder.url), no_web)
    assert index.names() == ("abcd", "e")
    entry = index.entries("abcd")[0]
    assert index.archive(entry) == (tmp_path / "dl/abcd/1.0.0/download").read_bytes()
    assert index.entries("other") == ()
    (tmp_path / "dl/abcd/1.0.0/download").unlink()
    assert code_of(lambda: index.archive(entry)) == "X07PKG_DOWNLOAD_FAILED"


@pytest.mark.parametrize(
    "name", ["index/config.json", "index/ab/cd/abcd", "dl/abcd/1.0.0/download"]
)
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, name: str) -> None:
    folder = IndexFolder(tmp_path)
    folder.add("abcd", "1.0.0")
    entry = SparseIndex(parse(folder.url), no_web).entries("abcd")[0]
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    index = SparseIndex(parse(folder.url), no_web)
    with pytest.raises(PackageError, match="a device, a pipe or a socket"):
        index.config, index.entries("abcd"), index.archive(entry)


def test_a_file_that_is_too_big(tmp_path: Path) -> None:
    folder = IndexFolder(tmp_path)
    folder.config(f"file://{tmp_path}/dl", padding="x" * (64 << 10))
    index = SparseIndex(parse(folder.url), no_web)
    assert code_of(lambda: index.config) == "X07PKG_INDEX_FETCH"


def test_no_index(tmp_path: Path) -> None:
    index = SparseIndex(parse(f"file://{tmp_path}/none/"), no_web)
    assert code_of(lambda: index.entries("abcd")) == "X07PKG_INDEX_CONFIG"
    assert code_of(index.names) == "X07PKG_LIST_INDEX_MISSING"
    assert code_of(SparseIndex(WEB, no_web).names) == "X07PKG_LIST_UNSUPPORTED"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from(sorted(ENTRY)) | st.text(max_size=3), JSON)
def test_any_entry(key: str, value: object) -> None:
    code = code_of(lambda: read_entries(lines({**ENTRY, key: value}), "abcd", "f"))
    assert code in (None, "X07PKG_INDEX_FETCH")


@given(st.sampled_from(sorted(ADVISORY)), JSON)
def test_any_advisory(key: str, value: object) -> None:
    entry = {**ENTRY, "advisories": [{**ADVISORY, key: value}]}
    assert code_of(lambda: read_entries(lines(entry), "abcd", "f")) in (None, "X07PKG_INDEX_FETCH")


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    assert code_of(lambda: read_entries(data, "abcd", "f")) in (None, "X07PKG_INDEX_FETCH")
    assert code_of(lambda: read_config(data, "f", WEB)) == "X07PKG_INDEX_CONFIG"


@given(st.text(max_size=30), JSON)
def test_any_configuration(dl: str, value: object) -> None:
    for document in ({"dl": dl}, {"dl": value}, {"dl": "https://" + dl, "signing": value}):
        code = code_of(lambda d=document: read_config(json.dumps(d).encode(), "f", WEB))  # type: ignore[misc]
        assert code in (None, "X07PKG_INDEX_CONFIG")


@given(st.text(max_size=30))
def test_any_url(text: str) -> None:
    for head in ("", "https://", "sparse+file:///", "http://a"):
        url = head + text + "/"
        assert code_of(lambda u=url: parse(u)) in (None, "X07PKG_INDEX_CONFIG")  # type: ignore[misc]
