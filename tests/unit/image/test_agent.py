"""The guest's agent in an image: what is taken for one, and where it goes."""

import struct
from pathlib import Path

import pytest

from x07bundle.errors import UsageError, X07Error
from x07bundle.image.agent import MOST_BYTES, architecture_of, given

ROW = struct.Struct("<I52x")


def program(
    machine: int = 62, kinds: tuple[int, ...] = (1,), start: bytes = b"\x7fELF\2\1"
) -> bytes:
    """The header of one, and its table."""
    head = struct.pack("<10x2H12xQ14x2H", 2, machine, 64, ROW.size, len(kinds))
    return (start + head).ljust(64, b"\0") + b"".join(map(ROW.pack, kinds))


def test_machines() -> None:
    assert architecture_of(program(62), "it") == "amd64"
    assert architecture_of(program(183), "it") == "arm64"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"#!/bin/sh\n",
        program(machine=3),
        program(start=b"\x7fELF\1\1"),
        program(start=b"\x7fELF\2\2"),
        program(start=b"\x7fEXE\2\1"),
        program(kinds=(1, 3)),
        program(kinds=(1, 1))[:-100],
        program() + bytes(MOST_BYTES),
    ],
    ids=["empty", "script", "i386", "32", "big", "magic", "dynamic", "short", "large"],
)
def test_what_is_none(data: bytes) -> None:
    with pytest.raises(UsageError, match="`it` is no guest agent"):
        architecture_of(data, "it")


def test_by_architecture(tmp_path: Path) -> None:
    for name, machine in (("one", 62), ("two", 183)):
        (tmp_path / name).write_bytes(program(machine))
    found = given([tmp_path / "two", tmp_path / "one"], ["amd64", "arm64"])
    assert {key: agent.program for key, agent in found.items()} == {
        "amd64": program(62), "arm64": program(183)
    }  # fmt: skip


def test_one_too_many(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(program())
    with pytest.raises(UsageError, match="is for amd64, and no image is made for it"):
        given([tmp_path / "one"], ["arm64"])
    with pytest.raises(UsageError, match="is for amd64, and two are for it"):
        given([tmp_path / "one", tmp_path / "one"], ["amd64"])
    with pytest.raises(X07Error, match="none"):
        given([tmp_path / "none"], ["amd64"])
