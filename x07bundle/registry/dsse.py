"""DSSE envelopes of in-toto statements: bytes with a type, signed together.

Signed are the bytes of `pae`, never the base64 or a document that was read.
"""

from typing import Any, Final, NamedTuple

from x07bundle.image.oci import canonical
from x07bundle.registry import keys, signed_json
from x07bundle.registry.signature_failure import (
    SignatureError,
    changed,
    other_algorithm,
    other_image,
    other_key,
    unknown_signer,
)
from x07bundle.registry.signed_json import Document, encoded, wrong

IN_TOTO: Final = "application/vnd.in-toto+json"
STATEMENT: Final = "https://in-toto.io/Statement/v1"
STATEMENT_TYPES: Final = frozenset({STATEMENT, "https://in-toto.io/Statement/v0.1"})
SIGNATURE: Final = "https://sigstore.dev/cosign/sign/v1"
"""The predicate type of a statement that says nothing but that somebody signed."""


class Envelope(NamedTuple):
    """`payload`: the bytes, decoded."""

    payload: bytes
    payload_type: str
    signature: bytes


class Statement(NamedTuple):
    """`digests`: SHA-256 in hex of what it is about."""

    digests: tuple[str, ...]
    predicate_type: str
    predicate: Document


def pae(payload_type: str, payload: bytes) -> bytes:
    """Pre-authentication encoding: lengths are of bytes, in decimal."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def statement(digest: str, predicate_type: str, predicate: Document, name: str = "") -> bytes:
    """About the image of a digest; `name` where it says more than that."""
    subject: dict[str, Any] = {"digest": {"sha256": digest.removeprefix("sha256:")}}
    return canonical(
        {
            "_type": STATEMENT,
            "subject": [{"name": name, **subject} if name else subject],
            "predicateType": predicate_type,
            "predicate": predicate,
        }
    )


def signed(payload: bytes, key: keys.PrivateKey) -> Envelope:
    return Envelope(payload, IN_TOTO, keys.sign(key, pae(IN_TOTO, payload)))


def document(envelope: Envelope) -> dict[str, Any]:
    """Without `keyid`: readers skip signatures whose keyid is of another form than theirs."""
    return {
        "payload": encoded(envelope.payload),
        "payloadType": envelope.payload_type,
        "signatures": [{"sig": encoded(envelope.signature)}],
    }


def read(value: object, what: str, pointer: str) -> Envelope:
    """Raises SignatureFormatError."""
    found = signed_json.members(value, what, pointer)
    signed_json.exactly(found, what, pointer, {"payload", "payloadType", "signatures"})
    one = signed_json.only(found, "signatures", what, pointer)
    place = f"{pointer}/signatures/0"
    signed_json.exactly(one, what, place, {"sig"}, {"keyid"})
    kind = signed_json.text(found, "payloadType", what, pointer)
    if kind != IN_TOTO:
        raise wrong(what, f"{pointer}/payloadType", f"expected `{IN_TOTO}`")
    payload = signed_json.text(found, "payload", what, pointer)
    signature = signed_json.text(one, "sig", what, place)
    return Envelope(
        signed_json.decoded(payload, what, f"{pointer}/payload"),
        kind,
        signed_json.decoded(signature, what, f"{place}/sig"),
    )


def check(envelope: Envelope, key: keys.PublicKey, said: str, what: str) -> None:
    """`said`: which key it names, as `keys.hint` does, or "".

    Raises:
        SignatureError: it does not hold.
    """
    data = pae(envelope.payload_type, envelope.payload)
    if not keys.is_signed(key, data, envelope.signature):
        raise failure(key, envelope.signature, said, what)


def failure(key: keys.PublicKey, signature: bytes, said: str, what: str) -> SignatureError:
    """Why a signature does not hold, as far as that can be known."""
    own = keys.hint(key)
    if said and said != own:
        return other_key(what, own, said)
    if not keys.is_of_algorithm(key, signature):
        error = other_algorithm(what, keys.algorithm_of(key))
        error.is_of_key = bool(said)
        return error
    return changed(what) if said else unknown_signer(what)


def read_statement(payload: bytes, digest: str, what: str) -> Statement:
    """The statement of an envelope that was checked.

    Raises:
        SignatureFormatError: it is none.
        OtherImageError: it is not about the image of `digest`.
    """
    what = f"the statement of {what}"
    found = signed_json.opened(payload, what)
    signed_json.exactly(found, what, "", {"_type", "subject", "predicateType"}, {"predicate"})
    if found["_type"] not in STATEMENT_TYPES:
        raise wrong(what, "/_type", f"expected `{STATEMENT}`")
    digests = tuple(_subjects(found, what))
    if digest.removeprefix("sha256:") not in digests:
        raise other_image(what, digest, ", ".join(f"sha256:{one}" for one in digests))
    kind = signed_json.text(found, "predicateType", what, "")
    predicate = signed_json.members(found.get("predicate") or {}, what, "/predicate")
    return Statement(digests, kind, predicate)


def _subjects(found: Document, what: str) -> list[str]:
    subjects = found["subject"]
    if not isinstance(subjects, list) or not subjects:
        raise wrong(what, "/subject", "expected an array of subjects")
    digests = []
    for number, subject in enumerate(subjects):
        pointer = f"/subject/{number}"
        known = signed_json.members(subject, what, pointer)
        digest = signed_json.members(known.get("digest"), what, f"{pointer}/digest")
        digests.append(signed_json.text(digest, "sha256", what, f"{pointer}/digest"))
    return digests
