"""Terminals of tests: one end is a program's, the other a test's."""

import fcntl
import os
import pty
import select
import struct
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SIZE: Final = (33, 77)
TAKE: Final = (
    "import os, sys, fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)
"""Python: makes standard input's terminal that of its session, a new one, and becomes a program."""
LONGEST_SECONDS: Final = 60


@contextmanager
def opened() -> Iterator[tuple[int, int]]:
    """Both ends, ours first."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


def heard(descriptor: int, word: bytes) -> bytes:
    """What is said until a word came; the terminal's other end stays open."""
    text = b""
    while word not in text:
        assert select.select([descriptor], [], [], LONGEST_SECONDS)[0], text
        text += os.read(descriptor, 4096)
    return text
