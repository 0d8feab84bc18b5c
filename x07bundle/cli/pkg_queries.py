"""`x07 pkg list`, `versions`, `info`, `tree` and `provides`: they change nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from x07bundle.cli.pkg_report import (
    around,
    complete,
    index_option,
    offline_option,
    project_option,
    reachable,
    reported,
    say,
)
from x07bundle.project import discovery
from x07bundle.project.manifest import Manifest
from x07bundle.project.packages import queries
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.index import Entry
from x07bundle.project.packages.package import Package
from x07bundle.project.packages.queries import Node
from x07bundle.project.packages.spec import required
from x07bundle.project.packages.supply import index_of


@click.command(name="list", short_help="List the packages of the index.")
@index_option
@offline_option
@reported("list")
def list_packages(index: str | None, offline: bool) -> dict[str, Any]:
    """List the packages of the index, and what they are for where their files are at hand.

    Only the tool's own index and file:// indexes have such a list.

    \b
    Examples:
      x07 pkg list
      x07 pkg list --index file:///srv/index/
    """
    here = around(None, index, offline)
    found = index_of(reachable(here.settings))
    packages = [_listed(here.project, name, found.entries(name)) for name in found.names()]
    for one in packages:
        say(f"{one['name']}  {' '.join(one['versions'])}")
        if "description" in one:
            say(f"  {one['description']}")
    return {"index": found.url.written, "packages": packages}


@click.command(name="versions")
@click.argument("name", metavar="NAME", shell_complete=complete)
@index_option
@click.option("--refresh", is_flag=True, help="Ask past the caches of proxies.")
@offline_option
@reported("versions")
def versions(name: str, index: str | None, refresh: bool, offline: bool) -> dict[str, Any]:
    """List the versions of a package, lowest first.

    \b
    Examples:
      x07 pkg versions ext-fs
    """
    settings = around(None, index, offline).settings
    if refresh and settings.offline:
        brief = "`--refresh` needs the network, which is not to be used"
        raise PackageError("X07PKG_OFFLINE_REFRESH", brief, None, "leave out one of the two")
    found = index_of(reachable(settings), refresh=refresh)
    entries = queries.entries(found, required(name).name)
    for entry in entries:
        say(_line(entry))
    listed = [{"version": one.version, **_said(one)} for one in entries]
    return {"index": found.url.written, "name": entries[0].name, "versions": listed}


@click.command(name="info")
@click.argument("spec", metavar="NAME[@VERSION]", shell_complete=complete)
@index_option
@offline_option
@reported("info")
def info(spec: str, index: str | None, offline: bool) -> dict[str, Any]:
    """Say what there is to know of a version.

    That is what the index has of it, and where its files are at hand, what it brings.

    \b
    Examples:
      x07 pkg info ext-fs
      x07 pkg info ext-fs@0.1.5
    """
    wanted = required(spec)
    here = around(None, index, offline)
    found = index_of(reachable(here.settings))
    entry = queries.entry(found, wanted)
    package = queries.described(here.project, entry)
    result = {"index": found.url.written, "name": entry.name, "version": entry.version}
    said = {} if package is None else _described(package)
    say(_line(entry))
    for key, value in said.items():
        if value:
            say(f"  {key}: {', '.join(value) if isinstance(value, list) else value}")
    return {**result, **_said(entry), **said}


@click.command(name="tree")
@project_option
@reported("tree")
def tree(project: Path | None) -> dict[str, Any]:
    """Show which package needs which.

    It never uses the network.

    \b
    Examples:
      x07 pkg tree
    """
    file = discovery.needed(project, Path.cwd())
    manifest = around(file, None, offline=True).project
    assert manifest is not None
    nodes = queries.tree(manifest)
    for line in _drawn(nodes):
        say(line)
    return {"project": str(file), "dependencies": [_node(node) for node in nodes]}


@click.command(name="provides")
@click.argument("module_id", metavar="MODULE_ID")
@project_option
@reported("provides")
def provides(module_id: str, project: Path | None) -> dict[str, Any]:
    """Say which packages bring a module.

    Looks at those of the project, and those that come with the tool.

    \b
    Examples:
      x07 pkg provides std.os.fs
    """
    found = queries.providers(around(project, None, offline=True).project, module_id)
    if not found:
        brief = f"no package of the project or of the tool brings `{module_id}`"
        hint = "built-in modules need no package: `import` them"
        raise PackageError("X07PKG_DEP_NOT_FOUND", brief, None, hint)
    for one in found:
        say(f"{one.name}@{one.version}  ({one.source})")
    return {"module_id": module_id, "providers": [one._asdict() for one in found]}


COMMANDS: Final = (list_packages, versions, info, tree, provides)


def _listed(project: Manifest | None, name: str, entries: tuple[Entry, ...]) -> dict[str, Any]:
    """A package with its versions; its texts are those of the highest one."""
    package = queries.described(project, entries[-1]) if entries else None
    return {"name": name, "versions": [entry.version for entry in entries], **_texts(package)}


def _texts(package: Package | None) -> dict[str, str]:
    """As the author of a package wrote them."""
    document = package.document if package is not None else {}
    texts = {key: document.get(key) for key in ("description", "license")}
    return {key: text for key, text in texts.items() if isinstance(text, str)}


def _said(entry: Entry) -> dict[str, Any]:
    advisories = [dict(one) for one in entry.active_advisories]
    return {"cksum": entry.cksum, "yanked": entry.yanked, "advisories": advisories}


def _line(entry: Entry) -> str:
    count = len(entry.active_advisories)
    warned = "1 advisory" if count == 1 else f"{count} advisories"
    marks = ("yanked" if entry.yanked else "", warned if count else "")
    return "  ".join(filter(None, (f"{entry.name}@{entry.version}", *marks)))


def _described(package: Package) -> dict[str, Any]:
    """What a package brings."""
    return {
        **_texts(package),
        "modules": list(package.modules),
        "requires_packages": [str(spec) for spec in package.requires],
        "ffi_libs": list(package.ffi_libs),
    }


def _node(node: Node) -> dict[str, Any]:
    requires = [str(spec) for spec in node.found.requires] if node.found is not None else []
    place = {"name": node.name, "version": node.version, "path": node.path}
    return {**place, "is_there": node.found is not None, "requires": requires}


def _drawn(nodes: tuple[Node, ...]) -> list[str]:
    """The tree in lines: what nothing needs stands at the left."""
    by_name = {node.name: node for node in nodes}
    needed = {spec.name for node in nodes if node.found for spec in node.found.requires}
    tops = [node for node in nodes if node.name not in needed]
    lines: list[str] = []
    drawn: set[str] = set()
    for node in (*tops, *nodes):
        if node.name not in drawn:
            _draw(node, 0, by_name, drawn, lines)
    return lines or ["no packages"]


def _draw(
    node: Node, depth: int, by_name: Mapping[str, Node], drawn: set[str], lines: list[str]
) -> None:
    mark = "" if node.found is not None else "  (not there: `x07 pkg lock` gets it)"
    lines.append(f"{'  ' * depth}{node.name}@{node.version}{mark}")
    is_drawn = node.name in drawn
    drawn.add(node.name)
    if node.found is None or is_drawn:
        return
    for spec in node.found.requires:
        if spec.name in by_name:
            _draw(by_name[spec.name], depth + 1, by_name, drawn, lines)
        else:
            lines.append(f"{'  ' * (depth + 1)}{spec}  (not in x07.json: run `x07 pkg lock`)")
