"""The lock: exactly which packages an image is made of. Text that people can compare.

It names no mirror: places are relative to whichever has them.
"""

import json
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from x07bundle import files
from x07bundle.errors import X07Error
from x07bundle.image.debian import packages, versions

SCHEMA: Final = "x07.image.lock@0.1.0"
DATE: Final = "%Y-%m-%dT%H:%M:%SZ"
MAX_BYTES: Final = 16 << 20
HINT: Final = "make it again: `x07 image lock`"
HEAD: Final = """\
# What the guest images for {architecture} are made of.
# Made by `x07 image lock`, which also brings it up to date. Do not edit.
"""


class Seen(NamedTuple):
    """A release that the lock was made with. `sha256`: of its signed text."""

    suite: str
    date: datetime
    sha256: str


class Locked(NamedTuple):
    """A package. `layers`: where it goes, as `FLAVOUR/LAYER`."""

    name: str
    version: str
    architecture: str
    suite: str
    path: str
    size_bytes: int
    sha256: str
    layers: tuple[str, ...]


class Lock(NamedTuple):
    """`recipe_sha256`: of what the recipe asks for (`recipe.wanted_sha256`)."""

    architecture: str
    recipe_sha256: str
    releases: tuple[Seen, ...]
    packages: tuple[Locked, ...]

    @property
    def date(self) -> datetime:
        """Of the newest release: the time of a build that names no other."""
        return max(seen.date for seen in self.releases)


def file_name(architecture: str) -> str:
    """Beside the recipe."""
    return f"lock-{architecture}.toml"


def of_layer(lock: Lock, flavour: str, layer: str) -> tuple[Locked, ...]:
    """The packages of a layer, by name."""
    return tuple(one for one in lock.packages if f"{flavour}/{layer}" in one.layers)


def text(lock: Lock) -> bytes:
    """The lock as it is written: the same bytes for the same lock."""
    return "\n".join((*_head(lock), *_releases(lock), *_packages(lock))).encode("ascii")


def read(file: Path) -> Lock:
    """Raises X07Error: it cannot be read, or something in it is wrong."""
    return parse(files.read_bytes(file), f"`{file}`")


def parse(data: bytes, where: str) -> Lock:
    """The lock in `data`; `where` names it in errors.

    Raises:
        X07Error: it is none.
    """
    try:
        if len(data) > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES} bytes")
        document = tomllib.loads(data.decode("ascii"))
        if document.get("schema") != SCHEMA:
            raise ValueError(f"it is not of schema `{SCHEMA}`")
        lock = Lock(
            _text(document, "architecture"),
            packages.check_sha256(_text(document, "recipe_sha256")),
            tuple(map(_seen, _tables(document, "release"))),
            tuple(map(_locked, _tables(document, "package"))),
        )
        _check(lock)
    except (ValueError, RecursionError, X07Error) as error:
        why = str(error).splitlines()[0] if str(error) else "it is nested too deeply"
        raise X07Error(f"cannot use {where}: {why[:1].lower()}{why[1:]}", hint=HINT) from error
    return lock


def _head(lock: Lock) -> Iterator[str]:
    yield HEAD.format(architecture=lock.architecture)
    yield f'schema = "{SCHEMA}"'
    yield f'architecture = "{lock.architecture}"'
    yield f'recipe_sha256 = "{lock.recipe_sha256}"\n'


def _releases(lock: Lock) -> Iterator[str]:
    for seen in lock.releases:
        yield "[[release]]"
        yield f"suite = {json.dumps(seen.suite)}"
        yield f'date = "{seen.date.strftime(DATE)}"'
        yield f'sha256 = "{seen.sha256}"\n'


def _packages(lock: Lock) -> Iterator[str]:
    for one in lock.packages:
        yield "[[package]]"
        for key in ("name", "version", "architecture", "suite", "path"):
            yield f"{key} = {json.dumps(getattr(one, key))}"
        yield f"size_bytes = {one.size_bytes}"
        yield f'sha256 = "{one.sha256}"'
        yield f"layers = {json.dumps(list(one.layers))}\n"


def _check(lock: Lock) -> None:
    if not lock.releases:
        raise ValueError("it has no release")
    names = [one.name for one in lock.packages]
    if len(set(names)) != len(names):
        raise ValueError("it has a package twice")


def _seen(table: dict[str, Any]) -> Seen:
    date = datetime.strptime(_text(table, "date"), DATE).replace(tzinfo=UTC)
    return Seen(_text(table, "suite"), date, packages.check_sha256(_text(table, "sha256")))


def _locked(table: dict[str, Any]) -> Locked:
    size, layers = table.get("size_bytes"), table.get("layers")
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise ValueError("a package has no `size_bytes`")
    if not isinstance(layers, list) or not all(isinstance(each, str) for each in layers):
        raise ValueError("a package has no `layers`")
    return Locked(
        packages.check_name(_text(table, "name")),
        versions.check(_text(table, "version")),
        _text(table, "architecture"),
        _text(table, "suite"),
        packages.check_path(_text(table, "path")),
        size,
        packages.check_sha256(_text(table, "sha256")),
        tuple(layers),
    )


def _text(table: dict[str, Any], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError(f"`{key}` is missing, or no text")
    return value


def _tables(table: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError(f"`{key}` is to be a list of tables")
    return value
