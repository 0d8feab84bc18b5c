"""Files v1 whole, without a sandbox and in one that allows what is asked: both do the same."""

import os
import stat

import pytest

from tests.unit.runtime.file_calls import (
    ATOMIC,
    CAPS,
    CREATE_PARENTS,
    OVERWRITE,
    PLAIN,
    Code,
    Files,
    Op,
    caps,
)

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
    assert fs.names() == ["a"]
    assert (fs.folder / "a").read_bytes() == data


@pytest.mark.parametrize("flags", [0, ATOMIC])
def test_without_overwrite_a_file_stays(fs: Files, flags: int) -> None:
    (fs.folder / "a").write_bytes(b"old")
    assert fs(Op.WRITE_ALL, "a", b"new", caps(flags)) is Code.ALREADY_EXISTS
    assert (fs.folder / "a").read_bytes() == b"old"
    assert fs(Op.WRITE_ALL, "b", b"new", caps(flags)) == 3
    assert fs.names() == ["a", "b"]


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
    assert fs.names() == ["a"]


def test_an_atomic_write_keeps_who_may_do_what(fs: Files) -> None:
    (fs.folder / "run").write_bytes(b"")
    (fs.folder / "run").chmod(0o750)
    assert fs(Op.WRITE_ALL, "run", b"new", CAPS) == 3
    assert stat.S_IMODE((fs.folder / "run").stat().st_mode) == 0o750


def test_an_atomic_write_passes_over_names_that_are_taken(fs: Files) -> None:
    """The new file's name beside cannot be known: a long name leaves room for it."""
    name = "n" * 255
    assert fs(Op.WRITE_ALL, name, b"x", CAPS) == 1
    assert fs.names() == [name]


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

WITH_TWO = [Op.READ_ALL, Op.MKDIRS, Op.REMOVE_FILE, Op.REMOVE_DIR_ALL, Op.STAT, Op.LIST]
WITH_TWO += [Op.OPEN_READ, Op.OPEN_WRITE]
WITH_THREE = [Op.WRITE_ALL, Op.APPEND_ALL, Op.RENAME, Op.WALK]


def _call(op: Op, path: str | bytes, given: bytes) -> tuple[str | bytes | int, ...]:
    return (op, path, given) if op in WITH_TWO else (op, path, "other", given)


@pytest.mark.parametrize("op", WITH_TWO + WITH_THREE)
def test_bad_paths(fs: Files, op: Op) -> None:
    paths = [b"", b"/", b"../a", b"a/../b", b"a//b", b"a/", b"a\0b", b"a\\b", b"\xff", b"a" * 4096]
    results = fs.results(*(_call(op, path, PLAIN) for path in paths))
    assert results == [Code.BAD_PATH] * len(paths)
    assert fs.names() == []


@pytest.mark.parametrize("op", WITH_TWO + WITH_THREE)
def test_bad_caps(fs: Files, op: Op) -> None:
    wrong = [b"", CAPS[:23], CAPS + b"\0", b"\2" + CAPS[1:], b"\1\0\0\1" + CAPS[4:]]
    results = fs.results(*(_call(op, "a", given) for given in wrong))
    assert results == [Code.BAD_CAPS] * len(wrong)
    assert fs.names() == []


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
    assert fs.names() == ["a"]


def test_the_usual_limit_is_16_mib(fs: Files) -> None:
    (fs.folder / "full").write_bytes(b"")
    os.truncate(fs.folder / "full", 16 << 20)
    (fs.folder / "over").write_bytes(b"")
    os.truncate(fs.folder / "over", (16 << 20) + 1)
    for given in (caps(read=0), caps(read=1 << 30)):
        assert fs(Op.READ_ALL, "full", given) == bytes(16 << 20)
        assert fs(Op.READ_ALL, "over", given) is Code.TOO_LARGE
