"""The two clocks. Deadlines are told by the wall clock, and kept by the one that cannot be set."""

import time
from collections.abc import Callable
from typing import Final, NamedTuple


class Clock(NamedTuple):
    """Milliseconds: since 1970, and since some moment."""

    unix_ms: Callable[[], int]
    monotonic_ms: Callable[[], int]
    sleep_ms: Callable[[int], None]


SYSTEM: Final = Clock(
    unix_ms=lambda: time.time_ns() // 1_000_000,
    monotonic_ms=lambda: time.monotonic_ns() // 1_000_000,
    sleep_ms=lambda wait_ms: time.sleep(wait_ms / 1000),
)


def left_ms(clock: Clock, created_unix_ms: int, deadline_unix_ms: int) -> int:
    """Until a deadline: never more than it had when it was set, whatever became of the clock."""
    return max(0, min(deadline_unix_ms - clock.unix_ms(), deadline_unix_ms - created_unix_ms))
