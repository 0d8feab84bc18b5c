"""Key pairs, and layouts that they signed, for tests."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.unit.registry import images
from x07bundle.image import oci
from x07bundle.image.layout import Layout, open_layout
from x07bundle.image.oci import Descriptor
from x07bundle.image.oci_reading import read_manifest
from x07bundle.registry import keys, signature_checks, signing, sigstore_bundle, simple_signing
from x07bundle.registry.signature_checks import Checked
from x07bundle.registry.signed_sources import InLayout

NAME: Final = "registry.example/team/app"
ALGORITHMS: Final = ("ecdsa-p256", "ed25519")
KEYS: Final[Mapping[str, keys.PrivateKey]] = {
    "ecdsa-p256": keys.generate("ecdsa-p256"),
    "ed25519": keys.generate("ed25519"),
    "other": keys.generate("ecdsa-p256"),
}
KEY: Final = KEYS["ecdsa-p256"]
PUBLIC: Final = KEY.public_key()


def layout(path: Path, key: keys.PrivateKey = KEY, **values: Any) -> Path:  # noqa: ANN401
    """A small image, signed. `values`: those of `images.make`."""
    sign(images.make(path, **values), key)
    return path


def sign(path: Path, key: keys.PrivateKey = KEY) -> int:
    """How many artifacts were added."""
    opened = open_layout(path)
    made = signing.sign(InLayout(opened), key, NAME)
    signing.into_layout(opened, made)
    return len(made)


def checked(path: Path, key: keys.PublicKey = PUBLIC, builder: str = "") -> Checked:
    return signature_checks.check(InLayout(open_layout(path)), key, builder)


def image(opened: Layout) -> Descriptor:
    return opened.top.manifests[0]


def tagged(opened: Layout) -> Descriptor:
    """The manifest of the tag of signatures, as the index lists it."""
    wanted = simple_signing.tag(image(opened).digest)
    found = [one for one in opened.top.manifests if one.annotations.get(oci.REF_NAME, "") == wanted]
    assert len(found) == 1
    return found[0]


def bundles(opened: Layout) -> list[Descriptor]:
    return [one for one in opened.top.manifests if one.artifact_type == sigstore_bundle.MEDIA_TYPE]


def json_of(opened: Layout, descriptor: Descriptor) -> Any:  # noqa: ANN401
    return json.loads(opened.document(descriptor))


def layers(opened: Layout, descriptor: Descriptor) -> tuple[Descriptor, ...]:
    return read_manifest(opened.document(descriptor)).layers


def decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
