"""Child processes: output, caps, deadlines, limits, failures to start."""

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fakes import install
from x07bundle import descendants
from x07bundle.errors import ToolMissingError, X07Error
from x07bundle.process import Command, Finished, find_program, run
from x07bundle.rlimits import ResourceLimits

ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
FOREVER_MS = 60_000
LEAVES = """
cd "$(mktemp -d)"
(setsid sh -c 'setsid sleep 60 & echo $!; wait' > pid &)
until test -s pid; do sleep 0.01; done
cat pid
"""


def shell(script: str, **options: object) -> Finished:
    return run(Command(("sh", "-c", script), ENV, wall_ms=FOREVER_MS, **options))  # type: ignore[arg-type]


def test_output_status_and_input() -> None:
    done = shell("cat; echo oops >&2; exit 3", stdin=b"in")
    assert (done.exit_status, done.stdout, done.stderr) == (3, b"in", b"oops\n")
    assert (done.signal, done.timed_out, done.stdout_over, done.stderr_over) == (None,) + (
        False,
    ) * 3


def test_input_larger_than_a_pipe_both_ways() -> None:
    data = os.urandom(3_000_000)
    assert shell("cat", stdin=data).stdout == data


@pytest.mark.skipif(sys.platform != "linux", reason="nobody else adopts what is left")
@pytest.mark.parametrize("ends", [False, True])
def test_what_left_the_group(ends: bool) -> None:
    """A process of ours from before is none of those that the child left."""
    with subprocess.Popen(["sleep", "60"]) as ours:
        done = shell(LEAVES, ends_descendants=ends)
        left = Path(f"/proc/{int(done.stdout)}")
        assert left.exists() is not ends
        if not ends:
            os.kill(int(done.stdout), signal.SIGKILL)
        assert ours.poll() is None
        ours.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="nobody else adopts what is left")
def test_what_left_the_group_on_a_machine_that_stalls(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has sessions within sessions takes several looks, however long each of them takes."""
    look = descendants._children

    def slowly() -> frozenset[int]:
        time.sleep(0.6)
        return look()

    monkeypatch.setattr(descendants, "_children", slowly)
    done = shell(LEAVES, ends_descendants=True)
    assert not Path(f"/proc/{int(done.stdout)}").exists()


def test_output_at_the_end_on_a_machine_that_stalls(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much time goes by between two looks, what was written is read."""
    monkeypatch.setattr(time, "monotonic", itertools.count(0, 10).__next__)
    done = run(Command(("sh", "-c", "printf 12345; printf 67 >&2"), ENV))
    assert (done.stdout, done.stderr) == (b"12345", b"67")


def test_input_that_nobody_reads() -> None:
    assert shell("exit 0", stdin=b"x" * 3_000_000).exit_status == 0


def test_without_input_stdin_is_empty() -> None:
    assert shell("cat").stdout == b""


def test_environment_is_the_one_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X07_AMBIENT", "1")
    assert b"X07_AMBIENT" not in shell("env").stdout


@pytest.mark.parametrize(("cap", "over"), [(4, True), (5, False), (6, False)])
def test_caps_keep_a_prefix_and_do_not_stop_the_child(cap: int, over: bool) -> None:
    done = shell("printf 12345; printf 12345 >&2; exit 7", stdout_cap=cap, stderr_cap=cap)
    assert (done.stdout, done.stdout_over) == (b"12345"[:cap], over)
    assert (done.stderr, done.stderr_over) == (b"12345"[:cap], over)
    assert done.exit_status == 7


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("trap 'echo late; exit 3' ALRM; echo ready; while :; do sleep 0.01; done", b"late\n"),
        ("trap '' ALRM; echo ready; while :; do sleep 0.01; done", b""),
    ],
)
def test_last_words_at_the_deadline(script: str, said: bytes) -> None:
    done = run(Command(("sh", "-c", script), ENV, wall_ms=2000, wall_signal=signal.SIGALRM))
    assert (done.timed_out, done.stdout) == (True, b"ready\n" + said)
    assert done.exit_status == (3 if said else 137)


def test_a_leader_that_leaves_its_group_is_killed_too() -> None:
    script = "import os, time; os.setpgid(0, os.getpgid(os.getppid())); time.sleep(60)"
    done = run(Command((sys.executable, "-c", script), ENV, wall_ms=500))
    assert (done.timed_out, done.signal) == (True, signal.SIGKILL)


def goes_away(pid: int) -> bool:
    """Whether a process ends: a kill takes effect a moment after it was sent."""
    for _ in range(6000):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@linux
def test_deadline_kills_the_whole_group() -> None:
    done = run(Command(("sh", "-c", "sleep 600 & echo $!; sleep 60"), ENV, wall_ms=1500))
    assert done.timed_out
    assert done.signal == signal.SIGKILL
    assert goes_away(int(done.stdout))


