"""Making and checking the lock of a project with packages (contract/project.md §3, §6)."""

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from x07bundle.errors import ProjectError
from x07bundle.files import json_compact, json_pretty, read_bytes
from x07bundle.project import lockfile
from x07bundle.project.manifest import Dependency, Manifest
from x07bundle.project.packages import project_file, shadows
from x07bundle.project.packages.closing import Checks, close
from x07bundle.project.packages.dependencies import is_vendored
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.locked import Locked, as_json, locked_packages
from x07bundle.project.packages.project_file import ProjectFile, with_added
from x07bundle.project.packages.supply import Fetched, Metadata, Supply

LOCK_VERSIONS: Final[Mapping[str, str]] = {"0.3": "x07.lock@0.3.0", "0.4": "x07.lock@0.4.0"}
PATCHED: Final = "patch"
"""What `overridden_by` says: the member of x07.json that chose the version."""


class Plan(NamedTuple):
    """What would be written. `lock`: the document; `added`: what x07.json gets with it.

    `warnings`: of modules that stand in each other's way.
    """

    project: ProjectFile
    manifest: Manifest
    lock: Mapping[str, Any]
    added: tuple[Dependency, ...]
    fetched: tuple[Fetched, ...]
    warnings: tuple[str, ...] = ()

    @property
    def encoded_lock(self) -> bytes:
        return json_pretty(self.lock)


class Allowed(NamedTuple):
    """What `--check` lets pass."""

    yanked: bool = False
    advisories: bool = False


def plan(
    project: ProjectFile,
    supply: Supply,
    schema_version: str | None = None,
    *,
    may_add: bool = True,
    checks: Checks | None = None,
) -> Plan:
    """Gets all packages of a project; x07.json and the lock stay as they are.

    Raises:
        PackageError: a package cannot be got.
        ProjectError: the project cannot be used, or two versions of a package are needed.
    """
    added = close(project.manifest, supply, may_add=may_add, checks=checks)
    whole = with_added(project, added)
    manifest = whole.manifest
    kept = _kept(manifest.lockfile)
    packages = locked_packages(manifest)
    url, version = supply.settings.url.written, schema_version or lockfile.WRITTEN
    entries = [_entry(_of_version(one, version), manifest, supply, kept) for one in packages]
    lock = lockfile.new_lock(manifest.compat, url, entries, version)
    return Plan(
        whole, manifest, lock, added, tuple(supply.fetched), shadows.warnings(manifest, packages)
    )


def _of_version(one: Locked, version: str) -> Locked:
    """Older locks, which are for other tools, have digests of modules alone."""
    return one if version == lockfile.WRITTEN else one._replace(native_sha256={})


def write(planned: Plan) -> None:
    """Writes x07.json, where it changes, and the lock; both, or neither.

    Raises:
        OutputError: one cannot be written; x07.json is as it was.
        ProjectError: the lock's place is taken by another file.
    """
    _refuse_other_files(planned.manifest.lockfile)
    project, changed = planned.project, planned.project.encoded
    try:
        if changed != project.data:
            project_file.write(project.file, changed)
        project_file.write(planned.manifest.lockfile, planned.encoded_lock)
    except BaseException:
        restore(project)
        raise


def restore(project: ProjectFile) -> None:
    """Puts back the bytes that x07.json had."""
    with contextlib.suppress(OSError):
        if project.file.read_bytes() != project.data:
            project_file.write(project.file, project.data)


def check(planned: Plan, allowed: Allowed) -> None:
    """Whether the lock on disk is the one that would be written.

    Raises:
        PackageError: X07PKG_LOCK_MISSING, _LOCK_MISMATCH, _YANKED_DEP, _ADVISED_DEP.
    """
    file = planned.manifest.lockfile
    if not file.is_file():
        hint = "run `x07 pkg lock`, which writes it"
        raise PackageError("X07PKG_LOCK_MISSING", f"no lockfile `{file}`", None, hint)
    different = _differences(lockfile.read(file).value, planned.lock)
    if different:
        raise PackageError(
            "X07PKG_LOCK_MISMATCH",
            f"the lockfile `{file}` is not what `x07 pkg lock` would write",
            "\n".join(different),
            "run `x07 pkg lock`",
        )
    _refuse_taken_back(planned.lock["dependencies"], allowed)


