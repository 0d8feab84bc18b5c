"""What to do about a trap: the `trap_help` of reports (contract/abi.md §5)."""

import re
from typing import Final

from x07bundle.run.limits import RunLimits

TIMED_OUT: Final = "timed out"
CPU: Final = "cpu time limit exceeded"
EXCEEDED: Final = re.compile(
    rb"^limit exceeded: ((?:limits|fs|process)\.\w+)=(\d+)\b", re.MULTILINE
)
"""What a sandboxed program says of a limit of its policy that it met."""


def cpu_limit(limits: RunLimits) -> str:
    """The trap of a program that the kernel stopped for the CPU time that it used."""
    seconds = limits.cpu_seconds or 0
    of_policy = limits.policy.cpu_ms if limits.policy else seconds * 1000
    return f"{CPU}: limits.cpu_ms={min(seconds * 1000, of_policy)}"


def message(trap: str) -> str:
    """A trap without the place: what comes before ` path=` and ` ptr=`."""
    return trap.partition(" ptr=")[0].partition(" path=")[0]


def explain(trap: str, limits: RunLimits, stderr: bytes = b"") -> str | None:
    """Which limit was hit and what raises it; None where the trap says it all."""
    said = message(trap).partition(":")[0]
    return of_policy(said, limits, stderr) or of_options(said, limits)


def of_policy(said: str, limits: RunLimits, stderr: bytes) -> str | None:
    """The field of the policy that was met first; None where none was."""
    policy = limits.policy
    if policy is None:
        return None
    met = EXCEEDED.search(stderr)
    if met is not None and limits.is_of_option(met[1].decode()):
        return of_options(TIMED_OUT if b"wall" in met[1] else CPU, limits)
    if met is not None:
        return f"`{met[1].decode()}` of the policy, {met[2].decode()}, was hit; raise it there"
    if said == TIMED_OUT and not limits.is_of_option("limits.wall_ms"):
        return f"`limits.wall_ms` of the policy, {policy.wall_ms}, was hit; raise it there"
    return None


def of_options(said: str, limits: RunLimits) -> str | None:
    """The option that raises the limit that was hit."""
    texts = {
        "fuel exhausted": f"the fuel limit is {limits.solve_fuel}; raise it with `--solve-fuel`",
        "X07T_BUDGET_EXCEEDED_FUEL": "a budget scope ran out of its fuel; raise the scope's budget",
        "map_u32 full": "make the map with a larger capacity: it holds that many keys, no more",
        "out of memory": f"the heap limit is {limits.max_memory_bytes} bytes; "
        "raise it with `--max-memory-bytes`",
        TIMED_OUT: f"`limits.wall_ms`, {limits.wall_ms} ms, was hit: the CPU seconds and one more; "
        "raise it with `--cpu-time-limit-seconds`",
        CPU: f"the limit is {limits.cpu_time_limit_seconds} s; "
        "raise it with `--cpu-time-limit-seconds`",
        "native output too large": "raise the limit with `--max-output-bytes`",
        "stdout exceeded cap": "raise the limit with `--max-output-bytes`",
    }
    return texts.get(said)
