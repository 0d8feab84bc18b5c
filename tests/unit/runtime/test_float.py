"""Doubles: text exact in both directions, arithmetic to the bit, conversions at their edges."""

import decimal
import math
import random
import struct
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from tests.unit.runtime.c_program import Programs, Word
from tests.unit.runtime.ecmascript import number_text

ADD, SUB, MUL, DIV, TO_I32 = range(5)
PARSE, TO_I32_RESULT, FROM_I32 = 10, 11, 12
SQRT, NEG, ABS, SIN, COS, TAN, EXP, LOG, FLOOR, CEIL, FMT, BITS = range(20, 32)
TWO_ADD, TWO_SUB, TWO_MUL, TWO_DIV, POW, ATAN2, MIN, MAX = range(40, 48)

INVALID, OVERFLOW, UNDERFLOW, NOT_FINITE, RANGE = 40001, 40002, 40003, 40020, 40021

NAN_BYTES = struct.pack("<Q", 0x7FF8 << 48)
EXACT = decimal.Context(prec=1200)


def le(value: float) -> bytes:
    return struct.pack("<d", value)


def of_bits(bits: int) -> float:
    value: float = struct.unpack("<d", struct.pack("<Q", bits))[0]
    return value


def _doubles(rng: random.Random) -> Iterator[float]:
    """Any, around every power of two, with few bits, and as people write them."""
    yield from (of_bits(rng.getrandbits(64)) for _ in range(4000))
    for exponent in range(0, 2046, 3):
        yield from (of_bits((exponent << 52) + bits) for bits in (0, 1, (1 << 52) - 1))
    yield from (of_bits(rng.getrandbits(rng.randrange(1, 53))) for _ in range(500))
    yield from (round(rng.uniform(-1e6, 1e6), rng.randrange(10)) for _ in range(1000))
    yield from (float(f"{rng.randrange(1000)}e{exponent}") for exponent in range(-30, 30))
    yield from (math.inf, -math.inf, math.nan, 0.0, -0.0)


def test_shortest_text(c_program: Programs) -> None:
    values = list(_doubles(random.Random(1)))
    answers = c_program("float").answers(*((FMT, le(value)) for value in values))
    for answer, value in zip(answers, values, strict=True):
        assert answer == number_text(value).encode(), value.hex()


def _halfway(rng: random.Random) -> Iterator[str]:
    """Between two doubles: exactly, and off by one in a digit far behind."""
    lowest = [0, 1, (1 << 52) - 1, 1 << 52, (1 << 53) - 1, 0x7FEFFFFFFFFFFFFE]
    for bits in [*lowest, *(rng.getrandbits(62) for _ in range(400))]:
        low, high = (Decimal(of_bits(near)) for near in (bits, bits + 1))
        middle = EXACT.divide(EXACT.add(low, high), Decimal(2))
        for shift in (0, 1, -1):
            nudge = EXACT.multiply(EXACT.subtract(high, low), Decimal(shift).scaleb(-60))
            yield str(EXACT.add(middle, nudge))


def _numerals(rng: random.Random) -> Iterator[str]:
    for _ in range(2000):
        digits = str(rng.randrange(10 ** rng.randrange(1, 40)))
        point = rng.randrange(len(digits) + 1)
        exponent = rng.choice(("", f"e{rng.randrange(-330, 310)}", f"E+{rng.randrange(9)}"))
        yield f"{rng.choice(('', '-', '+'))}{digits[:point]}.{digits[point:]}{exponent}"
    yield from ("1" + "0" * 400 + "e-400", "0." + "0" * 400 + "1e401", "9" * 900 + "e-890")
    yield from ("0e999999999999999999999", "-0.0e-9999999999", "007", "5.", ".5", "1E5")


def _parsed(text: str) -> list[Word]:
    value = float(text)
    if math.isinf(value):
        return [OVERFLOW]
    if value == 0 and text.lower().split("e")[0].strip("+-0."):
        return [UNDERFLOW]
    return [0, le(value)]


