"""What `x07 pkg pack` asks of a package before others get it (contract/project.md §5)."""

from pathlib import Path

from x07bundle.errors import OutputError
from x07bundle.files import write_atomic
from x07bundle.project.packages import package
from x07bundle.project.packages.archive import pack
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.package import MANIFEST, NATIVE, Package

TEXTS = ("description", "docs", "license")


def pack_for_others(folder: Path, out: Path) -> bytes:
    """Writes the archive of a package; its bytes.

    Raises:
        PackageError: X07PKG_PACK_FAILED, X07PKG_PACK_WRITE, or its manifest is wrong.
    """
    if not (folder / MANIFEST).is_file():
        hint = "--package names a package's folder"
        raise PackageError("X07PKG_PACK_FAILED", f"no `{folder / MANIFEST}`", None, hint)
    found = package.load(folder)
    _check(found, folder)
    archive = pack(folder)
    try:
        write_atomic(out, archive)
    except OutputError as error:
        raise PackageError("X07PKG_PACK_WRITE", error.brief, error.details, error.hint) from error
    return archive


def _check(found: Package, folder: Path) -> None:
    missing = [f"`{key}` is missing" for key in TEXTS if not _has_text(found, key)]
    if found.x07c_compat is None:
        missing.append("`meta.x07c_compat` is missing")
    if found.import_mode == NATIVE and not any((folder / NATIVE).glob("*.c")):
        missing.append("`meta.import_mode` is ffi, and `ffi/` holds no C file")
    if missing:
        brief = f"`{folder / MANIFEST}` is not ready for others"
        raise PackageError("X07PKG_PACK_FAILED", brief, "\n".join(missing))
    package.check_compat(found, str(folder / MANIFEST))


def _has_text(found: Package, key: str) -> bool:
    value = found.document.get(key)
    return isinstance(value, str) and bool(value.strip())
