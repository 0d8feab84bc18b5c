"""What was frozen before: kept in the cache, by all that its bytes depend on.

A folder is renamed into its place when it is whole, and a digest of it is written behind it; one
without, or with another, is frozen again.
"""

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from x07bundle import files

DIGEST_SUFFIX: Final = ".digest"
LOCK: Final = ".lock"
UNUSED_SECONDS: Final = 30 * 86_400


Make = Callable[[Path], object]
"""Makes a whole folder where nothing is, by renaming it there."""


def find_or_make(folder: Path, key: str, make: Make) -> Path:
    """What is kept below `folder` by that key, made now if it has to be.

    Raises:
        X07Error: as `make` does, or it cannot be written.
    """
    place = folder / key
    note = _note(place)
    if not _is_whole(place, note):
        with _alone(folder):
            if not _is_whole(place, note):
                _make(folder, place, note, make)
    os.utime(note)
    return place


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Of those that find nothing at the same time, one freezes, and the others wait for it."""
    files.make_folder(folder)
    try:
        lock = os.open(folder / LOCK, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise files.output_error(folder / LOCK, error) from error
    try:
        with contextlib.suppress(OSError):  # a file system that has no locks
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _make(folder: Path, place: Path, note: Path, make: Make) -> None:
    _prune(folder)
    shutil.rmtree(place, ignore_errors=True)
    make(place)
    files.write_atomic(note, _digest(place).encode())


def is_kept(folder: Path, key: str) -> bool:
    """Whether `find_or_make` finds it."""
    return _is_whole(folder / key, _note(folder / key))


def key_of(*facts: object) -> str:
    """Of all that the bytes depend on."""
    return files.fingerprint(repr(facts).encode("utf-8", "surrogateescape"))


def _note(place: Path) -> Path:
    return place.with_name(place.name + DIGEST_SUFFIX)


def _is_whole(place: Path, note: Path) -> bool:
    try:
        return note.read_bytes() == _digest(place).encode()
    except OSError:
        return False


def _digest(place: Path) -> str:
    """Of the names, the bytes, and what may be executed."""
    lines = []
    for path in sorted(place.rglob("*")):
        name = path.relative_to(place).as_posix()
        if path.is_symlink():
            lines.append(f"{name}\0{path.readlink()}")
        elif path.is_file():
            digest = files.fingerprint(path.read_bytes())
            lines.append(f"{name}\0{digest}\0{os.access(path, os.X_OK)}")
    return files.fingerprint("\n".join(lines).encode("utf-8", "surrogateescape"))


def _prune(folder: Path) -> None:
    """Those that nobody used for a month."""
    oldest = time.time() - UNUSED_SECONDS
    for note in folder.glob(f"*{DIGEST_SUFFIX}"):
        if note.stat().st_mtime < oldest:
            note.unlink(missing_ok=True)
            shutil.rmtree(note.with_suffix(""), ignore_errors=True)
