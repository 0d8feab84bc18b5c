"""C code of packages that a program is linked with: auto-FFI (contract/project.md §5)."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from x07bundle.errors import ProjectError
from x07bundle.packages import MANIFEST


class NativeCode(NamedTuple):
    """`sources`: absolute. `libs`: names without `-l`."""

    sources: tuple[Path, ...] = ()
    libs: tuple[str, ...] = ()


def native_code(roots: Iterable[Path]) -> NativeCode:
    """What the packages bring whose module roots these are: in their order, each file sorted.

    Only roots that a program has modules of are to be given: a package that is not used needs
    none of its libraries.

    Raises:
        ProjectError: a package that says that it brings C has none.
        PackageError: a manifest cannot be used.
    """
    found = (package_folder(root) for root in roots)
    folders = dict.fromkeys(folder for folder in found if folder is not None)
    return _code_of(tuple(folders)) if folders else NativeCode()


def _code_of(folders: tuple[Path, ...]) -> NativeCode:
    from x07bundle.project.packages import package  # only for programs that use packages

    sources: dict[Path, None] = {}
    libs: dict[str, None] = {}
    for folder in folders:
        described = package.load(folder)
        if described.import_mode == package.NATIVE:
            sources |= dict.fromkeys(_sources(folder))
            libs |= dict.fromkeys(described.ffi_libs)
    return NativeCode(tuple(sources), tuple(libs))


def package_folder(root: Path) -> Path | None:
    """The package that a module root is of."""
    folders = (root, root.parent)
    return next((each for each in folders if (each / MANIFEST).is_file()), None)


def _sources(folder: Path) -> list[Path]:
    found = sorted((folder / "ffi").absolute().glob("*.c"))
    if not found:
        raise ProjectError(
            f"the package in `{folder}` has no C files, and its `import_mode` is `ffi`",
            hint="remove the folder and run `x07 pkg lock`, which brings it again",
        )
    return found
