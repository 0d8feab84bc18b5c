"""Files v1 without a sandbox and in one that allows what is asked: both do the same."""

import os
import stat
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.runtime.c_program import CProgram
from tests.unit.runtime.file_calls import (
    ALLOW_SYMLINKS,
    ATOMIC,
    CAPS,
    CREATE_PARENTS,
    FILE,
    FOLDER,
    LINK,
    MISSING,
    OTHER,
    OVERWRITE,
    PLAIN,
    Code,
    Files,
    Op,
    caps,
)
from tests.unit.runtime.policies import files as policy

Programs = Callable[[str], CProgram]

SANDBOX = policy(FS_READ_ROOTS=["."], FS_WRITE_ROOTS=["."], DENY_HIDDEN=False)
WALKED = {**SANDBOX, "X07_TEST_WITHOUT_GUARD": "openat2"}
"""As on a kernel without openat2."""


@pytest.fixture(params=["anywhere", "sandboxed", "walked"])
def fs(request: pytest.FixtureRequest, c_program: Programs, tmp_path: Path) -> Files:
    env = {"anywhere": {}, "sandboxed": SANDBOX, "walked": WALKED}[request.param]
    return Files(c_program("files"), tmp_path, env)


# -- whole files


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 200_000])
@pytest.mark.parametrize("flags", [OVERWRITE, OVERWRITE | ATOMIC])
def test_a_file_comes_back_as_it_was_written(fs: Files, size: int, flags: int) -> None:
    data = os.urandom(size)
    (fs.folder / "a").write_bytes(b"longer than nothing")
    assert fs.results((Op.WRITE_ALL, "a", data, caps(flags)), (Op.READ_ALL, "a", CAPS)) == [
        size,
        data,
    ]
    assert os.listdir(fs.folder) == ["a"]
    assert (fs.folder / "a").read_bytes() == data


@pytest.mark.parametrize("flags", [0, ATOMIC])
def test_without_overwrite_a_file_stays(fs: Files, flags: int) -> None:
    (fs.folder / "a").write_bytes(b"old")
    assert fs(Op.WRITE_ALL, "a", b"new", caps(flags)) is Code.ALREADY_EXISTS
    assert (fs.folder / "a").read_bytes() == b"old"
    assert fs(Op.WRITE_ALL, "b", b"new", caps(flags)) == 3
    assert sorted(os.listdir(fs.folder)) == ["a", "b"]


def test_parents_are_made_where_the_caps_say_so(fs: Files) -> None:
    assert fs(Op.WRITE_ALL, "a/b/c", b"x", PLAIN) is Code.NOT_FOUND
    assert fs(Op.WRITE_ALL, "a/b/c", b"x", CAPS) == 1
    assert fs(Op.WRITE_ALL, "a/b/d", b"y", caps(CREATE_PARENTS)) == 1
    assert fs(Op.APPEND_ALL, "a/e/f", b"z", caps(CREATE_PARENTS)) == 1
    assert {path.relative_to(fs.folder).as_posix() for path in fs.folder.rglob("*")} == {
        *("a", "a/b", "a/b/c", "a/b/d", "a/e", "a/e/f")
    }
    assert fs(Op.WRITE_ALL, "a/b/c/d", b"x", CAPS) is Code.NOT_DIR


def test_append(fs: Files) -> None:
    results = fs.results(
        (Op.APPEND_ALL, "a", b"one", caps(0)),
        (Op.APPEND_ALL, "a", b"two", PLAIN),
        (Op.READ_ALL, "a", CAPS),
        (Op.APPEND_ALL, "b/c", b"x", CAPS),
        (Op.APPEND_ALL, "no/a", b"x", PLAIN),
    )
    assert results == [3, 3, b"onetwo", Code.UNSUPPORTED, Code.NOT_FOUND]
    assert os.listdir(fs.folder) == ["a"]


def test_an_atomic_write_keeps_who_may_do_what(fs: Files) -> None:
    (fs.folder / "run").write_bytes(b"")
    (fs.folder / "run").chmod(0o750)
    assert fs(Op.WRITE_ALL, "run", b"new", CAPS) == 3
    assert stat.S_IMODE((fs.folder / "run").stat().st_mode) == 0o750


def test_an_atomic_write_passes_over_names_that_are_taken(fs: Files) -> None:
    """The new file's name beside cannot be known: a long name leaves room for it."""
    name = "n" * 255
    assert fs(Op.WRITE_ALL, name, b"x", CAPS) == 1
    assert os.listdir(fs.folder) == [name]


