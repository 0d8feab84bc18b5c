"""Signals that ask us to end, held in a list while a guest runs; and the terminal as it was."""

import contextlib
import os
import signal
from collections.abc import Iterator
from typing import Final

from x07bundle import process
from x07bundle.vm.loop import Loop

CAUGHT: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


@contextlib.contextmanager
def caught(loop: Loop) -> Iterator[list[int]]:
    """The signals that came, in their order. Each of them wakes the loop.

    What the caller ignores (nohup) stays ignored. Handlers belong to the main thread: elsewhere
    nothing comes.
    """
    came: list[int] = []
    if not process.is_main_thread():
        yield came
        return
    reading, writing = os.pipe()
    for descriptor in (reading, writing):
        os.set_blocking(descriptor, False)
    loop.when_readable(reading, lambda: came.extend(os.read(reading, 64)))
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    handlers = {number: signal.getsignal(number) for number in CAUGHT}
    for number, handler in handlers.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _note)
    try:
        yield came
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(before)
        loop.forget(reading)
        os.close(reading)
        os.close(writing)


def release() -> None:
    """Lets in what was held for us by whom we were before: there are handlers now."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, CAUGHT)


def _note(_number: int, _frame: object) -> None:
    """The number is in the pipe already."""


@contextlib.contextmanager
def terminal_kept(descriptor: int) -> Iterator[None]:
    """What a client that was killed may have left a terminal in is undone."""
    if not os.isatty(descriptor):
        yield
        return
    import termios  # only for terminals

    before = termios.tcgetattr(descriptor)
    try:
        yield
    finally:
        with contextlib.suppress(termios.error, OSError):
            # One that we are not in the foreground of is another's now: touching it would stop us.
            is_ours = os.tcgetpgrp(descriptor) == os.getpgrp()
            if is_ours and termios.tcgetattr(descriptor) != before:
                termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
