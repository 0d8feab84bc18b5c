"""`x07.json` (contract/project.md §1): read, with all of its problems in one error.

Profiles stay as they are written: only the one that is selected is checked (`profiles`).
"""

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from x07bundle.contract.worlds import WORLDS
from x07bundle.errors import ProjectError
from x07bundle.project.members import Members, read_object
from x07bundle.project.places import Places, of_project

PREFIX: Final = "x07.project@"
VERSIONS: Final = ("0.2.0", "0.3.0", "0.4.0", "0.5.0")
CURRENT_COMPAT: Final = "0.5"
DEFAULT_LOCKFILE: Final = "x07.lock.json"
ENTRY_SUFFIX: Final = ".x07.json"

SINCE: Final[Mapping[str, str]] = {
    "operational_entry_symbol": "0.4.0",
    "certification_entry_symbol": "0.4.0",
    "compat": "0.5.0",
}
"""Members that older schema versions do not have."""

_compat = partial(re.fullmatch, r"current|strict|\d{1,9}\.\d{1,9}(\.\d{1,9})?")
_symbol = partial(re.fullmatch, r"[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)*")
link_name = partial(re.fullmatch, r"(?!-)[^\s/\\\x00-\x1f]+")
_patch_name = partial(re.fullmatch, r"[a-z][a-z0-9_-]*")
"""Compiled where they are used: most projects have nothing that these are for."""


class Link(NamedTuple):
    """What goes to the linker: names without `-l`, folders, macOS frameworks."""

    libs: tuple[str, ...] = ()
    search_paths: tuple[Path, ...] = ()
    frameworks: tuple[str, ...] = ()
    static: bool = False


class Dependency(NamedTuple):
    name: str
    version: str
    path: str


class Patch(NamedTuple):
    """What stands in for every dependency of a name. `path`: None for the vendored place."""

    version: str
    path: str | None = None


class Manifest(NamedTuple):
    """A project. Paths are joined to the folder of `file`, which is as it was given."""

    file: Path
    schema_version: str
    world: str
    entry: Path
    module_roots: tuple[Path, ...]
    lockfile: Path
    places: Places
    compat: str | None = None
    operational_entry_symbol: str | None = None
    certification_entry_symbol: str | None = None
    link: Link = Link()
    dependencies: tuple[Dependency, ...] = ()
    patch: Mapping[str, Patch] = {}
    default_profile: str | None = None
    profiles: Mapping[str, Any] | None = None
    document: Mapping[str, Any] = {}
    """As it was read."""

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.file.parent


def load(file: Path, environment: Mapping[str, str]) -> Manifest:
    """The manifest in `file`.

    Raises:
        ProjectError: it cannot be read, or some member is wrong: all of them are named.
    """
    return of(
        file, read_object(file, "project", "X07PROJECT_READ", "X07PROJECT_PARSE"), environment
    )


def of(file: Path, document: Mapping[str, Any], environment: Mapping[str, str]) -> Manifest:
    """The manifest that a document is, or will be, in `file`.

    Raises:
        ProjectError: some member is wrong: all of them are named.
    """
    members = Members(document)
    places = of_project(file.parent, environment)
    manifest = _manifest(file, members, places)
    if members.problems:
        count = len(members.problems)
        brief = f"`{file}` has {count} problem{'s' if count > 1 else ''} [X07PROJECT_PARSE]"
        raise ProjectError(brief, "\n".join(members.problems))
    return manifest


def compat_problem(text: str) -> str | None:
    """Why `text` names no compatibility level, or None (`--compat`, X07_COMPAT, `compat`)."""
    if _compat(text):
        return None
    return f"`{text}` is none of current, strict, MAJOR.MINOR[.PATCH]"


