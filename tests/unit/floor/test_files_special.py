"""Outputs never take the place of what is no file."""

import os
from pathlib import Path

import pytest

from x07bundle import files
from x07bundle.errors import OutputError


def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OutputError, match="not a file"):
        files.write_atomic(pipe, b"x")
    assert pipe.is_fifo()
    assert [each.name for each in tmp_path.iterdir()] == ["pipe"]


def test_a_link_to_a_device_stays(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("/dev/null")
    with pytest.raises(OutputError, match="not a file"):
        files.write_atomic(link, b"x")
    assert link.is_symlink()
