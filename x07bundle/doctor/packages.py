"""Libraries that packages of a project are linked with.

A project need not be locked or hydrated yet: what is not on disk is looked up among the packages
that come with the tool, and so is what a package requires.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

from x07bundle import packages, strict_json
from x07bundle.project.manifest import Manifest

Kind = TypeVar("Kind", dict[str, Any], list[Any], str)

NATIVE: Final = "ffi"
"""The import mode of packages that bring C."""


def libraries(loaded: Manifest) -> frozenset[str]:
    """Names without `-l`."""
    found: set[str] = set()
    seen: set[Path] = set()
    waiting = list(_named(loaded))
    while waiting:
        folder = waiting.pop()
        if folder in seen:
            continue
        seen.add(folder)
        meta = _member(_object(folder / packages.MANIFEST), "meta", dict)
        found |= _texts(meta, "ffi_libs") if meta.get("import_mode") == NATIVE else set()
        waiting += [one for spec in _texts(meta, "requires_packages") for one in _required(spec)]
    return frozenset(found)


def _named(loaded: Manifest) -> Iterator[Path]:
    """Folders of the packages that the project names, and of those that its lock has."""
    for dependency in loaded.dependencies:
        yield _folder(loaded, dependency.name, dependency.version, dependency.path)
    for entry in _member(_object(loaded.lockfile), "dependencies", list):
        name, version, path = (_member(entry, key, str) for key in ("name", "version", "path"))
        if path and loaded.places.problem(path) is None:
            yield _folder(loaded, name, version, path)


def _folder(loaded: Manifest, name: str, version: str, path: str) -> Path:
    """The package's folder in the project, or the tool's where that is not there yet."""
    folder = loaded.places.path(path)
    if (folder / packages.MANIFEST).is_file():
        return folder
    released = [one.folder for one in packages.versions(name) if one.version == version]
    return released[0] if released else folder


def _required(spec: str) -> Iterator[Path]:
    """`NAME@VERSION` or `NAME@RANGE`: any version will do, their libraries are the same."""
    for release in packages.versions(spec.partition("@")[0])[:1]:
        yield release.folder


def _object(file: Path) -> dict[str, Any]:
    """An object of JSON; empty where there is none. What is wrong with it, `x07 check` says."""
    try:
        value = strict_json.read(file.read_bytes()).value
    except OSError:
        return {}
    return value if isinstance(value, dict) else {}


def _member(value: object, key: str, kind: type[Kind]) -> Kind:
    """The member if there is one of that kind, else an empty one."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, kind) else kind()


def _texts(value: object, key: str) -> set[str]:
    return {text for text in _member(value, key, list) if isinstance(text, str)}
