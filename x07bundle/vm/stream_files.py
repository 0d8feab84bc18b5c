"""Folders of the host as a tar into the guest, and back (docs/reference/guest-stream.md).

The way in is deterministic: sorted, without owners and times. On the way back nothing is believed:
all of it is looked at before the first byte is written, and files are written below their root by
descriptors, so that no link leads out of it.
"""

import os
import stat
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final, NamedTuple

from x07bundle.errors import RefusedError
from x07bundle.vm.job import Mount

MOST_BYTES: Final = 256 << 20
MOST_ENTRIES: Final = 20_000
CHUNK_BYTES: Final = 1 << 16
HINT: Final = "grant a smaller folder, or use a backend that mounts folders (`x07 vm backends`)"


class Entry(NamedTuple):
    """A file, folder or link of the host. `path`: in the guest, without the first `/`."""

    host: str
    path: str
    status: os.stat_result


def entries(mounts: Sequence[Mount]) -> Iterator[Entry]:
    """Everything below the roots, folders first, in the order of names.

    Raises:
        RefusedError: there is more than is streamed.
    """
    seen: set[str] = set()
    size = 0
    for mount in sorted(mounts, key=lambda mount: mount.guest):
        for entry in _tree(mount.host, mount.guest.lstrip("/"), mount.masked):
            if entry.path in seen:
                continue
            seen.add(entry.path)
            size += entry.status.st_size if stat.S_ISREG(entry.status.st_mode) else 0
            if size > MOST_BYTES or len(seen) > MOST_ENTRIES:
                raise _too_much(mount)
            yield entry


def _too_much(mount: Mount) -> RefusedError:
    field = "fs.write_roots" if mount.writable else "fs.read_roots"
    return RefusedError(
        "the policy's folders are too large for a backend that copies them",
        f"with `{mount.host}` (`{field}`) there are more than {MOST_BYTES >> 20} MiB "
        f"or {MOST_ENTRIES} files",
        HINT,
    )


def _tree(host: str, path: str, masked: tuple[str, ...]) -> Iterator[Entry]:
    status = os.lstat(host)
    kind = stat.S_IFMT(status.st_mode)
    if kind not in (stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK):
        return
    yield Entry(host, path, status)
    if kind != stat.S_IFDIR:
        return
    for below in sorted(Path(host).iterdir()):
        if below.name not in masked:
            inside = f"{below.name}/"
            deeper = tuple(name[len(inside) :] for name in masked if name.startswith(inside))
            yield from _tree(str(below), f"{path}/{below.name}", deeper)


def _is_masked(path: str, masked: tuple[str, ...]) -> bool:
    """Whether a path below a root is one that no guest sees."""
    return any(path == name or path.startswith(f"{name}/") for name in masked)


def packed(found: Iterator[Entry]) -> Iterator[bytes]:
    """The tar, in pieces."""
    for entry in found:
        info = _header(entry)
        yield info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
        if info.isreg():
            yield from _content(entry, info.size)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _header(entry: Entry) -> tarfile.TarInfo:
    info = tarfile.TarInfo(entry.path)
    mode = entry.status.st_mode
    info.mode = 0o777 if stat.S_ISLNK(mode) else stat.S_IMODE(mode) & 0o777
    if stat.S_ISDIR(mode):
        info.type = tarfile.DIRTYPE
    elif stat.S_ISLNK(mode):
        info.type, info.linkname = tarfile.SYMTYPE, str(Path(entry.host).readlink())
    else:
        info.size = entry.status.st_size
    return info


def _content(entry: Entry, size: int) -> Iterator[bytes]:
    """Exactly so many bytes, also of a file that grows or shrinks meanwhile."""
    left = size
    with Path(entry.host).open("rb") as file:
        while left:
            piece = file.read(min(left, CHUNK_BYTES)) or bytes(min(left, CHUNK_BYTES))
            left -= len(piece)
            yield piece
    yield bytes(-size % tarfile.BLOCKSIZE)


class Restored(NamedTuple):
    """`target`: what is written, below the root of `mount`; "" is the root itself."""

    mount: Mount
    target: str
    info: tarfile.TarInfo


def restore(archive: IO[bytes], mounts: Sequence[Mount]) -> None:
    """Writes what a guest left in its writable roots; what it removed is removed.

    Raises:
        RefusedError: the archive holds what is no file or folder of a root; nothing was written.
        OSError: a file cannot be written.
    """
    writable = [mount for mount in mounts if mount.writable]
    try:
        with tarfile.open(fileobj=archive, mode="r:", encoding="utf-8") as opened:
            found = [_checked(info, writable) for info in opened]
            for link in (each for each in found if each.info.issym()):
                _check_link(link)
            for mount in writable:
                _restore_root(mount, [each for each in found if each.mount == mount], opened)
    except (tarfile.TarError, ValueError, EOFError, OverflowError) as error:
        raise _refused(f"it is no tar: {error}") from error


