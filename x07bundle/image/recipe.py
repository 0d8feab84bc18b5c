"""The recipe of the guest images: which packages, in which layers, and what no package brings.

A recipe is TOML that is checked whole: an unknown key is an error, so that a wrong word does not
go unseen.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from x07bundle import files
from x07bundle.errors import X07Error
from x07bundle.image.debian import packages

SCHEMA: Final = "x07.image.recipe@0.1.0"
ARCHITECTURES: Final = ("amd64", "arm64")
TRIPLETS: Final = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
MODE: Final = re.compile(r"[01]?[0-7]{3}")
WORD: Final = re.compile(r"[a-z][a-z0-9-]*")

Value = TypeVar("Value")


class Distribution(NamedTuple):
    """`keyrings`: files of this machine, the first that is there is used."""

    name: str
    suites: tuple[str, ...]
    component: str
    keyrings: tuple[str, ...]


class Extra(NamedTuple):
    """What a layer has beside its packages, by path. `certificates`: where the bundle goes.

    In paths and targets `{triplet}` stands for the name of the machine that libraries are below.
    """

    folders: Mapping[str, int]
    links: Mapping[str, str]
    files: Mapping[str, str]
    certificates: str = ""


class Layer(NamedTuple):
    """`packages`: with all that they need; what a layer below has is not there again."""

    name: str
    packages: tuple[str, ...]
    extra: Extra


class Recipe(NamedTuple):
    """`left_out`: packages that never come, though others need them. `base`: in the first layer.

    `drop`, `keep`: patterns of paths; what matches both stays. `flavours`: layers, lowest first.
    """

    distribution: Distribution
    left_out: tuple[str, ...]
    drop: tuple[str, ...]
    keep: tuple[str, ...]
    base: Extra
    flavours: Mapping[str, tuple[Layer, ...]]


def load(file: Path) -> Recipe:
    """Read and check.

    Raises:
        X07Error: it cannot be read, or something in it is wrong.
    """
    try:
        document = tomllib.loads(files.read_bytes(file).decode("utf-8"))
        return _recipe(_Table(document, ""))
    except (ValueError, RecursionError) as error:
        hint = "mend it; `x07.image.recipe@0.1.0` in docs/reference/image.md says what it may have"
        raise X07Error(f"cannot use `{file}`: {_first_line(error)}", hint=hint) from error


def wanted_sha256(recipe: Recipe) -> str:
    """What a lock depends on: another digest, and it has to be made again."""
    flavours = {
        name: [[layer.name, list(layer.packages)] for layer in layers]
        for name, layers in recipe.flavours.items()
    }
    distribution = recipe.distribution
    document = {
        "suites": list(distribution.suites),
        "component": distribution.component,
        "left_out": sorted(recipe.left_out),
        "flavours": flavours,
    }
    return files.sha256_bytes(files.json_compact_sorted(document))


class _Table:
    """A table whose keys are taken one by one; what is left at the end is wrong."""

    def __init__(self, value: object, at: str) -> None:
        if not isinstance(value, dict):
            raise ValueError(f"`{at}` is to be a table")
        self.left: dict[str, Any] = dict(value)
        self.at = at

    def take(self, key: str, read: Callable[[object, str], Value], default: object = None) -> Value:
        return read(self.left.pop(key, default), f"{self.at}{key}")

    def names(self) -> list[str]:
        return list(self.left)

    def end(self) -> None:
        if self.left:
            raise ValueError(f"`{self.at}{min(self.left)}` is not known here")


def _recipe(table: _Table) -> Recipe:
    if (schema := table.take("schema", _text)) != SCHEMA:
        raise ValueError(f"it is of schema `{schema}`, and `{SCHEMA}` is known here")
    chosen = table.take("packages", _below, {})
    paths = table.take("paths", _below, {})
    recipe = Recipe(
        table.take("distribution", _distribution),
        chosen.take("left_out", _names, []),
        paths.take("drop", _texts, []),
        paths.take("keep", _texts, []),
        table.take("base", _extra, {}),
        table.take("flavour", _flavours),
    )
    for each in (chosen, paths, table):
        each.end()
    return recipe


def _distribution(value: object, at: str) -> Distribution:
    table = _below(value, at)
    found = Distribution(
        table.take("name", _text),
        table.take("suites", _words),
        table.take("component", _word),
        table.take("keyrings", _texts),
    )
    table.end()
    return found


def _flavours(value: object, at: str) -> dict[str, tuple[Layer, ...]]:
    table = _below(value, at)
    found = {_word(name, at): table.take(name, _layers) for name in table.names()}
    if not found:
        raise ValueError(f"`{at}` is to have one flavour or more")
    return found


def _layers(value: object, at: str) -> tuple[Layer, ...]:
    table = _below(value, at)
    layers = table.take("layer", _list)
    table.end()
    found = tuple(_layer(each, f"{at}.layer.{number}") for number, each in enumerate(layers))
    if not found or len({layer.name for layer in found}) != len(found):
        raise ValueError(f"`{at}` is to have layers, each with a name of its own")
    return found


def _layer(value: object, at: str) -> Layer:
    table = _below(value, at)
    name, chosen = table.take("name", _word), table.take("packages", _names, [])
    return Layer(name, chosen, _extra(table.left, at))


def _extra(value: object, at: str) -> Extra:
    table = _below(value, at)
    extra = Extra(
        {path: _mode(mode, at) for path, mode in table.take("folders", _strings, {}).items()},
        table.take("links", _strings, {}),
        table.take("files", _strings, {}),
        table.take("certificates", _text, ""),
    )
    table.end()
    for path in (*extra.folders, *extra.links, *extra.files, extra.certificates or "a"):
        if any(name in ("", ".", "..") for name in path.split("/")):
            raise ValueError(f"`{at}` names `{path}`, which is no path below the root")
    return extra


def _mode(text: str, at: str) -> int:
    if MODE.fullmatch(text) is None:
        raise ValueError(f"`{at}.folders` has the mode `{text}`: three or four octal digits")
    return int(text, 8)


def _below(value: object, at: str) -> _Table:
    return _Table(value, f"{at}.")


def _list(value: object, at: str) -> list[object]:
    if not isinstance(value, list):
        raise ValueError(f"`{at}` is to be a list")
    return value


def _text(value: object, at: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"`{at}` is to be a text")
    return value


def _texts(value: object, at: str) -> tuple[str, ...]:
    return tuple(_text(each, at) for each in _list(value, at))


def _strings(value: object, at: str) -> dict[str, str]:
    table = _below(value, at)
    return {name: table.take(name, _text) for name in table.names()}


def _word(value: object, at: str) -> str:
    text = _text(value, at)
    if WORD.fullmatch(text) is None:
        raise ValueError(f"`{at}` has `{text}`: small letters, digits and `-`")
    return text


def _words(value: object, at: str) -> tuple[str, ...]:
    return tuple(_word(each, at) for each in _list(value, at))


def _names(value: object, at: str) -> tuple[str, ...]:
    try:
        return tuple(packages.check_name(each) for each in _texts(value, at))
    except X07Error as error:
        raise ValueError(f"`{at}`: {error.brief}") from error


def _first_line(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else "it is nested too deeply"
    return text[:1].lower() + text[1:]
