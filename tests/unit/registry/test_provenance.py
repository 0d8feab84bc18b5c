"""Provenance: what an image was made of, by whom, from which source; and whom to believe."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.unit.image import layouts
from tests.unit.registry import signed
from tests.unit.registry.signed import KEY, KEYS
from x07bundle.errors import RefusedError, UsageError
from x07bundle.image.debian.lock import Locked
from x07bundle.image.layout import open_layout
from x07bundle.image.oci import ImageConfig, Platform
from x07bundle.registry import dsse, provenance, signing
from x07bundle.registry.provenance import Inputs, Origin
from x07bundle.registry.signature_failure import SignatureError, SignatureFormatError
from x07bundle.registry.signed_sources import InLayout

COMMIT: Final = "0123456789" * 4
ORIGIN: Final = Origin("https://ci.example/builder", "git+https://code.example/x07", COMMIT)
PACKAGE: Final = Locked(
    "libstdc++6", "1:12.2.0~rc1-14+b1", "amd64", "bookworm", "pool/x", 1, "ab" * 32, ("run/x",)
)
INPUTS: Final = Inputs("12" * 32, "cd" * 32, (PACKAGE,), "debian", "bookworm")
LABELS: Final = {"io.x07.lock-digest": "sha256:" + "cd" * 32, "io.x07.flavour": "run"}
CONFIG: Final = ImageConfig(Platform("linux", "amd64"), (), labels=LABELS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    layouts.made(tmp_path / "image")
    signed.sign(tmp_path / "image")
    return tmp_path / "image"


def attach(path: Path, predicate: Any, key: Any = KEY) -> None:  # noqa: ANN401
    source = InLayout(open_layout(path))
    kind = provenance.PREDICATE_TYPE
    made = signing.attest(source, source.roots()[0], key, kind, predicate, signed.NAME)
    signing.into_layout(open_layout(path), made)


def test_the_predicate() -> None:
    """Each field as SLSA has it."""
    source = {"uri": "git+https://code.example/x07", "digest": {"gitCommit": COMMIT}}
    found = provenance.predicate(CONFIG, INPUTS, ORIGIN)
    version = found["runDetails"]["builder"]["version"]["x07bundle"]
    assert found == {
        "buildDefinition": {
            "buildType": "urn:x07bundle:image-build:v1",
            "externalParameters": {
                "architecture": "amd64",
                "flavour": "run",
                "recipe": {"sha256": "12" * 32},
                "lock": {"sha256": "cd" * 32},
                "source": source,
            },
            "internalParameters": {"tool": f"x07bundle-{version}"},
            "resolvedDependencies": [
                source,
                {
                    "name": "libstdc++6",
                    "uri": "pkg:deb/debian/libstdc%2B%2B6@1:12.2.0~rc1-14%2Bb1"
                    "?arch=amd64&distro=bookworm",
                    "digest": {"sha256": "ab" * 32},
                },
            ],
        },
        "runDetails": {
            "builder": {"id": "https://ci.example/builder", "version": {"x07bundle": version}}
        },
    }


def test_the_statement(path: Path) -> None:
    attach(path, provenance.predicate(CONFIG, INPUTS, ORIGIN))
    opened = open_layout(path)
    listed = signed.bundles(opened)[-1]
    kind = "https://slsa.dev/provenance/v1"
    assert listed.annotations["dev.sigstore.bundle.predicateType"] == kind
    envelope = signed.json_of(opened, signed.layers(opened, listed)[0])["dsseEnvelope"]
    statement = json.loads(signed.decoded(envelope["payload"]))
    digest = signed.image(opened).digest.removeprefix("sha256:")
    assert set(statement) == {"_type", "subject", "predicateType", "predicate"}
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["subject"] == [{"name": signed.NAME, "digest": {"sha256": digest}}]
    assert statement["predicateType"] == kind


def test_it_is_checked(path: Path) -> None:
    attach(path, provenance.predicate(CONFIG, INPUTS, ORIGIN))
    held = signed.checked(path, builder=ORIGIN.builder).held
    said = [one.provenance for one in held if one.provenance is not None]
    assert said == [(*ORIGIN, "12" * 32, "cd" * 32)]


def test_attaching_it_again_changes_nothing(path: Path) -> None:
    attach(path, provenance.predicate(CONFIG, INPUTS, ORIGIN))
    before = (path / "index.json").read_bytes()
    attach(path, provenance.predicate(CONFIG, INPUTS, ORIGIN))
    assert (path / "index.json").read_bytes() == before


def test_no_provenance_by_the_builder(path: Path) -> None:
    with pytest.raises(SignatureError, match="no provenance says") as caught:
        signed.checked(path, builder=ORIGIN.builder)
    assert caught.value.details == "there is none by this key"
    attach(path, provenance.predicate(CONFIG, INPUTS, ORIGIN))
    with pytest.raises(SignatureError, match="no provenance says") as caught:
        signed.checked(path, builder="https://ci.example/another")
    assert ORIGIN.builder in (caught.value.details or "")


def test_that_of_another_key_says_nothing(path: Path) -> None:
    attach(path, provenance.predicate(CONFIG, INPUTS, ORIGIN), KEYS["other"])
    with pytest.raises(SignatureError, match="no provenance says"):
        signed.checked(path, builder=ORIGIN.builder)


def test_another_lock_than_that_of_the_image() -> None:
    for config in (CONFIG, CONFIG._replace(labels={})):
        inputs = INPUTS._replace(lock_sha256="ef" * 32)
        with pytest.raises(RefusedError, match="would not be true"):
            provenance.predicate(config, inputs, ORIGIN)


def changed(*pointer: str, value: object = None) -> Any:  # noqa: ANN401
    """The predicate with a member changed, or without it."""
    document = provenance.predicate(CONFIG, INPUTS, ORIGIN)
    parent: Any = document
    for key in pointer[:-1]:
        parent = parent[key]
    if value is None:
        del parent[pointer[-1]]
    else:
        parent[pointer[-1]] = value
    return document


@pytest.mark.parametrize(
    "predicate",
    [
        {},
        changed("buildDefinition"),
        changed("buildDefinition", "buildType", value="https://example.org/another"),
        changed("buildDefinition", "externalParameters", "more", value=1),
        changed("buildDefinition", "externalParameters", "lock"),
        changed("buildDefinition", "externalParameters", "lock", value={"sha256": 1}),
        changed("buildDefinition", "externalParameters", "source", value="x"),
        changed("runDetails"),
        changed("runDetails", "builder", "id"),
    ],
)
def test_predicates_that_say_something_else(path: Path, predicate: Any) -> None:  # noqa: ANN401
    attach(path, predicate)
    with pytest.raises(SignatureFormatError, match="the provenance of"):
        signed.checked(path)


def test_other_attestations_are_left_alone(path: Path) -> None:
    source = InLayout(open_layout(path))
    kind = "https://spdx.dev/Document"
    made = signing.attest(source, source.roots()[0], KEY, kind, {"spdxVersion": "SPDX-2.3"})
    signing.into_layout(open_layout(path), made)
    held = signed.checked(path).held
    assert [one.predicate_type for one in held] == ["", dsse.SIGNATURE, kind]


@pytest.mark.parametrize(
    "origin",
    [
        ORIGIN._replace(builder="me"),
        ORIGIN._replace(builder="1:x"),
        ORIGIN._replace(source="https:"),
        ORIGIN._replace(source="https://a b"),
        ORIGIN._replace(commit="0123456"),
        ORIGIN._replace(commit="G" * 40),
    ],
)
def test_origins_that_name_nothing(origin: Origin) -> None:
    provenance.check_origin(ORIGIN)
    with pytest.raises(UsageError):
        provenance.check_origin(origin)
