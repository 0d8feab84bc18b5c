"""What a frozen toolchain says of itself: `usr/local/lib/x07/toolchain.json`.

Written when it is frozen, read when it goes into an image: for which machine it is, what it needs
of it, and what it is made of.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from x07bundle import strict_json
from x07bundle.errors import X07Error
from x07bundle.files import json_pretty_sorted

SCHEMA: Final = "x07.toolchain@0.1.0"
FOLDER: Final = "usr/local/lib/x07"
PLACE: Final = f"{FOLDER}/toolchain.json"
PROGRAMS: Final = ("x07", "x07-os-runner")
"""In `usr/local/bin`: links to the programs of the same names in `FOLDER`."""
BIN: Final = "usr/local/bin"
GLIBC: Final = re.compile(r"(\d{1,3})\.(\d{1,3})")

Version = tuple[int, int]


class Component(NamedTuple):
    """Something that is in it. `purl`: its package URL. `license`: as it says itself, or ""."""

    name: str
    version: str
    purl: str
    license: str


class Toolchain(NamedTuple):
    """`architecture`: as Debian calls it. `glibc`: the least that its programs start with.
    `std`: the SHA-256 of each std module's file, by its path below `FOLDER`.
    """

    tool_version: str
    language_version: str
    architecture: str
    glibc: Version
    components: tuple[Component, ...]
    std: Mapping[str, str]


def document(toolchain: Toolchain) -> bytes:
    return json_pretty_sorted(
        {
            "schema_version": SCHEMA,
            **toolchain._asdict(),
            "glibc": ".".join(str(number) for number in toolchain.glibc),
            "components": [component._asdict() for component in toolchain.components],
        }
    )


def read(data: bytes, where: str) -> Toolchain:
    """Raises X07Error: it is no such document."""
    try:
        found = strict_json.read(data)
        if found.problems:
            raise ValueError(found.problems[0])
        return _toolchain(found.value)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise X07Error(
            f"`{where}` is no description of a toolchain",
            str(error),
            "freeze it again: `x07 image toolchain --out DIR`",
        ) from error


def _toolchain(found: Any) -> Toolchain:  # noqa: ANN401  JSON
    if found["schema_version"] != SCHEMA:
        raise ValueError(f"its schema is not {SCHEMA}")
    glibc = GLIBC.fullmatch(found["glibc"])
    if glibc is None:
        raise ValueError("`glibc` is no version")
    return Toolchain(
        tool_version=_text(found["tool_version"]),
        language_version=_text(found["language_version"]),
        architecture=_text(found["architecture"]),
        glibc=(int(glibc[1]), int(glibc[2])),
        components=tuple(_component(each) for each in found["components"]),
        std={_text(path): _text(digest) for path, digest in found["std"].items()},
    )


def _component(found: Any) -> Component:  # noqa: ANN401  JSON
    return Component(*(_text(found[name]) for name in Component._fields))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value
