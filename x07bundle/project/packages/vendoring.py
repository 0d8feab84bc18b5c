"""From an archive to a package's folder: whole, or not at all (contract/project.md §6)."""

import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from x07bundle.errors import OutputError, X07Error
from x07bundle.files import (
    beside,
    make_folder,
    output_error,
    read_bytes,
    sha256_bytes,
    write_atomic,
)
from x07bundle.project.manifest import Dependency
from x07bundle.project.packages import package
from x07bundle.project.packages.archive import MAX_ARCHIVE_BYTES, files_of, unpack
from x07bundle.project.packages.exclusive import exclusive
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.index import Entry, Index
from x07bundle.project.packages.locked import check_identity
from x07bundle.project.packages.package import MANIFEST, Package

CACHE: Final = ".x07/cache/sha256"
ARCHIVE_SUFFIX: Final = ".x07pkg"
STAGED: Final = re.compile(r"\..+\.\d+\.[0-9a-f]{8}\.tmp").fullmatch
"""The names that `files.beside` gives."""

IS_CODE: Final = re.compile(rf"{package.NATIVE}/[^/]+\.c").fullmatch
BAD_ARCHIVE: Final = "nothing of it was used; tell those who made it, or take another version"

Check = Callable[[Path], None]
Files = Mapping[str, bytes]


def archive_of(entry: Entry, index: Index, root: Path) -> bytes:
    """The archive of an entry, from the project's cache or the index; its digest is checked.

    Raises:
        PackageError: X07PKG_DOWNLOAD_FAILED: the index gives other bytes than it lists.
    """
    cached = root / CACHE / (entry.cksum + ARCHIVE_SUFFIX)
    kept = _kept(cached)
    if kept is not None and sha256_bytes(kept) == entry.cksum:
        return kept
    data = download(entry, index)
    if index.url.is_on_the_web and _is_in(cached.parent, root):
        _keep(cached, data)
    return data


def download(entry: Entry, index: Index) -> bytes:
    """The archive of an entry, from the index.

    Raises:
        PackageError: as `archive_of`.
    """
    data = index.archive(entry)
    found = sha256_bytes(data)
    if found != entry.cksum:
        raise PackageError(
            "X07PKG_DOWNLOAD_FAILED",
            f"the archive of {entry.name}@{entry.version} has a wrong checksum",
            f"the index lists {entry.cksum}\nits bytes have {found}",
            "nothing of it was used; tell those who run the index",
        )
    return data


def vendor(archive: bytes, dependency: Dependency, folder: Path, check: Check) -> None:
    """Unpacks an archive beside `folder`, looks at what it brings, and renames it into place.

    `check` gets the folder before it is in its place; what it raises keeps it from there. What an
    interrupted command left beside it is removed.

    Raises:
        PackageError: the archive is not what was asked for, or cannot be used.
        OutputError: the folder cannot be written.
    """
    source = f"{dependency.name}@{dependency.version}"
    files = _files_of(archive, source)
    files = _package_of(files, dependency, source)
    make_folder(folder.parent)
    with exclusive(folder.parent):
        _remove_left(folder.parent)
        if not (folder / MANIFEST).is_file():
            _place(files, folder, check)


def _files_of(archive: bytes, source: str) -> Files:
    try:
        return files_of(archive, source)
    except PackageError as error:
        raise PackageError(error.code, error.brief, error.details, BAD_ARCHIVE) from error


def _kept(cached: Path) -> bytes | None:
    """What the cache has; whatever else is in its place is fetched again."""
    try:
        return read_bytes(cached, MAX_ARCHIVE_BYTES)
    except X07Error:
        return None


def _is_in(folder: Path, root: Path) -> bool:
    """Nothing is written where a link that came with a project leads."""
    return Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(root))


def _keep(cached: Path, data: bytes) -> None:
    """Writes an archive into the cache, which keeps itself out of repositories."""
    make_folder(cached.parent)
    with exclusive(cached.parent):
        _remove_left(cached.parent)
        write_atomic(cached, data)
        if not (cached.parent / ".gitignore").exists():
            write_atomic(cached.parent / ".gitignore", b"*\n")


def _remove_left(folder: Path) -> None:
    """Removes what interrupted commands left; whoever holds the lock is the only one at work."""
    for left in folder.glob(".*.tmp"):
        if not STAGED(left.name):
            continue
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def _package_of(files: Files, dependency: Dependency, source: str) -> Files:
    """Those files that are the package: what a lock has digests of. C code could read others.

    Raises:
        PackageError: they are not the package, or cannot be used here.
    """
    if MANIFEST not in files:
        brief = f"the archive of {source} has no `{MANIFEST}`"
        raise PackageError("X07PKG_MANIFEST_PARSE", brief, None, BAD_ARCHIVE)
    found = package.read(files[MANIFEST], f"{source}/{MANIFEST}")
    check_identity(found, dependency, f"the archive of {source}")
    package.check_compat(found, f"{source}/{MANIFEST}")
    _refuse_incomplete(files, found, source)
    named = {MANIFEST, *(str(found.module_file(one)) for one in found.modules)}
    if found.import_mode == package.NATIVE:
        named |= {name for name in files if name.startswith(f"{package.NATIVE}/")}
    return {name: data for name, data in files.items() if name in named}


def _refuse_incomplete(files: Files, found: Package, source: str) -> None:
    missing = [one for one in found.modules if str(found.module_file(one)) not in files]
    if missing:
        brief = f"the archive of {source} lacks modules that it names: {', '.join(missing)}"
        raise PackageError("X07PKG_DOWNLOAD_FAILED", brief, None, BAD_ARCHIVE)
    if found.import_mode == package.NATIVE and not any(map(IS_CODE, files)):
        brief = f"the archive of {source} has no C files, and its `import_mode` is `ffi`"
        raise PackageError("X07PKG_DOWNLOAD_FAILED", brief, None, BAD_ARCHIVE)


def _place(files: Files, folder: Path, check: Check) -> None:
    staged = beside(folder)
    try:
        unpack(files, staged)
        check(staged)
        _refuse_other(folder)
        staged.rename(folder)
    except OSError as error:
        raise output_error(folder, error) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _refuse_other(folder: Path) -> None:
    """An empty folder is replaced, anything else stays.

    Raises:
        OutputError: something is in the way.
    """
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.is_symlink() or folder.exists():
        raise OutputError(
            f"cannot write `{folder}`: something is there, and it is no package",
            f"it has no `{MANIFEST}`",
            "look at it, and remove it",
        )
