"""`x07 pkg add` and `remove`: what becomes of x07.json, and of the lock (contract/cli.md §8)."""

from pathlib import Path
from typing import NamedTuple

from x07bundle.errors import ProjectError
from x07bundle.project.manifest import Dependency, Manifest
from x07bundle.project.packages import locking, package, project_file
from x07bundle.project.packages.closing import close
from x07bundle.project.packages.dependencies import vendored_path
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.locking import Plan
from x07bundle.project.packages.package import MANIFEST
from x07bundle.project.packages.project_file import ProjectFile, with_added, without
from x07bundle.project.packages.spec import Spec
from x07bundle.project.packages.supply import Supply
from x07bundle.project.packages.versions import highest


class Added(NamedTuple):
    """`plan`: None where nothing was locked. `others`: packages that it needs, added with it."""

    dependency: Dependency
    plan: Plan | None = None
    others: tuple[Dependency, ...] | None = None


def add(
    project: ProjectFile,
    spec: Spec,
    path: str | None,
    supply: Supply,
    *,
    sync: bool,
    with_closure: bool = False,
) -> Added:
    """Adds a dependency, and locks with `sync`; x07.json changes only when all of it worked.

    Raises:
        PackageError: X07PKG_DEP_EXISTS, or a package cannot be got.
        ProjectError: the project cannot be used.
    """
    manifest = project.manifest
    there = _existing(manifest, spec, path)
    dependency = there or _chosen(manifest, spec, path, supply)
    changed = project if there is not None else with_added(project, [dependency])
    if sync:
        planned = locking.plan(changed, supply)
        locking.write(planned)
        return Added(dependency, planned, planned.added)
    others = close(changed.manifest, supply) if with_closure else None
    _write(with_added(changed, others or ()))
    return Added(dependency, None, others)


def remove(project: ProjectFile, name: str, supply: Supply, *, sync: bool) -> Plan | None:
    """Removes a dependency; what was fetched stays in its folder.

    Raises:
        PackageError: X07PKG_DEP_NOT_FOUND.
        ProjectError: the project cannot be used.
    """
    if all(one.name != name for one in project.manifest.dependencies):
        brief = f"`{project.file}` has no dependency `{name}`"
        raise PackageError("X07PKG_DEP_NOT_FOUND", brief, None, "`x07 pkg tree` lists what it has")
    changed = without(project, name)
    if not sync:
        _write(changed)
        return None
    planned = locking.plan(changed, supply)
    locking.write(planned)
    return planned


def _write(project: ProjectFile) -> None:
    project.manifest  # noqa: B018  what could not be read again is not written
    if project.encoded != project.data:
        project_file.write(project.file, project.encoded)


def _existing(manifest: Manifest, spec: Spec, path: str | None) -> Dependency | None:
    """The dependency of this name that is there already, when it is the one that is asked for."""
    for one in manifest.dependencies:
        if one.name != spec.name:
            continue
        if spec.fits(one.version) and path in (None, one.path):
            return one
        raise PackageError(
            "X07PKG_DEP_EXISTS",
            f"`{manifest.file}` depends on {one.name}@{one.version} already",
            f"at `{one.path}`",
            f"remove it first: `x07 pkg remove {one.name}`",
        )
    return None


def _chosen(manifest: Manifest, spec: Spec, path: str | None, supply: Supply) -> Dependency:
    if path is not None:
        return _local(manifest, spec, path)
    version = spec.version or highest(supply.offered(spec.name), spec.wanted)
    if version is None:
        raise PackageError(
            "X07PKG_INDEX_NO_MATCH",
            f"the index has no version of `{spec}`",
            f"looked in `{supply.settings.url.written}`",
            _other_choices(spec.name),
        )
    return Dependency(spec.name, version, vendored_path(spec.name, version))


def _other_choices(name: str) -> str:
    from difflib import get_close_matches  # both only to word an error

    from x07bundle.project.packages.builtin_index import BuiltInIndex

    near = get_close_matches(name, BuiltInIndex().names(), n=1)
    if near and near[0] != name:
        return f"did you mean `{near[0]}`?"
    return "`x07 pkg list` lists what an index has; --index names another one"


def _local(manifest: Manifest, spec: Spec, path: str) -> Dependency:
    """A package in a folder of its own, relative to the project."""
    problem = manifest.places.problem(path)
    if problem is not None:
        raise ProjectError(f"`--path`: {problem}")
    place: Path = manifest.places.path(path)
    if not (place / MANIFEST).is_file():
        hint = "--path names a package's folder, relative to x07.json"
        raise PackageError("X07PKG_LOCAL_MISSING_DEP", f"no `{place / MANIFEST}`", None, hint)
    found = package.load(place)
    if found.name != spec.name or not spec.fits(found.version):
        brief = f"`{place}` is {found.name}@{found.version}, not {spec}"
        raise PackageError("X07PKG_MANIFEST_PARSE", brief)
    return Dependency(found.name, found.version, path)
