"""Files v1 by their names: folders, removing, renaming, stat, lists."""

import os
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.runtime.file_calls import (
    ALLOW_SYMLINKS,
    CAPS,
    FILE,
    FOLDER,
    LINK,
    MISSING,
    OTHER,
    PLAIN,
    Code,
    Files,
    Op,
    Result,
    caps,
)


def test_mkdirs(fs: Files) -> None:
    (fs.folder / "file").write_bytes(b"")
    results = fs.results(
        (Op.MKDIRS, "a/b/c", CAPS),
        (Op.MKDIRS, "a/b", CAPS),
        (Op.MKDIRS, "a/b/c", CAPS),
        (Op.MKDIRS, ".", CAPS),
        (Op.MKDIRS, "file", CAPS),
        (Op.MKDIRS, "file/a", CAPS),
    )
    assert results == [1, 1, 1, 1, Code.ALREADY_EXISTS, Code.NOT_DIR]
    assert (fs.folder / "a/b/c").is_dir()


def test_remove_file(fs: Files) -> None:
    (fs.folder / "a").write_bytes(b"")
    (fs.folder / "target").write_bytes(b"")
    (fs.folder / "link").symlink_to("target")
    (fs.folder / "folder").mkdir()
    results = fs.results(
        (Op.REMOVE_FILE, "a", CAPS),
        (Op.REMOVE_FILE, "a", CAPS),
        (Op.REMOVE_FILE, "link", CAPS),
        (Op.REMOVE_FILE, "folder", CAPS),
        (Op.REMOVE_FILE, "target/x", CAPS),
    )
    assert results == [1, Code.NOT_FOUND, 1, Code.IS_DIR, Code.NOT_DIR]
    assert fs.names() == ["folder", "target"]


def test_remove_dir_all(fs: Files) -> None:
    fs.make("a/b/c", "a/b/d/e", "a/f", "kept/x")
    (fs.folder / "a/b/link").symlink_to("../../kept")
    (fs.folder / "file").write_bytes(b"")
    (fs.folder / "link").symlink_to("kept")
    results = fs.results(
        (Op.REMOVE_DIR_ALL, "a", CAPS),
        (Op.REMOVE_DIR_ALL, "a", CAPS),
        (Op.REMOVE_DIR_ALL, "file", CAPS),
        (Op.REMOVE_DIR_ALL, "link", CAPS),
    )
    assert results == [1, Code.NOT_FOUND, Code.NOT_DIR, Code.NOT_DIR]
    assert fs.names() == ["file", "kept", "link"]
    assert (fs.folder / "kept/x").exists()


def test_remove_dir_all_of_many(fs: Files) -> None:
    fs.make(*(f"a/{i % 7}/{i}" for i in range(700)))
    assert fs(Op.REMOVE_DIR_ALL, "a", CAPS) == 1
    assert fs.names() == []


def test_remove_dir_all_goes_only_so_deep(fs: Files) -> None:
    fs.make("a/b/c/d/e")
    assert fs(Op.REMOVE_DIR_ALL, "a", caps(depth=2)) is Code.DEPTH_EXCEEDED
    assert (fs.folder / "a/b/c/d/e").exists()
    assert fs(Op.REMOVE_DIR_ALL, "a", caps(depth=3)) == 1


def test_rename(fs: Files) -> None:
    fs.make("a", "b", "folder/x", "other/y")
    results = fs.results(
        (Op.RENAME, "a", "folder/a", caps(0)),
        (Op.RENAME, "b", "folder/a", caps(0)),
        (Op.RENAME, "b", "folder/a", PLAIN),
        (Op.RENAME, "missing", "c", CAPS),
        (Op.RENAME, "folder/a", "no/c", CAPS),
        (Op.RENAME, "folder", "moved", CAPS),
        (Op.RENAME, "moved/x", "other", CAPS),
    )
    assert results == [1, Code.ALREADY_EXISTS, 1, Code.NOT_FOUND, Code.NOT_FOUND, 1, Code.IS_DIR]
    assert (fs.folder / "moved/a").read_bytes() == b"b"


def test_rename_takes_a_link_itself(fs: Files) -> None:
    fs.make("target")
    (fs.folder / "link").symlink_to("target")
    assert fs(Op.RENAME, "link", "moved", CAPS) == 1
    assert (fs.folder / "moved").readlink() == Path("target")


# -- stat


def _unpacked(result: Result) -> tuple[int, ...]:
    """Version, kind, size, time."""
    assert isinstance(result, bytes)
    return struct.unpack("<4I", result)


