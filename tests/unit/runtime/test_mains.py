"""Both mains from end to end: streams, metrics, limits, exit statuses (contract/abi.md §1, §2)."""

import fcntl
import json
import os
import signal
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.program_build import open_workshop
from tests.unit.runtime.c_program import LIMIT_SECONDS, TRAPPED, CProgram, Programs, build

FAILED = 2
HEAP_LIMIT_BYTES = 100_000

KEYS = (
    "fuel_used heap_used fs_read_file_calls fs_list_dir_calls rr_open_calls rr_close_calls "
    "rr_stats_calls rr_next_calls rr_next_miss_calls rr_append_calls kv_get_calls kv_set_calls "
    "sched_stats mem_stats"
).split()
SCHEDULE_KEYS = (
    "tasks_spawned spawn_calls join_calls yield_calls sleep_calls chan_send_calls chan_recv_calls "
    "ctx_switches wake_events blocked_waits virtual_time_end sched_trace_hash"
).split()
MEMORY_KEYS = (
    "alloc_calls realloc_calls free_calls bytes_alloc_total bytes_freed_total live_bytes "
    "peak_live_bytes live_allocs peak_live_allocs memcpy_bytes"
).split()


def _framed(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def _run(
    program: CProgram, stdin: bytes = b"", arguments: Sequence[bytes] = ()
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [program.path, *arguments],
        input=stdin,
        capture_output=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )


def _lines(done: subprocess.CompletedProcess[bytes]) -> list[str]:
    return done.stderr.decode().splitlines()


# -- framed


@pytest.fixture
def framed(c_program: Programs) -> CProgram:
    return c_program("framed")


def test_frame_in_frame_out_then_metrics(framed: CProgram) -> None:
    done = _run(framed, _framed(b"ehello"))
    assert (done.returncode, done.stdout) == (0, _framed(b"hello"))
    [line] = _lines(done)
    metrics = json.loads(line)
    assert list(metrics) == KEYS
    assert list(metrics["sched_stats"]) == SCHEDULE_KEYS
    assert list(metrics["mem_stats"]) == MEMORY_KEYS
    assert line.startswith('{"fuel_used":5,"heap_used":11,"fs_read_file_calls":0,')


def test_counts_leave_the_input_out_and_the_peak_has_it(framed: CProgram) -> None:
    metrics = json.loads(_lines(_run(framed, _framed(b"e" + bytes(7000))))[0])
    assert metrics["heap_used"] == 14001
    assert metrics["sched_stats"]["sched_trace_hash"] == "0x14650fb0739d0383"
    memory = dict.fromkeys(MEMORY_KEYS, 0)
    memory |= dict.fromkeys(("alloc_calls", "free_calls", "peak_live_allocs"), 1)
    memory |= dict.fromkeys(("bytes_alloc_total", "bytes_freed_total", "memcpy_bytes"), 7000)
    assert metrics["mem_stats"] == {**memory, "peak_live_bytes": 7000}


def test_an_empty_input_and_an_empty_output(framed: CProgram) -> None:
    done = _run(framed, _framed(b""))
    assert (done.returncode, done.stdout) == (0, _framed(b""))
    assert json.loads(_lines(done)[0])["heap_used"] == 0


@pytest.mark.parametrize("stdin", [b"", b"\x01\x00", b"\x05\x00\x00\x00abcd"])
def test_a_short_frame_ends_without_metrics(framed: CProgram, stdin: bytes) -> None:
    done = _run(framed, stdin)
    assert (done.returncode, done.stdout, done.stderr) == (FAILED, b"", b"")


@pytest.mark.parametrize(
    ("code", "status"), [(0, 0), (7, 7), (255, 255), (256, 255), (0xFFFFFFFF, 255)]
)
def test_exit_code_of_the_program(framed: CProgram, code: int, status: int) -> None:
    done = _run(framed, _framed(b"x%d" % code))
    assert (done.returncode, done.stdout) == (status, _framed(b""))
    assert len(_lines(done)) == 1


def test_a_trap_writes_no_frame_and_no_metrics(framed: CProgram) -> None:
    done = _run(framed, _framed(b"xnumber"))
    assert (done.returncode, done.stdout) == (TRAPPED, b"")
    assert _lines(done) == ["  in main.solve", "parse.u32_dec non-digit ptr=/solve/1"]


def test_fuel_and_memory_have_limits(framed: CProgram) -> None:
    assert _lines(_run(framed, _framed(b"f")))[-1] == "fuel exhausted"
    command = b"o%d" % (HEAP_LIMIT_BYTES - 6)
    assert _run(framed, _framed(command)).returncode == 0
    done = _run(framed, _framed(b"o%d" % (HEAP_LIMIT_BYTES - 5)))
    assert (done.returncode, _lines(done)[-1]) == (TRAPPED, "out of memory ptr=/solve/1")
    assert _lines(_run(framed, _framed(bytes(HEAP_LIMIT_BYTES + 1)))) == ["out of memory"]


@pytest.mark.parametrize("expected", [b"abd", b"", bytes(range(100))])
def test_a_failed_assertion_shows_both_sides(framed: CProgram, expected: bytes) -> None:
    output = b"\0" + struct.pack("<I", 1003) + b"X7T1\x40"
    output += struct.pack("<II", 3, len(expected)) + b"abc" + expected[:64]
    done = _run(framed, _framed(b"m" + expected))
    assert done.stdout == _framed(output)
    assert json.loads(_lines(done)[0])["mem_stats"]["live_bytes"] == 0


def test_an_assertion_that_holds_leaves_the_output_alone(framed: CProgram) -> None:
    assert _run(framed, _framed(b"mabc")).stdout == _framed(b"\0" + struct.pack("<I", 1003))


# -- bundled


@pytest.fixture
def bundled(c_program: Programs) -> CProgram:
    return c_program("bundled")


def _argv(*arguments: bytes) -> bytes:
    return struct.pack("<I", len(arguments)) + b"".join(map(_framed, arguments))


@pytest.mark.parametrize("count", [0, 1, 3, 400])
def test_arguments_are_the_input(bundled: CProgram, count: int) -> None:
    arguments = [b"--" + b"\xff" * (i % 11) for i in range(count)]
    done = _run(bundled, b"not read", arguments)
    assert done.stdout == _argv(b"bundled", *arguments)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_name_is_that_of_the_bundle(bundled: CProgram) -> None:
    done = subprocess.run(
        ["another name", "-x"], executable=bundled.path, capture_output=True, check=False
    )
    assert done.stdout == _argv(b"bundled", b"-x")


def test_output_as_it_is_and_the_exit_code(bundled: CProgram) -> None:
    done = _run(bundled, arguments=[b"ehello"])
    assert (done.returncode, done.stdout, done.stderr) == (0, b"hello", b"")
    assert _run(bundled, arguments=[b"x9"]).returncode == 9


def test_output_up_to_the_cap(bundled: CProgram) -> None:
    assert _run(bundled, arguments=[b"z6000"]).stdout == bytes(6000)
    done = _run(bundled, arguments=[b"z6001"])
    assert (done.returncode, done.stdout) == (FAILED, b"")
    assert _lines(done) == ["x07 bundle: output exceeded cap"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_output_that_is_lost_is_told(bundled: CProgram) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [bundled.path, "ehello"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (FAILED, b"x07 bundle: the output cannot be written\n")


@pytest.mark.parametrize("name", ["framed", "bundled"])
def test_a_reader_that_went_away_is_a_failure_and_no_signal(c_program: Programs, name: str) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [c_program(name).path, "ehello"],
        input=_framed(b"ehello"),
        stdout=write_end,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write_end)
    assert (done.returncode, done.stderr) == (FAILED, b"")


def test_a_closed_stdout(bundled: CProgram) -> None:
    done = subprocess.run(
        ["sh", "-c", '"$0" ehello >&-', bundled.path], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (FAILED, b"")


def test_a_slow_reader_of_a_pipe_that_does_not_block(framed: CProgram, tmp_path: Path) -> None:
    """Short writes are continued: the output is larger than the pipe."""
    data = b"e" + os.urandom(49_000)
    (tmp_path / "in").write_bytes(_framed(data))
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    _shrink(write_end)
    with (tmp_path / "in").open("rb") as stdin:
        child = subprocess.Popen(
            [framed.path], stdin=stdin, stdout=write_end, stderr=subprocess.DEVNULL
        )
    os.close(write_end)
    with os.fdopen(read_end, "rb") as stdout:
        assert stdout.read() == _framed(data[1:])
    assert child.wait(LIMIT_SECONDS) == 0


def _shrink(pipe: int) -> None:
    """To one page, where the system can."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 4096)


def test_processor_time_has_a_limit(bundled: CProgram) -> None:
    done = _run(bundled, arguments=[b"c"])
    assert done.returncode in (-signal.SIGKILL, -signal.SIGXCPU)


@pytest.fixture(scope="session")
def unwatched(tmp_path_factory: pytest.TempPathFactory) -> CProgram:
    """Without sanitizers, which take signals for themselves."""
    workshop = open_workshop(tmp_path_factory.mktemp("unwatched"), sanitize=False)
    return build(workshop, "framed")


@pytest.mark.parametrize(
    ("command", "status", "stderr"),
    [
        pytest.param(b"s", TRAPPED, b"stack overflow\n", id="stack overflow"),
        pytest.param(b"w", -signal.SIGSEGV, b"", id="wild pointer"),
    ],
)
def test_faults(unwatched: CProgram, command: bytes, status: int, stderr: bytes) -> None:
    done = _run(unwatched, _framed(command))
    assert (done.returncode, done.stdout, done.stderr) == (status, b"", stderr)
