"""Calls of ext.cli."""

from collections.abc import Iterator
from typing import Final

from tests.unit.packages.values import text
from tests.unit.std.calls import Argument, Call, Some, Value
from tests.unit.std.models import error_doc, u32

FLAG, OPTION, REQUIRED, ARGUMENT, OPTIONAL, REST = range(1, 7)
Given = tuple[str, int, str]


def call(name: str, *args: Argument, gives: Value) -> Call:
    return Call(f"ext.cli.{name}_v1", args, gives)


def entry(kind: int, name: str, short: str, value: str, default: str, about: str) -> bytes:
    texts = b"".join(text(one.encode()) for one in (name, value, default, about))
    return bytes([kind, ord(short) if short else 0]) + texts


NEW: Final = text(b"prog") + text(b"Does it.")
VERBOSE: Final = entry(FLAG, "verbose", "v", "", "", "say more")
QUIET: Final = entry(FLAG, "quiet", "q", "", "", "say less")
FORMAT: Final = entry(OPTION, "format", "f", "NAME", "text", "text or json")
TAG: Final = entry(OPTION, "tag", "", "TAG", "", "a tag")
OUT: Final = entry(REQUIRED, "out", "o", "FILE", "", "where to")
SOURCE: Final = entry(ARGUMENT, "SOURCE", "", "", "", "what to read")
TARGET: Final = entry(OPTIONAL, "TARGET", "", "", "-", "what to write")
MORE: Final = entry(REST, "MORE", "", "", "", "the rest")
OPTIONS: Final = NEW + VERBOSE + QUIET + FORMAT + TAG
ARGUMENTS: Final = OPTIONS + SOURCE + TARGET + MORE
TEXT: Final[Given] = ("format", 0, "text")
DASH: Final[Given] = ("TARGET", 0, "-")
HINT: Final = "\nhint: --help lists the arguments and options\n"

USAGE: Final = """\
usage: prog [OPTIONS] --out FILE SOURCE [TARGET] [MORE...]

Does it.

arguments:
  SOURCE             what to read
  TARGET             what to write [-]
  MORE...            the rest

options:
  -v, --verbose      say more
  -q, --quiet        say less
  -f, --format NAME  text or json [text]
  --tag TAG          a tag
  -o, --out FILE     where to
  -h, --help         show this text
"""


def argv(*words: str | bytes) -> bytes:
    data = [word.encode() if isinstance(word, str) else word for word in words]
    return u32(len(data)) + b"".join(text(word) for word in data)


def given(*found: Given) -> bytes:
    parts = [
        text(name.encode()) + bytes([by_hand]) + text(value.encode())
        for name, by_hand, value in found
    ]
    return b"".join(parts)


def building_calls() -> Iterator[Call]:
    yield call("new", b"prog", b"Does it.", gives=NEW)
    yield call("flag", NEW, b"verbose", ord("v"), b"say more", gives=NEW + VERBOSE)
    arguments = (b"format", ord("f"), b"NAME", b"text", b"text or json")
    yield call("option", NEW, *arguments, gives=NEW + FORMAT)
    yield call("required", NEW, b"out", ord("o"), b"FILE", b"where to", gives=NEW + OUT)
    yield call("argument", NEW, b"SOURCE", b"what to read", gives=NEW + SOURCE)
    yield call("optional", NEW, b"TARGET", b"-", b"what to write", gives=NEW + TARGET)
    yield call("rest", NEW, b"MORE", b"the rest", gives=NEW + MORE)


def usage_calls() -> Iterator[Call]:
    spec = ARGUMENTS.replace(SOURCE, OUT + SOURCE)
    yield call("usage", spec, gives=USAGE.encode())
    bare = "usage: prog [OPTIONS]\n\nDoes it.\n\noptions:\n  -h, --help  show this text\n"
    yield call("usage", NEW, gives=bare.encode())
    own = NEW + entry(FLAG, "host", "h", "", "", "by name")
    rows = "  -h, --host  by name\n  --help      show this text\n"
    yield call("usage", own, gives=bare.replace("  -h, --help  show this text\n", rows).encode())
    for wrong in (b"", b"\xff\xff\xff\xff", OPTIONS[:-3], NEW + b"\2f\xff\xff\xff\xffab"):
        yield call("count", wrong, b"x", gives=0)
    yield call("usage", b"", gives=bare.replace("prog", "").replace("Does it.", "").encode())


def argv_calls() -> Iterator[Call]:
    good = (argv(), argv(""), argv("a", "bc"), argv(b"\0\xff"))
    bad = (b"", b"abc", b'{"a": 1}', argv("a") + b"x", argv("a")[:-1], u32(1), u32(-1))
    for data in good:
        yield call("is_argv", data, gives=1)
    for data in bad:
        yield call("is_argv", data, gives=0)
    for spec, words, first in (
        (OPTIONS, ("prog", "-v"), 1),
        (OPTIONS, ("dist-name", "-v"), 1),
        (OPTIONS, ("-v",), 0),
        (OPTIONS, ("",), 0),
        (OPTIONS, (), 0),
        (ARGUMENTS, ("prog", "x"), 1),
        (ARGUMENTS, ("x", "prog"), 0),
    ):
        yield call("first", spec, argv(*words), gives=first)
    yield call("first", OPTIONS, b"", gives=0)
    yield call("first", OPTIONS, b"[1, 2, 3, 4]", gives=0)


