"""Several outputs that appear together: the executable, and what was asked for beside it.

Each is written beside its place. They are renamed into place when all of them are whole, the
executable last. When anything goes wrong, Ctrl-C included, none of them is there, and neither are
the folders that were made for them.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from x07bundle import files


class Output(NamedTuple):
    """`mode` is what the umask takes from."""

    path: Path
    data: bytes
    mode: int = 0o666


def check(paths: Iterable[Path]) -> None:
    """Looks at places before anything is made for them.

    Raises:
        OutputError: one of them cannot be written, whatever comes.
    """
    for path in paths:
        _check(path)


def _check(path: Path) -> None:
    try:
        _refuse_closed(_nearest(path.parent))
        with contextlib.suppress(FileNotFoundError):
            path.lstat()
    except OSError as error:
        raise files.output_error(path, error) from error
    files.refuse_other_than_files(path)


def _nearest(folder: Path) -> Path:
    """The folder, or the first above it that is there."""
    while True:
        try:
            folder.lstat()
            return folder
        except FileNotFoundError:
            folder = folder.parent


def _refuse_closed(folder: Path) -> None:
    """Raises OSError: it is no folder, or nothing can be made in it."""
    if not stat.S_ISDIR(folder.stat().st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if not os.access(folder, os.W_OK | os.X_OK):
        is_fixed = os.statvfs(folder).f_flag & os.ST_RDONLY
        code = errno.EROFS if is_fixed else errno.EACCES
        raise OSError(code, os.strerror(code))


def place(outputs: Sequence[Output]) -> None:
    """Writes all of them; the first one is the last to appear.

    Raises:
        OutputError: a folder or a file cannot be made; nothing is left.
    """
    with staged(outputs):
        pass


@contextlib.contextmanager
def staged(outputs: Sequence[Output]) -> Iterator[None]:
    """The same, for what appears with them: they do when the block ends well.

    Raises:
        OutputError: as `place`.
    """
    with contextlib.ExitStack() as stack:
        for output in outputs:
            stack.enter_context(folder_for(output.path))
            place_beside = stack.enter_context(files.placing(output.path))
            files.write_new(place_beside, output.data, output.mode)
        yield


@contextlib.contextmanager
def folder_for(path: Path) -> Iterator[None]:
    """The folder of a path for the time of the block, and for good when the block ends well."""
    folder = path.parent
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    files.make_folder(folder)
    try:
        yield
    except BaseException:
        for path in missing:
            with contextlib.suppress(OSError):
                path.rmdir()
        raise
