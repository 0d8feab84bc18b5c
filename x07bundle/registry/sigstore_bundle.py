"""Sigstore bundles (v0.3) with a key pair and no log, and the OCI artifact that carries one.

The form in which cosign 3 signs and attests: a DSSE envelope, attached as a referrer.
"""

from typing import Any, Final, NamedTuple

from x07bundle.image import oci
from x07bundle.image.oci import Descriptor, Manifest, canonical, described
from x07bundle.registry import dsse, keys, signed_json
from x07bundle.registry.dsse import Envelope
from x07bundle.registry.signature_failure import OtherKeyError
from x07bundle.registry.signed_json import wrong

MEDIA_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
FAMILY: Final = "application/vnd.dev.sigstore.bundle"
"""What the types of all versions begin with."""
CONTENT: Final = "dev.sigstore.bundle.content"
PREDICATE_TYPE: Final = "dev.sigstore.bundle.predicateType"
CREATED: Final = "org.opencontainers.image.created"
DSSE: Final = "dsse-envelope"


class Bundle(NamedTuple):
    """`hint`: which key, as `keys.hint` says it; others may say anything."""

    envelope: Envelope
    hint: str


def bundle_bytes(envelope: Envelope, key: keys.PublicKey) -> bytes:
    return canonical(
        {
            "mediaType": MEDIA_TYPE,
            "verificationMaterial": {"publicKey": {"hint": keys.hint(key)}},
            "dsseEnvelope": dsse.document(envelope),
        }
    )


def manifest(bundle: bytes, subject: Descriptor, predicate_type: str, created: str) -> Manifest:
    """The artifact that refers to an image. `created`: RFC 3339 in UTC, or ""."""
    annotations = {CONTENT: DSSE, PREDICATE_TYPE: predicate_type}
    if created:
        annotations[CREATED] = created
    about = Descriptor(subject.media_type, subject.digest, subject.size_bytes)
    layer = described(MEDIA_TYPE, bundle)
    return Manifest(oci.EMPTY_DESCRIPTOR, (layer,), annotations, about, MEDIA_TYPE)


def is_bundle(found: Manifest) -> bool:
    """As cosign tells: by the type of the only layer."""
    return len(found.layers) == 1 and found.layers[0].media_type.startswith(FAMILY)


def read(data: bytes, what: str) -> Bundle:
    """Raises SignatureFormatError; OtherKeyError: it is by a certificate, not by a key."""
    found = signed_json.opened(data, what)
    needed = {"mediaType", "verificationMaterial"}
    signed_json.exactly(found, what, "", needed, {"dsseEnvelope", "messageSignature"})
    if found["mediaType"] != MEDIA_TYPE:
        raise wrong(what, "/mediaType", f"expected `{MEDIA_TYPE}`")
    if "dsseEnvelope" not in found or "messageSignature" in found:
        raise wrong(what, "/dsseEnvelope", "images are signed by an envelope, and nothing else")
    hint = _hint(found["verificationMaterial"], what)
    return Bundle(dsse.read(found["dsseEnvelope"], what, "/dsseEnvelope"), hint)


def _hint(value: object, what: str) -> str:
    pointer = "/verificationMaterial"
    material = signed_json.members(value, what, pointer)
    if "publicKey" not in material and material.keys() & {"certificate", "x509CertificateChain"}:
        raise OtherKeyError(f"{what} is by a certificate, not by a key")
    others = {"tlogEntries", "timestampVerificationData"}
    signed_json.exactly(material, what, pointer, {"publicKey"}, others)
    key: Any = signed_json.members(material["publicKey"], what, f"{pointer}/publicKey")
    signed_json.exactly(key, what, f"{pointer}/publicKey", set(), {"hint"})
    return signed_json.text({"hint": "", **key}, "hint", what, f"{pointer}/publicKey")
