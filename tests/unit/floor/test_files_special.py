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


@pytest.mark.parametrize("inner", ["", "deeper"])
@pytest.mark.parametrize(
    ("parent", "reason", "hint"),
    [
        ("file", "not a directory", "a part of the path is a file"),
        ("loop", "too many levels of symbolic links", "leads back to itself"),
        ("dangling", "no such file or directory", "create the folder first"),
    ],
)
def test_what_is_in_the_way_of_a_folder(
    tmp_path: Path, parent: str, reason: str, hint: str, inner: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(OutputError, match=reason) as caught:
        files.write_atomic(tmp_path / parent / inner / "out", b"x", parents=True)
    assert hint in (caught.value.hint or "")
    assert len(list(tmp_path.iterdir())) == 3


def test_a_link_to_a_device_stays(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("/dev/null")
    with pytest.raises(OutputError, match="not a file"):
        files.write_atomic(link, b"x")
    assert link.is_symlink()
