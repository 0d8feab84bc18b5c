"""Signatures: the vectors of RFC 8032 §7.1, and what an index says of its entries."""

from base64 import b64encode

import pytest

from tests.unit.project.packages.sources import code_of
from x07bundle.keys import ed25519
from x07bundle.project.packages import signatures
from x07bundle.project.packages.builtin_index import BuiltInIndex
from x07bundle.project.packages.index import Entry, PublicKey, Signature

VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
            "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
            "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
            "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_vectors(key: str, message: str, signature: str) -> None:
    parts = (bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature))
    assert ed25519.verify(*parts)
    assert not ed25519.verify(parts[0], parts[1] + b"x", parts[2])
    for at in (0, 31, 32, 63):
        changed = bytearray(parts[2])
        changed[at] ^= 1
        assert not ed25519.verify(parts[0], parts[1], bytes(changed))


def test_what_is_no_signature() -> None:
    key, message, signature = (bytes.fromhex(part) for part in VECTORS[1])
    assert not ed25519.verify(key[:-1], message, signature)
    assert not ed25519.verify(key, message, signature[:-1])
    assert not ed25519.verify(b"\xff" * 32, message, signature)
    scalar = int.from_bytes(signature[32:], "little") + ed25519.ORDER
    malleable = signature[:32] + scalar.to_bytes(32, "little")
    assert not ed25519.verify(key, message, malleable)


class SignedIndex(BuiltInIndex):
    """An index that publishes the keys it is made with."""

    def __init__(self, *keys: PublicKey) -> None:
        self.keys = keys

    def public_keys(self) -> tuple[PublicKey, ...]:
        return self.keys


def signed(kind: str = "ed25519", key_id: str = "k", value: str = "AA==") -> Entry:
    return Entry("a", "1.0.0", "0" * 64, signature=Signature(kind, key_id, value))


def test_entries() -> None:
    key = PublicKey("k", b64encode(bytes.fromhex(VECTORS[0][0])).decode())
    index = SignedIndex(key, PublicKey("bad", "no base64"))
    codes = {
        "X07PKG_UNSIGNED": Entry("a", "1.0.0", "0" * 64),
        "X07PKG_SIGNATURE_UNSUPPORTED": signed(kind="rsa"),
        "X07PKG_SIGNATURE_KEY_MISSING": signed(key_id="other"),
        "X07PKG_SIGNATURE_INVALID": signed(),
    }
    for code, entry in codes.items():
        assert code_of(lambda e=entry: signatures.verify(e, index)) == code  # type: ignore[misc]
    bad = signed(key_id="bad")
    assert code_of(lambda: signatures.verify(bad, index)) == "X07PKG_SIGNATURE_INVALID"


def test_the_message() -> None:
    wanted = f"x07.pkg.sig.v1\nname=a\nversion=1.0.0\nsha256={'0' * 64}\n".encode()
    assert signatures.message(signed()) == wanted


def test_a_signed_entry() -> None:
    """Made once with another implementation, for the entry of `signed()`."""
    key = PublicKey("k", SIGNED_KEY)
    assert signatures.verify(signed(value=SIGNED), SignedIndex(key)) == "k"


SIGNED_KEY = "vwiVFoQmL5jX/OOunZ05HLnfhNj1wxtBfjibQHbaBek="
SIGNED = "nYcDlq0HlWMsIOA33PshhKxcO1dA7GQOKcJEg31z/IINDc3DvVx/zeU/kw1bZsBjU5c1O2YRR78gaMab69zzCQ=="
