"""Calls of ext.data_model."""

from collections.abc import Iterator
from typing import Final

from tests.unit.packages.values import Number, container, encode, nested, text
from tests.unit.std.calls import Argument, Call, Err, Ok, Some, Value

NULL, TRUE, NUMBER, STRING = encode(None), encode(True), encode(-12), encode("aé")
LIST: Final = encode([1, "two", None])
MAP: Final = encode({"b": 2, "": None, "a": [True, {"x/y~z": "deep"}]})
KINDS: Final = {0: NULL, 1: TRUE, 2: NUMBER, 3: STRING, 4: LIST, 5: MAP}
NO_VALUES: Final = (
    b"",
    b"\1",
    b"\6",
    b"\x86\0\0\0\0",
    b"\0\0",
    STRING[:-1],
    STRING + b"x",
    b"\3\xff\xff\xff\xff",
    b"\4\0\0\0\0",
    b"\5\3\0\0\0abc",
)
NO_CURSORS: Final = (-1, 0, 8, 10, 0x7FFFFFFF, -5)


def call(name: str, *args: Argument, gives: Value) -> Call:
    return Call(f"ext.data_model.{name}_v1", args, gives)


def constant_calls() -> Iterator[Call]:
    kinds = ("null", "bool", "number", "string", "sequence", "map")
    for number, name in enumerate(kinds):
        yield call(f"kind_{name}", gives=number)
    errors = "cut kind number utf8 depth key_order count trailing wrong_kind too_many range"
    messages = (
        b"a value is not whole",
        b"there is no such kind of value",
        b"a number is not written as JSON does",
        b"a string is not UTF-8",
        b"values are nested too deep",
        b"keys are not in order, or one is there twice",
        b"the number of items is wrong",
        b"something follows the value",
        b"the value is of another kind",
        b"there are too many values",
        b"the number is not an integer of 32 bits",
    )
    for code, (name, message) in enumerate(zip(errors.split(), messages, strict=True), start=1):
        yield call(f"err_{name}", gives=code)
        yield call("error_message", code, gives=message)
    for code in (0, 12, -1):
        yield call("error_message", code, gives=b"no error of this module")
    yield call("max_depth", gives=512)


def reading_calls() -> Iterator[Call]:
    for kind, value in KINDS.items():
        yield call("kind", value, gives=kind)
        yield call("size", value + b"more", gives=len(value))
        yield call("as_bool", value, 7, gives=1 if kind == 1 else 7)
        yield call("as_string", value, gives=Some("aé".encode()) if kind == 3 else None)
        yield call("as_number", value, gives=Some(b"-12") if kind == 2 else None)
        yield call("as_i32", value, gives=Ok(2**32 - 12) if kind == 2 else Err(9))
        yield call("len", value, gives=(0, 0, 3, 3, 3, 3)[kind])
        yield call("get", value, b"b", gives=Some(encode(2)) if kind == 5 else None)
    for value in NO_VALUES:
        yield call("kind", value, gives=-1)
        for name in ("as_string", "as_number"):
            yield call(name, value, gives=None)
        yield call("as_i32", value, gives=Err(9))
        yield call("len", value, gives=0)
        yield call("first", value, gives=-1)
        yield call("get", value, b"", gives=None)
    yield call("size", b"", gives=0)
    yield call("size", b"\6", gives=0)
    yield call("as_bool", encode(False), 7, gives=0)
    yield call("as_bool", b"\1\2", 7, gives=7)
    for written in (b"1.0", b"1e2", b"2147483648", b"-2147483649"):
        yield call("as_i32", encode(Number(written.decode())), gives=Err(11))
    yield call("as_i32", encode(-(2**31)), gives=Ok(2**31))


