"""The packages that a project names, and where they are (contract/project.md §1, §3)."""

from pathlib import Path, PurePosixPath
from typing import Final

from x07bundle.project.manifest import Dependency, Manifest
from x07bundle.project.places import WORKSPACE

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
    return manifest.places.path(dependency.path)


def missing(manifest: Manifest) -> tuple[Dependency, ...]:
    """The dependencies that have no package in their folder."""
    return tuple(
        one for one in effective(manifest) if not (folder(manifest, one) / PACKAGE).is_file()
    )
