"""The reaper of a guest that the executable of the bundle started: `X07_REAP="DESCRIPTOR ROOT"`.

The executable forked it, and it has become this: its session, its streams and the signals that it
ignores are as `children.detach` makes them.
"""

import os
from pathlib import Path

from x07bundle.vm import clock, reaper


def serve(told: bytes) -> None:
    """`told`: the descriptor of the pipe's end, and the folder of all jobs."""
    descriptor, _, root = told.partition(b" ")
    os.set_inheritable(int(descriptor), False)
    reaper.serve(int(descriptor), Path(os.fsdecode(root)), clock.SYSTEM)
