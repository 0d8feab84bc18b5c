"""The packages that come with the tool (contract/project.md §5): data, and a list of it.

`<name>/<version>/` is a package's folder, as `x07 pkg pack` takes it: `x07-package.json`, modules,
`ffi/*.c`. A version that was released stays as it is: locks of projects hold its hashes.
"""

from pathlib import Path
from typing import Final, NamedTuple

HERE: Final = Path(__file__).resolve().parent
MANIFEST: Final = "x07-package.json"


class Release(NamedTuple):
    """`folder` holds the manifest and what it names."""

    name: str
    version: str
    folder: Path


def released() -> tuple[Release, ...]:
    """Every version of every package, by name; versions in no order that means anything."""
    files = sorted(HERE.glob(f"*/*/{MANIFEST}"))
    return tuple(Release(file.parent.parent.name, file.parent.name, file.parent) for file in files)


def versions(name: str) -> tuple[Release, ...]:
    """The versions of one package; none for a name that is not here."""
    return tuple(release for release in released() if release.name == name)
