"""Signatures of an index over its entries (contract/project.md §6)."""

import binascii
from base64 import b64decode
from collections.abc import Sequence
from typing import Final

from x07bundle.keys import ed25519
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.index import Entry, Index, PublicKey

KIND: Final = "ed25519"


def message(entry: Entry) -> bytes:
    """The bytes that are signed."""
    lines = ("x07.pkg.sig.v1", f"name={entry.name}", f"version={entry.version}")
    return "\n".join((*lines, f"sha256={entry.cksum}", "")).encode()


def verify(entry: Entry, index: Index) -> str:
    """Whether a key that the index publishes has signed an entry; the key's id.

    Raises:
        PackageError: X07PKG_UNSIGNED, X07PKG_SIGNATURE_…
    """
    what = f"{entry.name}@{entry.version}"
    signature = entry.signature
    if signature is None:
        hint = "its checksum is right, but nobody vouches for it"
        raise PackageError("X07PKG_UNSIGNED", f"{what} has no signature", None, hint)
    if signature.kind != KIND:
        brief = f"{what} has a signature of the kind `{signature.kind}`; only `{KIND}` is known"
        raise PackageError("X07PKG_SIGNATURE_UNSUPPORTED", brief)
    key = _key(signature.key_id, index.public_keys(), what)
    if not ed25519.verify(key, message(entry), _bytes(signature.value)):
        hint = "do not use it; tell those who run the index"
        raise PackageError(
            "X07PKG_SIGNATURE_INVALID", f"the signature of {what} is wrong", None, hint
        )
    return signature.key_id


def _key(key_id: str, keys: Sequence[PublicKey], what: str) -> bytes:
    for key in keys:
        if key.key_id == key_id:
            return _bytes(key.value)
    brief = f"{what} is signed with the key `{key_id}`, which the index does not publish"
    raise PackageError("X07PKG_SIGNATURE_KEY_MISSING", brief)


def _bytes(text: str) -> bytes:
    """What base64 stands for; nothing, which no signature fits, where it is none."""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
