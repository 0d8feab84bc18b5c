"""Limits of a run (contract/cli.md §2 and §4, abi.md §9)."""

from typing import TYPE_CHECKING, Final, NamedTuple

from x07bundle.process import NO_LIMIT
from x07bundle.rlimits import ResourceLimits

if TYPE_CHECKING:  # most runs have no policy, and its format takes a while to import
    from x07bundle.contract.policy import Limits

FUEL: Final = 50_000_000
MEMORY_BYTES: Final = 67_108_864
OUTPUT_BYTES: Final = 1_048_576
CPU_SECONDS: Final = 30
STDERR_CAP_BYTES: Final = 262_144
COLLECTED_STDERR_CAP_BYTES: Final = 4 << 20
"""Where denials are collected: the runtime's room for them, and as much for quoting."""
PREFIX_BYTES: Final = 4
MOST_CPU_SECONDS: Final = 10**9
"""Thirty years; larger numbers are not for every kernel."""


class RunLimits(NamedTuple):
    """What a program may use. 0 CPU seconds or output bytes are no limit (decision 0007).

    `policy`: limits of a sandboxed run, which hold beside the others; the lower one is met first.
    """

    solve_fuel: int = FUEL
    max_memory_bytes: int = MEMORY_BYTES
    max_output_bytes: int = OUTPUT_BYTES
    cpu_time_limit_seconds: int = CPU_SECONDS
    policy: "Limits | None" = None
    stderr_cap_bytes: int = STDERR_CAP_BYTES

    @property
    def cpu_seconds(self) -> int | None:
        """Of a policy's milliseconds the kernel counts whole seconds, rounded up. One more: the
        program says what it met before we do."""
        of_policy = (self.policy.cpu_ms + 999) // 1000 + 1 if self.policy else None
        return _lowest(self.cpu_time_limit_seconds or None, of_policy)

    @property
    def wall_ms(self) -> int | None:
        seconds = self.cpu_time_limit_seconds
        of_policy = self.policy.wall_ms if self.policy else None
        return _lowest((seconds + 1) * 1000 if seconds else None, of_policy)

    @property
    def of_program(self) -> "Limits":
        """What a sandboxed program is told: its policy's, and of time the option's where that is
        less. The program has words for what it meets, and tells what it was denied before."""
        assert self.policy is not None
        seconds, policy = self.cpu_time_limit_seconds, self.policy
        if not seconds:
            return policy
        cpu_ms, wall_ms = seconds * 1000, (seconds + 1) * 1000
        return policy._replace(
            cpu_ms=min(cpu_ms, policy.cpu_ms), wall_ms=min(wall_ms, policy.wall_ms)
        )

    def is_of_option(self, field: str) -> bool:
        """Whether what a sandboxed program calls `field` is a limit that an option or a profile
        set, below that of the policy."""
        name = field.removeprefix("limits.")
        return (
            name in ("cpu_ms", "wall_ms")
            and self.policy is not None
            and getattr(self.of_program, name) < getattr(self.policy, name)
        )

    @property
    def stdout_cap_bytes(self) -> int:
        """One byte more than a full frame, so that one too many can be told from a full one."""
        most = self.max_output_bytes
        return PREFIX_BYTES + most + 1 if most else NO_LIMIT

    @property
    def resources(self) -> ResourceLimits:
        """A sandboxed program sets those of its policy itself: it can say which one it met, and
        loading it does not count."""
        seconds = self.cpu_seconds
        cpu_seconds = None if seconds is None else min(seconds, MOST_CPU_SECONDS)
        dumps = self.policy is not None and self.policy.core_dumps
        return ResourceLimits(cpu_seconds=cpu_seconds, core_bytes=None if dumps else 0)


def _lowest(*candidates: int | None) -> int | None:
    """None is no limit."""
    return min((value for value in candidates if value is not None), default=None)


def chosen(*candidates: int | None) -> int:
    """The first that says something: an option, a profile's value, a default."""
    return next(value for value in candidates if value is not None)