def test_folders_are_no_files(fs: Files) -> None:
    (fs.folder / "a").mkdir()
    assert fs(Op.READ_ALL, "a", CAPS) is Code.IS_DIR
    assert fs(Op.WRITE_ALL, "a", b"", CAPS) is Code.IS_DIR
    assert fs(Op.WRITE_ALL, "a", b"", PLAIN) is Code.IS_DIR
    assert fs(Op.APPEND_ALL, "a", b"", PLAIN) is Code.IS_DIR
    assert fs(Op.READ_ALL, ".", CAPS) is Code.IS_DIR


def test_what_is_not_there(fs: Files) -> None:
    (fs.folder / "file").write_bytes(b"")
    assert fs(Op.READ_ALL, "missing", CAPS) is Code.NOT_FOUND
    assert fs(Op.READ_ALL, "missing/x", CAPS) is Code.NOT_FOUND
    assert fs(Op.READ_ALL, "file/x", CAPS) is Code.NOT_DIR


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_what_may_not_be_read(fs: Files) -> None:
    (fs.folder / "a").write_bytes(b"")
    (fs.folder / "a").chmod(0)
    assert fs(Op.READ_ALL, "a", CAPS) is Code.PERMISSION


# -- what every head checks

WITH_TWO = (Op.READ_ALL, Op.MKDIRS, Op.REMOVE_FILE, Op.REMOVE_DIR_ALL, Op.STAT, Op.LIST)
WITH_TWO += (Op.OPEN_READ, Op.OPEN_WRITE)
WITH_THREE = (Op.WRITE_ALL, Op.APPEND_ALL, Op.RENAME, Op.WALK)


def _call(op: Op, path: str | bytes, given: bytes) -> tuple[str | bytes | int, ...]:
    return (op, path, given) if op in WITH_TWO else (op, path, "other", given)


@pytest.mark.parametrize("op", WITH_TWO + WITH_THREE)
def test_bad_paths(fs: Files, op: Op) -> None:
    paths = [b"", b"/", b"../a", b"a/../b", b"a//b", b"a/", b"a\0b", b"a\\b", b"\xff", b"a" * 4096]
    results = fs.results(*(_call(op, path, PLAIN) for path in paths))
    assert results == [Code.BAD_PATH] * len(paths)
    assert os.listdir(fs.folder) == []


@pytest.mark.parametrize("op", WITH_TWO + WITH_THREE)
def test_bad_caps(fs: Files, op: Op) -> None:
    wrong = [b"", CAPS[:23], CAPS + b"\0", b"\2" + CAPS[1:], b"\1\0\0\1" + CAPS[4:]]
    results = fs.results(*(_call(op, "a", given) for given in wrong))
    assert results == [Code.BAD_CAPS] * len(wrong)
    assert os.listdir(fs.folder) == []


def test_a_name_that_is_too_long(fs: Files) -> None:
    assert fs(Op.READ_ALL, "n" * 256, CAPS) is Code.BAD_PATH
    assert fs(Op.WRITE_ALL, "n" * 256, b"", CAPS) is Code.BAD_PATH
    assert fs(Op.WRITE_ALL, "n" * 256, b"", PLAIN) is Code.BAD_PATH


def test_dots_that_are_no_names_are_left_out(fs: Files) -> None:
    (fs.folder / "a").mkdir()
    (fs.folder / "a/b").write_bytes(b"x")
    assert fs(Op.READ_ALL, "./a/./b", CAPS) == b"x"


# -- limits of the caps


def test_reading_has_a_limit(fs: Files) -> None:
    (fs.folder / "a").write_bytes(b"12345")
    assert fs(Op.READ_ALL, "a", caps(read=5)) == b"12345"
    assert fs(Op.READ_ALL, "a", caps(read=4)) is Code.TOO_LARGE
    assert fs(Op.READ_ALL, "a", caps(read=0)) == b"12345"


def test_writing_has_a_limit(fs: Files) -> None:
    for op in (Op.WRITE_ALL, Op.APPEND_ALL):
        assert fs(op, "a", b"12345", caps(OVERWRITE, write=5)) == 5
        assert fs(op, "b/c", b"12345", caps(CREATE_PARENTS, write=4)) is Code.TOO_LARGE
    assert os.listdir(fs.folder) == ["a"]


def test_the_usual_limit_is_16_mib(fs: Files) -> None:
    (fs.folder / "full").write_bytes(b"")
    os.truncate(fs.folder / "full", 16 << 20)
    (fs.folder / "over").write_bytes(b"")
    os.truncate(fs.folder / "over", (16 << 20) + 1)
    for given in (caps(read=0), caps(read=1 << 30)):
        assert fs(Op.READ_ALL, "full", given) == bytes(16 << 20)
        assert fs(Op.READ_ALL, "over", given) is Code.TOO_LARGE


# -- names


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
    assert sorted(os.listdir(fs.folder)) == ["folder", "target"]


