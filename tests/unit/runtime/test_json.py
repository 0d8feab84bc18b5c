"""json.jcs.canon_doc_v1 against a small canonicaliser in Python, and every kind of refusal."""

import json
import random
import struct

import pytest

from tests.unit.runtime.c_program import CProgram, Programs
from tests.unit.runtime.ecmascript import canonical

SYNTAX, NOT_I_JSON, TOO_DEEP, OBJECT_TOO_LARGE, TRAILING = range(20, 25)
NO_LIMITS = (0, 0, 0)

# RFC 8785, 3.2.2 and 3.2.3.
RFC_TEXT = (
    r'{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],'
    r'"string":"\u20ac$\u000F\u000aA\u0027\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}'
)
RFC_CANONICAL = (
    r'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
    '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
)

ALPHABET = 'aZ09 "\\/\b\f\n\r\t\x01\x1f\x7fé€\u2028퟿\ue000\ufb33￼😂\U0010fffd'


def _canon(
    program: CProgram, *texts: bytes, limits: tuple[int, int, int] = NO_LIMITS
) -> list[bytes]:
    answers = program.answers(*((*limits, text) for text in texts))
    return [answer for answer in answers if isinstance(answer, bytes)]


def _string(rng: random.Random) -> str:
    return "".join(rng.choice(ALPHABET) for _ in range(rng.randrange(6)))


def _number(rng: random.Random) -> float:
    kinds = (
        rng.uniform(-10, 10),
        float(rng.randrange(1 << 53)),
        rng.random() * 10.0 ** rng.randrange(-30, 30),
    )
    return rng.choice(kinds)


def _value(rng: random.Random, depth: int) -> object:
    kind = rng.randrange(7 if depth else 5)
    if kind < 2:
        return rng.choice((None, True, False, 0.0, -0.0, 1e21, 1e-7))
    if kind == 2:
        return _number(rng)
    if kind < 5:
        return _string(rng)
    if kind == 5:
        return [_value(rng, depth - 1) for _ in range(rng.randrange(5))]
    return {_string(rng): _value(rng, depth - 1) for _ in range(rng.randrange(9))}


def _spelled(rng: random.Random, value: object) -> str:
    """JSON text of the value in one of its spellings."""
    indent = rng.choice((None, 1, "\t"))
    separators = rng.choice((None, (",", ":"), (" ,\r\n", "\t: ")))
    text = json.dumps(value, ensure_ascii=rng.random() < 0.5, indent=indent, separators=separators)
    return rng.choice(("", " \n")) + text.replace("e+", rng.choice(("e+", "E", "e+0"))) + " "


def test_agrees_with_python(c_program: Programs) -> None:
    rng = random.Random(4)
    texts = [_spelled(rng, _value(rng, 4)) for _ in range(1500)]
    answers = _canon(c_program("json"), *(text.encode() for text in texts))
    for answer, text in zip(answers, texts, strict=True):
        wanted = canonical(json.loads(text, parse_int=float))
        assert answer == b"\x01" + wanted.encode(), text


def test_is_idempotent(c_program: Programs) -> None:
    rng = random.Random(5)
    texts = [_spelled(rng, _value(rng, 4)).encode() for _ in range(200)]
    once = _canon(c_program("json"), *texts)
    assert _canon(c_program("json"), *(text[1:] for text in once)) == once


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (RFC_TEXT, RFC_CANONICAL),
        (
            r'{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}',
            '{"\\r":2,"1":4,"\x80":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
        ),
        ("-0", "0"),
        ("-0.0e5", "0"),
        ("1.0", "1"),
        ("123456789012345", "123456789012345"),
        ("12345678901234567890", "12345678901234567000"),
        ("0.1e1", "1"),
        ("1e-400", "0"),
        ('"\\/"', '"/"'),
        ('{"a":{},"":[]}', '{"":[],"a":{}}'),
        ("[[],[[]],{}]", "[[],[[]],{}]"),
        ('{"b":1,"a\\u0000":2,"a":3}', '{"a":3,"a\\u0000":2,"b":1}'),
    ],
)
def test_canonical_form(c_program: Programs, text: str, wanted: str) -> None:
    assert _canon(c_program("json"), text.encode()) == [b"\x01" + wanted.encode()]


