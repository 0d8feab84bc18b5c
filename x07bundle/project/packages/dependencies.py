"""The packages that a project names, and where they are (contract/project.md §1, §3)."""

import os
from pathlib import Path, PurePosixPath
from typing import Final

from x07bundle.errors import ProjectError
from x07bundle.project.manifest import Dependency, Manifest
from x07bundle.project.places import WORKSPACE, Places

VENDORED: Final = ".x07/deps"
PACKAGE: Final = "x07-package.json"


def vendored_path(name: str, version: str) -> str:
    """Where a fetched package goes, relative to the project."""
    return f"{VENDORED}/{name}/{version}"


def is_vendored(path: str) -> bool:
    """Whether a dependency's path is one that packages are fetched to."""
    text = PurePosixPath(path).as_posix()
    if text.startswith(f"{VENDORED}/"):
        return True
    return text.startswith(f"{WORKSPACE}/") and f"/{VENDORED}/" in text


def effective(manifest: Manifest) -> tuple[Dependency, ...]:
    """What is used: dependencies, each replaced by its patch where it has one; sorted."""
    return tuple(sorted({patched(manifest, one) for one in manifest.dependencies}))


def patched(manifest: Manifest, dependency: Dependency) -> Dependency:
    patch = manifest.patch.get(dependency.name)
    if patch is None:
        return dependency
    path = patch.path or vendored_path(dependency.name, patch.version)
    return Dependency(dependency.name, patch.version, path)


def folder(manifest: Manifest, dependency: Dependency) -> Path:
    """Where a dependency is, or is to be.

    Raises:
        ProjectError: it is fetched, and a link leads out of the project.
    """
    place = manifest.places.path(dependency.path)
    if is_vendored(dependency.path):
        _refuse_leading_out(place, manifest.places, dependency)
    return place


def _refuse_leading_out(place: Path, places: Places, dependency: Dependency) -> None:
    """What is fetched is written where the path says: a link that comes with a project would have
    it written, and read, elsewhere."""
    is_shared = dependency.path.startswith(f"{WORKSPACE}/") and places.workspace is not None
    inside = places.workspace if is_shared and places.workspace else places.root
    end = Path(os.path.realpath(place))
    if not end.is_relative_to(os.path.realpath(inside)):
        raise ProjectError(
            f"`{dependency.path}` leads out of the project, to `{end}`",
            "packages are fetched to folders of the project, and a link is in the way",
            f"remove the link, and run `x07 pkg lock`; a package of your own in another folder is "
            f"added by `x07 pkg add {dependency.name} --path DIR`",
        )


def missing(manifest: Manifest) -> tuple[Dependency, ...]:
    """The dependencies that have no package in their folder."""
    return tuple(
        one for one in effective(manifest) if not (folder(manifest, one) / PACKAGE).is_file()
    )