def item_calls() -> Iterator[Call]:
    second = 9 + len(encode(1))
    third = second + len(encode("two"))
    for cursor, following, value in ((9, second, 1), (second, third, "two"), (third, -1, None)):
        yield call("next", LIST, cursor, gives=following)
        yield call("item", LIST, cursor, gives=encode(value))
        yield call("key", LIST, cursor, gives=b"")
    yield call("first", LIST, gives=9)
    yield call("first", MAP, gives=9)
    for empty in (encode([]), encode({}), NULL, STRING):
        yield call("first", empty, gives=-1)
        yield call("nth", empty, 0, gives=None)
    yield call("next", MAP, 9, gives=14)
    yield call("key", MAP, 14, gives=b"a")
    yield call("item", MAP, 9, gives=NULL)
    for cursor in NO_CURSORS:
        yield call("next", STRING, cursor, gives=-1)
        yield call("item", STRING, cursor, gives=b"")
        yield call("key", STRING, cursor, gives=b"")
    for cursor in (-1, 0, 8, len(MAP), len(MAP) - 1, 0x7FFFFFFF):
        yield call("next", MAP, cursor, gives=-1)
        yield call("item", MAP, cursor, gives=b"")
    for index, gives in ((0, 1), (1, "two"), (2, None)):
        yield call("nth", LIST, index, gives=Some(encode(gives)))
    for index in (3, -1, 0x7FFFFFFF):
        yield call("nth", LIST, index, gives=None)
    yield call("nth", MAP, 2, gives=Some(encode(2)))
    for key, found in ((b"", None), (b"b", 2)):
        yield call("get", MAP, key, gives=Some(encode(found)))
    for missing in (b"c", b"A", b"bb", b"\xff"):
        yield call("get", MAP, missing, gives=None)
    spoilt = container(5, [text(b"a") + b"\6"])
    yield call("first", spoilt, gives=-1)
    yield call("get", spoilt, b"a", gives=None)
    cut = container(4, [NULL, b"\3\5\0\0\0ab"])
    yield call("next", cut, 9, gives=-1)


def pointer_calls() -> Iterator[Call]:
    for pointer, gives in (
        (b"", MAP),
        (b"/b", encode(2)),
        (b"/", NULL),
        (b"/a/0", TRUE),
        (b"/a/1/x~1y~0z", encode("deep")),
    ):
        yield call("at", MAP, pointer, gives=Some(gives))
    wrong = (
        b"b",
        b"/c",
        b"/a/00",
        b"/a/-",
        b"/a/2",
        b"/a/",
        b"/b/0",
        b"/a/1/x/y~0z",
        b"//",
        b"/a~",
    )
    for pointer in (*wrong, b"/a/4294967295", b"/a/4294967296"):
        yield call("at", MAP, pointer, gives=None)


def number_calls() -> Iterator[Call]:
    for good in ("0", "-0", "10", "-12.50", "1e9", "1E+9", "0.0e-10", "1" * 400):
        yield call("is_number", good.encode(), gives=1)
        yield call("number", good.encode(), gives=Ok(encode(Number(good))))
    for bad in ("", "-", "01", "+1", "1.", ".5", "1e", "1e+", "0x1", " 1", "1 ", "NaN", "1-"):
        yield call("is_number", bad.encode(), gives=0)
        yield call("number", bad.encode(), gives=Err(3))


def making_calls() -> Iterator[Call]:
    yield call("null", gives=NULL)
    yield call("bool", 0, gives=encode(False))
    yield call("bool", -3, gives=TRUE)
    for number in (0, -1, 2**31 - 1, -(2**31)):
        yield call("i32", number, gives=encode(number))
    for string in ("", "aé\0\n", "\U0001f600"):
        yield call("string", string.encode(), gives=Ok(encode(string)))
    for data in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80"):
        yield call("string", data, gives=Err(4))
    yield from sequence_calls()
    yield from map_calls()


def sequence_calls() -> Iterator[Call]:
    new = b"\4" + bytes(8)
    yield call("sequence_new", gives=new)
    yield call("begin", b"x", 4, gives=b"x" + new)
    yield call("sequence_push", new, NUMBER, gives=new + NUMBER)
    yield call("sequence_finish", new, gives=Ok(encode([])))
    yield call("sequence_finish", new + LIST + NULL, gives=Ok(container(4, [LIST, NULL])))
    for wrong in NO_VALUES:
        yield call("sequence_push", new, wrong, gives=b"\x81" + new[1:])
    yield call("sequence_finish", b"\x81" + new[1:], gives=Err(1))
    yield call("sequence_finish", b"\5" + new[1:], gives=Err(9))
    yield call("sequence_push", b"\5" + new[1:], NULL, gives=b"\x89" + new[1:])
    yield call("end", b"xy" + new + NULL, 2, gives=b"xy" + container(4, [NULL]))
    yield call("end", new + NULL + b"\6", 0, gives=b"\x81\6\0\0\0" + bytes(4) + NULL + b"\6")


