"""A folder of this machine as entries: by bytes and by what may be executed."""

import os
from pathlib import Path

import pytest

from x07bundle.errors import UsageError, X07Error
from x07bundle.image.assembly import check_toolchain
from x07bundle.image.folder import entries_of
from x07bundle.image.layer import ordered, tar_chunks


def made(root: Path, program_mode: int, file_mode: int) -> Path:
    folder = root / "usr/local/bin"
    folder.mkdir(parents=True)
    (folder / "x07").write_bytes(b"program")
    (folder / "x07").chmod(program_mode)
    (root / "usr/notes").write_bytes(b"notes")
    (root / "usr/notes").chmod(file_mode)
    (folder / "x07-again").symlink_to("x07")
    return root


def test_permissions_and_times_of_this_machine_do_not_matter(tmp_path: Path) -> None:
    one, other = made(tmp_path / "1", 0o755, 0o644), made(tmp_path / "2", 0o700, 0o666)
    os.utime(other / "usr/notes", (1, 1))
    tars = {b"".join(tar_chunks(ordered(entries_of(root)), 7)) for root in (one, other)}
    assert len(tars) == 1
    modes = {entry.path: oct(entry.mode) for entry in entries_of(one)}
    assert modes["usr/local/bin/x07"] == "0o755"
    assert modes["usr/notes"] == "0o644"


@pytest.mark.parametrize("target", ["/../etc/passwd", "../../../../etc/passwd"])
def test_links_out_are_refused(tmp_path: Path, target: str) -> None:
    made(tmp_path, 0o755, 0o644)
    (tmp_path / "usr/out").symlink_to(target)
    with pytest.raises(X07Error, match="leads out of the folder"):
        entries_of(tmp_path)


def test_pipes_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(X07Error, match="a device, a pipe or a socket"):
        entries_of(tmp_path)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no folder"):
        entries_of(tmp_path / "none")


def test_who_needs_a_toolchain(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs a toolchain"):
        check_toolchain("full", None, ("arm64",), "amd64")
    with pytest.raises(UsageError, match="for one architecture"):
        check_toolchain("full", tmp_path, ("amd64", "arm64"), "amd64")
    check_toolchain("run", None, ("amd64", "arm64"), None)
