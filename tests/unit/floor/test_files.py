"""Files that appear whole or not at all, digests, JSON."""

import os
import stat
import subprocess
import time
from pathlib import Path

import pytest

from x07bundle import files
from x07bundle.errors import OutputError, X07Error


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def half_written(path: Path) -> None:
    with files.placing(path) as staged:
        staged.write_bytes(b"half")
        raise KeyboardInterrupt


def test_write_creates_and_replaces(tmp_path: Path) -> None:
    path = tmp_path / "out"
    files.write_atomic(path, b"one")
    files.write_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert names(tmp_path) == ["out"]


def test_mode_follows_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        files.write_atomic(tmp_path / "out", b"", 0o777)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o750


def test_parents_only_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "out"
    with pytest.raises(OutputError, match="no such file") as caught:
        files.write_atomic(path, b"")
    assert caught.value.hint is not None
    assert "create the folder" in caught.value.hint
    files.write_atomic(path, b"", parents=True)
    assert path.exists()


def test_a_folder_as_target_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a directory"):
        files.write_atomic(tmp_path, b"")


def test_a_failed_block_leaves_the_old_bytes_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        half_written(path)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["out"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_no_space_is_said_with_a_hint(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with (
        pytest.raises(OutputError, match="no space left") as caught,
        files.placing(target),
        Path("/dev/full").open("wb", buffering=0) as full,
    ):
        full.write(b"data")
    assert caught.value.hint is not None
    assert "free some space" in caught.value.hint
    assert names(tmp_path) == []


def test_read_only_file_system_is_said() -> None:
    with pytest.raises(OutputError, match="cannot write `/proc/"):
        files.write_atomic(Path("/proc/x07-test"), b"")


def test_a_long_name_still_has_room_beside_it(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 250)
    files.write_atomic(path, b"x")
    assert path.read_bytes() == b"x"


def test_read_bytes_says_why(tmp_path: Path) -> None:
    with pytest.raises(X07Error, match=r"cannot read .*: no such file"):
        files.read_bytes(tmp_path / "missing")
    with pytest.raises(X07Error, match="is a directory"):
        files.read_bytes(tmp_path)


def test_temporary_folder_goes_with_all_it_holds(tmp_path: Path) -> None:
    with files.temporary_folder(tmp_path) as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "a" / "b").mkdir(parents=True)
        (folder / "a" / "file").touch()
    assert names(tmp_path) == []
    named = pytest.raises(OutputError, match="cannot write")
    with named as caught, files.temporary_folder(tmp_path / "missing"):
        pass
    assert caught.value.hint == "set `TMPDIR` to a folder that you can write"


def test_digests(tmp_path: Path) -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert files.sha256_bytes(b"") == empty
    (tmp_path / "f").write_bytes(b"x" * (files.HASH_CHUNK_BYTES + 1))
    expected = files.sha256_bytes(b"x" * (files.HASH_CHUNK_BYTES + 1))
    assert files.sha256_file(tmp_path / "f") == expected
    with pytest.raises(X07Error, match="cannot read"):
        files.sha256_file(tmp_path / "missing")


def test_json_layouts() -> None:
    document = {"b": [1, {"d": "é", "c": None}], "a": True}
    assert files.json_compact(document) == '{"b":[1,{"d":"é","c":null}],"a":true}\n'.encode()
    assert files.json_compact_sorted(document) == '{"a":true,"b":[1,{"c":null,"d":"é"}]}\n'.encode()
    assert files.json_pretty({"b": 1, "a": []}) == b'{\n  "b": 1,\n  "a": []\n}\n'
    assert files.json_pretty_sorted({"b": 1, "a": []}) == b'{\n  "a": [],\n  "b": 1\n}\n'


def test_json_of_a_file_name_that_is_no_utf8() -> None:
    name = os.fsdecode(b"caf\xe9")
    assert files.json_compact(name) == b'"caf?"\n'


def leave(path: Path, *, age_s: float = files.STALE_SECONDS + 60) -> Path:
    """A folder with something in it, or a file, as a killed process left it."""
    if path.suffix == ".tmp":
        path.touch()
    else:
        path.mkdir()
        (path / "folder").mkdir()
        (path / "folder" / "file").touch()
    os.utime(path, (time.time() - age_s,) * 2)
    return path


@pytest.fixture
def gone() -> int:
    """The number of a process that is no more."""
    with subprocess.Popen(["true"]) as process:
        pass
    return process.pid


def test_what_killed_processes_left_beside_goes_after_a_day(tmp_path: Path, gone: int) -> None:
    left = leave(tmp_path / f".out.{gone}.0123abcd.tmp")
    kept = [
        leave(tmp_path / f".out.{gone}.0123abce.tmp", age_s=60),
        leave(tmp_path / f".out.{os.getpid()}.0123abcd.tmp"),
        leave(tmp_path / f".other.{gone}.0123abcd.tmp"),
        leave(tmp_path / f".out.{gone}.mine.tmp"),
        tmp_path / f".out.{gone}.0123abcf.tmp",
    ]
    kept[-1].symlink_to(kept[-2])
    files.write_atomic(tmp_path / "out", b"new")
    assert not left.exists()
    assert set(names(tmp_path)) == {*(path.name for path in kept), "out"}


def test_a_folder_that_was_put_aside_stays_until_there_is_another(
    tmp_path: Path, gone: int
) -> None:
    old = leave(tmp_path / "old").rename(tmp_path / f".out.{gone}.0123abcd.tmp")
    files.beside(tmp_path / "out")
    assert (old / "folder" / "file").exists()
    (tmp_path / "out").mkdir()
    files.beside(tmp_path / "out")
    assert not old.exists()


def test_what_killed_processes_left_of_temporary_folders_goes(tmp_path: Path, gone: int) -> None:
    mine = leave(tmp_path / "mine")
    left = leave(tmp_path / f"x07bundle-{gone}-0123456789ab")
    link = tmp_path / f"x07bundle-{gone}-0123456789ac"
    link.symlink_to(mine)
    os.utime(link, (0, 0), follow_symlinks=False)
    cache = leave(tmp_path / f"x07bundle-cache-{os.getuid()}")
    running = leave(tmp_path / f"x07bundle-{os.getpid()}-0123456789ab")
    with files.temporary_folder(tmp_path):
        assert not left.exists()
    assert set(names(tmp_path)) == {path.name for path in (mine, link, cache, running)}
    assert (mine / "folder" / "file").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs files of another user")
def test_what_others_left_stays(tmp_path: Path, gone: int) -> None:
    left = leave(tmp_path / f"x07bundle-{gone}-0123456789ab")
    os.chown(left, 12345, 12345)
    with files.temporary_folder(tmp_path):
        assert left.exists()
