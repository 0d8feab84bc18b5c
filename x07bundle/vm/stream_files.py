"""Folders of the host as a tar into the guest, and back (docs/reference/guest-stream.md).

The way in is deterministic: sorted, without owners and times. On the way back nothing is believed:
all of it is looked at before the first byte is written, and files are written below their root by
descriptors, so that no link leads out of it.
"""

import contextlib
import os
import stat
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Final, NamedTuple

from x07bundle import files
from x07bundle.errors import RefusedError, X07Error
from x07bundle.vm import stream_tar
from x07bundle.vm.job import Mount
from x07bundle.vm.stream_tar import Member

MOST_BYTES: Final = 256 << 20
MOST_ENTRIES: Final = 20_000
CHUNK_BYTES: Final = 1 << 16
HINT: Final = "grant a smaller folder, or use a backend that mounts folders (`x07 vm backends`)"


class Entry(NamedTuple):
    """A file, folder or link of the host. `path`: in the guest, without the first `/`."""

    host: str
    path: str
    status: os.stat_result


def entries(mounts: Sequence[Mount]) -> list[Entry]:
    """Everything below the roots, folders first, in the order of names.

    Raises:
        RefusedError: there is more than is streamed.
        X07Error: something of it cannot be read.
    """
    found: list[Entry] = []
    size = 0
    for mount in sorted(_apart(mounts), key=lambda mount: mount.guest):
        for entry in _tree(mount.host, mount.guest.lstrip("/"), mount.masked):
            found.append(entry)
            size += entry.status.st_size if stat.S_ISREG(entry.status.st_mode) else 0
            if size > MOST_BYTES or len(found) > MOST_ENTRIES:
                raise _too_much(mount)
    return found


def _apart(mounts: Sequence[Mount]) -> list[Mount]:
    """Each without the roots that are mounted in it: what they lie over is not seen."""
    return [
        mount._replace(masked=(*mount.masked, *(_inside(mount, other) for other in mounts)))
        for mount in mounts
    ]


def _inside(mount: Mount, other: Mount) -> str:
    """Where another root is below this one; a name that no file has where it is not."""
    start = f"{mount.guest.rstrip('/')}/"
    return other.guest[len(start) :] if other.guest.startswith(start) else "/"


def _too_much(mount: Mount) -> RefusedError:
    field = "fs.write_roots" if mount.writable else "fs.read_roots"
    return RefusedError(
        "the policy's folders are too large for a backend that copies them",
        f"with `{mount.host}` (`{field}`) there are more than {MOST_BYTES >> 20} MiB "
        f"or {MOST_ENTRIES} files",
        HINT,
    )


def _unreadable(host: str, error: OSError | None = None) -> X07Error:
    reason = (error.strerror if error is not None else None) or "permission denied"
    return X07Error(
        f"cannot read `{host}`: {reason.lower()}",
        "it is in a folder of the policy, which this backend copies",
        "give yourself the right to read it, or grant another folder",
    )


def _tree(host: str, path: str, masked: tuple[str, ...]) -> Iterator[Entry]:
    try:
        yield from _found(host, path, masked)
    except OSError as error:
        raise _unreadable(host, error) from error


def _found(host: str, path: str, masked: tuple[str, ...]) -> Iterator[Entry]:
    status = os.lstat(host)
    kind = stat.S_IFMT(status.st_mode)
    if kind not in (stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK):
        return
    if kind == stat.S_IFREG and not os.access(host, os.R_OK):
        raise _unreadable(host)
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


def packed(found: Iterable[Entry]) -> Iterator[bytes]:
    """The tar, in pieces. Raises X07Error: a file cannot be read any more."""
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
    with _opened(entry.host) as file:
        while left:
            piece = file.read(min(left, CHUNK_BYTES)) or bytes(min(left, CHUNK_BYTES))
            left -= len(piece)
            yield piece
    yield bytes(-size % tarfile.BLOCKSIZE)


def _opened(host: str) -> IO[bytes]:
    """A file, if it is still one: no link that somebody put in its place meanwhile, no pipe."""
    try:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        return os.fdopen(os.open(host, flags), "rb")
    except OSError as error:
        raise _unreadable(host, error) from error


class Restored(NamedTuple):
    """`target`: what is written, below the root of `mount`; "" is the root itself."""

    mount: Mount
    target: str
    info: Member


