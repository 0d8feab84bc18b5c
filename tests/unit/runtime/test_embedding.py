"""The program inside another C program: its symbols, arena and exit code (contract/abi.md §3)."""

import subprocess

from tests.unit.runtime.c_program import TRAPPED, CProgram, Programs


def _run(program: CProgram, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program.path, *arguments], capture_output=True, text=True, check=False)


def test_outputs_lie_in_the_arena_and_runs_do_not_see_each_other(c_program: Programs) -> None:
    done = _run(c_program("embedded"))
    assert done.stdout.splitlines() == ["bcd 1 300", "IBM 1 300", "bc 1 300"]
    assert done.returncode == 0


def test_an_arena_that_is_full(c_program: Programs) -> None:
    done = _run(c_program("embedded"), "a", "small arena")
    assert done.returncode == TRAPPED
    assert done.stderr.splitlines() == ["  in main.solve", "out of memory ptr=/solve"]


def test_a_trap_of_a_native_extension(c_program: Programs) -> None:
    done = _run(c_program("embedded"), "a")
    assert (done.returncode, done.stderr) == (TRAPPED, "native extension failed code=-9200\n")
