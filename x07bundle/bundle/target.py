"""What to bundle: a project, or one program with its module roots (contract/cli.md §3).

Reads the project's files; writes nothing.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, NamedTuple

from x07bundle.bundle.request import Request
from x07bundle.errors import ProjectError, UsageError
from x07bundle.project import discovery, lockfile, manifest
from x07bundle.project.manifest import Manifest

ENTRY_SUFFIX: Final = ".x07.json"


class Target(NamedTuple):
    """`path` is what was named or found: the project file, or the program.

    `project`: the project that profiles come from; a program may have none.
    """

    kind: Literal["project", "program"]
    path: Path
    entry: Path
    module_roots: tuple[Path, ...]
    project: Manifest | None
    lockfile: Path | None = None

    @property
    def inputs(self) -> tuple[Path | None, ...]:
        """The files that it is; sources are known by their names."""
        project = self.project.file if self.project is not None else None
        return self.entry, project, self.lockfile

    @property
    def policy_root(self) -> Path:
        """What policies and roots of options are relative to (contract/policy.md §4)."""
        project = self.project if self.kind == "project" else None
        return project.root if project is not None else Path()


def find(request: Request, environment: Mapping[str, str]) -> Target:
    """The target of a request.

    Raises:
        UsageError: the options name none, or contradict each other.
        ProjectError: the project cannot be used.
    """
    if request.module_roots and (request.program is None or request.project is not None):
        raise UsageError(
            "`--module-root` is only valid with `--program` and without `--project`",
            hint="a project names its roots in `module_roots` of x07.json",
        )
    if request.program is not None and request.project is None:
        return _program(request.program, request, environment)
    return _project(request, environment)


def _project(request: Request, environment: Mapping[str, str]) -> Target:
    file = discovery.named(request.project) if request.project else discovery.discover(Path())
    if file is None:
        raise UsageError(
            "no project found (pass `--project` or `--program`)",
            "neither this folder nor one above it has an x07.json",
            "make one with `x07 init`",
        )
    project = manifest.load(file, environment)
    entry = project.root / request.program if request.program else project.entry
    _check_entry(entry)
    lock = lockfile.verify(project)
    return Target("project", file, entry, lockfile.module_roots(project), project, lock)


def _program(program: Path, request: Request, environment: Mapping[str, str]) -> Target:
    _check_entry(program)
    if not request.module_roots:
        raise UsageError(
            "`--program` requires explicit `--module-root`",
            hint=f"name the folder of its modules: --module-root {program.parent}",
        )
    found = discovery.discover_for_program(program)
    project = manifest.load(found, environment) if found else None
    return Target("program", program, program, request.module_roots, project)


def _check_entry(entry: Path) -> None:
    if not entry.name.endswith(ENTRY_SUFFIX):
        raise UsageError(f"`{entry}` is not an entry program: its name must end `{ENTRY_SUFFIX}`")
    if not entry.is_file():
        raise ProjectError(f"entry program not found: `{entry}`", hint="check `entry` in x07.json")
