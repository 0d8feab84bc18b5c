"""`x07.lock.json`: what it holds, and whether it fits its project (contract/project.md §3).

What packages are is looked at only where a project has some: most have none.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from x07bundle import LANG_ID, LANGUAGE_VERSION
from x07bundle.errors import ProjectError
from x07bundle.files import read_bytes
from x07bundle.project.manifest import Manifest
from x07bundle.project.members import Members, read_object

if TYPE_CHECKING:
    from x07bundle.project.packages.locked import Locked

VERSIONS: Final = ("x07.lock@0.2.0", "x07.lock@0.3.0", "x07.lock@0.4.0")
WRITTEN: Final = VERSIONS[-1]
DEFAULT_INDEX: Final = "sparse+builtin://x07bundle/index/"
"""The index that comes with the tool: what a lock names where no other was chosen."""
MARK: Final = b"x07.lock@"
"""What every lock holds, a damaged one too: another file is not replaced by one."""
HINT: Final = "run `x07 pkg lock`, which writes the lock anew"
NO_LOCK: Final = "mend `lockfile` in x07.json, or remove the file and run `x07 pkg lock`"
CHANGED: Final = "if the change is meant, run `x07 pkg lock`; if not, remove the package's folder"


def new_lock(
    compat: str | None,
    index_url: str = DEFAULT_INDEX,
    dependencies: Sequence[dict[str, Any]] = (),
    schema_version: str = WRITTEN,
) -> dict[str, Any]:
    """A lock, its members in the order in which they are kept."""
    newest = {
        "toolchain": {
            "x07_version": LANGUAGE_VERSION,
            "x07c_version": LANGUAGE_VERSION,
            "lang_id": LANG_ID,
            "compat": compat or "current",
        },
        "registry": {"index_url": index_url},
    }
    middle = newest if schema_version == WRITTEN else {}
    return {"schema_version": schema_version, **middle, "dependencies": list(dependencies)}


def verify(manifest: Manifest) -> Path | None:
    """The lockfile, if there is one and it fits the project; None if there is none.

    Raises:
        ProjectError: it cannot be read or does not fit, or a project with dependencies has none.
    """
    file = manifest.lockfile
    if file.exists():
        _check_dependencies(read(file), manifest)
        return file
    if manifest.dependencies:
        raise ProjectError(
            f"missing lockfile for project with dependencies: {file}",
            f"`{manifest.file}` names {len(manifest.dependencies)}",
            "run `x07 pkg lock`, which writes it",
        )
    return None


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
        "run `x07 pkg lock`, or use `x07 run`, which needs none where there are no dependencies",
    )


def read(file: Path) -> Members:
    """The members of a lockfile, of the schema that it names.

    Raises:
        ProjectError: it cannot be read, or is none.
    """
    lock = Members(_object(file))
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
        raise ProjectError(brief, "\n".join(lock.problems), _remedy(file))
    return lock


def _object(file: Path) -> dict[str, Any]:
    try:
        return read_object(file, "lockfile", "X07LOCK_READ", "X07LOCK_PARSE")
    except ProjectError as error:
        if error.hint or not file.is_file():
            raise
        raise ProjectError(error.brief, error.details, _remedy(file)) from error


def _remedy(file: Path) -> str:
    return HINT if MARK in read_bytes(file) else NO_LOCK


def readable(file: Path) -> Members | None:
    """The members of a lockfile that is there and not damaged: it is about to be written anew."""
    try:
        return read(file) if file.is_file() else None
    except ProjectError:
        return None


def module_roots(manifest: Manifest) -> tuple[Path, ...]:
    """The project's module roots, then those of its dependencies, in the order of the lock.

    Raises:
        ProjectError: a dependency is not there.
    """
    if not manifest.dependencies:
        return manifest.module_roots
    from x07bundle.project.packages.locked import locked_packages

    packages = [
        manifest.places.path(one.path) / one.module_root for one in locked_packages(manifest)
    ]
    return (*manifest.module_roots, *packages)


def _require_objects(lock: Members, keys: tuple[str, ...]) -> None:
    for key in keys:
        if lock.value.get(key) is None:
            lock.refuse(key, "is missing")
        lock.child(key)


def _check_dependencies(lock: Members, manifest: Manifest) -> None:
    kept = lock.children("dependencies")
    wanted = len(manifest.dependencies)
    if not kept and not wanted:
        return
    if not kept or not wanted:
        raise ProjectError(
            f"lockfile dependency list does not match project: `{manifest.lockfile}` has "
            f"{len(kept)} packages",
            f"`{manifest.file}` has {wanted}",
            HINT,
        )
    from x07bundle.project.packages.locked import locked_packages

    _compare(kept, locked_packages(manifest), manifest)


def _compare(kept: Sequence[Members], found: Sequence["Locked"], manifest: Manifest) -> None:
    """Raises ProjectError where the lock says something else than what is on disk."""
    by_key = {(one.text("name"), one.text("version"), one.text("path")): one for one in kept}
    keys = {(one.name, one.version, one.path) for one in found}
    if by_key.keys() != keys or len(by_key) != len(kept):
        differing = sorted({f"{name}@{version}" for name, version, _ in by_key.keys() ^ keys})
        raise ProjectError(
            f"lockfile dependencies do not match project manifest: `{manifest.lockfile}`",
            f"only one of the two has {', '.join(differing) or 'each of them once'}",
            HINT,
        )
    for one in found:
        _compare_package(by_key[one.name, one.version, one.path].value, one)


def _compare_package(kept: Mapping[str, Any], found: "Locked") -> None:
    from x07bundle.project.packages.locked import NATIVE_DIGESTS, is_as_locked

    checks = (
        ("package_manifest_sha256", "package manifest hash"),
        ("module_root", "module_root"),
        ("modules_sha256", "module hashes"),
        (NATIVE_DIGESTS, "hashes of C files"),
    )
    for key, what in checks:
        if not is_as_locked(kept, found, key):
            raise ProjectError(
                f'lockfile {what} mismatch for "{found.name}"',
                f"`{found.path}` is not what was locked",
                CHANGED,
            )
