"""Several outputs that appear together: the executable, and what was asked for beside it.

Each is written beside its place. They are renamed into place when all of them are whole, the
executable last. When anything goes wrong, Ctrl-C included, none of them is there, and neither are
the folders that were made for them.
"""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from x07bundle import files


@contextlib.contextmanager
def placing_all(targets: Sequence[Path]) -> Iterator[dict[Path, Path]]:
    """For each target the path to write to. The first target is the last to be renamed.

    Raises:
        OutputError: a folder or a file cannot be made; nothing is left.
    """
    with contextlib.ExitStack() as stack:
        staged = {}
        for target in targets:
            stack.enter_context(_folder(target.parent))
            staged[target] = stack.enter_context(files.placing(target))
        yield staged


@contextlib.contextmanager
def _folder(folder: Path) -> Iterator[None]:
    """A folder for the time of the block, and for good when it ends well."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    files.make_folder(folder)
    try:
        yield
    except BaseException:
        for path in missing:
            with contextlib.suppress(OSError):
                path.rmdir()
        raise
