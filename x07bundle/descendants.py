"""Processes that a child leaves behind, also in groups and sessions of their own: where the system
can do that (Linux), they become ours when their parents end, and are ended.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SET_CHILD_SUBREAPER: Final = 36
"""Of prctl(2)."""
ENDING_ROUNDS: Final = 500
"""After these, at least a second in all, what is left cannot be ended. They are counted, for a
machine that stalls uses up any time with nothing done in it."""
PAUSE_SECONDS: Final = 0.002


@contextlib.contextmanager
def ended(*, wanted: bool) -> Iterator[None]:
    """What is started in the block and left behind is ended with it.

    All that this process did not have as a child before is taken for that: no other thread starts
    processes meanwhile.
    """
    if not (wanted and _adopts(is_on=True)):
        yield
        return
    known = _children()
    try:
        yield
    finally:
        _end(known)
        _adopts(is_on=False)


def _adopts(*, is_on: bool) -> bool:
    if sys.platform != "linux":
        return False
    import ctypes  # takes as long as starting a program, which most of ours need not wait for

    with contextlib.suppress(OSError, AttributeError):
        return bool(ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, int(is_on), 0, 0, 0) == 0)
    return False


def _end(known: frozenset[int]) -> None:
    """The children of those that end come to us in turn."""
    for _ in range(ENDING_ROUNDS):
        left = _children() - known
        if not left:
            return
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, os.WNOHANG)
        time.sleep(PAUSE_SECONDS)


def _children() -> frozenset[int]:
    return frozenset(
        int(folder.name) for folder in Path("/proc").glob("[0-9]*") if _is_child(folder)
    )


def _is_child(folder: Path) -> bool:
    """The parent is the second word behind the name, which may have anything in it."""
    try:
        words = (folder / "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return False
    return len(words) > 1 and words[1] == b"%d" % os.getpid()
