"""Files that appear whole or not at all, their digests, and JSON that is the same every time.

Whoever writes an output writes it here: beside its place, then renamed into it. Failures of the
file system become `OutputError` with what can be done about them.
"""

import contextlib
import errno
import json
import os
import re
import stat
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import IO, Final, Protocol

from x07bundle.errors import OutputError, X07Error

try:
    from _blake2 import blake2b as _blake2b
except ImportError:  # a Python that keeps it elsewhere
    from hashlib import blake2b as _blake2b

HINTS: Final[dict[int, str]] = {
    errno.ENOSPC: "free some space on that file system, or choose another place",
    errno.EDQUOT: "the disk quota is used up: free some space, or choose another place",
    errno.EROFS: "the file system is read-only: choose another place",
    errno.EACCES: "you may not write there: choose another place, or change its permissions",
    errno.EPERM: "you may not write there: choose another place, or change its permissions",
    errno.ENOENT: "create the folder first, or choose another place",
    errno.ELOOP: "a link of the path leads back to itself: mend it, or choose another place",
    errno.ENOTDIR: "a part of the path is a file: choose another place",
    errno.EISDIR: "a folder has that name: choose another name",
    errno.ENAMETOOLONG: "choose a shorter name",
}

HASH_CHUNK_BYTES: Final = 1 << 20
SMALL_BYTES: Final = 1 << 18
"""Python's own SHA-256 is done with so many before OpenSSL is loaded."""
READ_CHUNK_BYTES: Final = 1 << 20
MOST_BYTES: Final = 256 << 20
"""Of a file that is read whole: a policy, a source, a manifest, an archive of the runtime."""
MOST_INPUT_BYTES: Final = 1 << 30
"""Of what a program gets as its input."""
TEMPORARY_PREFIX: Final = "x07bundle-"
TEMPORARY: Final = re.compile(r"([1-9][0-9]{0,8})-[0-9a-f]{12}")
BESIDE: Final = re.compile(r"([1-9][0-9]{0,8})\.[0-9a-f]{8}\.tmp")
"""What comes after the prefix; the number is that of the process."""
STALE_SECONDS: Final = 86_400
NO_FILE: Final = "it is a device, a pipe or a socket, not a file"


class SupportsRead(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes | None: ...


def output_error(path: Path, error: OSError) -> OutputError:
    """The error for people: which output, why, what to do."""
    reason = (error.strerror or str(error)).lower()
    hint = HINTS.get(error.errno or 0, "check the path and the file system, then try again")
    return OutputError(f"cannot write `{path}`: {reason}", hint=hint)


def read_bytes(path: Path, most_bytes: int = MOST_BYTES) -> bytes:
    """The whole of a regular file. Nothing is waited for, as a pipe without a writer would have it.

    Raises:
        X07Error: it is missing, no file, unreadable, or has more than `most_bytes`.
    """
    try:
        with open(path, "rb", buffering=0, opener=_open_at_once) as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise _unreadable(path, NO_FILE, "name a file")
            return _read_all(stream, path, most_bytes)
    except OSError as error:
        raise _unreadable(path, (error.strerror or str(error)).lower(), "check the path") from error


def open_file(path: Path) -> IO[bytes]:
    """A regular file to read from, as `read_bytes` finds it.

    Raises:
        X07Error: it is missing, no file, or unreadable.
    """
    try:
        stream = open(path, "rb", opener=_open_at_once)  # noqa: SIM115  the caller closes it
    except OSError as error:
        raise _unreadable(path, (error.strerror or str(error)).lower(), "check the path") from error
    if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        return stream
    stream.close()
    raise _unreadable(path, NO_FILE, "name a file")


def read_input(path: Path) -> bytes:
    """As `read_bytes`, and also from a pipe or a device, which is waited for: `<(command)`.

    Raises:
        X07Error: it cannot be read, or has more than `MOST_INPUT_BYTES`.
    """
    try:
        with path.open("rb", buffering=0) as stream:
            return read_stream(stream, path)
    except OSError as error:
        raise _unreadable(path, (error.strerror or str(error)).lower(), "check the path") from error


def read_stream(stream: SupportsRead, name: object = "stdin") -> bytes:
    """All that comes; `name` is for people.

    Raises:
        X07Error: it is more than `MOST_INPUT_BYTES`.
        OSError: it cannot be read.
    """
    return _read_all(stream, name, MOST_INPUT_BYTES)


def _read_all(stream: SupportsRead, name: object, most_bytes: int) -> bytes:
    """In chunks: what says that it has no bytes may have them all the same, without an end."""
    chunks, left = [], most_bytes
    while chunk := stream.read(READ_CHUNK_BYTES):
        chunks.append(chunk)
        left -= len(chunk)
        if left < 0:
            why = f"it has more than {most_bytes} bytes"
            raise _unreadable(name, why, "name a smaller file")
    return b"".join(chunks)


def _unreadable(name: object, reason: str, hint: str) -> X07Error:
    return X07Error(f"cannot read `{name}`: {reason}", hint=hint)


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)


@contextlib.contextmanager
def placing(target: Path) -> Iterator[Path]:
    """A free path beside `target`, for a file that takes its place when the block ends well.

    The block must create the file. When it raises, whatever it left there is removed. A target
    that is there and is no file (a folder, a device, a pipe) is refused before anything is made.

    Raises:
        OutputError: a file system error, in the block or in the renaming.
    """
    refuse_other_than_files(target)
    staged = beside(target)
    try:
        yield staged
        staged.replace(target)
    except OSError as error:
        raise output_error(target, error) from error
    finally:
        with contextlib.suppress(OSError):
            staged.unlink()


