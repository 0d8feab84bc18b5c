"""The process of an engine's client, from its start to its end."""

import contextlib
import os
import signal
from typing import Final

from x07bundle.process import pidfd
from x07bundle.vm.loop import Loop

SENT_BY_NOBODY_ELSE: Final = (signal.SIGTERM, signal.SIGHUP)
"""The others come from the terminal, to all of its foreground."""


class ClientProcess:
    """The engine's client. Holds its exit, until it was waited for."""

    def __init__(self, pid: int, leads_group: bool, loop: Loop) -> None:
        self.pid = pid
        self.loop = loop
        self.status: int | None = None
        self.leads_group = leads_group
        self._exit = pidfd(pid)
        if self._exit is not None:
            loop.when_readable(self._exit, lambda: None)

    @property
    def can_be_waited_for(self) -> bool:
        return self._exit is not None

    def has_ended(self) -> bool:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
                self.close()
        return self.status is not None

    def send(self, number: int) -> None:
        """As the terminal would, which has done it where it can."""
        if self.status is None and (self.leads_group or number in SENT_BY_NOBODY_ELSE):
            with contextlib.suppress(OSError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        if self.status is not None:
            return
        with contextlib.suppress(OSError):
            if self.leads_group:
                os.killpg(self.pid, signal.SIGKILL)
            os.kill(self.pid, signal.SIGKILL)
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self.close()

    def close(self) -> None:
        if self._exit is not None:
            self.loop.forget(self._exit)
            os.close(self._exit)
            self._exit = None
