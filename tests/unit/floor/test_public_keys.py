"""Signatures are checked as `cryptography` checks them, and as NIST's vectors say."""

import hashlib
import random
from typing import Final

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from x07bundle.keys import p256
from x07bundle.keys.public_key import is_signed

SEED: Final = 20_260_101
MESSAGE: Final = b"a manifest\n"

RFC_6979: Final = (
    ("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
     "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"),
    {
        b"sample": ("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
                    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"),
        b"test": ("f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
                  "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"),
    },
)  # fmt: skip
"""A.2.5: a key, and signatures of it by SHA-256."""


@pytest.fixture(scope="module")
def ecdsa() -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(random.Random(SEED).randrange(1, p256.ORDER), ec.SECP256R1())


def der(key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("message", RFC_6979[1])
def test_vectors(message: bytes) -> None:
    r, s = (int(number, 16) for number in RFC_6979[1][message])
    key = b"\x04" + bytes.fromhex(RFC_6979[0])
    assert p256.verify(key, message, encode_dss_signature(r, s))
    assert not p256.verify(key, message + b".", encode_dss_signature(r, s))


def test_ecdsa_agrees(ecdsa: ec.EllipticCurvePrivateKey) -> None:
    for number in range(20):
        message = MESSAGE + bytes([number])
        signature = ecdsa.sign(message, ec.ECDSA(hashes.SHA256()))
        assert is_signed("ecdsa-p256", der(ecdsa), message, signature)
        assert not is_signed("ecdsa-p256", der(ecdsa), MESSAGE, signature)
        assert not is_signed("ed25519", der(ecdsa), message, signature)


def test_ed25519_agrees() -> None:
    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"seed").digest())
    signature = key.sign(MESSAGE)
    assert is_signed("ed25519", der(key), MESSAGE, signature)
    assert not is_signed("ed25519", der(key), MESSAGE + b".", signature)
    assert not is_signed("ecdsa-p256", der(key), MESSAGE, signature)


def test_what_cryptography_refuses_is_refused(ecdsa: ec.EllipticCurvePrivateKey) -> None:
    """One byte changed, anywhere in the signature."""
    signature = ecdsa.sign(MESSAGE, ec.ECDSA(hashes.SHA256()))
    for at in range(len(signature)):
        changed = signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :]
        try:
            ecdsa.public_key().verify(changed, MESSAGE, ec.ECDSA(hashes.SHA256()))
            is_right = True
        except InvalidSignature:
            is_right = False
        assert is_signed("ecdsa-p256", der(ecdsa), MESSAGE, changed) == is_right


def test_numbers_out_of_range(ecdsa: ec.EllipticCurvePrivateKey) -> None:
    signature = ecdsa.sign(MESSAGE, ec.ECDSA(hashes.SHA256()))
    r, s = decode_dss_signature(signature)
    for pair in ((0, s), (r, 0), (p256.ORDER, s), (r, p256.ORDER), (r + p256.ORDER, s), (0, 0)):
        assert not is_signed("ecdsa-p256", der(ecdsa), MESSAGE, encode_dss_signature(*pair))


@pytest.mark.parametrize(
    "damage",
    [
        lambda der: der[:-1],
        lambda der: der + b"\0",
        lambda der: der[:26] + b"\x02" + der[27:],
        lambda der: der[:-1] + bytes([der[-1] ^ 1]),
        lambda der: der[:27] + p256.P.to_bytes(32, "big") + der[59:],
        lambda der: b"",
    ],
    ids=["short", "long", "compressed", "not on the curve", "too large", "empty"],
)
def test_what_is_no_key(damage: object, ecdsa: ec.EllipticCurvePrivateKey) -> None:
    signature = ecdsa.sign(MESSAGE, ec.ECDSA(hashes.SHA256()))
    assert callable(damage)
    assert not is_signed("ecdsa-p256", damage(der(ecdsa)), MESSAGE, signature)


def test_the_sum_of_a_point_and_its_opposite() -> None:
    opposite = p256.BASE._replace(y=p256.P - p256.BASE.y)
    assert p256._sum(p256.BASE, opposite).z == 0
    assert p256._combined(p256.ORDER, 0, p256.BASE).z == 0
    assert p256._combined(1, p256.ORDER - 1, p256.BASE).z == 0
