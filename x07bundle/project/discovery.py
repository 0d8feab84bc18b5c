"""Where the project is (contract/cli.md §2, "discovery")."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from x07bundle.errors import UsageError

MANIFEST: Final = "x07.json"
OTHER_MANIFESTS: Final = "*.x07project.json"


def discover(folder: Path) -> Path | None:
    """The project file of `folder`, or of the nearest folder above that has one."""
    absolute = folder.absolute()
    return _first((absolute, *absolute.parents))


def discover_for_program(program: Path) -> Path | None:
    """The project file of a program: a relative path is not searched above the working folder."""
    if program.is_absolute():
        return discover(program.parent)
    return _first(program.parents)


def named(path: Path) -> Path:
    """The project file that `--project` names: the file, or `x07.json` of the folder.

    Raises:
        UsageError: there is no such file.
    """
    file = path / MANIFEST if path.is_dir() else path
    if file.is_file():
        return file
    raise UsageError(
        f"no project at `{path}`", hint=f"--project takes a {MANIFEST}, or the folder of one"
    )


def at_hand(path: Path | None, here: Path) -> Path | None:
    """The project file that was named, or the one around the folder `here`, relative to that where
    it is below it.

    Raises:
        UsageError: what was named is none.
    """
    if path is not None:
        return named(path)
    found = discover(here)
    return found.relative_to(here) if found is not None and found.is_relative_to(here) else found


def needed(path: Path | None, here: Path) -> Path:
    """The project file at hand.

    Raises:
        UsageError: there is none.
    """
    file = at_hand(path, here)
    if file is None:
        raise UsageError("no project found", hint="give it with --project, or make one: `x07 init`")
    return file


def _first(folders: Iterable[Path]) -> Path | None:
    return next((file for folder in folders if (file := _in(folder)) is not None), None)


def _in(folder: Path) -> Path | None:
    if (folder / MANIFEST).is_file():
        return folder / MANIFEST
    others = [file for file in folder.glob(OTHER_MANIFESTS) if file.is_file()]
    return others[0] if len(others) == 1 else None