def _tree(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())


def test_remove_dir_all(fs: Files) -> None:
    _tree(fs.folder, "a/b/c", "a/b/d/e", "a/f", "kept/x")
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
    assert sorted(os.listdir(fs.folder)) == ["file", "kept", "link"]
    assert (fs.folder / "kept/x").exists()


def test_remove_dir_all_of_many(fs: Files) -> None:
    _tree(fs.folder, *(f"a/{i % 7}/{i}" for i in range(700)))
    assert fs(Op.REMOVE_DIR_ALL, "a", CAPS) == 1
    assert os.listdir(fs.folder) == []


def test_remove_dir_all_goes_only_so_deep(fs: Files) -> None:
    _tree(fs.folder, "a/b/c/d/e")
    assert fs(Op.REMOVE_DIR_ALL, "a", caps(depth=2)) is Code.DEPTH_EXCEEDED
    assert (fs.folder / "a/b/c/d/e").exists()
    assert fs(Op.REMOVE_DIR_ALL, "a", caps(depth=3)) == 1


def test_rename(fs: Files) -> None:
    _tree(fs.folder, "a", "b", "folder/x", "other/y")
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
    _tree(fs.folder, "target")
    (fs.folder / "link").symlink_to("target")
    assert fs(Op.RENAME, "link", "moved", CAPS) == 1
    assert (fs.folder / "moved").readlink() == Path("target")


# -- stat


def test_stat(fs: Files) -> None:
    _tree(fs.folder, "file", "folder/x")
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
    stats = [struct.unpack("<4I", bytes(result)) for result in results]  # type: ignore[arg-type]
    assert [(version, kind) for version, kind, _, _ in stats] == [
        (1, kind) for kind in kinds.values()
    ]
    assert stats[0] == (1, FILE, 4, 1_700_000_000)
    assert stats[4] == (1, MISSING, 0, 0)
    assert fs(Op.STAT, "file/x", CAPS) is Code.NOT_DIR


def test_stat_of_the_folder_itself(fs: Files) -> None:
    result = fs(Op.STAT, ".", CAPS)
    assert isinstance(result, bytes)
    assert struct.unpack("<4I", result)[1] == FOLDER


def test_stat_of_what_does_not_fit(fs: Files) -> None:
    _tree(fs.folder, "large", "old")
    os.truncate(fs.folder / "large", 1 << 33)
    os.utime(fs.folder / "old", (-5, -5))
    results = fs.results((Op.STAT, "large", CAPS), (Op.STAT, "old", CAPS))
    [large, old] = [struct.unpack("<4I", bytes(result)) for result in results]  # type: ignore[arg-type]
    assert (large[2], old[3]) == (0xFFFFFFFF, 0)


# -- lists


def test_list(fs: Files) -> None:
    _tree(fs.folder, "b", "a/x", "B", "ä", "a.txt", ".hidden")
    (fs.folder / "link").symlink_to("nowhere")
    assert fs(Op.LIST, ".", CAPS) == ".hidden\nB\na\na.txt\nb\nlink\nä\n".encode()
    assert fs(Op.LIST, "a", CAPS) == b"x\n"
    (fs.folder / "empty").mkdir()
    assert fs(Op.LIST, "empty", CAPS) == b"\n"
    assert fs(Op.LIST, "b", CAPS) is Code.NOT_DIR
    assert fs(Op.LIST, "missing", CAPS) is Code.NOT_FOUND


def test_lists_have_a_limit(fs: Files) -> None:
    _tree(fs.folder, *(f"d/{i}" for i in range(5)))
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
    _tree(fs.folder, "t/a.c", "t/b/a.c", "t/b/c/a.h", "t/b.c/x", "t/z")
    os.mkfifo(fs.folder / "t/fifo.c")
    assert fs(Op.WALK, "t", "**", CAPS) == b"a.c\nb.c/x\nb/a.c\nb/c/a.h\nz\n"
    assert fs(Op.WALK, "t", "**/*.c", CAPS) == b"a.c\nb/a.c\n"
    assert fs(Op.WALK, "t", "*", CAPS) == b"a.c\nz\n"
    assert fs(Op.WALK, "t", "none", CAPS) == b"\n"
    assert fs(Op.WALK, "t", "[", CAPS) is Code.BAD_PATH
    assert fs(Op.WALK, "t/z", "*", CAPS) is Code.NOT_DIR
    assert fs(Op.WALK, "no", "*", CAPS) is Code.NOT_FOUND


def test_walk_goes_only_so_deep(fs: Files) -> None:
    _tree(fs.folder, "t/1/2/3")
    assert fs(Op.WALK, "t", "**", caps(depth=3)) == b"1/2/3\n"
    assert fs(Op.WALK, "t", "**", caps(depth=2)) is Code.DEPTH_EXCEEDED


