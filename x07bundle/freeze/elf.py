"""Which C library programs need: the names of its versions stand in them as they are."""

import re
from pathlib import Path
from typing import Final

from x07bundle import files
from x07bundle.contract.toolchain import Version

MAGIC: Final = b"\x7fELF"
GLIBC: Final = re.compile(rb"\0GLIBC_(\d{1,3})\.(\d{1,3})")
OLDEST: Final = (2, 17)
"""What every machine of today has."""


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
