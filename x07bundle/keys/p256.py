"""ECDSA with SHA-256 over the curve P-256 (FIPS 186-4 §6.4)."""

import hashlib
from typing import Final, NamedTuple

P: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B: Final = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
NUMBER_BYTES: Final = 32
POINT_BYTES: Final = 65
"""Uncompressed: 4, x and y."""
UNCOMPRESSED: Final = 4
SEQUENCE: Final = 0x30
INTEGER: Final = 0x02


class Point(NamedTuple):
    """Jacobian coordinates: x is to be divided by z², y by z³. z = 0 is the point at infinity."""

    x: int
    y: int
    z: int


BASE: Final = Point(
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    1,
)
INFINITY: Final = Point(1, 1, 0)


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (DER) was made of `message` by the owner of `key` (a point)."""
    owner, numbers = _decoded(key), _numbers(signature)
    if owner is None or numbers is None:
        return False
    r, s = numbers
    if not (0 < r < ORDER and 0 < s < ORDER):
        return False
    digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
    inverse = pow(s, -1, ORDER)
    found = _combined(digest * inverse % ORDER, r * inverse % ORDER, owner)
    if found.z == 0:
        return False
    return found.x * pow(found.z, -2, P) % P % ORDER == r


def _decoded(data: bytes) -> Point | None:
    """The point that the bytes stand for, where it is on the curve."""
    if len(data) != POINT_BYTES or data[0] != UNCOMPRESSED:
        return None
    x = int.from_bytes(data[1 : 1 + NUMBER_BYTES], "big")
    y = int.from_bytes(data[1 + NUMBER_BYTES :], "big")
    is_on_curve = (y * y - (x * x * x - 3 * x + B)) % P == 0
    return Point(x, y, 1) if x < P and y < P and is_on_curve else None


def _numbers(signature: bytes) -> tuple[int, int] | None:
    """The two integers of a signature in DER, and in no other encoding of them."""
    if len(signature) < 2 or signature[0] != SEQUENCE or signature[1] != len(signature) - 2:
        return None
    first = _integer(signature[2:])
    second = _integer(first[1]) if first is not None else None
    if first is None or second is None or second[1]:
        return None
    return first[0], second[0]


def _integer(data: bytes) -> tuple[int, bytes] | None:
    """A positive integer, and the bytes behind it."""
    if (
        len(data) < 3
        or data[0] != INTEGER
        or not 0 < data[1] <= min(NUMBER_BYTES + 1, len(data) - 2)
    ):
        return None
    digits, rest = data[2 : 2 + data[1]], data[2 + data[1] :]
    is_padded = len(digits) > 1 and digits[0] == 0 and digits[1] < 0x80
    if digits[0] >= 0x80 or is_padded:
        return None
    return int.from_bytes(digits, "big"), rest


def _combined(first: int, second: int, owner: Point) -> Point:
    """first · BASE + second · owner, in one pass over the bits of both."""
    sums = (INFINITY, BASE, owner, _sum(BASE, owner))
    total = INFINITY
    for bit in range(max(first.bit_length(), second.bit_length()) - 1, -1, -1):
        total = _double(total)
        which = (first >> bit & 1) | (second >> bit & 1) << 1
        if which:
            total = _sum(total, sums[which])
    return total


def _double(point: Point) -> Point:
    x, y, z = point
    if z == 0:
        return INFINITY
    square = y * y % P
    s = 4 * x * square % P
    m = 3 * (x - z * z) * (x + z * z) % P
    new_x = (m * m - 2 * s) % P
    return Point(new_x, (m * (s - new_x) - 8 * square * square) % P, 2 * y * z % P)


def _sum(one: Point, other: Point) -> Point:
    if one.z == 0 or other.z == 0:
        return other if one.z == 0 else one
    left, right = one.z * one.z % P, other.z * other.z % P
    x1, x2 = one.x * right % P, other.x * left % P
    y1, y2 = one.y * right * other.z % P, other.y * left * one.z % P
    if x1 == x2:
        return _double(one) if y1 == y2 else INFINITY
    h, r = x2 - x1, y2 - y1
    h2 = h * h % P
    h3, v = h * h2 % P, x1 * h2 % P
    new_x = (r * r - h3 - 2 * v) % P
    return Point(new_x, (r * (v - new_x) - y1 * h3) % P, h * one.z * other.z % P)
