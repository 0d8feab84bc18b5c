"""Frames of a guest, whole and in pieces, and what is none."""

import random
import shlex
import sys
from pathlib import Path

import pytest

from tests.program_build import ROOT
from tests.unit.vm import agents
from x07bundle.errors import RefusedError
from x07bundle.vm import stream_files, streamed
from x07bundle.vm import stream_frames as frames
from x07bundle.vm.failures import GuestError, LostGuestError
from x07bundle.vm.folder import JobFolder
from x07bundle.vm.runner import Ended
from x07bundle.vm.stream_frames import FrameError, Frames
from x07bundle.vm.streams import Captured

SENT = [(frames.STDOUT, b"out"), (frames.CREDIT, bytes(4)), (frames.STDERR, b"")]
BYTES = b"".join(frames.frame(kind, payload) for kind, payload in SENT)


@pytest.mark.parametrize("size", range(1, len(BYTES) + 1))
def test_pieces_of_any_size(size: int) -> None:
    reader = Frames()
    pieces = [BYTES[at : at + size] for at in range(0, len(BYTES), size)]
    assert [found for piece in pieces for found in reader.feed(piece)] == SENT
    assert reader.is_between


@pytest.mark.parametrize(
    "data",
    [
        b"\0" * 8,
        b"\7" + b"\0" * 7,
        b"\1\1" + b"\0" * 6,
        b"\1\0\0\1" + b"\0" * 4,
        frames.HEAD.pack(1, frames.ZEROS, frames.MOST_BYTES + 1),
        b"standard output of something else",
    ],
)
def test_what_is_no_frame(data: bytes) -> None:
    reader = Frames()
    with pytest.raises(FrameError):
        list(reader.feed(BYTES + data))


def test_nothing_is_kept_of_a_frame_that_is_too_large() -> None:
    """It is refused by its head."""
    reader = Frames()
    with pytest.raises(FrameError):
        list(reader.feed(frames.HEAD.pack(1, frames.ZEROS, 0xFFFFFFFF)))


@pytest.mark.parametrize("seed", range(200))
def test_any_bytes(seed: int) -> None:
    """Frames, or an error of one kind."""
    chance = random.Random(seed)
    data = bytearray(BYTES * 3)
    for _ in range(chance.randint(1, 4)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    reader = Frames()
    try:
        for at in range(0, len(data), 5):
            for kind, payload in reader.feed(bytes(data[at : at + 5])):
                assert frames.STDOUT <= kind <= frames.CREDIT
                assert len(payload) <= frames.MOST_BYTES
    except FrameError:
        pass


def answered(jobs: JobFolder, script: str) -> Ended:
    """What comes of an agent that says something of its own, whatever it is told."""
    lines = ["import os, sys", "from x07bundle.vm import stream_frames as f", script]
    program = shlex.join([sys.executable, "-c", "\n".join(lines)])
    before = ("/bin/sh", "-c", f"PYTHONPATH={shlex.quote(str(ROOT))} exec {program}")
    backend = agents.LocalAgent(Path("x"), before=before)
    return streamed.run(backend, agents.job(jobs.run_id, ("true",)), jobs, Captured())


def test_more_files_than_were_allowed(jobs: JobFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """They do not fill the disk of the host, and nothing of them is written."""
    monkeypatch.setattr(stream_files, "MOST_BYTES", 1 << 20)
    script = "for _ in range(20): os.write(1, f.frame(3, bytes(1 << 18)))\n"
    with pytest.raises(RefusedError, match="left more than 1 MiB"):
        answered(jobs, script + "os.write(1, f.frame(4, bytes(8)))")
    assert (jobs.path / streamed.SPOOL).stat().st_size <= 1 << 20


@pytest.mark.parametrize(
    "frame",
    ["f.frame(4, b'')", "f.frame(4, bytes(9))", "f.frame(6, b'')", "f.frame(6, bytes(5))"],
)
def test_a_frame_of_another_length(jobs: JobFolder, frame: str) -> None:
    with pytest.raises(GuestError, match="too short"):
        answered(jobs, f"os.write(1, {frame})")


def test_no_end(jobs: JobFolder) -> None:
    with pytest.raises(GuestError, match="was not started"):
        answered(jobs, "")
    with pytest.raises(LostGuestError, match="before it was done"):
        answered(jobs, "os.write(1, f.frame(1, b'out'))")


def test_words_for_the_terminal(jobs: JobFolder) -> None:
    """What a guest says of itself is shown without its control characters."""
    with pytest.raises(GuestError) as failed:
        answered(jobs, "os.write(1, f.frame(5, b'\\x1b]0;title\\x07 no'))")
    assert "\x1b" not in failed.value.brief
    assert "?]0;title? no" in failed.value.brief


def test_credit_without_end(jobs: JobFolder) -> None:
    """It is taken for no more than the window is."""
    script = "os.write(1, f.frame(6, b'\\xff' * 4) * 3 + f.frame(4, bytes(8)))"
    assert answered(jobs, script).exit_status == 0
