"""The `main` of a program, from a template of `launcher_templates/` (docs/decisions/0006).

A template has holes and no logic, so it is rendered once, with a marker in each hole, and kept in
the cache like that: Jinja2 takes longer to import than all the rest of a small bundle.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from x07bundle import assets, files
from x07bundle.native.cache import Cache

FOLDER: Final = "launcher_templates"
KIND: Final = "templates"
MARK: Final = "\x01"
"""Stands before and after a hole's name: a control character is in no C source."""


def render(template: str, values: Mapping[str, str], cache: Cache) -> str:
    """The text of a template, each hole filled with C that is ready to stand there.

    Raises:
        X07Error: the template is not there. OutputError: the cache cannot be written.
        jinja2.UndefinedError: a hole of the template has no value.
    """
    parts = _marked(template, values, cache).split(MARK)
    return "".join(values[part] if index % 2 else part for index, part in enumerate(parts))


def c_string(data: bytes) -> str:
    """A C string literal. All but letters, digits and a few marks are escaped: trigraphs too."""
    return '"' + "".join(_c_character(byte) for byte in data) + '"'


def _c_character(byte: int) -> str:
    character = chr(byte)
    plain = byte < 0x80 and (character.isalnum() or character in " -_.,/")
    return character if plain else f"\\{byte:03o}"


def _marked(template: str, names: Iterable[str], cache: Cache) -> str:
    source = files.read_bytes(assets.find(f"{FOLDER}/{template}"))
    listed = sorted(names)
    key = files.fingerprint(source + "\0".join(("", *listed)).encode())
    known = cache.find(KIND, key)
    if known is not None:
        return known.read_text("utf-8")
    text = _with_markers(source.decode("utf-8"), listed)
    cache.store(KIND, key, text.encode("utf-8"))
    return text


def _with_markers(source: str, names: Iterable[str]) -> str:
    import jinja2

    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    markers = {name: f"{MARK}{name}{MARK}" for name in names}
    return environment.from_string(source).render(markers)