def test_stat(fs: Files) -> None:
    fs.make("file", "folder/x")
    os.utime(fs.folder / "file", (1, 1_700_000_000))
    (fs.folder / "link").symlink_to("file")
    os.mkfifo(fs.folder / "fifo")
    kinds = {
        "file": FILE,
        "folder": FOLDER,
        "link": LINK,
        "fifo": OTHER,
        "missing": MISSING,
        "missing/x": MISSING,
    }
    results = fs.results(*((Op.STAT, name, CAPS) for name in kinds))
    stats = [_unpacked(result) for result in results]
    assert [(version, kind) for version, kind, _, _ in stats] == [
        (1, kind) for kind in kinds.values()
    ]
    assert stats[0] == (1, FILE, 4, 1_700_000_000)
    assert stats[4] == (1, MISSING, 0, 0)
    assert fs(Op.STAT, "file/x", CAPS) is Code.NOT_DIR


def test_stat_of_the_folder_itself(fs: Files) -> None:
    result = fs(Op.STAT, ".", CAPS)
    assert _unpacked(result)[1] == FOLDER


def test_stat_of_what_does_not_fit(fs: Files) -> None:
    fs.make("large", "old")
    os.truncate(fs.folder / "large", 1 << 33)
    os.utime(fs.folder / "old", (-5, -5))
    results = fs.results((Op.STAT, "large", CAPS), (Op.STAT, "old", CAPS))
    [large, old] = [_unpacked(result) for result in results]
    assert (large[2], old[3]) == (0xFFFFFFFF, 0)


# -- lists


def test_list(fs: Files) -> None:
    fs.make("b", "a/x", "B", "ä", "a.txt", ".hidden")
    (fs.folder / "link").symlink_to("nowhere")
    assert fs(Op.LIST, ".", CAPS) == ".hidden\nB\na\na.txt\nb\nlink\nä\n".encode()
    assert fs(Op.LIST, "a", CAPS) == b"x\n"
    (fs.folder / "empty").mkdir()
    assert fs(Op.LIST, "empty", CAPS) == b"\n"
    assert fs(Op.LIST, "b", CAPS) is Code.NOT_DIR
    assert fs(Op.LIST, "missing", CAPS) is Code.NOT_FOUND


def test_lists_have_a_limit(fs: Files) -> None:
    fs.make(*(f"d/{i}" for i in range(5)))
    assert fs(Op.LIST, "d", caps(entries=5)) == b"0\n1\n2\n3\n4\n"
    assert fs(Op.LIST, "d", caps(entries=4)) is Code.TOO_MANY_ENTRIES
    assert fs(Op.WALK, "d", "[13]", caps(entries=2)) == b"1\n3\n"
    assert fs(Op.WALK, "d", "[135]", caps(entries=1)) is Code.TOO_MANY_ENTRIES


@pytest.mark.parametrize("name", [b"a\nb", b"a\xff"])
def test_a_name_that_a_line_cannot_hold(fs: Files, name: bytes) -> None:
    (fs.folder / "d").mkdir()
    Path(os.fsdecode(os.fsencode(fs.folder) + b"/d/" + name)).write_bytes(b"")
    assert fs(Op.LIST, "d", CAPS) is Code.UNSUPPORTED
    assert fs(Op.WALK, ".", "**", CAPS) is Code.UNSUPPORTED


def test_walk_gives_files_by_their_paths(fs: Files) -> None:
    fs.make("t/a.c", "t/b/a.c", "t/b/c/a.h", "t/b.c/x", "t/z")
    os.mkfifo(fs.folder / "t/fifo.c")
    assert fs(Op.WALK, "t", "**", CAPS) == b"a.c\nb.c/x\nb/a.c\nb/c/a.h\nz\n"
    assert fs(Op.WALK, "t", "**/*.c", CAPS) == b"a.c\nb/a.c\n"
    assert fs(Op.WALK, "t", "*", CAPS) == b"a.c\nz\n"
    assert fs(Op.WALK, "t", "none", CAPS) == b"\n"
    assert fs(Op.WALK, "t", "[", CAPS) is Code.BAD_PATH
    assert fs(Op.WALK, "t/z", "*", CAPS) is Code.NOT_DIR
    assert fs(Op.WALK, "no", "*", CAPS) is Code.NOT_FOUND


def test_walk_goes_only_so_deep(fs: Files) -> None:
    fs.make("t/1/2/3")
    assert fs(Op.WALK, "t", "**", caps(depth=3)) == b"1/2/3\n"
    assert fs(Op.WALK, "t", "**", caps(depth=2)) is Code.DEPTH_EXCEEDED


def test_walk_enters_no_link(fs: Files) -> None:
    fs.make("t/a", "other/b")
    (fs.folder / "t/folder").symlink_to("../other")
    (fs.folder / "t/file").symlink_to("a")
    (fs.folder / "t/loop").symlink_to(".")
    (fs.folder / "t/broken").symlink_to("nowhere")
    assert fs(Op.WALK, "t", "**", CAPS) == b"a\n"
    asked = replace(fs, env={**fs.env, "X07_OS_FS_ALLOW_SYMLINKS": "1"})
    assert asked(Op.WALK, "t", "**", caps(ALLOW_SYMLINKS)) == b"a\nfile\n"
