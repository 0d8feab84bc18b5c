"""Names that change places while a program uses them."""

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

RENAMEAT2: Final = 316 if os.uname().machine == "x86_64" else 276
EXCHANGE: Final = 2
HERE: Final = -100
"""AT_FDCWD."""


@contextmanager
def exchanging(*pairs: tuple[Path, Path]) -> Iterator[None]:
    """A thread that lets the names of each pair change places, again and again."""
    libc = ctypes.CDLL(None, use_errno=True)
    names = [(os.fsencode(left), os.fsencode(right)) for left, right in pairs]
    is_over = threading.Event()

    def exchange() -> None:
        while not is_over.is_set():
            for left, right in names:
                libc.syscall(RENAMEAT2, HERE, left, HERE, right, EXCHANGE)

    thread = threading.Thread(target=exchange)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
