"""Packages that a project names and that are not there are got before it runs (cli.md §2).

What is locked must be what was locked; dependencies that the lock does not have yet are locked.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from x07bundle.errors import ProjectError
from x07bundle.project import lockfile
from x07bundle.project.manifest import Dependency, Manifest
from x07bundle.project.packages import locking, project_file
from x07bundle.project.packages.closing import close
from x07bundle.project.packages.dependencies import effective, missing
from x07bundle.project.packages.exclusive import exclusive
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.locked import Locked, is_as_locked, of_folder
from x07bundle.project.packages.settings import settings_of
from x07bundle.project.packages.supply import Supply


def hydrate(
    manifest: Manifest, offline: bool, environment: Mapping[str, str], say: Callable[[str], None]
) -> Manifest:
    """Gets what is missing; `say` is told what was done.

    Returns:
        The project as it is then: packages that others need may have been added.

    Raises:
        ProjectError: it cannot be got, with the code that `x07 pkg` reports for that.
    """
    try:
        return _hydrate(manifest, offline, environment, say)
    except PackageError as error:
        brief = f"{error.brief} [{error.code}]"
        raise ProjectError(brief, error.details, error.hint) from error


def _hydrate(
    manifest: Manifest, offline: bool, environment: Mapping[str, str], say: Callable[[str], None]
) -> Manifest:
    with exclusive(manifest.root):
        settings = settings_of(manifest.root, manifest.lockfile, None, offline, environment)
        supply = Supply(manifest.root, settings)
        project = project_file.load(manifest.file, environment)
        checks, absent = _checks(manifest), missing(manifest)
        if any(one not in checks for one in effective(manifest)):
            planned = locking.plan(project, supply, checks=checks)
            locking.write(planned)
            say("locked the project's packages (`x07 pkg lock`)")
            for line in planned.warnings:
                say(f"warning: {line}")
            return planned.manifest
        close(manifest, supply, may_add=False, checks=checks)
        if absent:
            say(f"got {', '.join(f'{one.name}@{one.version}' for one in absent)}")
    return manifest


def _checks(manifest: Manifest) -> Mapping[Dependency, Callable[[Path], None]]:
    """For each dependency that is locked: the check that a folder holds what was locked."""
    if not manifest.lockfile.is_file():
        return {}
    entries = [child.value for child in lockfile.read(manifest.lockfile).children("dependencies")]
    checks = {}
    for dependency in effective(manifest):
        for entry in entries:
            if all(entry.get(key) == value for key, value in dependency._asdict().items()):
                checks[dependency] = partial(_check, dependency, entry)
    return checks


def _check(dependency: Dependency, entry: Mapping[str, Any], place: Path) -> None:
    found: Locked = of_folder(dependency, place)
    if all(is_as_locked(entry, found, key) for key in Locked._fields):
        return
    raise PackageError(
        "X07PKG_LOCK_MISMATCH",
        f"{dependency.name}@{dependency.version} is not what x07.lock.json names",
        f"`{place}` has other files than when the project was locked",
        "if that is meant, run `x07 pkg lock`; nothing of it was used",
    )
