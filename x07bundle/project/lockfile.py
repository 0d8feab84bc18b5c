"""`x07.lock.json` of a project without dependencies (contract/project.md §3)."""

from pathlib import Path
from typing import Any, Final

from x07bundle import LANG_ID, LANGUAGE_VERSION
from x07bundle.errors import ProjectError
from x07bundle.files import json_pretty, write_atomic
from x07bundle.project.manifest import CURRENT_COMPAT, Manifest
from x07bundle.project.members import Members, read_object

VERSIONS: Final = ("x07.lock@0.2.0", "x07.lock@0.3.0", "x07.lock@0.4.0")
WRITTEN: Final = VERSIONS[-1]
DEFAULT_INDEX: Final = "sparse+builtin://x07bundle/index/"
"""The index that comes with the tool: what a lock names where no other was chosen."""
COPY: Final = "copy the `x07.lock.json` that `x07 init` writes in an empty folder"
HINT: Final = f"remove it, or {COPY}: it fits every project without dependencies"


def new_lock(compat: str | None) -> dict[str, Any]:
    """The lock of a project without dependencies, members in the order in which they are kept."""
    return {
        "schema_version": WRITTEN,
        "toolchain": {
            "x07_version": LANGUAGE_VERSION,
            "x07c_version": LANGUAGE_VERSION,
            "lang_id": LANG_ID,
            "compat": compat or CURRENT_COMPAT,
        },
        "registry": {"index_url": DEFAULT_INDEX},
        "dependencies": [],
    }


def write(manifest: Manifest) -> Path:
    """Writes the lock of a project; returns its path.

    Raises:
        ProjectError: the project has dependencies.
        OutputError: the file cannot be written.
    """
    refuse_dependencies(manifest)
    write_atomic(manifest.lockfile, json_pretty(new_lock(manifest.compat)))
    return manifest.lockfile


def verify(manifest: Manifest) -> Path | None:
    """The lockfile, if there is one and it fits the project; None if there is none.

    Raises:
        ProjectError: it cannot be read or does not fit, or the project has dependencies.
    """
    refuse_dependencies(manifest)
    file = manifest.lockfile
    if not file.exists():
        return None
    lock = Members(read_object(file, "lockfile", "X07LOCK_READ", "X07LOCK_PARSE"))
    _check_schema(lock, file)
    if lock.children("dependencies"):
        brief = f"lockfile dependency list does not match project: `{file}` has packages"
        raise ProjectError(brief, f"`{manifest.file}` has none", HINT)
    return file


def required(manifest: Manifest) -> Path:
    """The lockfile, for those who run no project without one (contract/cli.md §4).

    Raises:
        ProjectError: there is none, or as `verify`.
    """
    file = verify(manifest)
    if file is not None:
        return file
    raise ProjectError(
        f"missing lockfile: cannot read `{manifest.lockfile}` [X07LOCK_READ]",
        f"`x07-os-runner` runs `{manifest.file}` only as its lockfile says",
        f"{COPY}, or use `x07 run`, which needs none for a project without dependencies",
    )


def refuse_dependencies(manifest: Manifest) -> None:
    """Packages are not part of this version.

    Raises:
        ProjectError: the project names some.
    """
    if not manifest.dependencies:
        return
    names = ", ".join(f"{dep.name}@{dep.version}" for dep in manifest.dependencies)
    raise ProjectError(
        "packages are not supported by this version yet",
        f"`{manifest.file}` depends on {names}",
        "copy the modules that you need into one of the project's module_roots",
    )


def _check_schema(lock: Members, file: Path) -> None:
    version = lock.required("schema_version")
    if version:
        lock.choice("schema_version", VERSIONS)
    if version == WRITTEN:
        _require_objects(lock, ("toolchain", "registry"))
    if "dependencies" not in lock.value:
        lock.refuse("dependencies", "is missing")
    lock.children("dependencies")
    if lock.problems:
        brief = f"[X07LOCK_SCHEMA] `{file}` is not a lockfile that can be used"
        raise ProjectError(brief, "\n".join(lock.problems), HINT)


def _require_objects(lock: Members, keys: tuple[str, ...]) -> None:
    for key in keys:
        if lock.value.get(key) is None:
            lock.refuse(key, "is missing")
        lock.child(key)
