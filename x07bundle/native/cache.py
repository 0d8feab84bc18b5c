"""The cache folder: files named by the hash of what determines them.

A file is written beside its name and renamed into place, followed by a small file with its digest.
An entry counts only when both agree, so a killed writer, a full disk or a lost page leaves at worst
a file that is made again. There are no locks: writers of one entry write the same bytes.
"""

import contextlib
import os
import pwd
import stat
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import files
from x07bundle.errors import OutputError, X07Error

PROGRAM_AGE_SECONDS: Final = 30 * 86_400
DIGEST_SUFFIX: Final = ".digest"
STALE_SECONDS: Final = 86_400
"""After this a staged file belongs to a writer that was killed."""

SEED: Final = "X07_CACHE_SEED"
HINT: Final = "set `X07_CACHE_DIR` to a folder that you can write"


class Cache(NamedTuple):
    """`folder` exists and can be written. `seed`: another one, which is only read (a guest's own
    folder is empty each time).
    """

    folder: Path
    seed: Path | None = None

    def entry(self, kind: str, key: str) -> Path:
        return self.folder / kind / key

    def find(self, kind: str, key: str) -> Path | None:
        """The entry, when it is there and whole."""
        path = self.entry(kind, key)
        if _is_whole(path):
            return path
        seeded = self.seed / kind / key if self.seed is not None else None
        return seeded if seeded is not None and _is_whole(seeded) else None

    def store(self, kind: str, key: str, data: bytes, mode: int = 0o644) -> Path:
        """Write the entry; replaces one that is broken.

        Raises:
            OutputError: the cache cannot be written.
        """
        path = self.entry(kind, key)
        _refuse_other_than_files(path)
        files.write_atomic(path, data, mode, parents=True)
        files.write_atomic(_digest_file(path), files.fingerprint(data).encode(), 0o644)
        return path

    def touch(self, path: Path) -> None:
        """Note that an entry was used: pruning goes by that time."""
        with contextlib.suppress(OSError):
            os.utime(path)

    def prune(self, kind: str) -> None:
        """Remove entries that nobody used for a month, and what killed writers left."""
        now = time.time()
        with contextlib.suppress(OSError):
            for path in (self.folder / kind).iterdir():
                _prune_file(path, now)


def open_cache(env: Mapping[str, str]) -> Cache:
    """`X07_CACHE_DIR` (or its older name), `XDG_CACHE_HOME/x07bundle`, or `~/.cache/x07bundle`.

    Where the last cannot be written (an account without a home), a folder of this user below the
    temporary one.

    Raises:
        OutputError: the folder that a variable names cannot be made or written.
    """
    seed = Path(env[SEED]) if env.get(SEED) else None
    named = _named_folder(env)
    if named is not None:
        return Cache(_writable(named), seed)
    try:
        return Cache(_writable(_home(env) / ".cache" / "x07bundle"), seed)
    except OutputError:
        return Cache(_owned(temporary_root(env) / f"x07bundle-cache-{os.getuid()}"), seed)


def temporary_root(env: Mapping[str, str]) -> Path:
    """Where temporary folders go: TMPDIR or /tmp."""
    return Path(env.get("TMPDIR") or "/tmp")


def _named_folder(env: Mapping[str, str]) -> Path | None:
    """The folder that the environment names. XDG says to ignore a relative one."""
    own = env.get("X07_CACHE_DIR") or env.get("X07_NATIVE_CACHE_DIR")
    xdg = env.get("XDG_CACHE_HOME", "")
    if own:
        return Path(own).absolute()
    return Path(xdg, "x07bundle") if Path(xdg).is_absolute() else None


def _home(env: Mapping[str, str]) -> Path:
    if Path(env.get("HOME", "")).is_absolute():
        return Path(env["HOME"])
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return Path("/nonexistent")


def _writable(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (files.why_no_folder(folder, error).strerror or "").lower()
        raise OutputError(
            f"cannot make the cache folder `{folder}`: {reason}", hint=HINT
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"cannot write into the cache folder `{folder}`", hint=HINT)
    return folder


def _owned(folder: Path) -> Path:
    """A folder below a shared one, refused unless it is ours alone: we run what is in it."""
    with contextlib.suppress(FileExistsError, OSError):
        folder.mkdir(0o700)
    try:
        status = folder.lstat()
    except OSError as error:
        raise files.output_error(folder, error) from error
    private = stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o022
    if not private or status.st_uid != os.getuid():
        raise OutputError(f"the cache folder `{folder}` belongs to somebody else", hint=HINT)
    return _writable(folder)


def _is_whole(path: Path) -> bool:
    try:
        wanted = files.read_bytes(_digest_file(path))
        return files.fingerprint(files.read_bytes(path)).encode() == wanted
    except X07Error:
        return False


def _refuse_other_than_files(path: Path) -> None:
    """Raises OutputError: something that no cache writes is in the place of an entry."""
    for place in (path, _digest_file(path)):
        if place.exists() and not place.is_file():
            raise OutputError(
                f"`{place}` is in the place of a file of the cache, and is none",
                hint="remove it, or set `X07_CACHE_DIR` to another folder",
            )


def _digest_file(path: Path) -> Path:
    return path.with_name(path.name + DIGEST_SUFFIX)


def _prune_file(path: Path, now: float) -> None:
    staged = path.name.startswith(".")
    entry = path.with_suffix("") if path.suffix == DIGEST_SUFFIX else path
    with contextlib.suppress(OSError):
        age = now - (entry if entry.exists() else path).stat().st_mtime
        if age > (STALE_SECONDS if staged else PROGRAM_AGE_SECONDS):
            path.unlink()