def refuse_other_than_files(target: Path) -> None:
    """Raises OutputError where `target` is there and is no file: it is not to be read either."""
    if target.is_dir():
        raise output_error(target, IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)))
    if target.exists() and not target.is_file():
        raise OutputError(
            f"cannot write `{target}`: it is a device, a pipe or a socket, not a file",
            "a renaming would put a file in its place",
            "name a file, or a folder",
        )


def beside(target: Path) -> Path:
    """A name in the folder of `target` that nothing has: hidden, and at most 255 bytes long.

    What killed processes left there for the same target is removed. Of folders only where the
    target is there: one may be what it was before, put aside and not yet replaced.
    """
    prefix = f".{os.fsdecode(os.fsencode(target.name)[:200])}."
    _sweep(target.parent, prefix, BESIDE, with_folders=os.path.lexists(target))
    return target.with_name(f"{prefix}{os.getpid()}.{os.urandom(4).hex()}.tmp")


def _sweep(folder: Path, prefix: str, rest: re.Pattern[str], *, with_folders: bool) -> None:
    """Removes what is named by `prefix` and a process that is no more, if that is this user's."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.name.startswith(prefix)]
    except OSError:
        return
    for name in names:
        match = rest.fullmatch(name, len(prefix))
        if match is not None and not _is_running(int(match[1])):
            with contextlib.suppress(OSError):
                _remove_left(folder / name, with_folders=with_folders)


def _is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is another user's
        pass
    return True


def _remove_left(path: Path, *, with_folders: bool) -> None:
    """A file or folder, no link. A day is for processes that are not seen from here: those of
    containers that share the folder.
    """
    status = path.lstat()
    if status.st_uid != os.geteuid() or time.time() - status.st_mtime < STALE_SECONDS:
        return
    if stat.S_ISREG(status.st_mode):
        path.unlink()
    elif stat.S_ISDIR(status.st_mode) and with_folders:
        import shutil

        shutil.rmtree(path, ignore_errors=True)


def write_new(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Create `path` with `mode` less the umask. Raises OSError, `FileExistsError` included."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)


def write_atomic(path: Path, data: bytes, mode: int = 0o666, *, parents: bool = False) -> None:
    """Write a file, or replace it: readers see the old bytes or the new ones, nothing between.

    Raises:
        OutputError: it cannot be written; what was there before is untouched.
    """
    if parents:
        make_folder(path.parent)
    with placing(path) as staged:
        write_new(staged, data, mode)


def make_folder(path: Path) -> None:
    """Make a folder and its parents; no error when it is there.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(path, why_no_folder(path, error)) from error


def why_no_folder(path: Path, error: OSError) -> OSError:
    """What keeps `path` from being a folder, where the system says only that something is there."""
    if error.errno != errno.EEXIST:
        return error
    try:
        path.stat()
    except OSError as cause:
        return cause
    return NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))


@contextlib.contextmanager
def temporary_folder(parent: Path) -> Iterator[Path]:
    """A private folder (mode 0700) below `parent`, removed with all it holds, as are those of
    processes that were killed.

    Raises:
        OutputError: it cannot be made.
    """
    _sweep(parent, TEMPORARY_PREFIX, TEMPORARY, with_folders=True)
    folder = parent / f"{TEMPORARY_PREFIX}{os.getpid()}-{os.urandom(6).hex()}"
    try:
        folder.mkdir(0o700)
    except OSError as error:
        raise _no_temporary_folder(folder, error) from error
    try:
        yield folder
    finally:
        _remove_tree(folder)


def _no_temporary_folder(folder: Path, error: OSError) -> OutputError:
    failure = output_error(folder, error)
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        failure.hint = "set `TMPDIR` to a folder that you can write"
    return failure


def _remove_tree(folder: Path) -> None:
    """Most are flat: `shutil` is imported for those that are not."""
    try:
        for entry in folder.iterdir():
            entry.unlink()
        folder.rmdir()
    except OSError:
        import shutil

        shutil.rmtree(folder, ignore_errors=True)


def fingerprint(data: bytes) -> str:
    """A digest of 64 hex digits for the cache: which one it is may change, and nobody is told.

    BLAKE2, past `hashlib`: importing that loads OpenSSL, which takes longer than a warm start
    takes for all its digests.
    """
    return _blake2b(data, digest_size=32).hexdigest()


def sha256_bytes(data: bytes) -> str:
    """Bare lower-case hex."""
    if len(data) <= SMALL_BYTES:
        for name in ("_sha256", "_sha2"):
            with contextlib.suppress(ImportError):  # a Python that keeps it elsewhere
                return str(import_module(name).sha256(data).hexdigest())
    import hashlib  # late, see `fingerprint`

    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """Bare lower-case hex of a file of any size.

    Raises:
        X07Error: it cannot be read.
    """
    import hashlib  # late, see `fingerprint`

    digest = hashlib.sha256()
    try:
        with open_file(path) as stream:
            while chunk := stream.read(HASH_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise X07Error(f"cannot read `{path}`: {(error.strerror or '').lower()}") from error
    return digest.hexdigest()


def json_pretty(document: object) -> bytes:
    """Two spaces, keys in the order given, final newline (contract/reports.md §0)."""
    return _encode(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def json_pretty_sorted(document: object) -> bytes:
    """Two spaces, keys alphabetical at every level, final newline."""
    return _encode(json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n")


def json_compact(document: object) -> bytes:
    """One line, keys in the order given, final newline."""
    return _encode(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")


def json_compact_sorted(document: object) -> bytes:
    """One line, keys alphabetical at every level, final newline."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return _encode(text + "\n")


def _encode(text: str) -> bytes:
    """UTF-8. Bytes of file names that are no UTF-8 (lone surrogates here) become `?`."""
    return text.encode("utf-8", errors="replace")
