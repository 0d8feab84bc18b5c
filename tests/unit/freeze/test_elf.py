"""The C library that programs need."""

import os
from pathlib import Path

from x07bundle.freeze import elf


def test_the_highest_version_counts(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\x7fELF..\0GLIBC_2.4\0GLIBC_2.34\0GLIBC_2.9\0")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/b").write_bytes(b"\x7fELF..\0GLIBC_2.30\0GLIBC_PRIVATE\0")
    assert elf.glibc_needed(tmp_path) == (2, 34)


def test_what_is_no_program_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"it needs \0GLIBC_2.40\0")
    (tmp_path / "short").write_bytes(b"\x7f")
    assert elf.glibc_needed(tmp_path) == elf.OLDEST


def test_this_machine_has_what_its_own_library_needs(tmp_path: Path) -> None:
    """A link is followed to no other folder."""
    (tmp_path / "link").symlink_to("/bin/sh")
    assert elf.glibc_needed(tmp_path) == elf.OLDEST
    (tmp_path / "sh").write_bytes(Path("/bin/sh").read_bytes())
    has = os.confstr("CS_GNU_LIBC_VERSION") if "CS_GNU_LIBC_VERSION" in os.confstr_names else None
    if has is not None:
        assert elf.glibc_needed(tmp_path) <= tuple(int(part) for part in has.split()[1].split("."))
