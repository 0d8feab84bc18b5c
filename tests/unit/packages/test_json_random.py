"""ext-json-rs against Python's json, on random documents and on damaged ones."""

import json
import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.program_build import Workshop
from tests.unit.packages.batches import Json, appended, build, framed, frames
from tests.unit.packages.values import encode

LETTERS: Final = 'ab:{}[],"\\/\n\0\x1f\x7fé\u2028\ud7ff\uffee\U0001f600'
DAMAGE: Final = b'{}[]:,"\\u0159eE+-. \ntfn\x00\xff\xc3'


@pytest.fixture(scope="module")
def executable(workshop: Workshop) -> Path:
    """For each text the document of `parse_v1`, and where that is ok, three texts."""
    value = ["bytes.subview", "doc", 1, ["-", ["bytes.len", "doc"], 1]]
    written = [
        "begin",
        framed(["ext.json.write.compact_v1", value]),
        framed(["ext.json.write.pretty_v1", value, 3]),
        framed(["ext.json.write.jcs_v1", value]),
    ]
    statements = [
        ["let", "doc", ["ext.json.parse.parse_v1", "text"]],
        *appended("doc"),
        ["if", ["bytes.get_u8", "doc", 0], written, 0],
    ]
    return build(workshop, "json_random", ["ext.json.parse", "ext.json.write"], statements)


def answers(executable: Path, texts: list[bytes]) -> Iterator[list[bytes]]:
    """For each text, the document and what was written of it."""
    found = frames(executable, texts)
    for _ in texts:
        doc = next(found)
        yield [doc, *(next(found) for _ in range(3 if doc[0] else 0))]
    assert next(found, None) is None


def any_value(chance: random.Random, depth: int) -> Json:
    kind = chance.randrange(8 if depth else 6)
    if kind == 6:
        return [any_value(chance, depth - 1) for _ in range(chance.randrange(5))]
    if kind == 7:
        count = chance.choice((0, 1, 3, 20))
        return {any_text(chance): any_value(chance, depth - 1) for _ in range(count)}
    number = chance.choice((chance.randint(-(10**25), 10**25), chance.randint(-9, 9)))
    scalars = (None, True, False, number, chance.uniform(-1e9, 1e9) ** 3, any_text(chance))
    return scalars[kind]


def any_text(chance: random.Random) -> str:
    return "".join(chance.choices(LETTERS, k=chance.randrange(6)))


def any_document(chance: random.Random) -> bytes:
    value = any_value(chance, chance.randrange(6))
    indent = chance.choice((None, 0, 3))
    return json.dumps(value, indent=indent, ensure_ascii=chance.random() < 0.5).encode()


def damaged(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data) + 1)
    inserted = bytes(chance.choices(DAMAGE, k=chance.randrange(3)))
    return data[:at] + inserted + data[at + chance.randrange(2) :]


def accepted(data: bytes) -> bool:
    """Whether Python reads it, and it is I-JSON (RFC 7493)."""
    try:
        value = json.loads(data.decode(), object_pairs_hook=unique, parse_constant=refuse)
        return is_i_json(value)
    except (ValueError, OverflowError):
        return False


def unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else refuse("a name twice")


def refuse(what: str) -> Json:
    raise ValueError(what)


def is_i_json(value: Json) -> bool:
    match value:
        case str():
            return not any(0xD800 <= ord(letter) < 0xE000 for letter in value)
        case list():
            return all(map(is_i_json, value))
        case dict():
            return all(is_i_json(key) and is_i_json(item) for key, item in value.items())
        case int() | float():
            return math.isfinite(float(value))
        case _:
            return True


def test_random_documents(executable: Path) -> None:
    chance = random.Random(7)
    texts = [any_document(chance) for _ in range(1500)]
    for data, answer in zip(texts, answers(executable, texts), strict=True):
        value = json.loads(data)
        _, compact, pretty, canonical = answer
        kept: Json = {"ensure_ascii": False, "sort_keys": True}
        assert compact.decode() == json.dumps(value, separators=(",", ":"), **kept), data
        assert pretty.decode() == json.dumps(value, indent=3, **kept), data
        assert as_doubles(canonical) == as_doubles(data)


def as_doubles(data: bytes) -> Json:
    return json.loads(data, parse_int=float)


def test_damaged_documents(executable: Path) -> None:
    chance = random.Random(8)
    texts = [damaged(chance, any_document(chance)) for _ in range(3000)]
    for data, answer in zip(texts, answers(executable, texts), strict=True):
        assert answer[0][0] == accepted(data), data
        if answer[0][0]:
            assert json.loads(answer[1]) == json.loads(data), data


def test_many_members_in_any_order(executable: Path) -> None:
    """No order of names makes it slow, or puts them in a wrong one."""
    chance = random.Random(9)
    names = [f"name {number}" for number in range(20_000)]
    orders = [list(names), names[::-1], chance.sample(names, len(names))]
    texts = [json.dumps({"in": dict.fromkeys(order, 1)}).encode() for order in orders]
    for answer in answers(executable, texts):
        assert answer[0] == b"\1" + encode({"in": dict.fromkeys(names, 1)})