def _refused(why: str) -> RefusedError:
    return RefusedError(
        "what the guest wrote was not taken: its answer is not one of this protocol",
        why,
        "nothing was written; run the guest image that this version was made for",
    )


def _checked(info: tarfile.TarInfo, writable: Sequence[Mount]) -> Restored:
    if info.type not in (tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE):
        raise _refused(f"`/{info.name}` is no file, folder or link")
    path = f"/{info.name}"
    if any(part in ("", ".", "..") for part in path.split("/")[1:]) or "\0" in path:
        raise _refused(f"`{path}` is no path of a file")
    for mount in sorted(writable, key=lambda mount: -len(mount.guest)):
        if path == mount.guest or path.startswith(f"{mount.guest}/"):
            target = path[len(mount.guest) + 1 :]
            if _is_masked(target, mount.masked):
                raise _refused(f"`{path}` is where no guest writes")
            return Restored(mount, target, info)
    raise _refused(f"`{path}` is in no root that may be written")


def _restore_root(mount: Mount, found: list[Restored], archive: tarfile.TarFile) -> None:
    if not Path(mount.host).is_dir():
        _restore_file(Path(mount.host), found, archive)
        return
    root = os.open(mount.host, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _remove_missing(root, mount.host, {each.target for each in found}, mount.masked)
        for each in found:
            if each.target:
                _place(root, each, archive)
    finally:
        os.close(root)


def _restore_file(host: Path, found: list[Restored], archive: tarfile.TarFile) -> None:
    """A root that is one file."""
    for each in found:
        if not each.info.isreg() or each.target:
            raise _refused(f"`{each.mount.guest}` is a file")
        folder = os.open(host.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            _write(folder, host.name, each.info, archive)
        finally:
            os.close(folder)


def _remove_missing(root: int, host: str, kept: set[str], masked: tuple[str, ...]) -> None:
    """What was sent in and did not come back was removed there."""
    for parent, folders, names, descriptor in os.fwalk(".", dir_fd=root, topdown=False):
        place = os.path.normpath(parent)
        for name in (*names, *folders):
            path = name if place == "." else f"{place}/{name}"
            if path in kept or _holds_masked(path, masked):
                continue
            status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                os.rmdir(name, dir_fd=descriptor)
            elif stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
                os.unlink(name, dir_fd=descriptor)


def _holds_masked(path: str, masked: tuple[str, ...]) -> bool:
    return _is_masked(path, masked) or any(name.startswith(f"{path}/") for name in masked)


def _place(root: int, each: Restored, archive: tarfile.TarFile) -> None:
    *parents, name = each.target.split("/")
    folder = _descend(root, parents)
    try:
        if each.info.isdir():
            _make_folder(folder, name, each.info.mode)
        elif each.info.isreg():
            _write(folder, name, each.info, archive)
    finally:
        os.close(folder)


def _descend(root: int, parents: list[str]) -> int:
    folder = os.dup(root)
    for name in parents:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        below = os.open(name, flags, dir_fd=folder)
        os.close(folder)
        folder = below
    return folder


def _make_folder(folder: int, name: str, mode: int) -> None:
    try:
        os.mkdir(name, mode & 0o777, dir_fd=folder)
    except FileExistsError:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if not stat.S_ISDIR(status.st_mode):
            raise


def _check_link(link: Restored) -> None:
    """A link stays as it is; a guest makes none on the host."""
    try:
        found = Path(link.mount.host, link.target).readlink()
        is_same = str(found) == link.info.linkname
    except OSError:
        is_same = False
    if not is_same:
        raise _refused(f"`/{link.info.name}` is a link that the guest made")


def _write(folder: int, name: str, info: tarfile.TarInfo, archive: tarfile.TarFile) -> None:
    """Beside, then renamed."""
    content = archive.extractfile(info)
    assert content is not None
    staged = f".x07-{os.getpid()}-{os.urandom(6).hex()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(staged, flags, info.mode & 0o777, dir_fd=folder), "wb") as file:
        while piece := content.read(CHUNK_BYTES):
            file.write(piece)
        os.fchmod(file.fileno(), info.mode & 0o777)
    os.rename(staged, name, src_dir_fd=folder, dst_dir_fd=folder)
