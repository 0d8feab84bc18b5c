"""Files v1 in pieces."""

import pytest

from tests.unit.runtime.c_program import TRAPPED
from tests.unit.runtime.file_calls import (
    ATOMIC,
    CAPS,
    OVERWRITE,
    PLAIN,
    Code,
    Files,
    Op,
    caps,
)


def test_a_stream_is_read_in_pieces(fs: Files) -> None:
    fs.make("a-file")
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
    fs.make("a-file")
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
    fs.make("a")
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
    assert fs.names() == ["a"]


def test_an_atomic_stream_is_there_when_it_is_closed(fs: Files) -> None:
    fs.make("a")
    results = fs.results(
        (Op.OPEN_WRITE, "a", CAPS),
        (Op.WRITE_SOME, 1, b"new"),
        (Op.READ_ALL, "a", CAPS),
        (Op.DROP, 1),
        (Op.CLOSE, 1),
        (Op.OPEN_WRITE, "b", CAPS),
    )
    assert results == [1, 3, b"a", 1, 1, 2]
    assert fs.names() == ["a"]
    assert (fs.folder / "a").read_bytes() == b"a"


def test_a_trap_leaves_no_atomic_streams_behind(fs: Files) -> None:
    fs.make("a")
    opened = [(Op.OPEN_WRITE, name, CAPS) for name in ("a", "b", "c")]
    ran = fs.run(*opened, (Op.WRITE_SOME, 1, b"new"), (Op.CLOSE, 2), (Op.READ_FILE, "missing"))
    assert ran.status == TRAPPED
    assert fs.names() == ["a", "b"]
    assert (fs.folder / "a").read_bytes() == b"a"


def test_handles_are_those_of_open_streams_of_their_side(fs: Files) -> None:
    fs.make("a")
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
    fs.make("a")
    calls = [(Op.OPEN_READ, "a", CAPS)] * 100
    assert fs.results(*calls, (Op.READ_SOME, 100, 9)) == [*range(1, 101), b"a"]
