"""Module roots that a project names and that are not there.

The public toolchain takes them for empty, and so do we; but mostly a name is misspelt.
"""

from typing import Final

from x07bundle.lang.diagnostics import Diagnostic
from x07bundle.project.manifest import Manifest
from x07bundle.project.members import read_object
from x07bundle.project.unknown_members import unknown_members

NO_FOLDER: Final = "X07-PROJECT-0001"


def warnings(project: Manifest | None) -> tuple[Diagnostic, ...]:
    """What every command that compiles says of a project besides what its modules have.

    Raises:
        ProjectError: the manifest has gone in the meantime.
    """
    return (*unknown_members(project), *missing_roots(project))


def missing_roots(project: Manifest | None) -> tuple[Diagnostic, ...]:
    """A warning for each of them. A program without a project names none.

    Raises:
        ProjectError: the manifest has gone in the meantime.
    """
    if project is None or all(root.is_dir() for root in project.module_roots):
        return ()
    value = read_object(project.file, "project", "X07PROJECT_READ", "X07PROJECT_PARSE")
    written = enumerate(value["module_roots"])
    return tuple(
        _warning(project, index, text)
        for index, text in written
        if not project.places.path(text.strip()).is_dir()
    )


def _warning(project: Manifest, index: int, text: str) -> Diagnostic:
    path = project.places.path(text.strip())
    is_there = "is a file" if path.exists() else "does not exist"
    return Diagnostic(
        code=NO_FOLDER,
        message=f"the module root `{text}` {is_there}: no module is found below it",
        at=f"/module_roots/{index}",
        file=str(project.file),
        severity="warning",
        stage="parse",
        kind="Parse",
        hint="make the folder, or mend its name in `module_roots`",
    )
