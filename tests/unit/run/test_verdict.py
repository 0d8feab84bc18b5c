"""How a run went (contract/abi.md §1, "How the runner reads the child")."""

import signal

import pytest

from x07bundle.process import Finished
from x07bundle.run.limits import RunLimits
from x07bundle.run.verdict import Solve, judge

FRAME = b"\2\0\0\0hi"
METRICS = b'{"fuel_used":7}\n'
LIMITS = RunLimits(solve_fuel=9, max_memory_bytes=5, max_output_bytes=10, cpu_time_limit_seconds=2)


def verdict(
    status: int = 0,
    *,
    by: int | None = None,
    stdout: bytes = FRAME,
    stderr: bytes = METRICS,
    stdout_over: bool = False,
    stderr_over: bool = False,
    timed_out: bool = False,
) -> Solve:
    exit_status = 128 + by if by else status
    return judge(
        Finished(exit_status, by, stdout, stderr, stdout_over, stderr_over, timed_out), LIMITS
    )


def test_well() -> None:
    solve = verdict()
    assert solve.ok
    assert (solve.output, solve.trap, solve.trap_help) == (b"hi", None, None)
    assert (solve.metrics or {})["fuel_used"] == 7


def test_an_exit_code_of_its_own_is_no_trap() -> None:
    solve = verdict(3)
    assert (solve.ok, solve.exit_status, solve.trap, solve.output) == (False, 3, None, b"hi")


def test_a_trap_is_the_last_line_that_says_something() -> None:
    stderr = b"noise\n  in main.solve\nview.get_u8 oob ptr=/solve/1\n\n{\n"
    solve = verdict(132, stdout=b"", stderr=stderr)
    assert solve.trap == "view.get_u8 oob ptr=/solve/1"
    assert (solve.exit_status, solve.output, solve.metrics) == (132, b"", None)


def test_what_is_not_started_says_why_and_what_to_do() -> None:
    refused = b"x07: the layer `rlimits` is required\nhint: leave it out\n"
    solve = verdict(125, stdout=b"", stderr=refused)
    assert (solve.trap, solve.trap_help) == ("the layer `rlimits` is required", "leave it out")
    own = verdict(3, stdout=b"", stderr=b"no such thing\nhint: make one\n")
    assert (own.trap, own.trap_help) == ("hint: make one", None)
    late = verdict(125, stdout=b"", stderr=refused, timed_out=True)
    assert late.trap == "timed out"
    assert late.trap_help != "leave it out"


def test_words_do_not_matter_when_it_went_well() -> None:
    assert verdict(stderr=b"a debug line\n" + METRICS).ok


def test_a_bad_frame() -> None:
    assert verdict(stdout=b"").trap == "native stdout too short for length prefix"
    assert verdict(1, stdout=b"").trap == "native stdout too short for length prefix"
    assert verdict(1, stdout=b"", stderr=b"reason\n").trap == "reason"


def test_metrics_are_missed_only_when_all_else_is_well() -> None:
    assert verdict(stderr=b"x\n").trap == "missing metrics json line on stderr"
    assert verdict(3, stderr=b"").trap is None
    assert verdict(stdout=b"", stderr=b"").trap == "native stdout too short for length prefix"


def test_a_signal() -> None:
    solve = verdict(by=signal.SIGSEGV, stdout=b"", stderr=b"")
    assert (solve.trap, solve.exit_status) == ("terminated by signal 11", 139)
    assert verdict(by=signal.SIGSEGV, stderr=b"what it said\n").trap == "what it said"


def test_limits_are_named() -> None:
    cpu = verdict(by=signal.SIGXCPU, stdout=b"", stderr=b"what it said\n")
    assert cpu.trap == "cpu time limit exceeded: limits.cpu_ms=2000"
    assert "--cpu-time-limit-seconds" in (cpu.trap_help or "")
    wall = verdict(by=signal.SIGKILL, timed_out=True)
    assert wall.trap == "timed out"
    assert "`limits.wall_ms`, 3000 ms" in (wall.trap_help or "")


@pytest.mark.parametrize(
    ("case", "trap"),
    [
        ({"timed_out": True, "stderr_over": True, "stdout_over": True}, "timed out"),
        ({"stderr_over": True, "stdout_over": True}, "stderr exceeded cap"),
        ({"stdout_over": True}, "stdout exceeded cap"),
    ],
)
def test_what_was_cut_short_is_not_read(case: dict[str, bool], trap: str) -> None:
    solve = verdict(**case)  # type: ignore[arg-type]
    assert (solve.trap, solve.output, solve.metrics) == (trap, b"", None)
    assert not solve.ok


@pytest.mark.parametrize(
    ("trap", "words"),
    [
        ("fuel exhausted ptr=/solve/1", "9; raise it with `--solve-fuel`"),
        ("out of memory ptr=/solve/1", "5 bytes; raise it with `--max-memory-bytes`"),
        ("map_u32 full ptr=/solve", "a larger capacity"),
        ("X07T_BUDGET_EXCEEDED_FUEL", "budget"),
    ],
)
def test_help_does_not_depend_on_the_place(trap: str, words: str) -> None:
    assert words in (verdict(132, stdout=b"", stderr=trap.encode()).trap_help or "")


def test_no_help_where_the_trap_says_it_all() -> None:
    assert verdict(132, stderr=b"view.get_u8 oob ptr=/solve").trap_help is None
