"""Ed25519 (RFC 8032 §5.1.7)."""

import hashlib
from typing import Final, NamedTuple

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
P: Final = 2**255 - 19
ORDER: Final = 2**252 + 27742317777372353535851937790883648493
D: Final = -121665 * pow(121666, -1, P) % P
ROOT: Final = pow(2, (P - 1) // 4, P)
"""A square root of -1."""


class Point(NamedTuple):
    """Extended coordinates: `x` and `y` are to be divided by `z`; `t` is their product."""

    x: int
    y: int
    z: int
    t: int


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` was made of `message` by the owner of `key`."""
    if len(key) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    owner, commitment = _decoded(key), _decoded(signature[:KEY_BYTES])
    scalar = int.from_bytes(signature[KEY_BYTES:], "little")
    if owner is None or commitment is None or scalar >= ORDER:
        return False
    digest = hashlib.sha512(signature[:KEY_BYTES] + key + message).digest()
    challenge = int.from_bytes(digest, "little") % ORDER
    return _are_equal(_times(scalar, BASE), _sum(commitment, _times(challenge, owner)))


def _decoded(data: bytes) -> Point | None:
    """The point that 32 bytes stand for, if they stand for one."""
    number = int.from_bytes(data, "little")
    y = number & ((1 << 255) - 1)
    x = _x_of(y, number >> 255) if y < P else None
    return None if x is None else Point(x, y, 1, x * y % P)


def _x_of(y: int, sign: int) -> int | None:
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def _sum(one: Point, other: Point) -> Point:
    a = (one.y - one.x) * (other.y - other.x) % P
    b = (one.y + one.x) * (other.y + other.x) % P
    c = 2 * one.t * other.t * D % P
    d = 2 * one.z * other.z % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return Point(e * f % P, g * h % P, f * g % P, e * h % P)


def _times(count: int, point: Point) -> Point:
    total = Point(0, 1, 1, 0)
    while count:
        if count & 1:
            total = _sum(total, point)
        point = _sum(point, point)
        count >>= 1
    return total


def _are_equal(one: Point, other: Point) -> bool:
    same_x = (one.x * other.z - other.x * one.z) % P == 0
    return same_x and (one.y * other.z - other.y * one.z) % P == 0


def _base() -> Point:
    y = 4 * pow(5, -1, P) % P
    x = _x_of(y, 0)
    assert x is not None
    return Point(x, y, 1, x * y % P)


BASE: Final = _base()