def lock_version(given: str | None, file: Path, *, is_check: bool) -> str:
    """The schema of a lock: as asked for; a check takes the file's own, when it may be written.

    Raises:
        PackageError: X07PKG_LOCK_VERSION_INVALID.
        ProjectError: the file is no lock.
    """
    if given is None:
        own = lockfile.read(file).text("schema_version") if is_check and file.is_file() else None
        return own if own is not None and own in LOCK_VERSIONS.values() else lockfile.WRITTEN
    if given not in LOCK_VERSIONS:
        brief = f"`{given}` is no version of a lock"
        hint = f"choose {' or '.join(LOCK_VERSIONS)}"
        raise PackageError("X07PKG_LOCK_VERSION_INVALID", brief, None, hint)
    return LOCK_VERSIONS[given]


def _refuse_other_files(file: Path) -> None:
    """A lock may be damaged, by a merge above all; what never was one is not replaced."""
    if file.is_file() and lockfile.MARK not in read_bytes(file):
        raise ProjectError(
            f"`{file}` is there, and is no lockfile",
            "`lockfile` in x07.json names it",
            "mend `lockfile`, or move the file away",
        )


def _kept(file: Path) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    """The dependencies of the lock that is there, by name and version; none of a damaged one."""
    lock = lockfile.readable(file)
    children = lock.children("dependencies") if lock is not None else []
    return {
        (str(one.value.get("name")), str(one.value.get("version"))): one.value for one in children
    }


def _entry(
    one: Locked,
    manifest: Manifest,
    supply: Supply,
    kept: Mapping[tuple[str, str], Mapping[str, Any]],
) -> dict[str, Any]:
    """A dependency of the lock. What no index was asked about stays as it was."""
    entry = as_json(one)
    if one.name in manifest.patch:
        entry["overridden_by"] = PATCHED
    if is_vendored(one.path):
        dependency = Dependency(one.name, one.version, one.path)
        said = supply.metadata(dependency) or _said(kept.get((one.name, one.version), {}))
        entry["yanked"] = said.yanked
        if said.advisories:
            entry["advisories"] = list(said.advisories)
    return entry


def _said(before: Mapping[str, Any]) -> Metadata:
    advisories = before.get("advisories")
    listed = advisories if isinstance(advisories, list) else []
    return Metadata(before.get("yanked") is True, tuple(listed))


def _differences(kept: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """A line for each member that is not the same; packages are named."""
    keys = [key for key in ("schema_version", "toolchain", "registry") if key in {**kept, **wanted}]
    lines = [
        f"`{key}` is {_shown(kept.get(key))}, not {_shown(wanted.get(key))}"
        for key in keys
        if kept.get(key) != wanted.get(key)
    ]
    if kept["dependencies"] != wanted["dependencies"]:
        names = _different_packages(kept["dependencies"], wanted["dependencies"])
        lines.append(f"`dependencies` differ: {', '.join(names) or 'their order'}")
    return lines


def _shown(value: object) -> str:
    return json_compact(value).decode().strip()


def _different_packages(kept: Sequence[Any], wanted: Sequence[Any]) -> list[str]:
    differing = [one for one in kept if one not in wanted] + [
        one for one in wanted if one not in kept
    ]
    return sorted({f"{one.get('name')}@{one.get('version')}" for one in differing})


def _refuse_taken_back(entries: Sequence[Mapping[str, Any]], allowed: Allowed) -> None:
    for entry in entries:
        name = f"{entry['name']}@{entry['version']}"
        if entry.get("yanked") and not allowed.yanked:
            hint = "choose another version, or accept it with --allow-yanked"
            raise PackageError("X07PKG_YANKED_DEP", f"{name} was taken back", None, hint)
        if entry.get("advisories") and not allowed.advisories:
            told = "\n".join(_advisory_line(one) for one in entry["advisories"])
            hint = "choose another version, or accept it with --allow-advisories"
            raise PackageError("X07PKG_ADVISED_DEP", f"{name} has advisories", told, hint)


def _advisory_line(advisory: Mapping[str, Any]) -> str:
    return f"{advisory.get('severity')} {advisory.get('kind')}: {advisory.get('summary')}"
