"""The sources of the runtime, and a digest of them all: what is made of them is named by it.

Reading 200 files takes longer than most of what a warm start does. So the digest is kept in the
cache, under what the file system says of the files: sizes, inodes, times. The time of the last
change of an inode is one that nobody sets, and a digest is kept only when it has come to rest.
"""

import functools
import os
import time
from pathlib import Path
from typing import Final

from x07bundle import assets, files
from x07bundle.native.cache import Cache

PARTS: Final = ("cli_main", "runtime/include", "runtime/src")
KIND: Final = "sources"
SETTLED_SECONDS: Final = 2
"""File systems note times in steps: two changes within one step may look like one."""

Stamp = tuple[str, int, int, int, int]
"""Name, size, inode, and nanoseconds of the last write and of the last change of the inode."""


def folder() -> Path:
    """`stubs/`. Raises X07Error: the installation is incomplete."""
    return assets.find("stubs")


def names() -> list[str]:
    """The C files, relative to `folder()`, sorted."""
    return [name for name, *_ in _stamps() if name.endswith(".c")]


@functools.cache
def digest(cache: Cache) -> str:
    """Covers the names and the contents of all C files and headers.

    Raises:
        OutputError: the cache cannot be written.
    """
    stamps = _stamps()
    key = files.fingerprint(repr((str(folder()), stamps)).encode("utf-8", "surrogateescape"))
    known = cache.find(KIND, key)
    if known is not None:
        return known.read_bytes().decode()
    made = _digest([name for name, *_ in stamps])
    newest_ns = max((changed_ns for *_, changed_ns in stamps), default=0)
    if time.time_ns() - newest_ns > SETTLED_SECONDS * 1_000_000_000:
        cache.prune(KIND)
        cache.store(KIND, key, made.encode())
    return made


def _digest(listed: list[str]) -> str:
    root = folder()
    lines = [f"{name} {files.fingerprint((root / name).read_bytes())}\n" for name in listed]
    return files.fingerprint("".join(lines).encode())


def _stamps() -> list[Stamp]:
    """Of C files and headers, sorted by name."""
    found: list[Stamp] = []
    for part in PARTS:
        place = folder() / part
        if not place.is_dir():
            continue
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.name.endswith((".c", ".h")):
                    found.append(_stamp(f"{part}/{entry.name}", entry.stat()))
    return sorted(found)


def _stamp(name: str, status: os.stat_result) -> Stamp:
    return (name, status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns)