def test_parse_rounds_to_nearest(c_program: Programs) -> None:
    rng = random.Random(2)
    texts = [
        *_halfway(rng),
        *_numerals(rng),
        *(repr(of_bits(rng.getrandbits(62))) for _ in "x" * 500),
    ]
    answers = c_program("float").answers(*((PARSE, text.encode()) for text in texts))
    assert answers == [word for text in texts for word in _parsed(text)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"1e999999999999999999999", OVERFLOW),
        (b"-1.8e308", OVERFLOW),
        (b"1e-999999999999999999999", UNDERFLOW),
        (b"2e-324", UNDERFLOW),
        *((text, INVALID) for text in (b"", b".", b"-", b"e1", b".e1", b"1e", b"1e+", b"--1")),
        *((text, INVALID) for text in (b" 1", b"1 ", b"1\0", b"1_0", b"0x10", b"1.2.3", b"1,5")),
        *((text, INVALID) for text in (b"nan", b"NaN", b"inf", b"Infinity", b"\xd9\xa1")),
    ],
)
def test_parse_refuses(c_program: Programs, text: bytes, code: int) -> None:
    assert c_program("float").answers((PARSE, text)) == [code]


NUMBERS = (0.0, -0.0, 1.0, -2.5, 0.1, 1e300, -1e300, 5e-324, 1e-310, math.inf, -math.inf, math.nan)
PAIRS = [(left, right) for left in NUMBERS for right in NUMBERS]


def _result(value: float) -> bytes:
    return NAN_BYTES if math.isnan(value) else le(value)


def _quotient(left: float, right: float) -> float:
    if right != 0:
        return left / right
    if left == 0 or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1, right)


@pytest.mark.parametrize(
    ("operations", "model"),
    [
        ((ADD, TWO_ADD), lambda left, right: left + right),
        ((SUB, TWO_SUB), lambda left, right: left - right),
        ((MUL, TWO_MUL), lambda left, right: left * right),
        ((DIV, TWO_DIV), _quotient),
    ],
)
def test_arithmetic_is_exact_to_the_bit(
    c_program: Programs, operations: tuple[int, int], model: Callable[[float, float], float]
) -> None:
    value, on_bytes = operations
    wanted = [_result(model(left, right)) for left, right in PAIRS]
    requests = [(on_bytes, le(left), le(right)) for left, right in PAIRS]
    assert c_program("float").answers(*requests) == wanted
    split = [struct.unpack("<IIII", le(left) + le(right)) for left, right in PAIRS]
    answers = c_program("float").answers(*((value, *words) for words in split))
    for answer, bits in zip(answers, wanted, strict=True):
        assert isinstance(answer, bytes)
        assert answer == bits or math.isnan(struct.unpack("<d", answer)[0])


def test_min_and_max_prefer_numbers_and_order_zeros(c_program: Programs) -> None:
    def rank(value: float) -> tuple[float, float]:
        return value, math.copysign(1, value)

    for operation, choose in ((MIN, min), (MAX, max)):
        requests = [(operation, le(left), le(right)) for left, right in PAIRS]
        wanted = []
        for pair in PAIRS:
            numbers = [value for value in pair if not math.isnan(value)]
            wanted.append(le(choose(numbers, key=rank)) if numbers else NAN_BYTES)
        assert c_program("float").answers(*requests) == wanted


