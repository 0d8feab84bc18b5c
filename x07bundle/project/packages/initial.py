"""The packages of a project that `x07 init` made (contract/project.md §8)."""

from collections.abc import Mapping
from pathlib import Path

from x07bundle.project.packages import locking, project_file
from x07bundle.project.packages.exclusive import exclusive
from x07bundle.project.packages.settings import settings_of
from x07bundle.project.packages.supply import Supply


def lock_new(file: Path, environment: Mapping[str, str]) -> None:
    """Gets the packages that `file`, a new x07.json, names, and locks them.

    Raises:
        X07Error: they cannot be got, or the lock cannot be written; the project stays.
    """
    with exclusive(file.parent):
        project = project_file.load(file, environment)
        settings = settings_of(file.parent, project.manifest.lockfile, None, False, environment)
        locking.write(locking.plan(project, Supply(file.parent, settings)))
