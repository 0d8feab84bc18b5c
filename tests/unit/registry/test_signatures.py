"""Signatures in both forms: each field as published, and `openssl` as the witness of the bytes."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from tests.live.registries import need
from tests.unit.image import layouts
from tests.unit.registry import images, signed
from tests.unit.registry.signed import ALGORITHMS, KEY, KEYS, PUBLIC
from x07bundle.image import verify
from x07bundle.image.layout import open_layout
from x07bundle.image.steps import Silent
from x07bundle.registry import dsse, keys, signing
from x07bundle.registry.signed_sources import InLayout


def is_verified(folder: Path, key: keys.PrivateKey, data: bytes, signature: bytes) -> bool:
    """By openssl alone."""
    (folder / "data").write_bytes(data)
    (folder / "signature").write_bytes(signature)
    (folder / "key.pub").write_bytes(keys.public_pem(key.public_key()))
    program = need("openssl")
    command = [program, "dgst", "-sha256", "-verify", "key.pub", "-signature", "signature", "data"]
    if keys.algorithm_of(key.public_key()) == "ed25519":
        command = [program, "pkeyutl", "-verify", "-pubin", "-inkey", "key.pub", "-rawin"]
        command += ["-sigfile", "signature", "-in", "data"]
    return subprocess.run(command, cwd=folder, capture_output=True).returncode == 0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return signed.layout(tmp_path / "image")


def test_the_tag(path: Path) -> None:
    opened = open_layout(path)
    digest = signed.image(opened).digest
    listed = signed.tagged(opened)
    assert listed.annotations == {
        "org.opencontainers.image.ref.name": f"sha256-{digest.removeprefix('sha256:')}.sig"
    }
    manifest = signed.json_of(opened, listed)
    assert set(manifest) == {"schemaVersion", "mediaType", "config", "layers"}
    assert manifest["schemaVersion"] == 2
    assert manifest["mediaType"] == "application/vnd.oci.image.manifest.v1+json"
    assert manifest["config"]["mediaType"] == "application/vnd.oci.image.config.v1+json"
    (layer,) = manifest["layers"]
    assert layer["mediaType"] == "application/vnd.dev.cosign.simplesigning.v1+json"
    assert set(layer["annotations"]) == {
        "dev.cosignproject.cosign/signature",
        "io.x07.signature.key",
    }
    (blob,) = signed.layers(opened, listed)
    config = opened.spans[manifest["config"]["digest"]].file.read_bytes()
    assert config == (
        b'{"architecture":"","config":{},"os":"","rootfs":{"diff_ids":["%b"],"type":"layers"}}'
        % blob.digest.encode()
    )


def test_the_payload_of_simple_signing(path: Path) -> None:
    opened = open_layout(path)
    (layer,) = signed.layers(opened, signed.tagged(opened))
    assert opened.document(layer) == (
        b'{"critical":{"identity":{"docker-reference":"registry.example/team/app"},"image":'
        b'{"docker-manifest-digest":"%b"},"type":"cosign container image signature"},'
        b'"optional":null}' % signed.image(opened).digest.encode()
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_openssl_verifies_the_payload(tmp_path: Path, algorithm: str) -> None:
    key = KEYS[algorithm]
    opened = open_layout(signed.layout(tmp_path / "image", key))
    (layer,) = signed.layers(opened, signed.tagged(opened))
    signature = signed.decoded(layer.annotations["dev.cosignproject.cosign/signature"])
    payload = opened.document(layer)
    assert is_verified(tmp_path, key, payload, signature)
    assert not is_verified(tmp_path, key, payload + b" ", signature)


def test_the_referrer_of_the_bundle(path: Path) -> None:
    opened = open_layout(path)
    (listed,) = signed.bundles(opened)
    manifest = signed.json_of(opened, listed)
    kind = "application/vnd.dev.sigstore.bundle.v0.3+json"
    image = signed.image(opened)
    empty = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    (layer,) = manifest.pop("layers")
    assert manifest == {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": kind,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": empty, "size": 2},
        "subject": {
            "mediaType": image.media_type,
            "digest": image.digest,
            "size": image.size_bytes,
        },
        "annotations": {
            "dev.sigstore.bundle.content": "dsse-envelope",
            "dev.sigstore.bundle.predicateType": "https://sigstore.dev/cosign/sign/v1",
        },
    }
    assert layer["mediaType"] == kind
    assert listed.annotations == manifest["annotations"]


def test_when_an_image_was_made_its_bundle_was(tmp_path: Path) -> None:
    layouts.made(tmp_path / "image")
    signed.sign(tmp_path / "image")
    opened = open_layout(tmp_path / "image")
    (listed,) = signed.bundles(opened)
    assert listed.annotations["org.opencontainers.image.created"] == "2023-11-14T22:13:20Z"


def test_the_bundle(path: Path) -> None:
    opened = open_layout(path)
    (layer,) = signed.layers(opened, signed.bundles(opened)[0])
    bundle = signed.json_of(opened, layer)
    envelope = bundle.pop("dsseEnvelope")
    assert bundle == {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": keys.hint(PUBLIC)}},
    }
    assert set(envelope) == {"payload", "payloadType", "signatures"}
    assert envelope["payloadType"] == "application/vnd.in-toto+json"
    (signature,) = envelope["signatures"]
    assert set(signature) == {"sig"}
    digest = signed.image(opened).digest.removeprefix("sha256:")
    assert signed.decoded(envelope["payload"]) == (
        b'{"_type":"https://in-toto.io/Statement/v1","predicate":{},'
        b'"predicateType":"https://sigstore.dev/cosign/sign/v1",'
        b'"subject":[{"digest":{"sha256":"%b"}}]}' % digest.encode()
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_openssl_verifies_the_envelope(tmp_path: Path, algorithm: str) -> None:
    """Over bytes that are put together here by the published rule, not by the tool."""
    key = KEYS[algorithm]
    opened = open_layout(signed.layout(tmp_path / "image", key))
    (layer,) = signed.layers(opened, signed.bundles(opened)[0])
    envelope = signed.json_of(opened, layer)["dsseEnvelope"]
    payload = signed.decoded(envelope["payload"])
    data = b" ".join(
        [b"DSSEv1", b"28", b"application/vnd.in-toto+json", str(len(payload)).encode(), payload]
    )
    signature = signed.decoded(envelope["signatures"][0]["sig"])
    assert is_verified(tmp_path, key, data, signature)
    assert not is_verified(tmp_path, key, payload, signature)


def test_the_vector_of_the_specification() -> None:
    """DSSE, "Test Vectors"."""
    found = dsse.pae("http://example.com/HelloWorld", b"hello world")
    assert found == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_lengths_are_of_bytes() -> None:
    assert dsse.pae("ä", "ö€".encode()) == "DSSEv1 2 ä 5 ö€".encode()


def test_signing_again_changes_nothing(path: Path) -> None:
    before = {file.name: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    assert signed.sign(path) == 0
    assert {file.name: file.read_bytes() for file in path.rglob("*") if file.is_file()} == before


def test_the_same_image_and_key_give_the_same_layout(tmp_path: Path) -> None:
    tops = [signed.layout(tmp_path / name) / "index.json" for name in ("one", "two")]
    assert tops[0].read_bytes() == tops[1].read_bytes()


def test_several_keys_sign_one_image(tmp_path: Path) -> None:
    path = tmp_path / "image"
    layouts.made(path)
    assert signed.sign(path) == 2
    assert signed.sign(path, KEYS["other"]) == 2
    assert signed.sign(path, KEYS["ed25519"]) == 2
    for key in KEYS.values():
        found = signed.checked(path, key.public_key())
        assert [one.form for one in found.held] == ["simple-signing", "sigstore-bundle"]
        assert len(found.passed_over) == 4
    opened = open_layout(path)
    assert len(signed.layers(opened, signed.tagged(opened))) == 3
    assert verify.verify(opened, Silent()).problems == ()
    assert signed.sign(path) == 0


@pytest.mark.parametrize("name", ["image", "image.tar"])
def test_a_signed_layout_is_whole(tmp_path: Path, name: str) -> None:
    """Nothing is left over, in a folder and in an archive; what docker reads stays."""
    layouts.made(tmp_path / name)
    before = open_layout(tmp_path / name)
    assert signed.sign(tmp_path / name) == 2
    assert signed.sign(tmp_path / name, KEYS["other"]) == 2
    opened = open_layout(tmp_path / name)
    assert verify.verify(opened, Silent()).problems == ()
    assert opened.top.manifests[: len(before.top.manifests)] == before.top.manifests
    assert opened.others.keys() == before.others.keys()
    assert len(signed.checked(tmp_path / name).held) == 2


def test_an_index_and_its_images_are_signed(tmp_path: Path) -> None:
    layouts.made(tmp_path / "image", layouts.contents(), layouts.contents("arm64"))
    assert signed.sign(tmp_path / "image") == 6
    found = signed.checked(tmp_path / "image")
    assert len({one.digest for one in found.held}) == 3
    assert len(found.held) == 6


def test_an_output_that_cannot_be_written_leaves_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = images.make(tmp_path / "image")
    before = (path / "index.json").read_bytes()
    opened = open_layout(path)
    made = signing.sign(InLayout(opened), KEY, signed.NAME)

    def failing(file: Path, data: bytes, *_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("x07bundle.registry.signing.write_atomic", failing)
    with pytest.raises(OSError, match="No space"):
        signing.into_layout(opened, made)
    assert (path / "index.json").read_bytes() == before


def test_digests_are_of_the_stored_bytes(path: Path) -> None:
    for file in (path / "blobs/sha256").iterdir():
        assert hashlib.sha256(file.read_bytes()).hexdigest() == file.name
