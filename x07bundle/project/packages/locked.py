"""A dependency as a lock keeps it: its files by their digests (contract/project.md §3)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from x07bundle.errors import ProjectError
from x07bundle.files import read_bytes, sha256_bytes
from x07bundle.project.manifest import Dependency, Manifest
from x07bundle.project.packages import package
from x07bundle.project.packages.dependencies import effective, folder
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.package import MANIFEST, NATIVE, Package

LOCK_HINT = "run `x07 pkg lock`"


class Locked(NamedTuple):
    """The members of a lock's dependency, in their order; digests are bare hex.

    `native_sha256`: of all files below `ffi/`, which the public toolchain locks none of.
    """

    name: str
    version: str
    path: str
    package_manifest_sha256: str
    module_root: str
    modules_sha256: Mapping[str, str]
    native_sha256: Mapping[str, str] = {}


NATIVE_DIGESTS: Final = "native_sha256"
"""Left out where a package brings no C. A lock that has it not is of the public toolchain."""


def locked_packages(manifest: Manifest) -> tuple[Locked, ...]:
    """What the dependencies of a project are on disk, sorted.

    Raises:
        ProjectError: one is not there, or is another package.
    """
    return tuple(of_folder(one, folder(manifest, one)) for one in effective(manifest))


def of_folder(dependency: Dependency, place: Path) -> Locked:
    """What the package in a folder is.

    Raises:
        ProjectError: as `locked_packages`.
    """
    if not (place / MANIFEST).is_file():
        raise ProjectError(
            f"the package {dependency.name}@{dependency.version} is not there",
            f"no `{place / MANIFEST}`",
            f"{LOCK_HINT}, which fetches it",
        )
    data = read_bytes(place / MANIFEST)
    found = package.read(data, str(place / MANIFEST))
    check_identity(found, dependency, str(place))
    modules = {one: _digest(place, found, one) for one in sorted(found.modules)}
    path, root = dependency.path, str(found.module_root)
    native = _native_digests(place) if found.import_mode == NATIVE else {}
    return Locked(found.name, found.version, path, sha256_bytes(data), root, modules, native)


def is_as_locked(entry: Mapping[str, Any], found: Locked, key: str) -> bool:
    """Whether a member of a lock's dependency says what is on disk."""
    if key == NATIVE_DIGESTS and key not in entry:
        return True
    return bool(entry.get(key) == getattr(found, key))


def check_identity(found: Package, dependency: Dependency, source: str) -> None:
    """Refuses a package that is not the one that was asked for.

    Raises:
        PackageError: X07PKG_MANIFEST_PARSE.
    """
    if (found.name, found.version) != (dependency.name, dependency.version):
        raise PackageError(
            "X07PKG_MANIFEST_PARSE",
            f"`{source}` is {found.name}@{found.version}, "
            f"not {dependency.name}@{dependency.version}",
            hint="name the version that is there in `dependencies` of x07.json",
        )


def as_json(locked: Locked) -> dict[str, Any]:
    members = locked._asdict() | {
        "modules_sha256": dict(locked.modules_sha256),
        NATIVE_DIGESTS: dict(locked.native_sha256),
    }
    return {key: value for key, value in members.items() if key != NATIVE_DIGESTS or value}


def _native_digests(place: Path) -> dict[str, str]:
    files = sorted(path for path in (place / NATIVE).rglob("*") if path.is_file())
    return {path.relative_to(place).as_posix(): sha256_bytes(read_bytes(path)) for path in files}


def _digest(place: Path, found: Package, module_id: str) -> str:
    """The digest of a module.

    Raises:
        ProjectError: the package does not bring what its manifest names.
    """
    file = place / found.module_file(module_id)
    if not file.is_file():
        raise ProjectError(
            f"the package {found.name}@{found.version} is incomplete",
            f"no `{file}`, which `{place / MANIFEST}` names",
            f"remove `{place}` and {LOCK_HINT}",
        )
    return sha256_bytes(read_bytes(file))
