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


def _first(folders: Iterable[Path]) -> Path | None:
    return next((file for folder in folders if (file := _in(folder)) is not None), None)


def _in(folder: Path) -> Path | None:
    if (folder / MANIFEST).is_file():
        return folder / MANIFEST
    others = [file for file in folder.glob(OTHER_MANIFESTS) if file.is_file()]
    return others[0] if len(others) == 1 else None
