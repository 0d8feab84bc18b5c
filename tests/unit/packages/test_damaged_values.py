"""Bytes from elsewhere: the packages in x07AST say what they are, and do not trap."""

import random
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.program_build import Workshop
from tests.unit.packages import table_cli
from tests.unit.packages.batches import Json, appended, build, framed, frames
from tests.unit.packages.table_cli import argv, given
from tests.unit.packages.test_json_random import any_value
from tests.unit.packages.values import Number, encode, text

NUMBER: Final = re.compile(rb"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
SIZES: Final = (0, 1, 3, 4, 9, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)


def damaged(chance: random.Random, data: bytes) -> bytes:
    """Some bytes, or a size, are others; a part is missing or there twice."""
    at = chance.randrange(len(data) + 1)
    match chance.randrange(4):
        case 0:
            return data[:at] + chance.randbytes(1) + data[at + 1 :]
        case 1:
            return data[:at] + struct.pack("<I", chance.choice(SIZES)) + data[at + 4 :]
        case 2:
            return data[:at] + data[at + chance.randrange(9) :]
        case _:
            return data[:at] + data[max(0, at - chance.randrange(12)) :]


def as_model(value: Json) -> Json:
    """Floats as they are written."""
    match value:
        case float():
            return Number(value)
        case list():
            return [as_model(item) for item in value]
        case dict():
            return {key: as_model(item) for key, item in value.items()}
        case _:
            return value


def read(data: bytes, at: int = 0) -> int:
    """Where the value at `at` ends.

    Raises:
        ValueError: it is no value (also IndexError, struct.error).
    """
    kind = data[at]
    if kind == 0:
        return at + 1
    if kind == 1:
        return at + 2 if data[at + 1] < 2 else refuse()
    if kind > 5:
        refuse()
    end = text_end(data, at + 1)
    if kind > 3:
        return read_items(data, at + 5, end, is_map=kind == 5)
    found = data[at + 5 : end]
    if kind == 2 and not NUMBER.fullmatch(found):
        refuse()
    found.decode()
    return end


def read_items(data: bytes, at: int, end: int, *, is_map: bool) -> int:
    (count,) = struct.unpack_from("<I", data[:end], at)
    at, keys = at + 4, []
    while at < end:
        if is_map:
            start, at = at + 4, text_end(data[:end], at)
            keys.append(data[start:at].decode().encode())
        at, count = read(data[:end], at), count - 1
    return end if count == 0 and keys == sorted(set(keys)) else refuse()


def text_end(data: bytes, at: int) -> int:
    (size,) = struct.unpack_from("<I", data, at)
    return at + 4 + size if at + 4 + size <= len(data) else refuse()


def refuse() -> int:
    raise ValueError


def is_value(data: bytes) -> bool:
    try:
        return read(data) == len(data)
    except (ValueError, IndexError, struct.error):
        return False


@pytest.fixture(scope="module")
def reading(workshop: Workshop) -> Path:
    """For each text a byte of whether it is a value, and its JSON; the other readers run, too."""
    model = "ext.data_model"
    valid = ["result_i32.is_ok", [f"{model}.validate_v1", "text", 0, 0]]
    key = ["bytes.view_lit", "a"]
    walk = [
        "begin",
        [f"{model}.item_v1", "text", "cursor"],
        [f"{model}.key_v1", "text", "cursor"],
        [f"{model}.next_v1", "text", ["+", "cursor", 1]],
        ["set", "cursor", [f"{model}.next_v1", "text", "cursor"]],
    ]
    statements = [
        ["let", "is_value", ["bytes1", valid]],
        *appended("is_value"),
        framed(["ext.json.write.compact_v1", "text"]),
        ["let", "cursor", [f"{model}.first_v1", "text"]],
        ["while", ["!=", "cursor", -1], walk],
        [f"{model}.nth_v1", "text", 2],
        [f"{model}.get_v1", "text", key],
        [f"{model}.at_v1", "text", ["bytes.view_lit", "/a/1"]],
        [f"{model}.as_i32_v1", "text"],
        [f"{model}.as_bool_v1", "text", 0],
        [f"{model}.len_v1", "text"],
        [f"{model}.map_with_v1", "text", key, "text"],
        [f"{model}.map_without_v1", "text", key],
    ]
    return build(workshop, "damaged_values", [model, "ext.json.write"], statements)


def test_values(reading: Path) -> None:
    chance = random.Random(11)
    whole = [encode(as_model(any_value(chance, chance.randrange(5)))) for _ in range(1500)]
    texts = [
        *whole,
        *(damaged(chance, one) for one in whole),
        *(damaged(chance, one) for one in whole),
    ]
    found = frames(reading, texts)
    said = [(next(found)[0], next(found)) for _ in texts]
    for data, (valid, written) in zip(texts, said, strict=True):
        assert valid == is_value(data) == (written != b""), data
    assert 100 < sum(valid for valid, _ in said[len(whole) :]) < len(whole)


@pytest.fixture(scope="module")
def command_line(workshop: Workshop) -> Path:
    """For each text, which is a specification as a text and then argv, what it is parsed to."""
    size = ["codec.read_u32_le", "text", 0]
    rest = ["-", ["-", ["view.len", "text"], size], 4]
    statements = [
        ["let", "spec", ["view.slice", "text", 4, size]],
        ["let", "argv", ["view.slice", "text", ["+", 4, size], rest]],
        ["let", "doc", ["ext.cli.parse_v1", "spec", "argv"]],
        *appended("doc"),
        ["let", "other", ["ext.cli.parse_from_v1", "spec", "argv", 1]],
        ["ext.cli.exit_code_v1", "other"],
        ["ext.cli.usage_v1", "spec"],
        ["let", "name", ["bytes.view_lit", "tag"]],
        ["ext.cli.count_v1", "argv", "name"],
        ["ext.cli.value_v1", "argv", "name"],
        ["ext.cli.value_at_v1", "argv", "name", 1],
    ]
    return build(workshop, "damaged_words", ["ext.cli"], statements)


def test_command_lines(command_line: Path) -> None:
    chance = random.Random(12)
    words = ("--", "-", "", "-v", "-vq", "-f", "-fx", "--tag", "--tag=a", "--format", "x", "--help")
    makers: tuple[Callable[[], bytes], ...] = (
        lambda: argv(*chance.choices(words, k=chance.randrange(6))),
        lambda: given(("tag", 1, "a"), ("format", 0, "text"), ("tag", 1, "b")),
    )
    specs = (table_cli.OPTIONS, table_cli.ARGUMENTS)
    texts = []
    for _ in range(2000):
        spec, data = chance.choice(specs), chance.choice(makers)()
        spoilt = damaged(chance, spec) if chance.random() < 0.5 else spec
        texts.append(text(spoilt) + (damaged(chance, data) if chance.random() < 0.5 else data))
    docs = list(frames(command_line, texts))
    assert len(docs) == len(texts)
    assert {doc[0] for doc in docs} == {0, 1}
