"""Limits of the kernel for a program that is started (setrlimit(2))."""

from collections.abc import Callable
from typing import NamedTuple


class ResourceLimits(NamedTuple):
    """rlimits of the child; None leaves the inherited one.

    `cpu_seconds`: SIGXCPU there, SIGKILL one second later.
    """

    cpu_seconds: int | None = None
    core_bytes: int | None = None
    memory_bytes: int | None = None
    file_bytes: int | None = None
    open_files: int | None = None
    processes: int | None = None


def limiter(limits: ResourceLimits) -> Callable[[], None] | None:
    """Sets the rlimits in the child, before the program starts. None when there are none.

    A limit above the inherited hard one is clamped to it.
    """
    wanted = _rlimits(limits)
    if not wanted:
        return None
    import resource

    plan: list[tuple[int, tuple[int, int]]] = []
    for name, (soft, hard) in wanted.items():
        number = getattr(resource, name)
        most = resource.getrlimit(number)[1]
        ceiling = hard if most == resource.RLIM_INFINITY else min(hard, most)
        plan.append((number, (min(soft, ceiling), ceiling)))

    def apply() -> None:
        for number, pair in plan:
            resource.setrlimit(number, pair)

    return apply


def _rlimits(limits: ResourceLimits) -> dict[str, tuple[int, int]]:
    """The rlimits to set: name to (soft, hard)."""
    cpu = limits.cpu_seconds
    wanted = {
        "RLIMIT_CPU": None if cpu is None else (cpu, cpu + 1),
        "RLIMIT_CORE": _both(limits.core_bytes),
        "RLIMIT_AS": _both(limits.memory_bytes),
        "RLIMIT_FSIZE": _both(limits.file_bytes),
        "RLIMIT_NOFILE": _both(limits.open_files),
        "RLIMIT_NPROC": _both(limits.processes),
    }
    return {name: pair for name, pair in wanted.items() if pair is not None}


def _both(value: int | None) -> tuple[int, int] | None:
    return None if value is None else (value, value)
