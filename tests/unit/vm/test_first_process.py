"""The first process of a guest whose files are mounted."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.unit.native.stub_sources import needs_cc

pytestmark = [needs_cc, pytest.mark.skipif(os.uname().sysname != "Linux", reason="Linux agent")]

ALWAYS = "/"
BEGUN = 0o600
ENDED = 0o700


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    return tmp_path / "mark"


def first(agent: Path, mark: Path, script: str, wanted: str = ALWAYS) -> "subprocess.Popen[bytes]":
    words = (agent, "--exec", wanted, mark, "/bin/sh", "-c", script)
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def mode(mark: Path) -> int:
    return mark.stat().st_mode & 0o777


@pytest.mark.parametrize(("script", "status"), [("exit 7", 7), ("kill -9 $$", 137), ("true", 0)])
def test_it_has_the_exit_status_of_the_program(
    agent: Path, mark: Path, script: str, status: int
) -> None:
    child = first(agent, mark, script)
    child.communicate(timeout=20)
    assert child.returncode == status
    assert mode(mark) == ENDED


def test_the_mark_is_there_before_the_program(agent: Path, mark: Path) -> None:
    child = first(agent, mark, f"stat -c %a {mark}")
    assert child.communicate(timeout=20)[0] == f"{BEGUN:o}\n".encode()


def test_a_mark_that_the_program_removes(agent: Path, mark: Path) -> None:
    first(agent, mark, f"rm {mark}").communicate(timeout=20)
    assert mode(mark) == ENDED


def test_no_program_without_a_mark(agent: Path, tmp_path: Path) -> None:
    child = first(agent, tmp_path / "none/mark", "echo begun")
    said = f"x07-guestd: cannot start `{tmp_path}/none/mark`: No such file or directory\n"
    assert child.communicate(timeout=20) == (b"", said.encode())
    assert child.returncode == 127


def test_signals_are_handed_on(agent: Path, mark: Path) -> None:
    script = "trap 'echo asked; exit 3' TERM; echo r; while :; do sleep 0.05; done"
    child = first(agent, mark, script)
    assert child.stdout is not None
    assert child.stdout.read(2) == b"r\n"
    child.send_signal(signal.SIGTERM)
    assert child.communicate(timeout=20)[0] == b"asked\n"
    assert child.returncode == 3


def test_a_program_that_is_not_there(agent: Path, mark: Path) -> None:
    words = (agent, "--exec", ALWAYS, mark, "/none")
    done = subprocess.run(words, capture_output=True, check=False, timeout=20)
    assert done.returncode == 127
    assert done.stderr == b"x07-guestd: cannot start `/none`: No such file or directory\n"


def test_a_guest_that_nobody_wants_ends(agent: Path, mark: Path, tmp_path: Path) -> None:
    wanted = tmp_path / "wanted"
    wanted.touch()
    child = first(agent, mark, "trap '' TERM; echo r; exec sleep 600", str(wanted))
    assert child.stdout is not None
    assert child.stdout.read(2) == b"r\n"
    time.sleep(1.2)  # it has looked twice
    assert child.poll() is None
    wanted.unlink()
    assert child.communicate(timeout=20) == (b"", b"")
    assert child.returncode == 137
    assert mode(mark) == BEGUN, "its program did not end by itself"


def test_what_cannot_be_looked_at_is_there(agent: Path, mark: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    child = first(agent, mark, "sleep 1.2; exit 4", str(tmp_path / "file/wanted"))
    child.communicate(timeout=20)
    assert child.returncode == 4