@pytest.mark.parametrize(
    ("text", "code", "offset"),
    [
        (b"", SYNTAX, 0),
        (b"  ", SYNTAX, 2),
        (b"\xef\xbb\xbf1", SYNTAX, 0),
        (b"nul", SYNTAX, 0),
        (b"[1,]", SYNTAX, 3),
        (b"[,1]", SYNTAX, 1),
        (b"[1 2]", SYNTAX, 3),
        (b"[1", SYNTAX, 2),
        (b"[", SYNTAX, 1),
        (b"[}", SYNTAX, 1),
        (b"{1:2}", SYNTAX, 1),
        (b'{"a"}', SYNTAX, 4),
        (b'{"a":}', SYNTAX, 5),
        (b'{"a":1,}', SYNTAX, 7),
        (b'"a', SYNTAX, 2),
        (b'"\n"', SYNTAX, 1),
        (b'"\\x"', SYNTAX, 1),
        (b'"a\\', SYNTAX, 2),
        (b'"\\u12"', SYNTAX, 1),
        (b"[01]", SYNTAX, 2),
        (b"[+1]", SYNTAX, 1),
        (b"[1.]", SYNTAX, 3),
        (b"[.5]", SYNTAX, 1),
        (b"[1e]", SYNTAX, 3),
        (b"[-]", SYNTAX, 2),
        (b"[NaN]", SYNTAX, 1),
        (b"\x00", SYNTAX, 0),
        (b'{"a":1,"b":2,"\\u0061":3}', NOT_I_JSON, 13),
        (b'[{"x":[]},{"k":1,"k":1}]', NOT_I_JSON, 17),
        (b"[1e400]", NOT_I_JSON, 1),
        (b"-1e400", NOT_I_JSON, 0),
        (b'"a\\ud800"', NOT_I_JSON, 2),
        (b'"\\ude00"', NOT_I_JSON, 1),
        (b'"\\ud83dx"', NOT_I_JSON, 1),
        (b'"\\ud83d\\ud83d"', NOT_I_JSON, 1),
        (b'"\\uffff"', NOT_I_JSON, 1),
        (b'"\\ufdd0"', NOT_I_JSON, 1),
        (b'"\\ud83f\\udffe"', NOT_I_JSON, 1),
        (b'"ab\xff"', NOT_I_JSON, 3),
        (b'"\xc0\xaf"', NOT_I_JSON, 1),
        (b'"\xed\xa0\x80"', NOT_I_JSON, 1),
        (b'"\xf4\x90\x80\x80"', NOT_I_JSON, 1),
        (b'"\xe2\x82"', NOT_I_JSON, 1),
        (b"1 2", TRAILING, 2),
        (b"{}}", TRAILING, 2),
        (b"01", TRAILING, 1),
    ],
)
def test_refusals(c_program: Programs, text: bytes, code: int, offset: int) -> None:
    assert _canon(c_program("json"), text) == [struct.pack("<BII", 0, code, offset)]


@pytest.mark.parametrize(
    ("limits", "good", "bad", "code", "offset"),
    [
        ((2, 0, 0), b"[[1]]", b"[[],[[1]]]", TOO_DEEP, 5),
        ((1, 0, 0), b'{"a":1}', b'{"a":[]}', TOO_DEEP, 5),
        (
            (0, 2, 0),
            b'{"a":{"c":1,"d":2},"b":[1,2,3]}',
            b'{"a":1,"b":2,"c":3}',
            OBJECT_TOO_LARGE,
            13,
        ),
        ((0, 0, 7), b'[{"a":1},{},[1,2,3,4]]', b'[{"a":12}]', OBJECT_TOO_LARGE, 1),
    ],
)
def test_limits(
    c_program: Programs,
    limits: tuple[int, int, int],
    good: bytes,
    bad: bytes,
    code: int,
    offset: int,
) -> None:
    accepted, refused = _canon(c_program("json"), good, bad, limits=limits)
    assert accepted == b"\x01" + good
    assert refused == struct.pack("<BII", 0, code, offset)


def test_depth_costs_no_stack(c_program: Programs) -> None:
    depth = 200_000
    text = b"[" * depth + b"]" * depth
    assert _canon(c_program("json"), text) == [b"\x01" + text]


def test_many_members_in_any_order(c_program: Programs) -> None:
    names = [f"{number:05}" for number in range(5000)]
    shuffled = random.Random(6).sample(names, len(names))
    for order in (names, names[::-1], shuffled):
        text = json.dumps(dict.fromkeys(order, None)).encode()
        (answer,) = _canon(c_program("json"), text)
        assert answer[1:] == json.dumps(dict.fromkeys(names, None), separators=(",", ":")).encode()