def test_roots_signs_and_roundings(c_program: Programs) -> None:
    models: dict[int, Callable[[float], float]] = {
        SQRT: lambda x: math.sqrt(x) if x >= 0 else math.nan,
        FLOOR: lambda x: math.copysign(math.floor(x), x) if math.isfinite(x) else x,
        CEIL: lambda x: math.copysign(math.ceil(x), x) if math.isfinite(x) else x,
    }
    for operation, model in models.items():
        answers = c_program("float").answers(*((operation, le(value)) for value in NUMBERS))
        assert answers == [_result(model(value) if value else value) for value in NUMBERS]
    bits = [0, 1 << 63, 0x7FF0000000000001, 0xFFF8000000000000, 0x4000000000000000]
    changes: dict[int, Callable[[int], int]] = {
        NEG: lambda x: x ^ 1 << 63,
        ABS: lambda x: x % (1 << 63),
    }
    for operation, change in changes.items():
        answers = c_program("float").answers(*((operation, struct.pack("<Q", x)) for x in bits))
        assert answers == [struct.pack("<Q", change(x)) for x in bits]


def test_functions_of_libm(c_program: Programs) -> None:
    models = {SIN: math.sin, COS: math.cos, TAN: math.tan, EXP: math.exp, LOG: math.log}
    for operation, model in models.items():
        (answer,) = c_program("float").answers((operation, le(0.75)))
        assert isinstance(answer, bytes)
        assert struct.unpack("<d", answer)[0] == pytest.approx(model(0.75), rel=1e-15)
    power, angle = c_program("float").answers((POW, le(3.0), le(2.5)), (ATAN2, le(-1.0), le(-2.0)))
    assert isinstance(power, bytes)
    assert isinstance(angle, bytes)
    assert struct.unpack("<d", power)[0] == pytest.approx(3.0**2.5, rel=1e-15)
    assert struct.unpack("<d", angle)[0] == pytest.approx(math.atan2(-1.0, -2.0), rel=1e-15)
    assert c_program("float").answers((LOG, le(-1.0))) == [NAN_BYTES]


def test_bits_are_the_bytes(c_program: Programs) -> None:
    signalling = struct.pack("<Q", 0x7FF0000000000001)
    assert c_program("float").answers((BITS, le(0.1)), (BITS, signalling)) == [le(0.1), signalling]


EDGES = (0.9, -0.9, 2147483647.0, 2147483647.9, -2147483648.0, -2147483648.9)
PAST = (2147483648.0, -2147483649.0, 1e300, -1e300)


def test_truncation_at_its_edges(c_program: Programs) -> None:
    ok = [word for value in EDGES for word in (1, int(value) & 0xFFFFFFFF)]
    refused = [0, RANGE] * len(PAST) + [0, NOT_FINITE] * 3
    values = (*EDGES, *PAST, math.inf, -math.inf, math.nan)
    answers = c_program("float").answers(*((TO_I32_RESULT, le(value)) for value in values))
    assert answers == ok + refused


def test_the_plain_truncation_stays_in_range(c_program: Programs) -> None:
    low, high = -(1 << 31), (1 << 31) - 1
    values = {**{value: int(value) for value in EDGES}, 1e300: high, -1e300: low}
    values |= {math.inf: high, -math.inf: low, 2147483648.0: high, -2147483649.0: low}
    requests = [(TO_I32, *struct.unpack("<II", le(value)), 0, 0) for value in (*values, math.nan)]
    wanted = [value & 0xFFFFFFFF for value in (*values.values(), 0)]
    assert c_program("float").answers(*requests) == wanted


def test_from_i32_is_signed(c_program: Programs) -> None:
    for number in (0, 1, -1, (1 << 31) - 1, -(1 << 31)):
        assert c_program("float").answers((FROM_I32, number)) == [le(float(number))] * 2


@pytest.mark.parametrize(
    ("request_words", "name"),
    [
        ((FMT, bytes(7)), "fmt_shortest_v1"),
        ((SQRT, bytes(9)), "sqrt_v1"),
        ((MIN, bytes(8), b""), "min_v1"),
        ((TO_I32_RESULT, b""), "to_i32_trunc_v1"),
    ],
)
def test_traps(c_program: Programs, request_words: tuple[Word, ...], name: str) -> None:
    line = c_program("float").trap(request_words)
    assert line == f"math.f64.{name} needs 8 bytes ptr=/solve"
