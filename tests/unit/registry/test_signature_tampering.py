"""What was changed after it was signed is refused, each change with an error of its own.

Whoever changes something makes all digests right again: nothing is left to see but the signature.
"""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.registry import images, signed
from tests.unit.registry.signed import KEY, KEYS, PUBLIC
from x07bundle.errors import X07Error
from x07bundle.image import oci
from x07bundle.image.layout import DamagedError, open_layout
from x07bundle.image.layout_writing import LayoutWriter
from x07bundle.image.oci import Descriptor, canonical
from x07bundle.registry import dsse, keys, signing, sigstore_bundle, simple_signing
from x07bundle.registry.signature_failure import (
    AlgorithmError,
    ChangedError,
    NotSignedError,
    OtherImageError,
    OtherKeyError,
    SignatureError,
    SignatureFormatError,
)
from x07bundle.registry.signed_sources import InLayout

Change = Callable[[Any], None]
FORMS = ("simple", "bundle")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An image with a signature in each form."""
    return signed.layout(tmp_path / "image")


def rewrite(path: Path, listed: Descriptor, manifest: Change, layer: Change | None = None) -> None:
    """A manifest that the index lists, its layer and itself changed, all digests right."""
    opened = open_layout(path)
    writer = LayoutWriter(path)
    document = signed.json_of(opened, listed)
    if layer is not None:
        content = signed.json_of(opened, signed.layers(opened, listed)[0])
        layer(content)
        blob = writer.add("", canonical(content))
        document["layers"][0] |= {"digest": blob.digest, "size": blob.size_bytes}
    manifest(document)
    stored = writer.add(oci.MANIFEST, canonical(document))
    put(path, listed.digest, {"digest": stored.digest, "size": stored.size_bytes})


def put(path: Path, digest: str, members: dict[str, Any]) -> None:
    """Changes a row of the index."""
    index = json.loads((path / "index.json").read_bytes())
    for row in index["manifests"]:
        if row["digest"] == digest:
            row |= members
    (path / "index.json").write_bytes(canonical(index))


def only(path: Path, form: str) -> Descriptor:
    """Removes the signature of the other form; the one that is left."""
    opened = open_layout(path)
    tagged, (bundle,) = signed.tagged(opened), signed.bundles(opened)
    kept, gone = (tagged, bundle) if form == "simple" else (bundle, tagged)
    index = json.loads((path / "index.json").read_bytes())
    index["manifests"] = [row for row in index["manifests"] if row["digest"] != gone.digest]
    (path / "index.json").write_bytes(canonical(index))
    return kept


def same(document: Any) -> None:  # noqa: ANN401
    """No change."""


def error_of(path: Path, key: keys.PublicKey = PUBLIC) -> SignatureError:
    with pytest.raises(SignatureError) as caught:
        signed.checked(path, key)
    assert caught.value.exit_code == 125
    return caught.value


def envelope(content: Any, change: Change) -> None:  # noqa: ANN401
    """Changes the statement in an envelope."""
    statement = json.loads(base64.b64decode(content["dsseEnvelope"]["payload"]))
    change(statement)
    content["dsseEnvelope"]["payload"] = base64.b64encode(canonical(statement)).decode()


# -- the image


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_enough(path: Path, form: str) -> None:
    only(path, form)
    assert len(signed.checked(path).held) == 1


def test_an_image_that_nobody_signed(tmp_path: Path) -> None:
    images.make(tmp_path / "image")
    assert isinstance(error_of(tmp_path / "image"), NotSignedError)


def test_a_changed_manifest(path: Path) -> None:
    """Its signatures are for another digest, and nothing is for this one."""

    def change(document: Any) -> None:  # noqa: ANN401
        document["annotations"] = {"x": "y"}

    rewrite(path, signed.image(open_layout(path)), change)
    assert isinstance(error_of(path), NotSignedError)


def test_a_changed_manifest_under_the_same_digest(path: Path) -> None:
    opened = open_layout(path)
    file = opened.spans[signed.image(opened).digest].file
    file.write_bytes(file.read_bytes().replace(b"linux", b"Linux").replace(b"gzip", b"GZIP"))
    with pytest.raises(DamagedError, match="another digest"):
        signed.checked(path)


def test_a_second_image_that_is_not_signed(path: Path, tmp_path: Path) -> None:
    other = open_layout(images.make(tmp_path / "other", seed=2, referrer=False))
    for digest, span in other.spans.items():
        target = LayoutWriter(path).blob_file(digest)
        target.write_bytes(span.file.read_bytes())
    index = json.loads((path / "index.json").read_bytes())
    row = oci.descriptor_document(other.top.manifests[0])
    hidden = {oci.REF_NAME: f"sha256-{'0' * 64}.sig"}
    for annotations in ({}, hidden):
        rows = [*index["manifests"], {**row, "annotations": annotations}]
        (path / "index.json").write_bytes(canonical({**index, "manifests": rows}))
        assert isinstance(error_of(path), NotSignedError)


def test_an_image_that_says_it_refers_to_another(path: Path) -> None:
    """It could be run all the same, so that it has to be signed."""
    opened = open_layout(path)
    subject = oci.descriptor_document(signed.image(opened)._replace(annotations={}))
    document = signed.json_of(opened, signed.image(opened))
    stored = LayoutWriter(path).add(oci.MANIFEST, canonical({**document, "subject": subject}))
    index = json.loads((path / "index.json").read_bytes())
    index["manifests"].append(oci.descriptor_document(stored))
    (path / "index.json").write_bytes(canonical(index))
    assert isinstance(error_of(path), NotSignedError)


# -- the key


@pytest.mark.parametrize("form", FORMS)
def test_another_key(path: Path, form: str) -> None:
    only(path, form)
    error = error_of(path, KEYS["other"].public_key())
    assert isinstance(error, OtherKeyError)
    assert keys.hint(PUBLIC) in (error.details or "")


def test_another_key_than_both(path: Path) -> None:
    error = error_of(path, KEYS["other"].public_key())
    assert isinstance(error, NotSignedError)
    assert (error.details or "").count("is by another key") == 2


def test_the_name_of_a_key_cannot_steer_a_terminal(path: Path) -> None:
    def change(content: Any) -> None:  # noqa: ANN401
        content["verificationMaterial"]["publicKey"]["hint"] = "\x1b[2Jx"
        content["dsseEnvelope"]["signatures"][0]["sig"] = ""

    rewrite(path, only(path, "bundle"), same, change)
    error = error_of(path)
    assert isinstance(error, OtherKeyError)
    assert "\x1b" not in (error.details or "\x1b")


# -- the payload, the signature, the algorithm


@pytest.mark.parametrize("left", [True, False])
def test_a_changed_payload_of_simple_signing(path: Path, left: bool) -> None:
    """A bundle that holds does not make up for it."""
    listed = signed.tagged(open_layout(path)) if left else only(path, "simple")

    def change(content: Any) -> None:  # noqa: ANN401
        content["critical"]["identity"]["docker-reference"] = "registry.example/other"

    rewrite(path, listed, same, change)
    assert isinstance(error_of(path), ChangedError)


@pytest.mark.parametrize("left", [True, False])
def test_a_changed_payload_of_a_bundle(path: Path, left: bool) -> None:
    listed = signed.bundles(open_layout(path))[0] if left else only(path, "bundle")

    def change(statement: Any) -> None:  # noqa: ANN401
        statement["predicate"] = {"more": 1}

    rewrite(path, listed, same, lambda content: envelope(content, change))
    assert isinstance(error_of(path), ChangedError)


def with_simple(path: Path, signature: bytes, *, is_named: bool = True) -> None:
    """The signature at the tag becomes this one."""

    def change(document: Any) -> None:  # noqa: ANN401
        annotations = document["layers"][0]["annotations"]
        annotations[simple_signing.SIGNATURE] = base64.b64encode(signature).decode()
        if not is_named:
            del annotations[simple_signing.KEY]

    rewrite(path, only(path, "simple"), change)


def with_bundle(path: Path, signature: bytes) -> None:
    def change(content: Any) -> None:  # noqa: ANN401
        content["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(signature).decode()

    rewrite(path, only(path, "bundle"), same, change)


@pytest.mark.parametrize("form", FORMS)
def test_a_changed_signature(path: Path, form: str) -> None:
    (with_simple if form == "simple" else with_bundle)(path, keys.sign(KEY, b"something else"))
    assert isinstance(error_of(path), ChangedError)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "signature",
    [keys.sign(KEYS["ed25519"], b"x"), b"", b"\x30\x00", b"\0" * 64],
    ids=["ed25519", "empty", "der", "zeros"],
)
def test_a_signature_of_another_algorithm(path: Path, form: str, signature: bytes) -> None:
    (with_simple if form == "simple" else with_bundle)(path, signature)
    assert isinstance(error_of(path), AlgorithmError)


def test_an_unnamed_signer(path: Path) -> None:
    """As others sign: whether the key or the payload is another cannot be known."""
    with_simple(path, keys.sign(KEY, b"something else"), is_named=False)
    error = error_of(path)
    assert isinstance(error, ChangedError)
    assert "by another key, or" in error.brief


def test_signatures_of_others_need_no_name(path: Path) -> None:
    opened = open_layout(path)
    payload = opened.document(signed.layers(opened, signed.tagged(opened))[0])
    with_simple(path, keys.sign(KEY, payload), is_named=False)
    assert len(signed.checked(path).held) == 1


# -- another image


@pytest.fixture
def moved(path: Path, tmp_path: Path) -> Path:
    """A second image, and the signatures of the first as if they were its own."""
    target = images.make(tmp_path / "moved", seed=2, referrer=False)
    first, second = open_layout(path), open_layout(target)
    image = signed.image(second)
    made = signing.sign(InLayout(first), KEYS["other"], signed.NAME)
    assert len(made) == 2
    for one in (signed.tagged(first), *signed.bundles(first)):
        manifest = signed.json_of(first, one)
        for part in (manifest["config"], *manifest["layers"]):
            (file := LayoutWriter(target).blob_file(part["digest"])).write_bytes(
                first.spans[part["digest"]].file.read_bytes()
            )
            assert file.exists()
        if "subject" in manifest:
            about = image._replace(annotations={})
            manifest["subject"] = oci.descriptor_document(about)
        stored = LayoutWriter(target).add(oci.MANIFEST, canonical(manifest))
        tag = {oci.REF_NAME: simple_signing.tag(image.digest)}
        kept = one.annotations if one.artifact_type else tag
        index = json.loads((target / "index.json").read_bytes())
        listed = stored._replace(annotations=kept, artifact_type=one.artifact_type)
        index["manifests"].append(oci.descriptor_document(listed))
        (target / "index.json").write_bytes(canonical(index))
    return target


@pytest.mark.parametrize("form", FORMS)
def test_signatures_of_another_image(moved: Path, form: str) -> None:
    only(moved, form)
    assert isinstance(error_of(moved), OtherImageError)


def test_a_signature_of_another_image_beside_good_ones(moved: Path) -> None:
    opened = open_layout(moved)
    made = signing.attest(InLayout(opened), InLayout(opened).roots()[0], KEY, dsse.SIGNATURE, {})
    signing.into_layout(opened, made)
    assert isinstance(error_of(moved), OtherImageError)


# -- documents


def bundle_changes() -> dict[str, Change]:
    def removed(name: str) -> Change:
        def change(content: Any) -> None:  # noqa: ANN401
            del content[name]

        return change

    def put_at(*pointer: str | int, value: object) -> Change:
        def change(content: Any) -> None:  # noqa: ANN401
            for key in pointer[:-1]:
                content = content[key]
            content[pointer[-1]] = value

        return change

    return {
        "unknown member": put_at("more", value=1),
        "no envelope": removed("dsseEnvelope"),
        "another version": put_at("mediaType", value=sigstore_bundle.FAMILY + ".v0.2+json"),
        "a message beside": put_at("messageSignature", value={}),
        "no material": removed("verificationMaterial"),
        "unknown material": put_at("verificationMaterial", "more", value=1),
        "hint is no text": put_at("verificationMaterial", "publicKey", "hint", value=1),
        "no array": put_at("dsseEnvelope", "signatures", value={}),
        "no signature": put_at("dsseEnvelope", "signatures", value=[]),
        "two signatures": put_at("dsseEnvelope", "signatures", value=[{"sig": ""}] * 2),
        "another type": put_at("dsseEnvelope", "payloadType", value="text/plain"),
        "no base64": put_at("dsseEnvelope", "payload", value="*"),
        "no text": put_at("dsseEnvelope", "signatures", 0, "sig", value=7),
        "an unknown member of the signature": put_at("dsseEnvelope", "signatures", 0, "x", value=7),
    }


@pytest.mark.parametrize("name", list(bundle_changes()))
def test_bundles_that_are_none(path: Path, name: str) -> None:
    rewrite(path, only(path, "bundle"), same, bundle_changes()[name])
    assert isinstance(error_of(path), SignatureFormatError)


def test_a_certificate_is_no_key(path: Path) -> None:
    def change(content: Any) -> None:  # noqa: ANN401
        content["verificationMaterial"] = {"certificate": {"rawBytes": ""}}

    rewrite(path, only(path, "bundle"), same, change)
    error = error_of(path)
    assert isinstance(error, OtherKeyError)
    assert "certificate" in error.brief


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"{}",
        b'{"critical":{}}',
        b'{"critical":{},"critical":{}}',
        b'{"critical":{"identity":{},"image":{},"type":"cosign container image signature"}}',
        b'{"critical":{"identity":{},"image":{},"type":"another"}}',
        b"\xff",
        b"[" * 5000,
    ],
)
def test_payloads_that_are_none(path: Path, payload: bytes) -> None:
    """Signed by the key, and still no signature of an image."""
    blob = LayoutWriter(path).add("", payload)

    def change(document: Any) -> None:  # noqa: ANN401
        layer = document["layers"][0]
        layer |= {"digest": blob.digest, "size": blob.size_bytes}
        signature = base64.b64encode(keys.sign(KEY, payload)).decode()
        layer["annotations"][simple_signing.SIGNATURE] = signature

    rewrite(path, only(path, "simple"), change)
    assert isinstance(error_of(path), SignatureFormatError)


@pytest.mark.parametrize("annotation", [None, "*", "ä"])
def test_annotations_that_are_no_signature(path: Path, annotation: str | None) -> None:
    def change(document: Any) -> None:  # noqa: ANN401
        annotations = document["layers"][0]["annotations"]
        annotations[simple_signing.SIGNATURE] = annotation
        if annotation is None:
            del annotations[simple_signing.SIGNATURE]

    rewrite(path, only(path, "simple"), change)
    assert isinstance(error_of(path), SignatureFormatError)


@pytest.mark.parametrize(
    "statement",
    [
        {},
        {"_type": "x", "subject": [], "predicateType": "x"},
        {"_type": dsse.STATEMENT, "subject": [], "predicateType": "x"},
        {"_type": dsse.STATEMENT, "subject": [{}], "predicateType": "x"},
        {"_type": dsse.STATEMENT, "subject": [{"digest": {"sha256": 1}}], "predicateType": "x"},
        {"_type": dsse.STATEMENT, "subject": [], "predicateType": "x", "more": 1},
    ],
)
def test_statements_that_are_none(path: Path, statement: Any) -> None:  # noqa: ANN401
    """Signed by the key: that does not make them true."""

    def change(content: Any) -> None:  # noqa: ANN401
        made = dsse.signed(canonical(statement), KEY)
        content["dsseEnvelope"] = dsse.document(made)

    rewrite(path, only(path, "bundle"), same, change)
    assert isinstance(error_of(path), SignatureFormatError)


def test_an_attestation_is_no_signature(path: Path) -> None:
    """Whoever says what an image is made of does not say that it may be used."""

    def change(content: Any) -> None:  # noqa: ANN401
        digest = signed.image(open_layout(path)).digest
        payload = dsse.statement(digest, "https://spdx.dev/Document", {"a": 1})
        content["dsseEnvelope"] = dsse.document(dsse.signed(payload, KEY))

    rewrite(path, only(path, "bundle"), same, change)
    assert isinstance(error_of(path), NotSignedError)


def test_a_blob_that_is_missing(path: Path) -> None:
    opened = open_layout(path)
    (layer,) = signed.layers(opened, signed.tagged(opened))
    opened.spans[layer.digest].file.unlink()
    with pytest.raises(X07Error, match="has no blob"):
        signed.checked(path)
