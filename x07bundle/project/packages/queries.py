"""What an index and a project have of packages (contract/cli.md §8)."""

from typing import NamedTuple

from x07bundle import packages
from x07bundle.project.manifest import Manifest
from x07bundle.project.packages import package
from x07bundle.project.packages.dependencies import effective, folder
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.index import Entry, Index
from x07bundle.project.packages.package import MANIFEST, Package
from x07bundle.project.packages.spec import Spec
from x07bundle.project.packages.versions import highest


class Node(NamedTuple):
    """A dependency of a project. `found`: None where it is not there yet."""

    name: str
    version: str
    path: str
    found: Package | None


class Provider(NamedTuple):
    """A package that brings a module. `source`: `project`, or `tool` for one that comes with it."""

    name: str
    version: str
    source: str
    path: str


def entries(index: Index, name: str) -> tuple[Entry, ...]:
    """The versions of a package, lowest first.

    Raises:
        PackageError: X07PKG_INDEX_NO_MATCH: there is none.
    """
    found = index.entries(name)
    if not found:
        raise _no_match(index, Spec(name), found)
    return found


def entry(index: Index, spec: Spec) -> Entry:
    """The version that a spec names; of several the highest that was not taken back.

    Raises:
        PackageError: X07PKG_INDEX_NO_MATCH.
    """
    found = index.entries(spec.name)
    usable = (one.version for one in found if not one.yanked)
    version = spec.version or highest(usable, spec.wanted)
    chosen = next((one for one in found if one.version == version), None)
    if chosen is None:
        raise _no_match(index, spec, found)
    return chosen


def tree(manifest: Manifest) -> tuple[Node, ...]:
    """The dependencies of a project as they are used, sorted."""
    nodes = []
    for one in effective(manifest):
        place = folder(manifest, one)
        found = package.load(place) if (place / MANIFEST).is_file() else None
        nodes.append(Node(*one, found))
    return tuple(nodes)


def described(manifest: Manifest | None, chosen: Entry) -> Package | None:
    """What is in a version, where its files are at hand."""
    own = [] if manifest is None else [node.found for node in tree(manifest) if node.found]
    ours = (one for one in packages.versions(chosen.name) if one.version == chosen.version)
    at_hand = [*own, *(package.load(release.folder) for release in ours)]
    wanted = (chosen.name, chosen.version)
    return next((one for one in at_hand if (one.name, one.version) == wanted), None)


def providers(manifest: Manifest | None, module_id: str) -> tuple[Provider, ...]:
    """The packages that bring a module: those of the project, then those of the tool."""
    nodes = tree(manifest) if manifest is not None else ()
    found = [
        Provider(node.name, node.version, "project", node.path)
        for node in nodes
        if node.found is not None and module_id in node.found.modules
    ]
    return (*found, *providers_of_tool(module_id))


def providers_of_tool(module_id: str) -> tuple[Provider, ...]:
    """The packages that come with the tool and bring a module: the highest version of each."""
    return tuple(
        Provider(release.name, release.version, "tool", str(release.folder))
        for release in _newest()
        if module_id in package.load(release.folder).modules
    )


def _newest() -> list[packages.Release]:
    newest = []
    for name in sorted({release.name for release in packages.released()}):
        versions = {release.version: release for release in packages.versions(name)}
        best = highest(versions)
        newest += [versions[best]] if best is not None else []
    return newest


def _no_match(index: Index, spec: Spec, found: tuple[Entry, ...]) -> PackageError:
    listed = ", ".join(one.version + (" (yanked)" if one.yanked else "") for one in found)
    return PackageError(
        "X07PKG_INDEX_NO_MATCH",
        f"the index has no `{spec}`",
        f"`{index.url.written}` has {listed or 'no version of it'}",
        "look for it in another index with --index",
    )