@linux
def test_what_the_leader_left_running_is_killed() -> None:
    done = shell("sleep 600 & echo $!")
    assert done.exit_status == 0
    assert goes_away(int(done.stdout))


def test_signal() -> None:
    done = shell("kill -TERM $$")
    assert (done.signal, done.exit_status) == (signal.SIGTERM, 128 + signal.SIGTERM)


def test_cpu_limit_is_a_signal_of_its_own() -> None:
    done = shell("while :; do :; done", limits=ResourceLimits(cpu_seconds=1))
    assert done.signal == signal.SIGXCPU


def test_limits_reach_the_child() -> None:
    limits = ResourceLimits(core_bytes=0, open_files=17, file_bytes=1 << 20)
    assert shell("ulimit -c; ulimit -n", limits=limits).stdout == b"0\n17\n"


def test_a_limit_above_the_hard_one_is_clamped() -> None:
    script = (
        "import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (64, 64));"
        "from x07bundle.process import *;"
        "d = run(Command(('sh', '-c', 'ulimit -n'), {'PATH': '/usr/bin:/bin'},"
        " limits=ResourceLimits(open_files=99)));"
        "assert d.stdout == b'64\\n', d"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_missing_program() -> None:
    with pytest.raises(ToolMissingError, match="program not found: `no-such-program`") as caught:
        run(Command(("no-such-program",), ENV))
    assert caught.value.exit_code == 2


def test_programs_that_cannot_start(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_bytes(b"\x7fnonsense")
    with pytest.raises(X07Error, match=r"cannot execute .* permission denied"):
        run(Command((str(plain),), ENV))
    plain.chmod(0o755)
    with pytest.raises(X07Error, match=r"cannot execute .* format error"):
        run(Command((str(plain),), ENV))
    with pytest.raises(X07Error, match="cannot start"):
        run(Command(("true",), ENV, cwd=tmp_path / "missing"))
    with pytest.raises(X07Error, match="cannot start"):
        run(Command(("true", "nul\0byte"), ENV))


@linux
def test_interrupt_kills_the_group(tmp_path: Path) -> None:
    script = (
        "from x07bundle.process import *\n"
        f"run(Command(('sh', '-c', 'echo $$ > {tmp_path}/pid; exec sleep 60'),"
        " {'PATH': '/usr/bin:/bin'}))"
    )
    tool = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)
    pid = _read_when_written(tmp_path / "pid")
    tool.send_signal(signal.SIGINT)
    assert tool.wait(60) != 0
    assert goes_away(pid)


INTERRUPTED_START = """
import signal, sys
from x07bundle.process import *

def interrupt(frame, event, called):
    if event == "c_return" and called.__name__ == "fork_exec":
        sys.setprofile(None)
        signal.raise_signal(signal.SIGINT)

sys.setprofile(interrupt)
run(Command(("sh", "-c", ": {mark}; sleep 600; :"), {{"PATH": "/usr/bin:/bin"}}))
"""


@linux
def test_interrupt_during_the_start_kills_the_child(tmp_path: Path) -> None:
    """Just after the fork, when nobody has the child's id yet."""
    script = INTERRUPTED_START.format(mark=tmp_path)
    tool = subprocess.run([sys.executable, "-c", script], stderr=subprocess.PIPE, check=False)
    assert b"KeyboardInterrupt" in tool.stderr
    assert running_with(str(tmp_path)) == []


def running_with(mark: str) -> list[str]:
    """The processes that have a text in their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found += [path.parent.name] if mark in path.read_text(errors="replace") else []
    return found


def _read_when_written(path: Path) -> int:
    for _ in range(6000):
        if path.exists() and path.read_text().endswith("\n"):
            return int(path.read_text())
        time.sleep(0.01)
    raise AssertionError(f"{path} was not written")


def test_command_is_shown_as_typed() -> None:
    assert str(Command(("cc", "a b.c", "-o", "x"), {})) == "cc 'a b.c' -o x"


def test_find_program(tmp_path: Path) -> None:
    program = install(tmp_path / "bin", "tool", "true")
    (tmp_path / "bin" / "data").touch()
    env = {"PATH": f"/nonexistent:{tmp_path / 'bin'}"}
    assert find_program("tool", env) == program
    assert find_program(str(program), {}) == program
    assert find_program("data", env) is None
    assert find_program("missing", env) is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may enter every folder")
def test_find_program_behind_a_folder_of_others(tmp_path: Path) -> None:
    program = install(tmp_path / "bin", "tool", "true")
    install(tmp_path / "closed", "tool", "true").parent.chmod(0)
    assert find_program("tool", {"PATH": f"{tmp_path / 'closed'}:{tmp_path / 'bin'}"}) == program
    (tmp_path / "closed").chmod(0o700)


def test_find_program_behind_a_folder_that_cannot_be(tmp_path: Path) -> None:
    program = install(tmp_path / "bin", "tool", "true")
    assert find_program("tool", {"PATH": f"/{'a' * 300}:{tmp_path / 'bin'}"}) == program
