"""`.x07pkg`: a package's folder as one file, and back (contract/project.md §5)."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from x07bundle.errors import X07Error
from x07bundle.files import read_bytes, write_new
from x07bundle.project.packages import tar
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.package import MANIFEST, NATIVE, load
from x07bundle.project.packages.tar import Member, TarError

MAX_ARCHIVE_BYTES: Final = 64 << 20
MAX_NAME_PART_BYTES: Final = 200
NATIVE_FOLDER: Final = NATIVE


def pack(folder: Path) -> bytes:
    """The archive of a package: its manifest, each module that it names, all below `ffi/`.

    Raises:
        X07Error: a file cannot be read.
        PackageError: the manifest is wrong, or a module is missing.
    """
    package = load(folder)
    names = [MANIFEST, *(str(package.module_file(one)) for one in package.modules)]
    names += _native_files(folder)
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        listed = "\n".join(f"no file `{folder / name}`" for name in missing)
        hint = f"`modules` in `{folder / MANIFEST}` names what the package brings"
        raise PackageError("X07PKG_PACK_FAILED", "modules are missing", listed, hint)
    archive = tar.write({name: read_bytes(folder / name) for name in names})
    files_of(archive, str(folder))  # what would not be taken is not made
    return archive


def files_of(archive: bytes, source: str) -> Mapping[str, bytes]:
    """The files of an archive by their paths; `source` names it in errors.

    Raises:
        PackageError: X07PKG_DOWNLOAD_FAILED: damaged, too big, or a member leads elsewhere.
    """
    _refuse_size(archive, source)
    try:
        members = tar.read(archive)
        _check_names(members)
    except TarError as error:
        raise _unusable(source, str(error)) from error
    return {member.name: member.data for member in members if not member.is_folder}


def unpack(files: Mapping[str, bytes], folder: Path) -> None:
    """Writes files below a folder that is new.

    Raises:
        OSError: a file cannot be written.
    """
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_new(path, data)


def _native_files(folder: Path) -> list[str]:
    found = (folder / NATIVE_FOLDER).rglob("*")
    return [path.relative_to(folder).as_posix() for path in found if path.is_file()]


def _refuse_size(archive: bytes, source: str) -> None:
    if len(archive) > MAX_ARCHIVE_BYTES:
        raise _unusable(source, f"it has more than {MAX_ARCHIVE_BYTES} bytes")


def _unusable(source: str, why: str) -> X07Error:
    brief = f"`{source}` is no package archive that can be used"
    return PackageError("X07PKG_DOWNLOAD_FAILED", brief, why)


def _check_names(members: Iterable[Member]) -> None:
    """Every file has a place of its own below the folder, on every file system.

    Raises:
        TarError: one has not.
    """
    folders: set[str] = set()
    files: set[str] = set()
    for member in members:
        name = _checked_name(member)
        parts = name.casefold().split("/")
        folders.update("/".join(parts[:count]) for count in range(1, len(parts)))
        taken = folders if member.is_folder else files
        if not member.is_folder and name.casefold() in taken:
            raise TarError(f"`{member.name}` appears twice")
        taken.add(name.casefold())
    both = files & folders
    if both:
        raise TarError(f"`{min(both)}` is a file and a folder")


def _checked_name(member: Member) -> str:
    """The name of a member, when it leads nowhere but below."""
    name = member.name.removesuffix("/") if member.is_folder else member.name
    parts = name.split("/")
    if name.startswith("/") or "\\" in name or ":" in name:
        raise TarError(f"`{member.name}` is no path below the package's folder")
    if any(part in ("", ".", "..") for part in parts):
        raise TarError(f"`{member.name}` holds an empty part, `.` or `..`")
    if any(len(part.encode()) > MAX_NAME_PART_BYTES for part in parts):
        raise TarError(f"`{member.name}` is too long")
    return name