def restore(archive: IO[bytes], mounts: Sequence[Mount]) -> None:
    """Writes what a guest left in its writable roots; what it removed is removed.

    Raises:
        RefusedError: the archive holds what is no file or folder of a root; nothing was written.
        OutputError: a file cannot be written, or somebody else changes the folder meanwhile.
    """
    apart = _apart(mounts)
    try:
        found = _checked(archive, apart)
    except ValueError as error:
        raise _refused(str(error)) from error
    for mount in apart:
        if mount.writable:
            _check_root(mount, [each for each in found if each.mount == mount])
    for mount in apart:
        if mount.writable:
            _restore(mount, [each for each in found if each.mount == mount], archive)


def _refused(why: str) -> RefusedError:
    return RefusedError(
        "what the guest wrote was not taken: its answer is not one of this protocol",
        why,
        "nothing was written; run the guest image that this version was made for",
    )


def _checked(archive: IO[bytes], mounts: Sequence[Mount]) -> list[Restored]:
    """What came, with the root that each is in: of those that may only be read it is passed over.

    Raises:
        ValueError: something that is none of it.
    """
    found: list[Restored] = []
    folders: dict[str, bool] = {}
    for count, member in enumerate(stream_tar.members(archive)):
        if count >= MOST_ENTRIES:
            raise ValueError(f"there are more than {MOST_ENTRIES} files")
        place = _place_of(f"/{member.path}", mounts)
        is_root = f"/{member.path}" in [mount.guest for mount in mounts]
        if member.path in folders or not (is_root or folders.get(_parent(member.path))):
            raise ValueError(f"`/{member.path}` is there twice, or is in no folder")
        folders[member.path] = member.kind == "folder"
        target = f"/{member.path}"[len(place.guest) + 1 :]
        found.append(Restored(place, target, member))
    return found


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _place_of(path: str, mounts: Sequence[Mount]) -> Mount:
    """The root that a path is in. Raises ValueError: in none, or where no guest writes."""
    for mount in sorted(mounts, key=lambda mount: -len(mount.guest)):
        if path == mount.guest or path.startswith(f"{mount.guest}/"):
            if _is_masked(path[len(mount.guest) + 1 :], mount.masked):
                raise ValueError(f"`{path}` is where no guest writes")
            return mount
    raise ValueError(f"`{path}` is in no root that may be written")


def _check_root(mount: Mount, found: list[Restored]) -> None:
    """Before anything is written.

    Raises:
        RefusedError: it is of another kind than the root of the host, or has a link of its own.
    """
    is_folder = Path(mount.host).is_dir()
    roots = [each.info.kind for each in found if not each.target]
    if roots != ["folder" if is_folder else "file"]:
        raise _refused(f"the root `{mount.guest}` did not come back as what it was")
    for each in found:
        if each.info.kind == "link":
            _check_link(each)


def _restore(mount: Mount, found: list[Restored], archive: IO[bytes]) -> None:
    try:
        _restore_root(mount, found, archive)
    except OSError as error:
        raise files.output_error(Path(mount.host), error) from error


def _restore_root(mount: Mount, found: list[Restored], archive: IO[bytes]) -> None:
    host = Path(mount.host)
    is_folder = host.is_dir()
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    root = os.open(host if is_folder else host.parent, flags)
    try:
        if not is_folder:
            _write(root, host.name, found[0].info, archive)
            return
        _remove_missing(root, {each.target for each in found}, mount.masked)
        for each in found:
            if each.target:
                _place(root, each, archive)
    finally:
        os.close(root)


def _remove_missing(root: int, kept: set[str], masked: tuple[str, ...]) -> None:
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


def _place(root: int, each: Restored, archive: IO[bytes]) -> None:
    *parents, name = each.target.split("/")
    folder = _descend(root, parents)
    try:
        if each.info.kind == "folder":
            _make_folder(folder, name, each.info.mode)
        elif each.info.kind == "file":
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
        is_same = str(found) == link.info.target
    except OSError:
        is_same = False
    if not is_same:
        raise _refused(f"`/{link.info.path}` is a link that the guest made")


def _write(folder: int, name: str, info: Member, archive: IO[bytes]) -> None:
    """Beside, then renamed."""
    staged = f".x07-{os.getpid()}-{os.urandom(6).hex()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(staged, flags, info.mode, dir_fd=folder), "wb") as file:
        try:
            _copy(archive, info, file)
            os.fchmod(file.fileno(), info.mode)
            file.flush()
            os.rename(staged, name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(staged, dir_fd=folder)
            raise


def _copy(archive: IO[bytes], info: Member, file: IO[bytes]) -> None:
    archive.seek(info.offset)
    left = info.size_bytes
    while left:
        piece = archive.read(min(left, CHUNK_BYTES))
        file.write(piece)
        left -= len(piece)
