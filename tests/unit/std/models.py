"""What std functions must return, written in Python from their documentation."""

import re
import struct
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Sequence

from tests.unit.std.calls import Err, Ok, Value

MASK = 0xFFFFFFFF


def signed(number: int) -> int:
    """The i32 of a number modulo 2^32."""
    return ((number & MASK) ^ 0x80000000) - 0x80000000


def u32(number: int) -> bytes:
    return struct.pack("<I", number & MASK)


def sign(number: int) -> int:
    return (number > 0) - (number < 0)


def compared(a: bytes, b: bytes) -> int:
    return (a > b) - (a < b)


def error_doc(code: int, message: str = "") -> bytes:
    return b"\0" + u32(code) + u32(len(message.encode())) + message.encode()


def base64_doc(text: bytes) -> bytes:
    if len(text) % 4:
        return error_doc(1, "base64: the length is not a multiple of 4")
    if not re.fullmatch(rb"[A-Za-z0-9+/]*={0,2}", text):
        return error_doc(2, "base64: a character is not in the alphabet")
    data = b64decode(text)
    if b64encode(data) != text:
        return error_doc(3, "base64: the last character says more than the padding allows")
    return b"\1" + data


def hex_doc(text: bytes) -> bytes:
    if len(text) % 2:
        return error_doc(1, "hex: the length is odd")
    if not re.fullmatch(rb"[0-9a-fA-F]*", text):
        return error_doc(2, "hex: a character is not a hex digit")
    return b"\1" + bytes.fromhex(text.decode())


def parsed(text: bytes, low: int, high: int) -> Value:
    """`std.parse`: digits, with `-` before them where `low` is negative."""
    negative = low < 0 and text[:1] == b"-"
    digits = text[negative:]
    if not digits:
        return Err(1)
    wrong = re.search(rb"[^0-9]", digits)
    before = digits[: wrong.start()] if wrong else digits
    number = -int(before or b"0") if negative else int(before or b"0")
    if not low <= number <= high:
        return Err(3)
    return Err(2) if wrong else Ok(number & MASK)


def status(result: Value) -> bytes:
    return b"\1" + u32(int(result.value)) if isinstance(result, Ok) else b"\0"


def fnv1a32(data: bytes) -> int:
    hashed = 0x811C9DC5
    for byte in data:
        hashed = (hashed ^ byte) * 16777619 & MASK
    return signed(hashed)


def mix32(number: int) -> int:
    """MurmurHash3's fmix32."""
    number &= MASK
    number = (number ^ number >> 16) * 0x85EBCA6B & MASK
    number = (number ^ number >> 13) * 0xC2B2AE35 & MASK
    return signed(number ^ number >> 16)


def lcg_stream(seed: int, count: int) -> bytes:
    states = []
    for _ in range(count):
        seed = (seed * 1103515245 + 12345) & MASK
        states.append(u32(seed))
    return b"".join(states)


def code_points(data: bytes) -> int:
    try:
        return len(data.decode("utf-8"))
    except UnicodeDecodeError:
        return -1


def slices(pairs: Sequence[tuple[int, int]]) -> bytes:
    """An X7SL list (contract/language.md §4)."""
    body = b"".join(u32(start) + u32(length) for start, length in pairs)
    return b"X7SL" + u32(1) + u32(len(pairs)) + body


def line_slices(text: bytes) -> list[tuple[int, int]]:
    found = []
    for match in re.finditer(rb"[^\n]*\n|[^\n]+\Z", text):
        line = match.group()
        ended = line.removesuffix(b"\n")
        kept = ended.removesuffix(b"\r") if ended != line else line
        found.append((match.start(), len(kept)))
    return found


def lines(text: bytes) -> list[bytes]:
    return [text[start : start + length] for start, length in line_slices(text)]


def field_slices(text: bytes, separator: bytes) -> list[tuple[int, int]]:
    found, start = [], 0
    for field in text.split(separator):
        found.append((start, len(field)))
        start += len(field) + 1
    return found


def words(text: bytes) -> list[bytes]:
    return [word.lower() for word in re.findall(rb"[A-Za-z]+", text)]


def word_frequencies(text: bytes) -> bytes:
    counted = sorted(Counter(words(text)).items())
    return b"".join(word + b" %d\n" % count for word, count in counted)


def unique_lines(text: bytes) -> bytes:
    return b"".join(line + b"\n" for line in sorted(set(lines(text))))
