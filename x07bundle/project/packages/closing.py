"""What packages need in turn, until nothing is missing (contract/project.md §6)."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from x07bundle.errors import ProjectError
from x07bundle.project.manifest import Dependency, Manifest
from x07bundle.project.packages.dependencies import folder, patched, vendored_path
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.spec import Spec
from x07bundle.project.packages.supply import Supply, missing_patch
from x07bundle.project.packages.vendoring import Check
from x07bundle.project.packages.versions import highest

Checks = Mapping[Dependency, Check]


class Ask(NamedTuple):
    """What a package needs; `by` names it in errors."""

    by: str
    spec: Spec


def close(
    manifest: Manifest, supply: Supply, *, may_add: bool = True, checks: Checks | None = None
) -> tuple[Dependency, ...]:
    """Gets every package that the project needs.

    Returns:
        The dependencies that x07.json lacks, sorted.

    Raises:
        PackageError: one cannot be got; X07PKG_TRANSITIVE_MISSING where none may be added.
        ProjectError: two versions of one package are needed.
    """
    known = _named(manifest)
    asked: dict[str, list[Ask]] = {}
    added: list[Dependency] = []
    queue = sorted(known.values())
    while queue:
        for dependency in queue:
            _ask(dependency, manifest, supply, asked, checks or {})
        _check_versions(known, asked, manifest)
        queue = [_choose(asked[name], manifest, supply) for name in sorted(asked.keys() - known)]
        if queue and not may_add:
            raise _transitive_missing(queue, asked)
        known |= {one.name: one for one in queue}
        added += queue
    return tuple(sorted(added))


def _named(manifest: Manifest) -> dict[str, Dependency]:
    """The project's own dependencies as they are used, by name."""
    known: dict[str, Dependency] = {}
    for one in sorted(patched(manifest, one) for one in manifest.dependencies):
        other = known.setdefault(one.name, one)
        if other != one:
            raise _conflict(one.name, [f"x07.json names {other.version}", f"and {one.version}"])
    return known


def _ask(
    dependency: Dependency,
    manifest: Manifest,
    supply: Supply,
    asked: dict[str, list[Ask]],
    checks: Checks,
) -> None:
    """Gets one package, and notes what it needs."""
    place = folder(manifest, dependency)
    patch = manifest.patch.get(dependency.name)
    if patch is not None and patch.path is not None and not place.is_dir():
        raise missing_patch(dependency, place)
    if dependency in checks:
        found = supply.provide(dependency, place, checks[dependency])
    else:
        found = supply.provide(dependency, place)
    by = f"{dependency.name}@{dependency.version}"
    for spec in found.requires:
        asked.setdefault(spec.name, []).append(Ask(by, spec))


def _check_versions(
    known: Mapping[str, Dependency], asked: Mapping[str, Sequence[Ask]], manifest: Manifest
) -> None:
    """Raises ProjectError where a package that is used is not one that another needs."""
    for name in sorted(asked.keys() & known):
        version = known[name].version
        if name not in manifest.patch and not all(ask.spec.fits(version) for ask in asked[name]):
            raise _conflict(name, [f"{version} is used", *_needs(asked[name])])


def _choose(asks: Sequence[Ask], manifest: Manifest, supply: Supply) -> Dependency:
    """The version that all who need a package agree on."""
    name = asks[0].spec.name
    if name in manifest.patch:
        return patched(manifest, Dependency(name, "", ""))
    version = _exact(asks) or highest(
        supply.versions(name), tuple(clause for ask in asks for clause in ask.spec.wanted)
    )
    if version is None:
        brief = f"no version of `{name}` is what the packages need"
        raise PackageError("X07PKG_INDEX_NO_MATCH", brief, "\n".join(_needs(asks)))
    return Dependency(name, version, vendored_path(name, version))


def _exact(asks: Sequence[Ask]) -> str | None:
    """The one version that is named, if any is."""
    versions = {ask.spec.version for ask in asks} - {None}
    version = min((one for one in versions if one is not None), default=None)
    if version is not None and not all(ask.spec.fits(version) for ask in asks):
        raise _conflict(asks[0].spec.name, _needs(asks))
    return version


def _needs(asks: Sequence[Ask]) -> list[str]:
    return [f"{ask.by} needs {ask.spec}" for ask in asks]


def _conflict(name: str, reasons: Sequence[str]) -> ProjectError:
    return ProjectError(
        f"dependency version conflict: two versions of `{name}` are needed",
        "\n".join(reasons),
        f"change a version in `dependencies` of x07.json, or choose one for all in `patch/{name}`",
    )


def _transitive_missing(
    missing: Sequence[Dependency], asked: Mapping[str, Sequence[Ask]]
) -> PackageError:
    needs = [line for one in missing for line in _needs(asked[one.name])]
    names = ", ".join(f"{one.name}@{one.version}" for one in missing)
    brief = f"x07.json lacks packages that its dependencies need: {names}"
    hint = "run `x07 pkg lock`, which adds them"
    return PackageError("X07PKG_TRANSITIVE_MISSING", brief, "\n".join(needs), hint)
