"""A toolchain that was frozen before: kept in the cache, by all that its bytes depend on.

A folder is renamed into its place when it is whole, and a digest of it is written behind it; one
without, or with another, is frozen again.
"""

import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from x07bundle import files
from x07bundle.freeze import components, contents, pyinstaller, toolchain
from x07bundle.freeze.toolchain import Wanted

DIGEST_SUFFIX: Final = ".digest"
UNUSED_SECONDS: Final = 30 * 86_400


def find_or_make(folder: Path, wanted: Wanted, temporary: Path, env: Mapping[str, str]) -> Path:
    """A toolchain below `folder`, frozen now if it has to be.

    Raises:
        ToolMissingError: something that freezing takes is not there.
        X07Error: it cannot be frozen or written.
    """
    pyinstaller.check(env)
    place = folder / _key(wanted)
    note = place.with_name(place.name + DIGEST_SUFFIX)
    if not _is_whole(place, note):
        _prune(folder)
        toolchain.make(place, wanted, temporary, env)
        files.write_atomic(note, _digest(place).encode())
    os.utime(note)
    return place


def is_kept(folder: Path, wanted: Wanted, env: Mapping[str, str]) -> bool:
    """Whether `find_or_make` finds it. Raises ToolMissingError, as that does."""
    pyinstaller.check(env)
    place = folder / _key(wanted)
    return _is_whole(place, place.with_name(place.name + DIGEST_SUFFIX))


def _key(wanted: Wanted) -> str:
    facts = (contents.digest(), components.versions(), wanted)
    return files.fingerprint(repr(facts).encode("utf-8", "surrogateescape"))


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