def _manifest(file: Path, members: Members, places: Places) -> Manifest:
    schema_version = _schema_version(members)
    return Manifest(
        file=file,
        schema_version=schema_version,
        compat=members.checked("compat", compat_problem),
        world=_world(members),
        entry=_entry(members, places),
        module_roots=_module_roots(members, places),
        link=_link(members.child("link"), places),
        dependencies=_dependencies(members, places),
        patch=_patch(members.child("patch"), places),
        lockfile=places.path(_place(members, "lockfile", places) or DEFAULT_LOCKFILE),
        places=places,
        operational_entry_symbol=members.checked("operational_entry_symbol", _symbol_problem),
        certification_entry_symbol=members.checked("certification_entry_symbol", _symbol_problem),
        default_profile=members.text("default_profile"),
        profiles=_profiles(members),
        document=members.value,
    )


def _schema_version(members: Members) -> str:
    written = members.required("schema_version")
    version = written.removeprefix(PREFIX)
    if written and (version == written or version not in VERSIONS):
        members.refuse(
            "schema_version",
            f"project schema_version mismatch: {written} is none of "
            + ", ".join(PREFIX + version for version in VERSIONS),
        )
        return written
    for key, since in SINCE.items():
        if version and members.value.get(key) is not None and version < since:
            members.refuse(key, f"needs schema_version {PREFIX}{since}, this is {version}")
    return written


def _patch(patch: Members, places: Places) -> Mapping[str, Patch]:
    for name in patch.value:
        if not _patch_name(name):
            patch.refuse(name, "is not a package name")
    entries = {name: patch.child(name) for name in patch.value}
    return {
        name: Patch(entry.required("version"), _place(entry, "path", places))
        for name, entry in entries.items()
    }


def _world(members: Members) -> str:
    if not members.required("world"):
        return ""
    return members.choice("world", WORLDS) or ""


def _entry(members: Members, places: Places) -> Path:
    entry = members.required("entry")
    if entry and not entry.endswith(ENTRY_SUFFIX):
        members.refuse("entry", f"`{entry}` must end in `{ENTRY_SUFFIX}`")
    problem = places.problem(entry)
    if problem is not None:
        members.refuse("entry", problem)
    return places.path(entry)


def _place(members: Members, key: str, places: Places) -> str | None:
    return members.checked(key, places.problem)


def _module_roots(members: Members, places: Places) -> tuple[Path, ...]:
    roots = members.texts("module_roots")
    if not roots and members.value.get("module_roots", []) == []:
        members.refuse("module_roots", "must name at least one folder")
    return _paths(members, "module_roots", roots, places)


def _paths(members: Members, key: str, texts: tuple[str, ...], places: Places) -> tuple[Path, ...]:
    for index, text in enumerate(texts):
        problem = places.problem(text)
        if problem is not None:
            members.refuse(f"{key}/{index}", problem)
    return tuple(dict.fromkeys(places.path(text) for text in texts))


def _link(link: Members, places: Places) -> Link:
    return Link(
        libs=_link_names(link, "libs"),
        search_paths=_paths(link, "search_paths", link.texts("search_paths"), places),
        frameworks=_link_names(link, "frameworks"),
        static=link.flag("static", False),
    )


def _link_names(link: Members, key: str) -> tuple[str, ...]:
    names = link.texts(key)
    for index, name in enumerate(names):
        if not link_name(name):
            link.refuse(f"{key}/{index}", f"`{name}` is not a name (no path, no option)")
    return names


def _dependencies(members: Members, places: Places) -> tuple[Dependency, ...]:
    children = members.children("dependencies")
    return tuple(_dependency(child, places) for child in children)


def _dependency(dependency: Members, places: Places) -> Dependency:
    name, version = dependency.required("name"), dependency.required("version")
    path = dependency.required("path")
    problem = places.problem(path)
    if problem is not None:
        dependency.refuse("path", problem)
    return Dependency(name, version, path)


def _symbol_problem(text: str) -> str | None:
    return None if _symbol(text) else f"`{text}` is not the name of a function"


def _profiles(members: Members) -> Mapping[str, Any] | None:
    return members.child("profiles").value or None
