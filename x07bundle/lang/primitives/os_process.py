"""Processes that a program starts, and its own end (contract/os-modules.md §3)."""

from typing import Final

from x07bundle.lang.primitives.row import Primitive, row

_OFF: Final = "os.process disabled by policy"
_HANDLE: Final = "os.process invalid handle"
_NOT_CAPTURED: Final = "os.process join of a piped process"
_NOT_PIPED: Final = "os.process pipe of a captured process"
_JOINED: Final = "os.process join already taken"
_TAKEN: Final = "os.process exit already taken"
_RUNS: Final = "os.process.take_exit_v1 process still runs"
_PENDING: Final = "os.process.stdin_write_v1 pending exceeds policy max_stdin_bytes"

_CAPTURED: Final = (_HANDLE, _NOT_CAPTURED, _JOINED)
_PIPED: Final = (_HANDLE, _NOT_PIPED)
_JOIN: Final = "os.process.join_capture_v1"
_JOIN_EXIT: Final = "os.process.join_exit_v1"
_JOIN_EXIT_TRAPS: Final = (*_PIPED, _TAKEN)


def _c(head: str) -> str:
    return "x07_" + head.replace(".", "_")


ROWS: Final[tuple[Primitive, ...]] = (
    row(
        "os.process.exit",
        "i",
        "never",
        traps=(_OFF, "os.process.exit disabled by policy"),
        world="os",
    ),
    row("os.process.spawn_capture_v1", "B B", "i", world="os"),
    row("os.process.spawn_piped_v1", "B B", "i", world="os"),
    row("os.process.run_capture_v1", "B B", "B", world="os"),
    row("os.process.try_join_capture_v1", "i", "oB", traps=_CAPTURED, world="os"),
    row(_JOIN, "i", "B", traps=_CAPTURED, world="os"),
    row(f"std.{_JOIN}", "i", "B", c=_c(_JOIN), traps=_CAPTURED, world="os"),
    row(_JOIN_EXIT, "i", "i", traps=_JOIN_EXIT_TRAPS, world="os"),
    row(f"std.{_JOIN_EXIT}", "i", "i", c=_c(_JOIN_EXIT), traps=_JOIN_EXIT_TRAPS, world="os"),
    row("os.process.stdout_read_v1", "i i", "B", traps=_PIPED, world="os"),
    row("os.process.stderr_read_v1", "i i", "B", traps=_PIPED, world="os"),
    row("os.process.stdin_write_v1", "i B", "i", traps=(*_PIPED, _PENDING), world="os"),
    row("os.process.stdin_close_v1", "i", "i", traps=_PIPED, world="os"),
    row("os.process.try_wait_v1", "i", "i", traps=(_HANDLE,), world="os"),
    row(
        "os.process.take_exit_v1",
        "i",
        "i",
        traps=(_HANDLE, _NOT_PIPED, _RUNS, _TAKEN),
        world="os",
    ),
    row("os.process.kill_v1", "i i", "i", traps=(_HANDLE,), world="os"),
    row("os.process.drop_v1", "i", "i", world="os"),
)
