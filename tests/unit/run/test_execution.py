"""Executables that are run under limits."""

import os
from pathlib import Path

import pytest

from tests.fakes import install
from x07bundle.errors import X07Error
from x07bundle.run.execution import child_environment, execute
from x07bundle.run.limits import RunLimits
from x07bundle.run.verdict import Solve

METRICS = """echo '{"fuel_used":1}' >&2"""
ENV = {"PATH": "/usr/bin:/bin"}


def ran(folder: Path, script: str, data: bytes = b"", **limits: int) -> Solve:
    program = install(folder, "program", script)
    return execute(program, data, RunLimits(policy=None, **limits), ENV, folder)


def test_input_comes_as_a_frame(tmp_path: Path) -> None:
    solve = ran(tmp_path, f"cat\n{METRICS}", b"hello")
    assert (solve.output, solve.trap) == (b"hello", None)
    assert solve.stdout == b"\5\0\0\0hello"


def test_where_it_runs_and_what_it_sees(tmp_path: Path) -> None:
    script = f"pwd > {tmp_path}/where; env > {tmp_path}/env; ulimit -c > {tmp_path}/core; {METRICS}"
    work = tmp_path / "work"
    work.mkdir()
    program = install(tmp_path, "program", script)
    execute(program, b"", RunLimits(), child_environment({**ENV, "A": "b"}, "run-os"), work)
    assert (tmp_path / "where").read_text() == f"{work}\n"
    seen = (tmp_path / "env").read_text().splitlines()
    assert {"A=b", "X07_WORLD=run-os"} <= set(seen)
    assert (tmp_path / "core").read_text() == "0\n"


def test_output_caps(tmp_path: Path) -> None:
    full = rf"printf '\004\000\000\000%s' $0 | head -c 4; printf 1234; {METRICS}"
    assert ran(tmp_path, full, max_output_bytes=4).output == b"1234"
    one_more = rf"printf '\005\000\000\00012345'; {METRICS}"
    assert (ran(tmp_path, one_more, max_output_bytes=4).trap or "").startswith(
        "native output too large: 5"
    )
    two_more = rf"printf '\006\000\000\000123456'; {METRICS}"
    solve = ran(tmp_path, two_more, max_output_bytes=4)
    assert (solve.trap, len(solve.stdout)) == ("stdout exceeded cap", 9)
    assert ran(tmp_path, two_more, max_output_bytes=0).output == b"123456"


def test_stderr_cap(tmp_path: Path) -> None:
    solve = ran(tmp_path, "head -c 300000 /dev/zero >&2; cat")
    assert (solve.trap, len(solve.stderr)) == ("stderr exceeded cap", 262144)


def test_limits(tmp_path: Path) -> None:
    busy = ran(tmp_path, "while :; do :; done", cpu_time_limit_seconds=1)
    # On a machine with much to do, its wall time may end before its CPU time.
    assert (busy.trap or "").startswith(("cpu time limit exceeded", "timed out"))
    idle = ran(tmp_path, "exec sleep 600", cpu_time_limit_seconds=1)
    assert (idle.trap, idle.exit_status) == ("timed out", 137)


def test_no_time_limit() -> None:
    limits = RunLimits(cpu_time_limit_seconds=0)
    assert (limits.wall_ms, limits.resources.cpu_seconds) == (None, None)


def test_what_is_no_executable(tmp_path: Path) -> None:
    path = tmp_path / "plain"
    path.write_bytes(b"\x7fnonsense")
    for mode in (0o644, 0o755):
        path.chmod(mode)
        with pytest.raises(X07Error, match="cannot execute"):
            execute(path, b"", RunLimits(), ENV, Path())


def test_a_relative_path_means_the_callers_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "a", "program", f"cat\n{METRICS}")
    other = tmp_path / "b"
    other.mkdir()
    monkeypatch.chdir(tmp_path / "a")
    assert execute(Path("program"), b"x", RunLimits(), dict(os.environ), other).output == b"x"
