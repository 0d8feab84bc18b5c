"""What another machine needs to compile a program: its entry and its module roots, nothing else.

contract/vm.md §10 has the layout for a program; a project takes the same, so that neither its
history nor its secrets enter a guest, and a root may be anywhere.
"""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from x07bundle import files
from x07bundle.errors import UsageError, X07Error
from x07bundle.project.manifest import Manifest
from x07bundle.project.packages.native_code import package_folder
from x07bundle.project.sources import SKIPPED, SUFFIX

ENTRY: Final = "program/main.x07.json"
ROOTS: Final = "module_roots"
MOST_FILES: Final = 10_000
MOST_BYTES: Final = 256 << 20


class Sources(NamedTuple):
    """`contents`: by path in the job's folder, sorted. `roots`: folders among those paths."""

    contents: dict[str, bytes]
    roots: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Covers every path and byte."""
        lines = [f"{files.sha256_bytes(data)}  {path}" for path, data in self.contents.items()]
        return files.sha256_bytes("\n".join((*self.roots, *lines)).encode())


def collect(entry: Path, roots: tuple[Path, ...]) -> Sources:
    """Reads all of it.

    Raises:
        X07Error: a file cannot be read, or there is more than a program can need.
    """
    contents = {ENTRY: files.read_bytes(entry)}
    places = [_place(root, index) for index, root in enumerate(roots)]
    for folder, inside, _ in places:
        for path in _files(folder):
            contents[f"{inside}/{path.relative_to(folder).as_posix()}"] = files.read_bytes(path)
            _check_size(contents)
    return Sources(dict(sorted(contents.items())), tuple(root for _, _, root in places))


def write(sources: Sources, folder: Path) -> None:
    """Raises OutputError where a file cannot be written."""
    for path, data in sources.contents.items():
        files.write_atomic(folder / path, data, parents=True)


def refuse_libraries(project: Manifest) -> None:
    """Raises UsageError for a project that links with libraries of this machine."""
    link = project.link
    if link.libs or link.search_paths or link.frameworks:
        raise UsageError(
            "`link` of x07.json names libraries of this machine, which a guest does not have",
            hint="bring the C code in a package (`import_mode: ffi`), or run with "
            "`--sandbox-backend os --i-accept-weaker-isolation`",
        )


def _place(root: Path, index: int) -> tuple[Path, str, str]:
    """What is copied for a root, where to, and where the root is then. A package comes whole: its
    C code is beside its modules."""
    inside = f"{ROOTS}/{index}"
    package = package_folder(root)
    if package is None or package == root:
        return root, inside, inside
    return package, inside, str(PurePosixPath(inside, root.relative_to(package)))


def _files(folder: Path) -> Iterator[Path]:
    """The files of a root that a compilation can look at."""
    is_package = package_folder(folder) is not None
    for parent, names, found in os.walk(folder):
        names[:] = sorted(set(names) - SKIPPED)
        yield from (Path(parent, name) for name in found if is_package or name.endswith(SUFFIX))


def _check_size(contents: dict[str, bytes]) -> None:
    size = sum(map(len, contents.values())) if len(contents) % 100 == 0 else 0
    if len(contents) > MOST_FILES or size > MOST_BYTES:
        raise X07Error(
            f"the module roots hold more than {MOST_FILES} files or {MOST_BYTES >> 20} MiB",
            hint="name the folders of the sources in `module_roots`, not one around them",
        )
