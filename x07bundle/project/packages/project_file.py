"""`x07.json` as it is changed: key-sorted, two spaces, dependencies by name and version."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from x07bundle.files import json_pretty_sorted, placing, read_bytes, write_new
from x07bundle.project import manifest
from x07bundle.project.manifest import Dependency, Manifest
from x07bundle.project.members import read_object
from x07bundle.project.packages.dependencies import vendored_path

OLDEST: Final = "x07.project@0.2.0"
NEWEST: Final = "x07.project@0.5.0"


class ProjectFile(NamedTuple):
    """`data`: the bytes on disk. `document`: what they mean, or what shall be written."""

    file: Path
    data: bytes
    document: Mapping[str, Any]
    environment: Mapping[str, str]

    @property
    def manifest(self) -> Manifest:
        """Raises ProjectError."""
        return manifest.of(self.file, self.document, self.environment)

    @property
    def encoded(self) -> bytes:
        return json_pretty_sorted(self.document)


def load(file: Path, environment: Mapping[str, str]) -> ProjectFile:
    """The project in a file. Paths that its dependencies lack are filled in.

    Raises:
        ProjectError: it cannot be read.
    """
    document = read_object(file, "project", "X07PROJECT_READ", "X07PROJECT_PARSE")
    data = read_bytes(file)
    return ProjectFile(file, data, _completed(document), environment)


def write(file: Path, data: bytes) -> None:
    """Writes a file of the project: a link stays a link, and permissions stay.

    Raises:
        OutputError: it cannot be written; it is as it was.
    """
    target = file.resolve()
    with placing(target) as staged:
        write_new(staged, data)
        if target.exists():
            staged.chmod(target.stat().st_mode & 0o7777)


def with_added(project: ProjectFile, added: Iterable[Dependency]) -> ProjectFile:
    entries = [*_entries(project), *(one._asdict() for one in added)]
    return _with(project, entries)


def without(project: ProjectFile, name: str) -> ProjectFile:
    entries = [one for one in _entries(project) if one.get("name") != name]
    return _with(project, entries)


def _with(project: ProjectFile, entries: list[Any]) -> ProjectFile:
    ordered = sorted(entries, key=lambda one: (str(one.get("name")), str(one.get("version"))))
    return project._replace(document={**project.document, "dependencies": ordered})


def _entries(project: ProjectFile) -> list[Any]:
    return list(project.document.get("dependencies") or [])


def _completed(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Dependencies with a path, and a schema that has `patch` where it is used."""
    entries = document.get("dependencies")
    filled = [_filled(one) for one in entries] if isinstance(entries, list) else entries
    is_old = document.get("schema_version") == OLDEST and document.get("patch")
    changes = {"dependencies": filled} if filled is not None else {}
    return {**document, **changes, **({"schema_version": NEWEST} if is_old else {})}


def _filled(entry: Any) -> Any:  # noqa: ANN401  what is no dependency stays, and is refused later
    if not isinstance(entry, dict):
        return entry
    name, version, path = (entry.get(key) for key in ("name", "version", "path"))
    is_blank = path is None or (isinstance(path, str) and not path.strip())
    if not (isinstance(name, str) and isinstance(version, str) and is_blank):
        return entry
    return {**entry, "path": vendored_path(name.strip(), version.strip())}