def test_walk_enters_no_link(fs: Files) -> None:
    _tree(fs.folder, "t/a", "other/b")
    (fs.folder / "t/folder").symlink_to("../other")
    (fs.folder / "t/file").symlink_to("a")
    (fs.folder / "t/loop").symlink_to(".")
    (fs.folder / "t/broken").symlink_to("nowhere")
    assert fs(Op.WALK, "t", "**", CAPS) == b"a\n"
    asked = replace(fs, env={**fs.env, "X07_OS_FS_ALLOW_SYMLINKS": "1"})
    assert asked(Op.WALK, "t", "**", caps(ALLOW_SYMLINKS)) == b"a\nfile\n"


# -- streams


def test_a_stream_is_read_in_pieces(fs: Files) -> None:
    _tree(fs.folder, "a-file")
    results = fs.results(
        (Op.OPEN_READ, "a-file", CAPS),
        (Op.READ_SOME, 1, 4),
        (Op.READ_SOME, 1, 0),
        (Op.READ_SOME, 1, -1),
        (Op.READ_SOME, 1, 4),
        (Op.CLOSE_READ, 1),
        (Op.CLOSE_READ, 1),
        (Op.READ_SOME, 1, 4),
    )
    assert results == [1, b"a-fi", b"", b"le", b"", 1, 1, Code.BAD_HANDLE]


def test_a_stream_reads_as_much_as_the_caps_say(fs: Files) -> None:
    _tree(fs.folder, "a-file")
    results = fs.results(
        (Op.OPEN_READ, "a-file", caps(read=5)),
        (Op.READ_SOME, 1, 100),
        (Op.READ_SOME, 1, 100),
        (Op.DROP_READ, 1),
        (Op.DROP_READ, 1),
    )
    assert results == [1, b"a-fil", b"", 1, 1]


@pytest.mark.parametrize("flags", [OVERWRITE, OVERWRITE | ATOMIC])
def test_a_stream_is_written_in_pieces(fs: Files, flags: int) -> None:
    _tree(fs.folder, "a")
    results = fs.results(
        (Op.OPEN_WRITE, "a", caps(flags, write=6)),
        (Op.WRITE_SOME, 1, b"one"),
        (Op.WRITE_SOME, 1, b""),
        (Op.WRITE_SOME, 1, b"four"),
        (Op.WRITE_SOME, 1, b"two"),
        (Op.CLOSE, 1),
        (Op.CLOSE, 1),
        (Op.WRITE_SOME, 1, b"x"),
        (Op.READ_ALL, "a", CAPS),
    )
    assert results == [1, 3, 0, Code.TOO_LARGE, 3, 1, 1, Code.BAD_HANDLE, b"onetwo"]
    assert os.listdir(fs.folder) == ["a"]


def test_an_atomic_stream_is_there_when_it_is_closed(fs: Files) -> None:
    _tree(fs.folder, "a")
    results = fs.results(
        (Op.OPEN_WRITE, "a", CAPS),
        (Op.WRITE_SOME, 1, b"new"),
        (Op.READ_ALL, "a", CAPS),
        (Op.DROP, 1),
        (Op.CLOSE, 1),
        (Op.OPEN_WRITE, "b", CAPS),
    )
    assert results == [1, 3, b"a", 1, 1, 2]
    assert os.listdir(fs.folder) == ["a"]
    assert (fs.folder / "a").read_bytes() == b"a"


def test_handles_are_those_of_open_streams_of_their_side(fs: Files) -> None:
    _tree(fs.folder, "a")
    results = fs.results(
        (Op.OPEN_READ, "a", CAPS),
        (Op.OPEN_WRITE, "b", PLAIN),
        (Op.OPEN_READ, "missing", CAPS),
        (Op.OPEN_READ, "a", CAPS),
        (Op.WRITE_SOME, 1, b"x"),
        (Op.READ_SOME, 2, 1),
        (Op.CLOSE, 1),
        (Op.CLOSE_READ, 2),
        (Op.CLOSE_READ, 0),
        (Op.CLOSE_READ, 4),
        (Op.DROP, 77),
        (Op.READ_SOME, 3, 9),
    )
    bad = Code.BAD_HANDLE
    assert results == [1, 2, Code.NOT_FOUND, 3, bad, bad, bad, bad, bad, bad, 1, b"a"]


def test_many_streams(fs: Files) -> None:
    _tree(fs.folder, "a")
    calls = [(Op.OPEN_READ, "a", CAPS)] * 100
    assert fs.results(*calls, (Op.READ_SOME, 100, 9)) == [*range(1, 101), b"a"]
