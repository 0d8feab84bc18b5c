"""A public key in DER form (SubjectPublicKeyInfo, RFC 5280 and 8410), and what it vouches for."""

from collections.abc import Callable, Mapping
from typing import Final

Verify = Callable[[bytes, bytes, bytes], bool]
"""Key, message, signature."""

PREFIXES: Final[Mapping[str, bytes]] = {
    "ecdsa-p256": bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200"),
    "ed25519": bytes.fromhex("302a300506032b6570032100"),
}
"""What is before the key itself, by algorithm: each has one form alone."""


def is_signed(algorithm: str, der: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the owner of a key has signed a message. False where the key is none."""
    prefix = PREFIXES.get(algorithm)
    if prefix is None or not der.startswith(prefix):
        return False
    return _verifier(algorithm)(der[len(prefix) :], message, signature)


def _verifier(algorithm: str) -> Verify:
    if algorithm == "ed25519":
        from x07bundle.keys import ed25519  # takes a while to set up

        return ed25519.verify
    from x07bundle.keys import p256  # only for keys of that kind

    return p256.verify
