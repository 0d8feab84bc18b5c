"""Our end of the line to a reaper, whose words `reaper` lists. It hears when we are gone."""

import contextlib
import os
from pathlib import Path

from x07bundle import children
from x07bundle.vm import reaper
from x07bundle.vm.clock import Clock


class Lifeline:
    """Holds the pipe's end. `pid`: what started the reaper, and is to be waited for."""

    def __init__(self, descriptor: int, pid: int | None = None) -> None:
        self._descriptor = descriptor
        self._pid = pid

    def tell(self, *words: str) -> None:
        """Raises OSError where nobody listens any more."""
        data = f"{' '.join(words)}\n".encode()
        while data:
            data = data[os.write(self._descriptor, data) :]

    def mention(self, *words: str) -> None:
        """As `tell`, where it does not matter who listens."""
        with contextlib.suppress(OSError):
            self.tell(*words)

    def close(self) -> None:
        os.close(self._descriptor)
        if self._pid is not None:
            os.waitpid(self._pid, 0)


def open(root: Path, clock: Clock) -> Lifeline:
    """A reaper for one folder below `root`, which it is told of later.

    Raises:
        X07Error: there can be none.
    """
    hearing, telling = os.pipe()
    try:
        return Lifeline(
            telling, children.detach(lambda: reaper.serve(hearing, root, clock), (hearing,))
        )
    except BaseException:
        os.close(telling)
        raise
    finally:
        os.close(hearing)
