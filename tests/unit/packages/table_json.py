"""Calls of ext.json.parse, ext.json.write and ext.json.text."""

import json
from collections.abc import Iterator
from typing import Any, Final

from tests.unit.packages.values import Number, encode, nested
from tests.unit.std.calls import Argument, Call, Err, Ok, Value
from tests.unit.std.models import error_doc, u32

WHAT: Final = {
    20: "this is not JSON",
    21: "a name twice in an object, text that is not Unicode, or a number beyond the range",
    22: "arrays and objects are nested too deep",
    23: "an object has too many members",
    24: "something follows the value",
}
STRINGS: Final = (
    "",
    "plain",
    'q"\\/',
    "\n\r\t\b\f",
    "\0\x01\x1f\x7f",
    "é\u2028\uffee\U0001f600",
)
VALUE: Final = {"b": [1, {"z": None}], "a": "x\n", "": {}, "c": [], "\uffee": 1, "\U0001f600": True}
VALUES: Final[tuple[Any, ...]] = (None, True, False, 0, [], {}, [[]], [{}], {"a": []}, VALUE)


def call(name: str, *args: Argument, gives: Value) -> Call:
    return Call(f"ext.json.{name}_v1", args, gives)


def failure(code: int, offset: int, line: int, column: int) -> bytes:
    return error_doc(code, f"line {line}, column {column}: {WHAT[code]}") + u32(offset)


def parse_calls() -> Iterator[Call]:
    for text, value in (
        ("null", None),
        (" true ", True),
        ("false\n", False),
        ("-0", Number("-0")),
        ("[1,2.50,1E5,-3e-2]", [1, Number("2.50"), Number("1E5"), Number("-3e-2")]),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ('"a:b"', "a:b"),
        ("[]", []),
        ("{ }", {}),
        ('\t{"b" : [ 1 , "x" ] ,\r\n"a":{"":"}"}}', {"b": [1, "x"], "a": {"": "}"}}),
        (r'"\u00e9\ud83d\uDE00\n\/\"\\\u0000\b\f\r\t"', 'é\U0001f600\n/"\\\0\b\f\r\t'),
        (r'{"\u0062":1,"a\"":2}', {"b": 1, 'a"': 2}),
        ('["\\\\", ":"]', ["\\", ":"]),
        (json.dumps(VALUE), VALUE),
    ):
        yield call("parse.parse", text.encode(), gives=b"\1" + encode(value))
    yield call("parse.parse", b"[" * 128 + b"]" * 128, gives=b"\1" + nested(128))
    yield from failing_calls()
    yield from limit_calls()


def failing_calls() -> Iterator[Call]:
    for text, code, offset, line, column in (
        (b"", 20, 0, 1, 1),
        (b"[1,\n  2,]", 20, 8, 2, 5),
        ('{"é": nul}'.encode(), 20, 7, 1, 7),
        (b'"\x01"', 20, 1, 1, 2),
        (b"01", 24, 1, 1, 2),
        (b"1 2", 24, 2, 1, 3),
        (b'{"a":1,\n"a":2}', 21, 8, 2, 1),
        (b'"\xff"', 21, 1, 1, 2),
        (rb'"\ud800"', 21, 1, 1, 2),
        (rb'"\uffff"', 21, 1, 1, 2),
        ('"a\ufdd0"'.encode(), 21, 2, 1, 3),
        (b"1e999", 21, 0, 1, 1),
        (b"[" * 129 + b"]" * 129, 22, 128, 1, 129),
    ):
        doc = failure(code, offset, line, column)
        yield call("parse.parse", text, gives=doc)
        yield call("parse.error_offset", doc, gives=offset)
        yield call("parse.line", text, offset, gives=line)
        yield call("parse.column", text, offset, gives=column)
    for doc in (b"", b"\0", b"\1" + bytes(20), error_doc(20)):
        yield call("parse.error_offset", doc, gives=-1)
    for offset in (7, -1):
        yield call("parse.line", b"a\nb", offset, gives=2)
        yield call("parse.column", b"a\nb", offset, gives=2)


def limit_calls() -> Iterator[Call]:
    yield call("parse.max_depth", gives=128)
    for text, depth, members, gives in (
        (b"[[1]]", 2, 0, b"\1" + encode([[1]])),
        (b"[[1]]", 1, 0, failure(22, 1, 1, 2)),
        (b'{"a":1,"b":2}', 0, 2, b"\1" + encode({"a": 1, "b": 2})),
        (b'{"a":1,"b":2}', 0, 1, failure(23, 7, 1, 8)),
        (b"[" * 512 + b"]" * 512, 0, 0, b"\1" + nested(512)),
        (b"[" * 513 + b"]" * 513, 0, 0, failure(22, 512, 1, 513)),
        (b"[" * 513 + b"]" * 513, -1, 0, failure(22, 512, 1, 513)),
    ):
        yield call("parse.parse_with", text, depth, members, gives=gives)


def write_calls() -> Iterator[Call]:
    for value in (*VALUES, *STRINGS):
        compact = json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
        yield call("write.compact", encode(value), gives=Ok(compact.encode()))
        for indent, spaces in ((0, 2), (1, 1), (4, 4), (16, 16), (17, 16), (-1, 16)):
            pretty = json.dumps(value, indent=spaces, ensure_ascii=False, sort_keys=True)
            yield call("write.pretty", encode(value), indent, gives=Ok(pretty.encode()))
    for written, canonical in (("1.50", "1.5"), ("1E3", "1000"), ("-0", "0"), ("7", "7")):
        yield call("write.compact", encode(Number(written)), gives=Ok(written.encode()))
        yield call("write.jcs", encode(Number(written)), gives=Ok(canonical.encode()))
    names = {"\uffee": 1, "\U0001f600": 2}
    gives = '{"\U0001f600":2,"\uffee":1}'.encode()
    yield call("write.jcs", encode(names), gives=Ok(gives))
    yield call("write.jcs", encode(Number("1e999")), gives=Err(21))
    for name in ("compact", "jcs"):
        yield call(f"write.{name}", b"\6", gives=Err(2))
        yield call(f"write.{name}", nested(513), gives=Err(5))
    yield call("write.pretty", encode("é")[:-1], 2, gives=Err(1))


def text_calls() -> Iterator[Call]:
    for string in STRINGS:
        data, quoted = string.encode(), json.dumps(string, ensure_ascii=False).encode()
        yield call("text.quote", data, gives=quoted)
        yield call("text.quote_into", b"x", data, gives=b"x" + quoted)
        yield call("text.escape_into", b"x", data, gives=b"x" + quoted[1:-1])
        yield call("text.unescape_into", b"x", quoted[1:-1], gives=b"x" + data)
        for literal in (quoted, json.dumps(string).encode(), b" " + quoted + b"\n"):
            yield call("text.unquote", literal, gives=Ok(data))
    wrong = ((b"", 20), (b"1", 20), (b'["a"]', 20), (b'"a', 20), (b'"a"b', 24), (rb'"\x"', 20))
    for literal, code in (*wrong, (rb'"\udc00"', 21), (b'"\xff"', 21), (b"null", 20)):
        yield call("text.unquote", literal, gives=Err(code))
    for text, at, end in ((b'ab"', 0, 2), (rb'a\""', 0, 3), (b"ab", 1, 2), (b'""', 9, 2)):
        yield call("text.string_end", text, at, gives=end)
