"""What to run: a project, one program with its module roots, or a finished executable.

Reads project files (contract/cli.md §2, "Resolution order"); writes nothing.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from x07bundle.errors import ProjectError, UsageError
from x07bundle.project import discovery, lockfile, manifest
from x07bundle.project.manifest import Manifest

Kind = Literal["project", "program", "artifact"]


class Named(NamedTuple):
    """The options that name a target.

    `locked`: a project has to have a lockfile. `prepare`: what is done to a project with
    dependencies before they are looked at; it returns the project as it is then.
    """

    project: Path | None = None
    program: Path | None = None
    artifact: Path | None = None
    module_roots: tuple[Path, ...] = ()
    locked: bool = False
    prepare: Callable[[Manifest], Manifest] | None = None


class Target(NamedTuple):
    """`path`: as named or found. `entry`: None for an artifact. `project`: gives the profiles."""

    kind: Kind
    path: Path
    entry: Path | None = None
    module_roots: tuple[Path, ...] = ()
    project: Manifest | None = None

    @property
    def files(self) -> tuple[Path | None, ...]:
        """What is read to run it; modules are known by their names."""
        project = self.project
        of_project = (project.file, project.lockfile) if project is not None else ()
        return self.path, self.entry, *of_project

    @property
    def working_folder(self) -> Path:
        """Where the program runs: in its project, otherwise where the caller is."""
        if self.kind == "project" and self.project is not None:
            return self.project.root
        return Path()


def find(named: Named, environment: Mapping[str, str]) -> Target:
    """The target that options name, or the project around the current folder.

    Raises:
        UsageError: none, several, or one that is not there.
        ProjectError: the project cannot be used.
    """
    paths = (named.project, named.program, named.artifact)
    if sum(path is not None for path in paths) > 1:
        raise UsageError("set exactly one of `--project`, `--program`, or `--artifact`")
    if named.module_roots and named.program is None:
        raise UsageError(
            "`--module-root` is only valid with `--program`",
            hint="a project names its roots in `module_roots` of x07.json",
        )
    if named.artifact is not None:
        return _artifact(named.artifact)
    if named.program is not None:
        return _program(named.program, named.module_roots, environment)
    return _project(named, environment)


def _artifact(path: Path) -> Target:
    if not path.is_file():
        raise UsageError(
            f"no executable at `{path}`", hint="make one with `x07 run --compiled-out PATH`"
        )
    return Target("artifact", path)


def _program(path: Path, roots: tuple[Path, ...], environment: Mapping[str, str]) -> Target:
    """A program's project, if there is one, gives it profiles, and its module roots."""
    if not path.is_file():
        raise UsageError(f"no program at `{path}`", hint="`--program` takes one *.x07.json file")
    found = discovery.discover_for_program(path)
    project = manifest.load(found, environment) if found else None
    return Target("program", path, path, roots or _derived_roots(path, project), project)


def _derived_roots(program: Path, project: Manifest | None) -> tuple[Path, ...]:
    if project is None:
        return (program.parent,)
    if project.dependencies:
        lockfile.verify(project)
    return lockfile.module_roots(project)


def _project(named: Named, environment: Mapping[str, str]) -> Target:
    path = named.project
    file = discovery.named(path) if path is not None else _near(Path.cwd())
    project = manifest.load(file, environment)
    if project.dependencies and named.prepare is not None:
        project = named.prepare(project)
    check_lock = lockfile.required if named.locked else lockfile.verify
    check_lock(project)
    if not project.entry.is_file():
        raise ProjectError(
            f"[X07ENTRY_READ] entry program not found: `{project.entry}`",
            hint=f"check `entry` in `{file}`",
        )
    return Target("project", file, project.entry, lockfile.module_roots(project), project)


def _near(folder: Path) -> Path:
    """The project file here or above; a relative path where it is below `folder`."""
    found = discovery.discover(folder)
    if found is None:
        raise UsageError(
            "no project found (pass `--project`, `--program`, or `--artifact`)",
            "neither this folder nor one above it has an x07.json",
            "make one with `x07 init`",
        )
    return found.relative_to(folder) if found.is_relative_to(folder) else found
