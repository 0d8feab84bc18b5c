"""What is no file: outputs never take its place, and nothing is read of it but inputs."""

import os
import socket
from pathlib import Path

import pytest

from x07bundle import files
from x07bundle.errors import OutputError, X07Error


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


# -- reading


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null", "pipe", "socket"])
def test_what_is_no_file_is_not_read(tmp_path: Path, name: str) -> None:
    """Without waiting for it: nobody writes to the pipe."""
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        with pytest.raises(X07Error, match=r"cannot read `.*`: (it is a device|no such device)"):
            files.read_bytes(tmp_path / name)


def test_a_folder_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(X07Error, match="is a directory"):
        files.read_bytes(tmp_path)


def test_files_have_a_largest_size(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(bytes(2000))
    assert files.read_bytes(file, 2000) == bytes(2000)
    with pytest.raises(X07Error, match="it has more than 1999 bytes"):
        files.read_bytes(file, 1999)


def test_a_file_that_says_that_it_is_empty() -> None:
    """As those of /proc do."""
    assert files.read_bytes(Path("/proc/self/status")).startswith(b"Name:")


def test_inputs_come_from_pipes_and_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"abc")
    os.close(writing)
    assert files.read_input(Path(f"/dev/fd/{reading}")) == b"abc"
    os.close(reading)
    assert files.read_input(Path("/dev/null")) == b""
    monkeypatch.setattr(files, "MOST_INPUT_BYTES", 3 << 20)
    with pytest.raises(X07Error, match="`/dev/zero`: it has more than 3145728 bytes"):
        files.read_input(Path("/dev/zero"))