def parsing_calls() -> Iterator[Call]:
    for words, found in (
        ((), [TEXT]),
        (("prog",), [TEXT]),
        (("--verbose",), [("verbose", 1, ""), TEXT]),
        (("-vqv",), [("verbose", 1, ""), ("quiet", 1, ""), ("verbose", 1, ""), TEXT]),
        (("--format", "json"), [("format", 1, "json")]),
        (("--format=json",), [("format", 1, "json")]),
        (("--format=",), [("format", 1, "")]),
        (("--format=a=b",), [("format", 1, "a=b")]),
        (("-f", "json"), [("format", 1, "json")]),
        (("-fjson",), [("format", 1, "json")]),
        (("-vf", "-x"), [("verbose", 1, ""), ("format", 1, "-x")]),
        (("-vfjson",), [("verbose", 1, ""), ("format", 1, "json")]),
        (("--format", "--"), [("format", 1, "--")]),
        (("--tag", "a", "--tag=b"), [("tag", 1, "a"), ("tag", 1, "b"), TEXT]),
        (("--",), [TEXT]),
    ):
        yield call("parse", OPTIONS, argv(*words), gives=b"\1" + given(*found))
    yield call("parse", OPTIONS, b"", gives=b"\1" + given(TEXT))
    yield from argument_calls()
    yield from failing_calls()


def argument_calls() -> Iterator[Call]:
    source: Given = ("SOURCE", 1, "a")
    target: Given = ("TARGET", 1, "b")
    for words, found in (
        (("a",), [source, TEXT, DASH]),
        (("a", "b"), [source, target, TEXT]),
        (("a", "-v", "b"), [source, ("verbose", 1, ""), target, TEXT]),
        (("a", "b", "c", "d"), [source, target, ("MORE", 1, "c"), ("MORE", 1, "d"), TEXT]),
        (("--", "-v"), [("SOURCE", 1, "-v"), TEXT, DASH]),
        (("-",), [("SOURCE", 1, "-"), TEXT, DASH]),
        (("", "--", "--"), [("SOURCE", 1, ""), ("TARGET", 1, "--"), TEXT]),
    ):
        yield call("parse_from", ARGUMENTS, argv(*words), 0, gives=b"\1" + given(*found))
        shifted = argv("any", *words)
        yield call("parse_from", ARGUMENTS, shifted, 1, gives=b"\1" + given(*found))
        yield call("parse", ARGUMENTS, argv("prog", *words), gives=b"\1" + given(*found))
    yield call("parse_from", OPTIONS, argv("x"), 9, gives=b"\1" + given(TEXT))


def failing_calls() -> Iterator[Call]:
    spec = NEW + VERBOSE + FORMAT + OUT + SOURCE
    for words, message in (
        (("--nope",), "unknown option `--nope`"),
        (("--nope=1",), "unknown option `--nope=1`"),
        (("--",), "`-o, --out FILE` is missing"),
        (("-vx",), "unknown option `-vx`"),
        (("-5",), "unknown option `-5`"),
        (("--helpful",), "unknown option `--helpful`"),
        (("--help=1",), "unknown option `--help=1`"),
        (("--verbose=1",), "`-v, --verbose` takes no value"),
        (("a", "--out"), "`-o, --out FILE` needs a value"),
        (("a", "-vo"), "`-o, --out FILE` needs a value"),
        (("a",), "`-o, --out FILE` is missing"),
        (("-ox",), "`SOURCE` is missing"),
        (("-ox", "a", "b"), "unexpected argument `b`"),
    ):
        doc = error_doc(2, f"prog: {message}{HINT}")
        yield call("parse_from", spec, argv(*words), 0, gives=doc)
        yield call("exit_code", doc, gives=2)
    broken = error_doc(2, f"prog: the input is no `argv_v1`{HINT}")
    for wrong in (b"abc", argv("a")[:-1], b"[1]"):
        yield call("parse", spec, wrong, gives=broken)
    bare = "usage: prog [OPTIONS]\n\nDoes it.\n\noptions:\n  -h, --help  show this text\n"
    for words in (("--help",), ("-h",), ("prog", "-h", "x"), ("-h", "--nope")):
        yield call("parse", NEW, argv(*words), gives=error_doc(1, bare))
    own = NEW + entry(FLAG, "help", "h", "", "", "mine")
    yield call("parse", own, argv("-h", "--help"), gives=b"\1" + given(*[("help", 1, "")] * 2))
    for doc, code in ((error_doc(1, bare), 0), (b"\1", 0), (b"\1abc", 0), (b"", 2), (b"\0", 2)):
        yield call("exit_code", doc, gives=code)


def reading_calls() -> Iterator[Call]:
    args = given(("tag", 1, "a"), TEXT, ("tag", 1, "b"), ("verbose", 1, ""))
    for name, count, last in (("tag", 2, b"b"), ("format", 0, b"text"), ("verbose", 1, b"")):
        yield call("count", args, name.encode(), gives=count)
        yield call("value", args, name.encode(), gives=Some(last))
    yield call("value", args, b"nope", gives=None)
    yield call("count", args, b"nope", gives=0)
    for name, index, gives in (("tag", 0, Some(b"a")), ("tag", 1, Some(b"b")), ("tag", 2, None)):
        yield call("value_at", args, name.encode(), index, gives=gives)
    yield call("value_at", args, b"format", 0, gives=None)
    yield call("value_at", args, b"tag", -1, gives=None)
    for wrong in (b"", args[:-1], b"\xff\xff\xff\xff", text(b"tag")):
        yield call("value", wrong, b"verbose", gives=None)
