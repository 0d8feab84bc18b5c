"""Waits for descriptors, and calls what was to be called. No thread, nothing that blocks."""

import selectors
from collections.abc import Callable

LONGEST_WAIT_SECONDS = 3600.0


class Loop:
    """Holds the selector. `poll` takes files and terminals as well as pipes."""

    def __init__(self) -> None:
        self._selector = selectors.PollSelector()

    def when_readable(self, descriptor: int, call: Callable[[], None]) -> None:
        self._selector.register(descriptor, selectors.EVENT_READ, call)

    def when_writable(self, descriptor: int, call: Callable[[], None]) -> None:
        self._selector.register(descriptor, selectors.EVENT_WRITE, call)

    def forget(self, descriptor: int) -> None:
        if descriptor in self._selector.get_map():
            self._selector.unregister(descriptor)

    def turn(self, wait_ms: float) -> bool:
        """Waits for the first of them, or so long; whether something came."""
        wait = min(max(wait_ms, 0.0) / 1000, LONGEST_WAIT_SECONDS)
        came = self._selector.select(wait)
        for key, _ in came:
            if key.fd in self._selector.get_map():
                key.data()
        return bool(came)

    def close(self) -> None:
        self._selector.close()
