"""What a toolchain says of itself, and what is not believed."""

import json
from typing import Any

import pytest

from x07bundle.contract import toolchain
from x07bundle.contract.toolchain import Component, Toolchain
from x07bundle.errors import X07Error

SOUND = Toolchain(
    "0.1.0", "0.2.17", "amd64", (2, 36),
    (Component("click", "8.1", "pkg:pypi/click@8.1", "BSD-3-Clause"),),
    {"x07bundle/std/modules/std/bytes.x07.json": "ab" * 32},
)  # fmt: skip


def changed(**members: Any) -> bytes:  # noqa: ANN401  JSON
    return json.dumps({**json.loads(toolchain.document(SOUND)), **members}).encode()


def test_it_is_read_as_it_was_written() -> None:
    assert toolchain.read(toolchain.document(SOUND), "it") == SOUND
    assert json.loads(toolchain.document(SOUND))["glibc"] == "2.36"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b'{"glibc": 1}',
        changed(schema_version="x07.toolchain@9"),
        changed(glibc="2.36.1"),
        changed(glibc=2.36),
        changed(architecture=None),
        changed(components=[{"name": "a"}]),
        changed(components=[1]),
        changed(components=None),
        changed(std=["a"]),
        changed(std={"a": 1}),
    ],
    ids=str,
)
def test_what_is_none(data: bytes) -> None:
    with pytest.raises(X07Error, match="`it` is no description of a toolchain"):
        toolchain.read(data, "it")
