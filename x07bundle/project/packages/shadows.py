"""Modules of packages under names that others have: which of them is used would be a surprise."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

from x07bundle import packages, std
from x07bundle.contract.worlds import OS_WORLDS
from x07bundle.project.manifest import Manifest
from x07bundle.project.packages import package
from x07bundle.project.packages.builtin_index import official
from x07bundle.project.packages.locked import Locked
from x07bundle.project.packages.package import SOURCE_SUFFIX

REPLACEABLE: Final = "std.world."
"""The built-in modules that files of projects and packages win over (contract/project.md §4)."""
NO_IMPORT: Final = ", so that importing them is an error"


def warnings(manifest: Manifest, found: Sequence[Locked]) -> tuple[str, ...]:
    """A line for each pair of those who have a name."""
    others = [one for one in found if official(one.name, one.version) is None]
    lines = [line for one in others for line in (*_built_in(one), *_of_the_tool(one, found))]
    lines += [line for one in found for line in _of_project(one, manifest)]
    lines += [line for one, other in combinations(found, 2) for line in _of_both(one, other)]
    return tuple(lines)


def _built_in(one: Locked) -> Iterator[str]:
    taken = [name for name in one.modules_sha256 if _is_built_in(name)]
    replaced = [name for name in taken if name.startswith(REPLACEABLE)]
    ignored = [name for name in taken if name not in replaced]
    if replaced:
        yield f"{_named(one)} replaces modules that are built in: {_listed(replaced)}"
    if ignored:
        yield f"{_named(one)} has modules that are built in, which win: {_listed(ignored)}"


def _of_the_tool(one: Locked, found: Sequence[Locked]) -> Iterator[str]:
    """Those of packages that the project does not have."""
    known = {each.name for each in found}
    ours = {each.name: each for each in packages.released() if each.name not in known}
    for name, release in ours.items():
        brought = package.load(release.folder).modules
        taken = [each for each in one.modules_sha256 if each in brought and not _is_built_in(each)]
        if taken:
            yield f"{_named(one)} has modules of {name}, a package of the tool: {_listed(taken)}"


def _of_project(one: Locked, manifest: Manifest) -> Iterator[str]:
    place = manifest.places.path(one.path) / one.module_root
    roots = [root for root in manifest.module_roots if root.resolve() != place.resolve()]
    files = {name: f"{name.replace('.', '/')}{SOURCE_SUFFIX}" for name in one.modules_sha256}
    taken = [name for name in files if any((root / files[name]).is_file() for root in roots)]
    if taken:
        yield f"{_named(one)} has modules that this project has, too{NO_IMPORT}: {_listed(taken)}"


def _of_both(one: Locked, other: Locked) -> Iterator[str]:
    both = one.modules_sha256.keys() & other.modules_sha256.keys()
    taken = [name for name in both if not _is_built_in(name)]
    if taken:
        who = f"{_named(one)} and {_named(other)}"
        yield f"{who} have modules in common{NO_IMPORT}: {_listed(taken)}"


def _is_built_in(module_id: str) -> bool:
    return std.find(module_id, OS_WORLDS[0]) is not None


def _named(one: Locked) -> str:
    return f"{one.name}@{one.version}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(sorted(names))
