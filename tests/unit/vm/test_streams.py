"""What carries bytes between a caller and the engine's client."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from x07bundle.vm.loop import Loop
from x07bundle.vm.streams import Attached, Captured, Feed, Kept, connected

DATA = bytes(range(256)) * 2000


@pytest.fixture
def loop() -> Iterator[Loop]:
    with contextlib.closing(Loop()) as made:
        yield made


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Of which the end that is written to is closed by whoever gets it."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    yield reading, writing
    os.close(reading)


def is_open(descriptor: int) -> bool:
    """Whether more may come."""
    try:
        return os.read(descriptor, 1) != b""
    except BlockingIOError:
        return True


def carried(feed: Feed, loop: Loop, reading: int, size: int) -> bytes:
    found = b""
    while len(found) < size:
        loop.turn(10)
        feed.turn()
        with contextlib.suppress(BlockingIOError):
            found += os.read(reading, 1 << 20)
    return found


def test_the_end_waits_for_the_guest(loop: Loop, pipe: tuple[int, int], tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    feed = Feed(pipe[1], loop, ready.exists, DATA, None)
    assert carried(feed, loop, pipe[0], len(DATA)) == DATA
    for _ in range(3):
        loop.turn(0)
        feed.turn()
    assert (feed.is_held(), is_open(pipe[0])) == (True, True)
    ready.touch()
    feed.turn()
    assert (feed.is_held(), is_open(pipe[0])) == (False, False)


@pytest.mark.parametrize("kind", ["pipe", "file", "device"])
def test_from_a_descriptor(loop: Loop, pipe: tuple[int, int], tmp_path: Path, kind: str) -> None:
    (tmp_path / "file").write_bytes(DATA[:1000])
    source = os.open(os.devnull if kind == "device" else tmp_path / "file", os.O_RDONLY)
    if kind == "pipe":
        os.close(source)
        source, other = os.pipe()
        os.write(other, DATA[:1000])
        os.close(other)
    feed = Feed(pipe[1], loop, lambda: True, b"", source)
    expected = b"" if kind == "device" else DATA[:1000]
    found = carried(feed, loop, pipe[0], len(expected))
    while feed.target is not None:
        loop.turn(10)
        feed.turn()
    os.close(source)
    assert (found, is_open(pipe[0])) == (expected, False)


def test_a_reader_that_went_away_ends_it(loop: Loop) -> None:
    reading, writing = os.pipe()
    source, other = os.pipe()
    feed = Feed(writing, loop, lambda: True, DATA, source)
    os.close(reading)
    while feed.target is not None:
        loop.turn(10)
        feed.turn()
    os.write(other, b"more")
    assert not loop.turn(0)
    os.close(source)
    os.close(other)


@pytest.mark.parametrize("cap", [0, 1, 5, 6, 100])
def test_what_is_kept(loop: Loop, pipe: tuple[int, int], cap: int) -> None:
    kept = Kept(cap)
    kept.watch(os.dup(pipe[0]), loop)
    os.write(pipe[1], b"abcdef")
    os.close(pipe[1])
    while not kept.has_ended:
        loop.turn(10)
    assert (bytes(kept.bytes), kept.is_over) == (b"abcdef"[:cap], cap < 6)


def test_attached_streams_are_the_callers(loop: Loop) -> None:
    with connected(Attached(5, 6, 7), loop, None, has_input=True) as connection:
        assert connection.ends[:3] == (5, 6, 7)
        assert connection.ends.given == ()


def test_without_an_input_there_is_nothing_to_read(loop: Loop) -> None:
    with connected(Attached(), loop, None, has_input=False) as connection:
        assert os.read(connection.ends.stdin, 1) == b""
        assert connection.ends[1:3] == (1, 2)
        os.close(connection.ends.stdin)


def test_captured_without_an_input(loop: Loop) -> None:
    with connected(Captured(), loop, None, has_input=True) as connection:
        assert os.read(connection.ends.stdin, 1) == b""
        for descriptor in connection.ends.given:
            os.close(descriptor)
        while not connection.is_over():
            loop.turn(10)