def map_calls() -> Iterator[Call]:
    new = b"\5" + bytes(8)
    put = new + text(b"k") + NULL
    yield call("map_new", gives=new)
    yield call("map_put", new, b"k", NULL, gives=put)
    yield call("map_put", new, b"\xff", NULL, gives=b"\x84" + new[1:])
    yield call("map_put", new, b"k", b"", gives=b"\x81" + new[1:])
    yield call("map_put", b"\x84" + new[1:], b"k", b"", gives=b"\x84" + new[1:])
    yield call("map_finish", put, gives=Ok(encode({"k": None})))
    yield call("map_finish", put + text(b"k") + NULL, gives=Err(6))
    yield call("map_finish", b"\x84" + new[1:], gives=Err(4))
    yield call("map_finish", b"\4" + new[1:], gives=Err(9))
    for count in (2, 3, 7, 64, 257):
        keys = [f"k{(index * 197) % 257}" for index in range(count)]
        items = b"".join(text(key.encode()) + encode(key) for key in keys)
        gives = Ok(encode({key: key for key in keys}))
        yield call("map_finish", new + items, gives=gives)
        yield call("map_finish", new + items + text(keys[0].encode()) + NULL, gives=Err(6))
    yield call("map_with", encode({"a": 1}), b"a", TRUE, gives=Ok(encode({"a": True})))
    yield call("map_with", encode({"b": 1}), b"a", TRUE, gives=Ok(encode({"a": True, "b": 1})))
    yield call("map_with", MAP, b"\xff", TRUE, gives=Err(4))
    yield call("map_with", MAP, b"a", b"\6", gives=Err(1))
    yield call("map_with", LIST, b"a", TRUE, gives=Err(9))
    yield call("map_without", encode({"a": 1, "b": 2}), b"a", gives=Ok(encode({"b": 2})))
    yield call("map_without", encode({"a": 1}), b"b", gives=Ok(encode({"a": 1})))
    yield call("map_without", STRING, b"a", gives=Err(9))


def validating_calls() -> Iterator[Call]:
    for value, count in ((NULL, 1), (TRUE, 1), (STRING, 1), (LIST, 4), (MAP, 7), (encode({}), 1)):
        yield call("validate", value, 0, 0, gives=Ok(count))
        yield call("validate", value, 0, count, gives=Ok(count))
        yield call("validate", value + b"\0", 0, 0, gives=Err(8))
    yield call("validate", LIST, 0, 3, gives=Err(10))
    for depth, limit, gives in (
        (3, 3, Ok(3)),
        (3, 2, Err(5)),
        (512, 0, Ok(512)),
        (513, 0, Err(5)),
        (513, -1, Err(5)),
        (5000, 0x7FFFFFFF, Err(5)),
    ):
        yield call("validate", nested(depth), limit, 0, gives=gives)
    for wrong, code in (
        (b"", 1),
        (b"\1", 1),
        (b"\1\2", 2),
        (b"\6", 2),
        (b"\2\1\0\0\0x", 3),
        (b"\3\1\0\0\0\xff", 4),
        (STRING[:-1], 1),
        (container(4, [b"\6"]), 2),
        (container(4, [NULL], count=2), 7),
        (container(4, [STRING[:-1]]), 1),
        (container(4, [b"\4\6\0\0\0\1\0\0\0" + encode("longer than that")], count=1), 1),
        (container(5, [text(b"b") + NULL, text(b"a") + NULL]), 6),
        (container(5, [text(b"a") + NULL, text(b"a") + NULL]), 6),
        (container(5, [text(b"\xff") + NULL]), 4),
        (container(5, [text(b"a")]), 1),
        (container(5, [b"\xff\xff\xff\xffa\0"]), 1),
        (container(5, [b"\0"]), 1),
    ):
        yield call("validate", wrong, 0, 0, gives=Err(code))
