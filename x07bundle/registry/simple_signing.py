"""Signatures at the tag `sha256-HEX.sig`: the form of cosign up to 2, and of container policies.

The manifest there has a layer for each signature: its blob is the payload, which is what is signed,
byte by byte; its annotation is the signature.
"""

from typing import Final, NamedTuple

from x07bundle.image import oci
from x07bundle.image.oci import Descriptor, Manifest, canonical, described
from x07bundle.registry import dsse, keys, signed_json
from x07bundle.registry.signature_failure import of_key, other_image
from x07bundle.registry.signed_json import encoded, wrong

MEDIA_TYPE: Final = "application/vnd.dev.cosign.simplesigning.v1+json"
SIGNATURE: Final = "dev.cosignproject.cosign/signature"
KEY: Final = "io.x07.signature.key"
"""An annotation of ours: which key, as in a Sigstore bundle. It tells an image that was changed
from one that somebody else signed; nothing is trusted for it."""
TYPE: Final = "cosign container image signature"


class Signature(NamedTuple):
    """`hint`: which key, or "" where nobody says."""

    payload: bytes
    signature: bytes
    hint: str


def tag(digest: str) -> str:
    return f"{digest.replace(':', '-', 1)}.sig"


def payload(digest: str, name: str) -> bytes:
    """`name`: HOST/REPOSITORY, which policies of containers compare with where they pull from."""
    critical = {
        "identity": {"docker-reference": name},
        "image": {"docker-manifest-digest": digest},
        "type": TYPE,
    }
    return canonical({"critical": critical, "optional": None})


def layer(data: bytes, key: keys.PrivateKey) -> Descriptor:
    """A payload, signed."""
    annotations = {
        SIGNATURE: encoded(keys.sign(key, data)),
        KEY: keys.hint(key.public_key()),
    }
    return described(MEDIA_TYPE, data, annotations)


def config(layers: tuple[Descriptor, ...]) -> bytes:
    """Of an image for no platform. Payloads are not compressed: they have one digest each."""
    digests = [one.digest for one in layers]
    rootfs = {"type": "layers", "diff_ids": digests}
    return canonical({"architecture": "", "os": "", "config": {}, "rootfs": rootfs})


def manifest(layers: tuple[Descriptor, ...]) -> Manifest:
    return Manifest(described(oci.CONFIG, config(layers)), layers)


def with_signature(known: tuple[Descriptor, ...], own: Descriptor) -> tuple[Descriptor, ...]:
    """Signatures of others stay; one of the same payload by the same key is replaced."""

    def is_replaced(one: Descriptor) -> bool:
        return one.digest == own.digest and one.annotations.get(KEY) == own.annotations[KEY]

    if own in known:
        return known
    return (*(one for one in known if not is_replaced(one)), own)


def read(data: bytes, found: Descriptor, what: str) -> Signature:
    """Raises SignatureFormatError: there is no signature."""
    text = found.annotations.get(SIGNATURE)
    if text is None:
        raise wrong(what, "", f"it has no annotation `{SIGNATURE}`")
    signature = signed_json.decoded(text, what, f"/annotations/{SIGNATURE}")
    return Signature(data, signature, found.annotations.get(KEY, ""))


def check(found: Signature, key: keys.PublicKey, digest: str, what: str) -> None:
    """Raises SignatureError: it does not hold, or is for another image."""
    if not keys.is_signed(key, found.payload, found.signature):
        raise dsse.failure(key, found.signature, found.hint, what)
    said = _digest(found.payload, what)
    if said != digest:
        raise other_image(what, digest, said)


def _digest(data: bytes, what: str) -> str:
    """Which image a payload is for. Raises SignatureFormatError."""
    document = signed_json.opened(data, what)
    signed_json.exactly(document, what, "", {"critical"}, {"optional"})
    critical = signed_json.members(document["critical"], what, "/critical")
    signed_json.exactly(critical, what, "/critical", {"identity", "image", "type"})
    if critical["type"] != TYPE:
        raise of_key(wrong(what, "/critical/type", f"expected `{TYPE}`"))
    image = signed_json.members(critical["image"], what, "/critical/image")
    return signed_json.text(image, "docker-manifest-digest", what, "/critical/image")
