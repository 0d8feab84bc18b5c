"""Several outputs that appear together: the executable, and what was asked for beside it.

Each is written beside its place. They are renamed into place when all of them are whole, the
executable last. When anything goes wrong, Ctrl-C included, none of them is there, and neither are
the folders that were made for them.
"""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from x07bundle import files


class Output(NamedTuple):
    """`mode` is what the umask takes from."""

    path: Path
    data: bytes
    mode: int = 0o666


def place(outputs: Sequence[Output]) -> None:
    """Writes all of them; the first one is the last to appear.

    Raises:
        OutputError: a folder or a file cannot be made; nothing is left.
    """
    with contextlib.ExitStack() as stack:
        for output in outputs:
            stack.enter_context(_folder(output.path.parent))
            staged = stack.enter_context(files.placing(output.path))
            files.write_new(staged, output.data, output.mode)


@contextlib.contextmanager
def _folder(folder: Path) -> Iterator[None]:
    """A folder for the time of the block, and for good when the block ends well."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    files.make_folder(folder)
    try:
        yield
    except BaseException:
        for path in missing:
            with contextlib.suppress(OSError):
                path.rmdir()
        raise
