"""Where `x07 policy init` puts a policy, and what becomes of a file that is there (cli.md §5)."""

import os
from pathlib import Path
from typing import Final, Literal

from x07bundle.errors import OutputError
from x07bundle.files import make_folder, read_bytes, refuse_other_than_files, write_atomic

Status = Literal["created", "unchanged", "overwritten", "exists_different"]

KEPT: Final = "exists_different"


def place(data: bytes, path: Path, *, force: bool) -> Status:
    """Writes the policy, unless another file is there and `force` is not given.

    Raises:
        X07Error: a file cannot be read.
        OutputError: a file cannot be written, or a folder or a device has its name.
    """
    refuse_other_than_files(path)
    is_there = path.exists()
    if is_there and read_bytes(path) == data:
        return "unchanged"
    if is_there and not force:
        return KEPT
    write_atomic(path, data, parents=True)
    return "overwritten" if is_there else "created"


def check_folder(path: Path) -> None:
    """Raises OutputError where the folder that `path` is to be in does not exist, or is a file."""
    if os.path.lexists(path.parent):
        make_folder(path.parent)
    else:
        raise OutputError(
            f"refusing to create output dir `{path.parent}` (pass --mkdir-out to allow)"
        )
