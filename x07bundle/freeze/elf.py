"""Which C library programs need: the names of its versions stand in them as they are. And where
they look for libraries, which is nobody's business.
"""

import re
import struct
from pathlib import Path
from typing import Final

from x07bundle import files
from x07bundle.contract.toolchain import Version

MAGIC: Final = b"\x7fELF"
GLIBC: Final = re.compile(rb"\0GLIBC_(\d{1,3})\.(\d{1,3})")
OLDEST: Final = (2, 17)
"""What every machine of today has."""

PROGRAM_HEADER: Final = struct.Struct("<IIQQQQQQ")
"""Type, flags, offset, two addresses, sizes in the file and in memory, alignment."""
DYNAMIC_ENTRY: Final = struct.Struct("<QQ")
"""Tag and value."""
DYNAMIC: Final = 2
SEARCH_PATHS: Final = (15, 29)
"""DT_RPATH and DT_RUNPATH."""
LITTLE_64: Final = b"\x02\x01"
"""Class and byte order."""


def glibc_needed(folder: Path) -> Version:
    """The highest version that a program or library below `folder` asks for."""
    needed = [OLDEST]
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and _is_elf(path):
            found = GLIBC.findall(files.read_bytes(path))
            needed += [(int(major), int(minor)) for major, minor in found]
    return max(needed)


def _is_elf(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC


def without_search_path(data: bytes) -> bytes:
    """A library that says nothing of folders of the machine that it was made on: whoever has such
    a folder elsewhere could put other libraries there.
    """
    if not data.startswith(MAGIC) or data[4:6] != LITTLE_64:
        return data
    found = _dynamic_section(data)
    if found is None:
        return data
    start, size = found
    entries = list(DYNAMIC_ENTRY.iter_unpack(data[start : start + size]))
    kept = [entry for entry in entries if entry[0] not in SEARCH_PATHS]
    kept += [(0, 0)] * (len(entries) - len(kept))
    packed = b"".join(DYNAMIC_ENTRY.pack(*entry) for entry in kept)
    return data[:start] + packed + data[start + size :]


def _dynamic_section(data: bytes) -> tuple[int, int] | None:
    """Where it is, and its size in bytes."""
    (offset,) = struct.unpack_from("<Q", data, 0x20)
    size, count = struct.unpack_from("<HH", data, 0x36)
    for index in range(count):
        header = PROGRAM_HEADER.unpack_from(data, offset + index * size)
        if header[0] == DYNAMIC:
            return header[2], header[5] - header[5] % DYNAMIC_ENTRY.size
    return None
