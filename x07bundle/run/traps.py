"""What to do about a trap: the `trap_help` of reports (contract/abi.md §5)."""

from typing import Final

from x07bundle.run.limits import RunLimits

TIMED_OUT: Final = "timed out"
CPU: Final = "cpu time limit exceeded"


def cpu_limit(limits: RunLimits) -> str:
    """The trap of a program that the kernel stopped for the CPU time that it used."""
    return f"{CPU}: limits.cpu_ms={limits.cpu_time_limit_seconds * 1000}"


def message(trap: str) -> str:
    """A trap without the place: what comes before ` path=` and ` ptr=`."""
    return trap.partition(" ptr=")[0].partition(" path=")[0]


def explain(trap: str, limits: RunLimits) -> str | None:
    """Which limit was hit and the option that raises it; None where the trap says it all."""
    said = message(trap).partition(":")[0]
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
