"""Processes that are started and left, and those that outlive us."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fakes import install
from tests.program_build import ROOT
from x07bundle import children
from x07bundle.children import Start
from x07bundle.errors import ToolMissingError, X07Error

ENV = {"PATH": os.environ["PATH"]}


def run(script: str, stdout: int = 1, stderr: int = 2) -> int:
    """The status of a shell's script."""
    pid = children.start(Start(("sh", "-c", script), ENV, stdout=stdout, stderr=stderr))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_streams_may_change_places(tmp_path: Path) -> None:
    out, err = (os.open(tmp_path / name, os.O_RDWR | os.O_CREAT) for name in ("out", "err"))
    assert run("echo out; echo err >&2; exit 4", stdout=err, stderr=out) == 4
    assert (tmp_path / "err").read_text() == "out\n"
    assert (tmp_path / "out").read_text() == "err\n"
    os.close(out)
    os.close(err)


def test_standard_streams_may_be_given_crosswise(tmp_path: Path) -> None:
    script = (
        "import os\nfrom x07bundle.children import Start, start\n"
        f"pid = start(Start(('sh', '-c', 'echo said; echo more >&2'), {ENV!r}, 0, 2, 1))\n"
        "os.waitpid(pid, 0)"
    )
    done = subprocess.run(
        (sys.executable, "-c", script), cwd=ROOT, capture_output=True, check=True, text=True
    )
    assert (done.stdout, done.stderr) == ("more\n", "said\n")


def test_nothing_else_is_open() -> None:
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    try:
        assert run(f"test ! -e /proc/self/fd/{writing} && test ! -e /proc/self/fd/{reading}") == 0
    finally:
        os.close(reading)
        os.close(writing)


def test_it_starts_in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also from a folder that is not there any more, by a path that starts from here."""
    (tmp_path / "away").mkdir()
    monkeypatch.chdir(tmp_path)
    install(tmp_path / "bin", "here", 'test "$(/bin/pwd)" = "$1"')
    for program in ("bin/here", str(tmp_path / "bin/here")):
        command = Start((program, str(tmp_path / "away")), ENV, folder=tmp_path / "away")
        assert os.waitstatus_to_exitcode(os.waitpid(children.start(command), 0)[1]) == 0
        assert Path.cwd() == tmp_path
    monkeypatch.chdir(tmp_path / "away")
    (tmp_path / "away").rmdir()
    command = Start((str(tmp_path / "bin/here"), str(tmp_path)), ENV, folder=tmp_path)
    assert os.waitstatus_to_exitcode(os.waitpid(children.start(command), 0)[1]) == 0
    with pytest.raises(X07Error, match="no such file"):
        children.start(command._replace(folder=tmp_path / "away"))


def test_its_group() -> None:
    assert run('test "$(ps -o pgid= -p $$)" -eq $$') == 0
    pid = children.start(Start(("sleep", "60"), ENV, leads_group=False))
    assert os.getpgid(pid) == os.getpgrp()
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_signals_are_as_a_program_expects() -> None:
    assert run("kill -PIPE $$; exit 1") == -signal.SIGPIPE
    assert run("kill -TERM $$; exit 1") == -signal.SIGTERM


def test_what_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(ToolMissingError, match="program not found: `nothing`"):
        children.start(Start(("nothing",), ENV))
    (tmp_path / "text").write_text("\x7fELF")
    (tmp_path / "text").chmod(0o755)
    with pytest.raises(X07Error, match="exec format error"):
        children.start(Start((str(tmp_path / "text"),), ENV))
    with pytest.raises(X07Error, match="null"):
        children.start(Start(("sh", "a\0b"), ENV))


def test_a_detached_process_has_nothing_of_ours(tmp_path: Path) -> None:
    place = tmp_path / "said"
    left_open = os.open(tmp_path, os.O_RDONLY)

    def serve() -> None:
        facts = (
            os.getsid(0) != sid,
            os.getppid() != us,
            {str(Path(f"/proc/self/fd/{number}").readlink()) for number in range(3)}
            == {os.devnull},
            Path.cwd() == Path("/"),
            not Path(f"/proc/self/fd/{left_open}").exists(),
            signal.getsignal(signal.SIGTERM) == signal.SIG_IGN,
        )
        (tmp_path / "new").write_text(repr(facts))
        (tmp_path / "new").rename(place)

    sid, us = os.getsid(0), os.getpid()
    os.waitpid(children.detach(serve), 0)
    os.close(left_open)
    end = time.monotonic() + 20
    while not place.exists() and time.monotonic() < end:
        time.sleep(0.01)
    assert place.read_text() == repr((True,) * 6)


def test_a_process_is_known_by_its_start(tmp_path: Path) -> None:
    install(tmp_path, "a) program", "exec sleep 60")
    process = subprocess.Popen((str(tmp_path / "a) program"),))
    started = children.started_at(process.pid)
    assert started == children.started_at(process.pid)
    assert started != children.started_at(os.getpid())
    children.kill(process.pid, None)
    children.kill(process.pid, children.started_at(os.getpid()))
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.3)
    children.kill(process.pid, started)
    assert process.wait(timeout=20) == -signal.SIGKILL
    assert children.started_at(process.pid) is None


def test_one_that_ended_is_none_though_nobody_waited_for_it() -> None:
    process = subprocess.Popen(("true",))
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert children.started_at(process.pid) is None
    process.wait()
