"""Outputs in the place of an input, or of one another: slips of the pen, refused beforehand."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from x07bundle.errors import UsageError

HINT: Final = "choose another path for this output"
SOURCE: Final = ".x07.json"
"""Nothing but sources is called so: one that is there is never an output's place."""


def refuse_clashes(outputs: Iterable[Path], inputs: Iterable[Path | None]) -> None:
    """Every output has a place of its own, where no input is. Reads links, writes nothing.

    Raises:
        UsageError: an output would replace an input or a source, or another output is in its way.
    """
    taken = {place for path in inputs if path is not None for place in (_place(path), _end(path))}
    placed: set[Path] = set()
    for output in outputs:
        place = _place(output)
        if place in taken | placed or (place.name.endswith(SOURCE) and place.is_file()):
            raise UsageError(f"`{output}` would be overwritten", hint=HINT)
        if any(other in place.parents or place in other.parents for other in placed):
            raise UsageError(f"`{output}` cannot be both a file and a folder", hint=HINT)
        placed.add(place)


def refuse_within(folder: Path, inputs: Iterable[Path | None]) -> None:
    """For a folder that is replaced as a whole. Reads links, writes nothing.

    Raises:
        UsageError: an input is in it.
    """
    replaced = _place(folder)
    for path in inputs:
        places = (_place(path), _end(path)) if path is not None else ()
        if any(replaced == place or replaced in place.parents for place in places):
            raise UsageError(f"`{folder}` would be replaced, and `{path}` is in it", hint=HINT)


def _place(path: Path) -> Path:
    """What a renaming replaces: the name itself, be it a link, in the folder that holds it."""
    return Path(os.path.realpath(path.parent)) / path.name


def _end(path: Path) -> Path:
    """The file that is read: where links lead."""
    return Path(os.path.realpath(path))
