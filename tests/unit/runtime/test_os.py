"""What reaches the operating system: files, environment, clock, exit."""

import errno
import os
import time
from pathlib import Path

import pytest

from tests.unit.runtime.c_program import Programs

READ_FILE, WRITE_FILE, GET_ENV, NOW, EXIT = range(5)


@pytest.mark.parametrize("size", [0, 1, 4096, 100_000])
def test_a_file_comes_back_as_it_was_written(
    c_program: Programs, tmp_path: Path, size: int
) -> None:
    path, data = os.fsencode(tmp_path / "a file"), os.urandom(size)
    Path(os.fsdecode(path)).write_bytes(b"longer than nothing")
    answers = c_program("os").answers((WRITE_FILE, path, data), (READ_FILE, path))
    assert answers == [0, data]
    assert Path(os.fsdecode(path)).read_bytes() == data


def test_files_without_a_size_are_read_to_the_end(c_program: Programs) -> None:
    (status,) = c_program("os").answers((READ_FILE, b"/proc/self/status"))
    assert isinstance(status, bytes)
    assert status.startswith(b"Name:")
    assert status.endswith(b"\n")


def test_write_gives_the_errno(c_program: Programs, tmp_path: Path) -> None:
    missing = os.fsencode(tmp_path / "no" / "out.bin")
    folder = os.fsencode(tmp_path)
    answers = c_program("os").answers(
        (WRITE_FILE, missing, b"x"), (WRITE_FILE, folder, b"x"), (WRITE_FILE, b"", b"x")
    )
    assert answers == [errno.ENOENT, errno.EISDIR, errno.ENOENT]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_write_tells_a_full_disk(c_program: Programs) -> None:
    assert c_program("os").answers((WRITE_FILE, b"/dev/full", b"x")) == [errno.ENOSPC]


def test_read_traps(c_program: Programs, tmp_path: Path) -> None:
    missing, folder = tmp_path / "missing", tmp_path
    trap = c_program("os").trap
    assert (
        trap((READ_FILE, os.fsencode(missing)))
        == f"os.fs.read_file open failed path={missing} ptr=/solve"
    )
    assert (
        trap((READ_FILE, os.fsencode(folder)))
        == f"os.fs.read_file read failed path={folder} ptr=/solve"
    )
    assert trap((READ_FILE, b"a\0b")) == "os.fs.read_file unsafe path ptr=/solve"
    assert trap((WRITE_FILE, b"a\0b", b"")) == "os.fs.write_file unsafe path ptr=/solve"


def test_environment(c_program: Programs) -> None:
    env = {"FULL": "value=with=signs", "EMPTY": "", "ÄÖ": "ü"}
    keys = (b"FULL", b"EMPTY", "ÄÖ".encode(), b"MISSING", b"", b"FULL=value", b"FU\0LL")
    answers = c_program("os").answers(*((GET_ENV, key) for key in keys), env=env)
    assert answers == [b"value=with=signs", b"", "ü".encode(), b"", b"", b"", b""]


def test_clock_is_in_milliseconds_and_wraps(c_program: Programs) -> None:
    before = time.time_ns() // 1_000_000
    (now,) = c_program("os").answers((NOW,))
    after = time.time_ns() // 1_000_000
    assert isinstance(now, int)
    assert 0 <= (now - before) % (1 << 32) <= after - before


@pytest.mark.parametrize(("code", "status"), [(0, 0), (3, 3), (255, 255), (256, 0), (-1, 255)])
def test_exit_is_at_once(c_program: Programs, code: int, status: int) -> None:
    ran = c_program("os").run((EXIT, code), (GET_ENV, b"X"))
    assert (ran.status, ran.stdout) == (status, b"")
