"""Limits of a run (contract/cli.md §2 and §4, abi.md §9)."""

from typing import Final, NamedTuple

from x07bundle.process import NO_LIMIT, ResourceLimits

FUEL: Final = 50_000_000
MEMORY_BYTES: Final = 67_108_864
OUTPUT_BYTES: Final = 1_048_576
CPU_SECONDS: Final = 30
STDERR_CAP_BYTES: Final = 262_144
PREFIX_BYTES: Final = 4
MOST_CPU_SECONDS: Final = 10**9
"""Thirty years; larger numbers are not for every kernel."""


class RunLimits(NamedTuple):
    """What a program may use. 0 CPU seconds or output bytes are no limit (decision 0007)."""

    solve_fuel: int = FUEL
    max_memory_bytes: int = MEMORY_BYTES
    max_output_bytes: int = OUTPUT_BYTES
    cpu_time_limit_seconds: int = CPU_SECONDS

    @property
    def wall_ms(self) -> int | None:
        seconds = self.cpu_time_limit_seconds
        return (seconds + 1) * 1000 if seconds else None

    @property
    def stdout_cap_bytes(self) -> int:
        """One byte more than a full frame, so that one too many can be told from a full one."""
        most = self.max_output_bytes
        return PREFIX_BYTES + most + 1 if most else NO_LIMIT

    @property
    def resources(self) -> ResourceLimits:
        seconds = min(self.cpu_time_limit_seconds, MOST_CPU_SECONDS)
        return ResourceLimits(cpu_seconds=seconds or None, core_bytes=0)


def chosen(*candidates: int | None) -> int:
    """The first that says something: an option, a profile's value, a default."""
    return next(value for value in candidates if value is not None)
