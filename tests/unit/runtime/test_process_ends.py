"""What is left of processes: nothing, however they and the program end."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.unit.runtime.c_program import TRAPPED, CProgram, Programs
from tests.unit.runtime.process_policies import answers, policy
from tests.unit.runtime.processes import (
    CAPS,
    COMPUTE,
    DROP,
    EXIT,
    FIRST,
    JOIN_EXIT,
    KILL,
    RAISE,
    READ_FIRST,
    RUN,
    SPAWN_PIPED,
    TRAP,
    TRY_WAIT,
    Done,
    caps,
    document,
    shell,
)

WAITING_SECONDS = 20


@pytest.fixture
def process(c_program: Programs) -> CProgram:
    return c_program("process")


def is_gone(pid: int) -> bool:
    """A zombie has ended, too; who waits for it is another question."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat.rpartition(")")[2].split()[0] in "ZX"


def all_gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + WAITING_SECONDS
    while not all(map(is_gone, pids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def family(folder: Path, before: str = "", after: str = "wait") -> bytes:
    """A process and its child, both for ever; it says so when their numbers are written."""
    script = f"{before} sleep 1000 & echo $$ $! > {folder}/pids; echo ready; {after}"
    return shell(script)


def pids(folder: Path) -> list[int]:
    return [int(word) for word in (folder / "pids").read_text().split()]


START = (READ_FIRST, FIRST)


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ((), 0),
        ((DROP, FIRST), 0),
        ((KILL, FIRST, signal.SIGKILL), 0),
        ((EXIT, 3), 3),
        ((TRAP,), TRAPPED),
    ],
)
def test_all_that_was_started_ends(
    process: CProgram, tmp_path: Path, ending: tuple[int, ...], status: int
) -> None:
    started = (SPAWN_PIPED, family(tmp_path), CAPS)
    ran = process.run(started, START, ending) if ending else process.run(started, START)
    assert ran.status == status, ran
    assert all_gone(pids(tmp_path))


def test_a_process_ends_with_a_program_that_is_killed(process: CProgram, tmp_path: Path) -> None:
    started = (SPAWN_PIPED, family(tmp_path), CAPS)
    ran = process.run(started, START, (RAISE, signal.SIGKILL))
    assert ran.status == -signal.SIGKILL
    leader, child = pids(tmp_path)
    assert all_gone([leader])
    os.kill(child, signal.SIGKILL)


def test_the_time_limit_ends_all(process: CProgram, tmp_path: Path) -> None:
    started = (SPAWN_PIPED, family(tmp_path), caps(timeout_ms=2000))
    ran = process.run(started, START, (JOIN_EXIT, FIRST))
    assert ran.status == 0
    assert all_gone(pids(tmp_path))


def test_the_time_limit_ends_all_while_the_program_computes(
    process: CProgram, tmp_path: Path
) -> None:
    started = (SPAWN_PIPED, family(tmp_path), caps(timeout_ms=1500))
    ending = (RAISE, signal.SIGKILL)
    ran = process.run(started, START, (COMPUTE, 2500), ending)
    assert ran.status == -signal.SIGKILL
    assert all_gone(pids(tmp_path))


def test_a_process_may_leave_others_behind(process: CProgram, tmp_path: Path) -> None:
    """Outside of a sandbox, that is what the program asked for."""
    started = (SPAWN_PIPED, family(tmp_path, "exec 2>&-;", "exit 6"), CAPS)
    [handle, ready, status] = process.answers(started, START, (JOIN_EXIT, FIRST))
    assert (handle, ready, status) == (FIRST, b"ready\n", 6)
    leader, child = pids(tmp_path)
    assert all_gone([leader])
    assert not is_gone(child)
    os.kill(child, signal.SIGKILL)


def in_shell(program: CProgram, before: str, *requests: tuple[int | bytes, ...]) -> bytes:
    """What the program says that a shell starts after `before`."""
    words = ["/bin/sh", "-c", f'{before}; exec "$0"', str(program.path)]
    sent = b"".join(
        word.to_bytes(4, "little")
        if isinstance(word, int)
        else len(word).to_bytes(4, "little") + word
        for request in requests
        for word in request
    )
    done = subprocess.run(words, input=sent, capture_output=True, timeout=60, check=True)
    return done.stdout


def first_blob(stream: bytes) -> bytes:
    assert stream[:1] == b"b"
    return stream[5 : 5 + int.from_bytes(stream[1:5], "little")]


def test_no_descriptor_is_inherited(process: CProgram) -> None:
    listing = (RUN, shell("ls /proc/self/fd"), CAPS)
    done = document(first_blob(in_shell(process, "exec 7</dev/null 9>/dev/null", listing)))
    assert done == Done(0, b"0\n1\n2\n3\n")


def test_children_that_the_system_would_take_away(process: CProgram) -> None:
    """A parent that ignored SIGCHLD leaves that to its children."""
    done = document(first_blob(in_shell(process, "trap '' CHLD", (RUN, shell("exit 9"), CAPS))))
    assert done == Done(9)


@pytest.mark.parametrize("closed", ["1>&- 2>&-", "2>&-"])
def test_pipes_take_no_place_of_a_closed_stream(
    process: CProgram, tmp_path: Path, closed: str
) -> None:
    kept = tmp_path / "kept"
    asked = (RUN, shell(f"cat; echo out; echo err >&2; echo x > {kept}"), CAPS)
    in_shell(process, f"exec {closed}", asked)
    assert kept.read_text() == "x\n"


# -- in a sandbox


def test_what_a_process_leaves_behind_ends_with_it(process: CProgram, tmp_path: Path) -> None:
    start = (SPAWN_PIPED, family(tmp_path, "exec 2>&-;", "exit 6"), CAPS)
    words, _ = answers(process, policy(), start, (READ_FIRST, FIRST), (JOIN_EXIT, FIRST))
    assert words[2] == 6
    assert all_gone(pids(tmp_path))


def test_a_process_that_is_not_killed_runs_on(process: CProgram, tmp_path: Path) -> None:
    start = (SPAWN_PIPED, family(tmp_path), CAPS)
    env = policy(PROC_KILL_ON_DROP=False)
    words, _ = answers(process, env, start, (READ_FIRST, FIRST), (DROP, FIRST), (TRY_WAIT, FIRST))
    assert words[2:] == [0, 0]
    family_pids = pids(tmp_path)
    assert not any(map(is_gone, family_pids))
    for pid in family_pids:
        os.kill(pid, signal.SIGKILL)


def test_a_process_that_is_killed_alone(process: CProgram, tmp_path: Path) -> None:
    start = (SPAWN_PIPED, family(tmp_path), CAPS)
    env = policy(PROC_KILL_TREE=False)
    answers(process, env, start, (READ_FIRST, FIRST), (DROP, FIRST))
    leader, child = pids(tmp_path)
    assert all_gone([leader])
    assert not is_gone(child)
    os.kill(child, signal.SIGKILL)
