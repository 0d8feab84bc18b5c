"""What the launcher in C makes of answers of containerd that are damaged, of servers that waste its
time, and of what is none."""

import itertools
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import containerd
from tests.fakes.containerd import (
    ACK,
    CONNECTION,
    DATA,
    DIGEST,
    END,
    FIRST_HEADERS,
    MOST_FRAME_BYTES,
    NAME,
    NAMESPACE,
    OTHER,
    PING,
    PINGED,
    RIGHT,
    SETTINGS,
    START,
    UNKNOWN,
    WINDOW_UPDATE,
    Containerd,
    answer,
    frame,
    message,
    target,
)

LONGEST_PATH: Final = 107
waits_for_its_end = pytest.mark.parametrize("question", ["plain"], indirect=True)
"""For two seconds: sanitizers would find nothing there that they do not find elsewhere."""
WORDS: Final = (NAMESPACE, NAME, DIGEST)

# -- damage


def test_an_answer_in_single_bytes(server: Containerd) -> None:
    sent = answer()
    assert server.has(*(sent[at : at + 1] for at in range(len(sent))))


def test_an_answer_that_is_cut_off(server: Containerd) -> None:
    sent = answer()
    for size in range(len(sent)):
        assert not server.has(sent[:size]), size


def test_an_answer_with_a_byte_that_is_another(server: Containerd) -> None:
    """Some say nothing of the image, such as a setting: then either is right, but nothing else."""
    sent, start = answer(), len(START) + 9
    decides = {start + at for at in deciding()}
    for at, change in itertools.product(range(len(sent)), (0x01, 0xFF)):
        damaged = sent[:at] + bytes((sent[at] ^ change,)) + sent[at + 1 :]
        has = server.has(damaged)
        assert not (has and at in decides), (at, change)


def deciding() -> Iterator[int]:
    """Where in the message the name and the digest are, each with its kind and length, and what
    they are in."""
    yield from range(8)
    for text in (NAME.encode(), DIGEST.encode()):
        at = RIGHT.index(text)
        yield from range(at - 2, at + len(text))
    at = RIGHT.index(target())
    yield from range(at - 2, at)


FRAMES: Final = st.builds(
    frame,
    st.sampled_from([*range(10), UNKNOWN]),
    st.one_of(st.binary(max_size=40), st.sampled_from([RIGHT, RIGHT[:50], FIRST_HEADERS])),
    st.sampled_from([0, 1, 4, 5, 8, 9, 255]),
    st.sampled_from([0, 1, 1, 1, 3]),
)


@settings(max_examples=150, deadline=None)
@given(sent=st.binary(max_size=300))
def test_bytes_by_chance(server: Containerd, sent: bytes) -> None:
    assert not server.has(sent)


@settings(max_examples=150, deadline=None)
@given(sent=st.lists(FRAMES, max_size=12).map(b"".join))
def test_frames_by_chance(server: Containerd, sent: bytes) -> None:
    assert not server.ask([START, sent, END], digest=OTHER).has


@settings(max_examples=150, deadline=None)
@given(body=st.binary(max_size=80), at=st.integers(0, len(RIGHT) - 5))
def test_messages_by_chance(server: Containerd, body: bytes, at: int) -> None:
    response = RIGHT[5:]
    damaged = response[:at] + body + response[at + len(body) :]
    assert not server.ask([answer(message(damaged))], digest=OTHER).has


# -- servers that waste time


@pytest.mark.parametrize(
    "part",
    [
        frame(WINDOW_UPDATE, bytes(4)),
        frame(DATA),
        frame(SETTINGS, b"", ACK, CONNECTION),
        frame(PING, bytes(8), stream=CONNECTION),
        frame(UNKNOWN, bytes(MOST_FRAME_BYTES)),
        frame(DATA, bytes(MOST_FRAME_BYTES)),
    ],
)
def test_frames_without_end(server: Containerd, part: bytes) -> None:
    """None of what the program replies is read."""
    assert not server.ask(itertools.chain([START], itertools.repeat(part))).has


@waits_for_its_end
def test_a_server_that_says_nothing(server: Containerd) -> None:
    assert not server.ask([], stays=True).has


@waits_for_its_end
def test_a_server_that_stops(server: Containerd) -> None:
    assert not server.ask([answer()[:-1]], stays=True).has


def slowly() -> Iterator[bytes]:
    while True:
        yield from (bytes((byte,)) for byte in PINGED)
        time.sleep(0.1)


@waits_for_its_end
def test_a_server_that_always_says_a_little(server: Containerd) -> None:
    assert not server.ask(slowly()).has


def test_a_server_that_does_not_listen(server: Containerd) -> None:
    """To write to it would end the program with a signal."""
    with containerd.started(server.program, server.path, *WORDS) as child:
        connection, _ = server.listener.accept()
        with connection:
            connection.shutdown(socket.SHUT_RD)
            connection.sendall(answer())
            assert not containerd.found(child)


# -- nobody to ask


def test_no_server(question: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    with socket.socket(socket.AF_UNIX) as closed:
        closed.bind("closed")
    for path in ("missing", "file", "closed", ".", "", "/dev/null", "a/b"):
        assert not containerd.has(question, path, *WORDS), path


def test_a_name_that_is_no_file(question: Path) -> None:
    """An empty path would be one, filled up with zeros."""
    with containerd.listening(question, "\0" * 108) as server:
        assert not containerd.has(question, "", *WORDS)
        server.listener.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.listener.accept()


def test_a_server_that_takes_nobody(
    question: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as waiting:
        listener.bind("s")
        listener.listen(0)
        waiting.connect("s")
        assert not containerd.has(question, "s", *WORDS)


def test_the_longest_path(question: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with containerd.listening(question, "s" * LONGEST_PATH) as server:
        assert server.has(answer())
        for size in (LONGEST_PATH + 1, LONGEST_PATH + 2, 5000):
            assert not containerd.has(question, "s" * size, *WORDS)
