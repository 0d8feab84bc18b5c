"""Which signatures of an image hold for a key. One that holds is enough, if none that says that it
is by the same key does not.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from x07bundle.image import oci
from x07bundle.image.oci_reading import read_manifest
from x07bundle.registry import (
    dsse,
    keys,
    provenance,
    sigstore_bundle,
    simple_signing,
)
from x07bundle.registry.manifests import Stored
from x07bundle.registry.provenance import Provenance
from x07bundle.registry.signature_failure import (
    NotSignedError,
    SignatureError,
    SignatureFormatError,
    of_key,
)
from x07bundle.registry.signed_sources import Source, targets

MOST_SIGNATURES: Final = 1000
SIMPLE: Final = "simple-signing"
BUNDLE: Final = "sigstore-bundle"


class Held(NamedTuple):
    """A signature that holds. `digest`: of the image. `predicate_type`: what is said of it; "" in
    simple signing, which says only that somebody signed."""

    digest: str
    form: str
    predicate_type: str
    provenance: Provenance | None = None

    @property
    def is_signature(self) -> bool:
        return self.form == SIMPLE or self.predicate_type == dsse.SIGNATURE


class Checked(NamedTuple):
    """`passed_over`: what else is there, by other keys or in no known form, and why."""

    held: tuple[Held, ...]
    passed_over: tuple[SignatureError, ...]


def check(source: Source, key: keys.PublicKey, builder: str = "") -> Checked:
    """`builder`: of which there has to be a provenance for each image; "" for any or none.

    Raises:
        SignatureError: an image is not signed by the key, or a signature by it does not hold.
        X07Error: the source cannot be read.
    """
    roots = {root.digest for root in source.roots()}
    held: list[Held] = []
    passed_over: list[SignatureError] = []
    for image in targets(source):
        found, failures = _of_image(source, image, key)
        if image.digest in roots and not any(one.is_signature for one in found):
            raise _not_signed(image, failures)
        if builder and image.media_type in oci.MANIFEST_TYPES:
            said = tuple(one.provenance for one in found if one.provenance is not None)
            provenance.refuse_builder(builder, said, image.digest)
        held += found
        passed_over += failures
    return Checked(tuple(held), tuple(passed_over))


def document(checked: Checked, key: keys.PublicKey) -> dict[str, Any]:
    """For reports."""
    return {
        "key": keys.hint(key),
        "algorithm": keys.algorithm_of(key),
        "held": [_row(one) for one in checked.held],
        "passed_over": [error.brief for error in checked.passed_over],
    }


def _row(held: Held) -> dict[str, Any]:
    row: dict[str, Any] = {
        "image": held.digest,
        "form": held.form,
        "predicate_type": held.predicate_type or None,
    }
    return row if held.provenance is None else {**row, "provenance": held.provenance._asdict()}


def _of_image(
    source: Source, image: Stored, key: keys.PublicKey
) -> tuple[list[Held], list[SignatureError]]:
    """Raises SignatureError: one that says that it is by the key does not hold."""
    held: list[Held] = []
    failures: list[SignatureError] = []
    for one in (*_simple(source, image, key), *_bundles(source, image, key)):
        if isinstance(one, Held):
            held.append(one)
        elif one.is_of_key:
            raise one
        else:
            failures.append(one)
        if len(held) + len(failures) > MOST_SIGNATURES:
            raise SignatureError(f"`{image.digest}` has more than {MOST_SIGNATURES} signatures")
    return held, failures


def _not_signed(image: Stored, failures: list[SignatureError]) -> SignatureError:
    """The only failure itself, where there is no other."""
    if len(failures) == 1:
        return failures[0]
    return NotSignedError(
        f"nothing by this key signs `{image.digest}`",
        "\n".join(dict.fromkeys(error.brief for error in failures)) or None,
        "sign it, `x07 image sign --key FILE`; or check that the public key is the right one",
    )


def _simple(source: Source, image: Stored, key: keys.PublicKey) -> Iterator[Held | SignatureError]:
    tag = simple_signing.tag(image.digest)
    stored = source.tagged(tag)
    if stored is None or stored.media_type in oci.INDEX_TYPES:
        return
    layers = read_manifest(stored.data, f"manifest `{stored.digest}`").layers
    for number, layer in enumerate(layers):
        if layer.media_type != simple_signing.MEDIA_TYPE:
            continue
        what = f"signature {number + 1} of `{tag}`"
        try:
            signature = simple_signing.read(source.blob(layer), layer, what)
            simple_signing.check(signature, key, image.digest, what)
            yield Held(image.digest, SIMPLE, "")
        except SignatureError as error:
            yield error


def _bundles(source: Source, image: Stored, key: keys.PublicKey) -> Iterator[Held | SignatureError]:
    for stored in source.referrers(image.digest):
        if stored.media_type in oci.INDEX_TYPES:
            continue
        manifest = read_manifest(stored.data, f"manifest `{stored.digest}`")
        if sigstore_bundle.is_bundle(manifest):
            try:
                what = f"bundle `{stored.digest}`"
                yield _bundle(source.blob(manifest.layers[0]), key, image.digest, what)
            except SignatureError as error:
                yield error


def _bundle(data: bytes, key: keys.PublicKey, digest: str, what: str) -> Held:
    bundle = sigstore_bundle.read(data, what)
    dsse.check(bundle.envelope, key, bundle.hint, what)
    try:
        statement = dsse.read_statement(bundle.envelope.payload, digest, what)
        is_own = statement.predicate_type == provenance.PREDICATE_TYPE
        said = provenance.check(statement.predicate, what) if is_own else None
    except SignatureFormatError as error:
        raise of_key(error) from error
    return Held(digest, BUNDLE, statement.predicate_type, said)
