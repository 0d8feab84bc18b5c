"""Where the installed commands start: with next to nothing imported."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

INTERRUPTED = 130
LIBRARIES = "LD_LIBRARY_PATH"
BEFORE = "LD_LIBRARY_PATH_ORIG"
OWN = "_PYI_"


def x07() -> None:
    _collect_no_garbage()
    _clear_environment()
    with _interruptible():
        from x07bundle.cli import main
    main.main()


def x07_os_runner() -> None:
    _collect_no_garbage()
    _clear_environment()
    with _interruptible():
        from x07bundle.cli import os_runner
    os_runner.main()


@contextmanager
def _interruptible() -> Iterator[None]:
    """The imports take long enough for a Ctrl-C, and nothing is there to be cleaned up."""
    try:
        yield
    except KeyboardInterrupt:
        os._exit(INTERRUPTED)


def _collect_no_garbage() -> None:
    """`entry` says why. Before the imports, which make so many objects that it looks ten times."""
    gc.disable()


def _clear_environment() -> None:
    """A frozen program starts itself again with variables of its own. Compilers and programs are to
    see those that its user has, and no libraries of ours."""
    if not getattr(sys, "frozen", False):
        return
    before = os.environ.pop(BEFORE, None)
    os.environ.pop(LIBRARIES, None)
    if before is not None:
        os.environ[LIBRARIES] = before
    for name in [name for name in os.environ if name.startswith(OWN)]:
        del os.environ[name]
