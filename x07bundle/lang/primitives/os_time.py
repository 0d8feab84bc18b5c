"""Clocks and sleep (contract/os-modules.md §6, contract/policy.md §6.1, §6.2).

No row gives the time of the monotonic clock: `time.allow_monotonic` has nothing to refuse.
"""

from typing import Final

from x07bundle.lang.primitives.row import Primitive, row

_NOW: Final = "os.time.now_unix_ms"

ROWS: Final[tuple[Primitive, ...]] = (
    row(
        _NOW,
        "",
        "i",
        traps=("os.time disabled by policy", f"{_NOW} disabled by policy", f"{_NOW} failed"),
        world="os",
    ),
    row("os.time.now_instant_v1", "", "B", world="os"),
    row("os.time.local_tzid_v1", "", "B", world="os"),
    row("os.time.sleep_ms_v1", "i", "i", site=False, world="os"),
)
