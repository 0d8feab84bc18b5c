"""A folder of this machine -> entries: how a toolchain that was frozen before gets into an image.

What a file is depends on its bytes and on whether it may be executed, never on its owner, its
times, or the umask that it was made under.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from x07bundle.errors import UsageError, X07Error
from x07bundle.image.layer import Entry, Span
from x07bundle.image.tar_reader import leaves_tree

PROGRAM_MODE: Final = 0o755
FILE_MODE: Final = 0o644
FOLDER_MODE: Final = 0o755
LINK_MODE: Final = 0o777


def entries_of(root: Path) -> tuple[Entry, ...]:
    """Everything below `root`, by names relative to it: `usr/local/bin/x07`.

    Raises:
        UsageError: it is no folder.
        X07Error: something in it is neither a file, a folder nor a link, or a link leads out.
    """
    if not root.is_dir():
        raise UsageError(f"`{root}` is no folder", hint="name the folder that holds `usr/`")
    return tuple(_below(root, root))


def _below(root: Path, folder: Path) -> Iterator[Entry]:
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise X07Error(f"cannot read `{folder}`: {(error.strerror or '').lower()}") from error
    for path in paths:
        entry = _entry(root, path)
        yield entry
        if entry.kind == "folder":
            yield from _below(root, path)


def _entry(root: Path, path: Path) -> Entry:
    name = path.relative_to(root).as_posix()
    status = path.lstat()
    if stat.S_ISDIR(status.st_mode):
        return Entry(name, "folder", FOLDER_MODE)
    if stat.S_ISLNK(status.st_mode):
        return Entry(name, "symlink", LINK_MODE, target=_target(name, path))
    if stat.S_ISREG(status.st_mode):
        mode = PROGRAM_MODE if status.st_mode & stat.S_IXUSR else FILE_MODE
        return Entry(name, "file", mode, Span(path, 0, status.st_size))
    raise X07Error(
        f"`{path}` is a device, a pipe or a socket", hint="images have files, folders and links"
    )


def _target(name: str, path: Path) -> str:
    """An absolute one starts at the root of the image. Raises X07Error: it leads out."""
    target = os.fspath(path.readlink())
    if leaves_tree(name, target):
        raise X07Error(f"`{path}` leads out of the folder, to `{target}`")
    return target
