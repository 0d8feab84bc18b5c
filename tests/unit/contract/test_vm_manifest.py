"""`manifest.json` of VM bundles: what is written is read; what is read, the schema accepts."""

import json
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.contract.manifests import DIGEST, MANIFEST, SHA256, VALIDATOR, manifest
from x07bundle.contract import vm_manifest

STRICTER: Final = (
    "is not among `files`",
    "has a place that something else has",
    "under `guest_digest_kind`",
    "a fraction",
)
"""What a JSON Schema cannot say."""

Path = tuple[str | int, ...]


def refusals(document: object) -> list[str]:
    return [str(problem) for problem in vm_manifest.parse(document)[1]]


def changed(path: Path, value: object) -> dict[str, Any]:
    document = manifest()
    place: Any = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return document


def test_what_is_written_is_read() -> None:
    found, problems = vm_manifest.parse(MANIFEST)
    assert problems == []
    assert found is not None
    assert json.loads(vm_manifest.written(found)) == MANIFEST
    assert vm_manifest.read(vm_manifest.written(found), "manifest.json") == found


def test_written_tables_are_sorted() -> None:
    backwards = dict(reversed(MANIFEST["files"].items()))
    found, _ = vm_manifest.parse(manifest(files=backwards))
    same, _ = vm_manifest.parse(MANIFEST)
    assert found is not None
    assert same is not None
    assert vm_manifest.written(found) == vm_manifest.written(same)


def test_nulls() -> None:
    build = {**MANIFEST["payload_build"], "where": "host", "image": None, "compiler": ""}
    document = manifest(guest_archive=None, signature=None, payload_build=build)
    assert refusals(document) == []
    VALIDATOR.validate(document)


WRONG: Final[list[tuple[Path, object, str]]] = [
    (("schema_version",), "x07.vm.bundle.manifest@0.2.0", "/schema_version: must be `x07.vm."),
    (("backend",), "hyperv", '/backend: must be one of apple-container, docker, firecracker-ctr'),
    (("guest_image",), "a b", "/guest_image: `a b`: must be printable ASCII without spaces"),
    (("guest_digest",), "sha256:00", "/guest_digest: `sha256:00`: must be `sha256:` and 64"),
    (("guest_digest",), DIGEST.upper(), "64 hex digits in lower case"),
    (("guest_digest_kind",), "index", "/guest_digest_kind: must be one of manifest, config"),
    (("guest_digests",), {}, "/guest_digests: must have `guest_digest` under"),
    (("guest_digests", "config"), "sha256:" + "c" * 64, "/guest_digests: must have"),
    (("guest_digests", "tag"), DIGEST, "/guest_digests/tag: the name must be one of manifest"),
    (("guest_digests", "bundle"), None, "/guest_digests/bundle: must be a string, this is null"),
    (("payload",), "other", "/payload: is not among `files`"),
    (("payload",), "../payload", "must be a relative path"),
    (("policy",), "other.json", "/policy: is not among `files`"),
    (("guest_archive",), "other.tar", "/guest_archive: is not among `files`"),
    (("workdir",), "work", "/workdir: `work`: must be an absolute path of the guest"),
    (("workdir",), "/x07/../etc", "/workdir: `/x07/../etc`: must be a relative path"),
    (("files", "a//b"), SHA256, "/files/a~1~1b: the name `a//b`: must be a relative path"),
    (("files", "/etc/passwd"), SHA256, "must be a relative path"),
    (("files", "a/.."), SHA256, "must be a relative path"),
    (("files", "a\nb"), SHA256, "must not contain control characters"),
    (("files", ""), SHA256, "the name must have 1..1024 characters"),
    (("files", "payload"), "0" * 63, "/files/payload: `0"),
    (("files", "payload"), "G" * 64, "must be 64 hex digits in lower case"),
    (("files", "payload"), {"sha256": SHA256}, "/files/payload: must be a string, this is an"),
    (("files", "payload/more"), SHA256, "/files/payload: has a place that something else has"),
    (("files", "manifest.json"), SHA256, "has a place that something else has"),
    (("files", "manifest.json.sig"), SHA256, "has a place that something else has"),
    (("files", "manifest.json/a"), SHA256, "has a place that something else has"),
    (("files",), [], "/files: must be an object, this is an array"),
    (("limits", "wall_ms"), 0, "/limits/wall_ms: must be an integer in 1..600000"),
    (("limits", "wall_ms"), True, "/limits/wall_ms: must be an integer"),
    (("limits", "walls"), 1, "/limits/walls: unknown field; did you mean `wall_ms`?"),
    (("payload_build", "where"), "host", "/payload_build/image: must be there for a guest"),
    (("payload_build", "image"), None, "/payload_build/image: must be there for a guest"),
    (("payload_build", "command", 0), "a\0", "/payload_build/command/0: "),
    (("payload_build", "static"), 1, "/payload_build/static: must be true or false"),
    (("signature", "algorithm"), "rsa", "/signature/algorithm: must be one of ecdsa-p256"),
    (("signature",), "ours", "/signature: must be an object"),
    (("hosts",), [], "/hosts: unknown field; known here: "),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "message"), WRONG, ids=lambda value: str(value)[:40])
def test_what_is_wrong_is_named_by_its_pointer(path: Path, value: object, message: str) -> None:
    found = refusals(changed(path, value))
    assert any(message in line for line in found), found


@pytest.mark.parametrize("name", MANIFEST)
def test_every_field_must_be_written(name: str) -> None:
    document = manifest()
    del document[name]
    assert f"/{name}: is missing" in refusals(document)
    assert not VALIDATOR.is_valid(document)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"a": 1, "a": 2}', b"\xff", b"[" * 300 + b"]" * 300, b"null"]
)
def test_what_is_no_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(vm_manifest.ManifestError) as error:
        vm_manifest.read(data, "app.vm/manifest.json")
    assert error.value.exit_code == 125
    assert error.value.render().startswith(
        "error: the manifest `app.vm/manifest.json` is not valid"
    )
    assert error.value.render().splitlines()[-1].startswith("hint: ")


def places(value: object, at: Path = ()) -> list[Path]:
    """Everywhere in a document where something can be changed."""
    found: list[Path] = [at] if at else []
    items: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, inner in items:
        found += places(inner, (*at, key))
    return found


STRINGS: Final = (
    " a a/b /a / .. a/../b . a/ a//b ... .a a/... /.a // /a/ é \x7f host guest docker config".split(
        " "
    )
)
VALUES: Final = st.sampled_from(STRINGS) | st.sampled_from(
    [
        *(None, True, False, 0, 1, 1.5, -1, 10**20, [], {}, [""]),
        *("a b", "a\n", "a\0", "x" * 300, DIGEST, DIGEST + "\n", SHA256, SHA256 + "\n"),
        *({"a": SHA256}, {"/a": SHA256}, {"config": DIGEST}),
    ]
)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(places(MANIFEST)), VALUES)
def test_the_schema_accepts_the_same(path: Path, value: object) -> None:
    document = changed(path, value)
    found = refusals(document)
    if VALIDATOR.is_valid(document):
        assert all(any(words in line for words in STRICTER) for line in found), found
    else:
        assert found
