"""Files and streams of a guest into which no folder of the host comes."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.native.stub_sources import needs_cc
from tests.unit.vm import agents
from x07bundle.errors import OutputError, RefusedError
from x07bundle.vm import streamed
from x07bundle.vm.failures import GuestError, LostGuestError
from x07bundle.vm.folder import JobFolder
from x07bundle.vm.job import Mount
from x07bundle.vm.runner import Ended
from x07bundle.vm.stream_frames import FILES, REQUEST, START, Request, frame
from x07bundle.vm.streams import Attached, Captured

pytestmark = [needs_cc, pytest.mark.skipif(os.uname().sysname != "Linux", reason="Linux agent")]

USER = 1 << 20
ENV = {"PATH": os.environ["PATH"], "SET": "a value"}


@pytest.fixture
def guest() -> Iterator[Path]:
    """Where the guest has its own. It shares this machine's files here, and is a user who may not
    enter the folders of tests."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o1777)
    yield path
    shutil.rmtree(path)


def shell(
    agent: Path, jobs: JobFolder, script: str, mounts: tuple[Mount, ...] = (), stdin: bytes = b""
) -> Ended:
    job = agents.job(jobs.run_id, ("/bin/sh", "-c", script), mounts, ENV)
    return streamed.run(agents.LocalAgent(agent), job, jobs, Captured(stdin))


def test_streams_and_status(agent: Path, jobs: JobFolder) -> None:
    ended = shell(agent, jobs, "cat; echo $SET; echo problem >&2; exit 7", stdin=b"input\n")
    assert (ended.stdout, ended.stderr) == (b"input\na value\n", b"problem\n")
    assert ended.exit_status == 7


def test_much_both_ways(agent: Path, jobs: JobFolder) -> None:
    data = os.urandom(5 << 20)
    ended = shell(agent, jobs, "cat", stdin=data)
    assert ended.stdout == data


def into(agent: Path, jobs: JobFolder, script: str, target: int) -> Ended:
    """Its standard output is a descriptor of the caller."""
    job = agents.job(jobs.run_id, ("/bin/sh", "-c", script), (), ENV)
    with Path(os.devnull).open("rb") as nothing:
        streams = Attached(nothing.fileno(), target, 2)
        return streamed.run(agents.LocalAgent(agent), job, jobs, streams)


def test_a_reader_that_goes_away(agent: Path, jobs: JobFolder) -> None:
    """As natively, and long before the deadline."""
    reading, writing = os.pipe()
    os.close(reading)
    ended = into(agent, jobs, "exec yes", writing)
    os.close(writing)
    assert (ended.exit_status, ended.timed_out) == (128 + signal.SIGPIPE, False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
@pytest.mark.parametrize("script", ["exec yes", "echo a"])
def test_a_disk_that_is_full(agent: Path, jobs: JobFolder, script: str) -> None:
    """What is lost is no success."""
    with Path("/dev/full").open("wb", buffering=0) as full:
        wanted = "the output of the program cannot be written: no space left on device"
        with pytest.raises(OutputError, match=wanted):
            into(agent, jobs, script, full.fileno())


def test_a_program_that_reads_nothing(agent: Path, jobs: JobFolder) -> None:
    ended = shell(agent, jobs, "exec 0<&-; sleep 0.2; echo done", stdin=bytes(1 << 20))
    assert ended.stdout == b"done\n"


def test_a_signal_ends_the_program(agent: Path, jobs: JobFolder) -> None:
    assert shell(agent, jobs, "kill -9 $$").exit_status == 128 + 9


def test_what_it_started_ends_with_it(agent: Path, jobs: JobFolder) -> None:
    ended = shell(agent, jobs, "sleep 1000 & echo $!")
    left = Path("/proc", ended.stdout.decode().strip(), "cmdline")
    assert not left.exists() or b"sleep" not in left.read_bytes()


def test_a_program_that_is_not_there(agent: Path, jobs: JobFolder) -> None:
    job = agents.job(jobs.run_id, ("/no/such/program",))
    with pytest.raises(GuestError, match="cannot start `/no/such/program`: No such file"):
        streamed.run(agents.LocalAgent(agent), job, jobs, Captured())


def test_an_image_without_an_agent(tmp_path: Path, jobs: JobFolder) -> None:
    backend = agents.LocalAgent(
        Path("--no-such"), before=("/bin/sh", "-c", "echo none >&2; exit 1")
    )
    with pytest.raises(GuestError, match="none") as failed:
        streamed.run(backend, agents.job(jobs.run_id, ("true",)), jobs, Captured())
    assert "x07-guestd" in (failed.value.hint or "")


def test_an_image_that_answers_garbage(jobs: JobFolder) -> None:
    backend = agents.LocalAgent(Path("x"), before=("/bin/sh", "-c", "cat /bin/sh; sleep 1"))
    with pytest.raises(GuestError, match="no frame"):
        streamed.run(backend, agents.job(jobs.run_id, ("true",)), jobs, Captured())


def test_an_engine_that_loses_its_guest(agent: Path, jobs: JobFolder) -> None:
    """What was said by then came from a program that is not to be started again."""
    script = "echo here; sleep 0.2; kill -9 $PPID"
    with pytest.raises(LostGuestError, match="before it was done"):
        shell(agent, jobs, script)


def test_files_go_in_and_come_back(
    agent: Path, jobs: JobFolder, tmp_path: Path, guest: Path
) -> None:
    reading, writing = tmp_path / "reading", tmp_path / "writing"
    (reading / "deep/er").mkdir(parents=True)
    (reading / "deep/er/file").write_bytes(b"read me")
    (reading / ("long" * 60)).write_bytes(b"long name")
    writing.mkdir()
    (writing / "old").write_bytes(b"old")
    (writing / "gone").write_bytes(b"gone")
    mounts = (
        Mount(str(reading), f"{guest}/r"),
        Mount(str(writing), f"{guest}/w", writable=True),
    )
    script = (
        f"cd {guest}; cat r/deep/er/file r/long*; rm w/gone; echo new > w/old;"
        f" mkdir -p w/a/b; echo made > w/a/b/c; chmod 750 w/a; echo {'n' * 200} > w/{'n' * 200}"
    )
    ended = shell(agent, jobs, script, mounts)
    assert (ended.stderr, ended.stdout) == (b"", b"read melong name")
    found = {str(path.relative_to(writing)) for path in writing.rglob("*")}
    assert found == {"old", "a", "a/b", "a/b/c", "n" * 200}
    assert (writing / "old").read_bytes() == b"new\n"
    assert (writing / "a").stat().st_mode & 0o777 == 0o750
    assert (writing / ("n" * 200)).read_text() == "n" * 200 + "\n"


def test_nothing_comes_back_of_what_failed(
    agent: Path, jobs: JobFolder, tmp_path: Path, guest: Path
) -> None:
    writing = tmp_path / "writing"
    writing.mkdir()
    mounts = (Mount(str(writing), f"{guest}/w", writable=True),)
    shell(agent, jobs, f"echo new > {guest}/w/file; exit 1", mounts)
    assert list(writing.iterdir()) == []


def test_a_link_that_the_guest_made_is_not_taken(
    agent: Path, jobs: JobFolder, tmp_path: Path, guest: Path
) -> None:
    writing = tmp_path / "writing"
    writing.mkdir()
    mounts = (Mount(str(writing), f"{guest}/w", writable=True),)
    with pytest.raises(RefusedError, match="was not taken") as refused:
        shell(agent, jobs, f"echo first > {guest}/w/a; ln -s /etc {guest}/w/link", mounts)
    assert "/w/link" in (refused.value.details or "")
    assert list(writing.iterdir()) == []


def test_masked_folders_stay_here(
    agent: Path, jobs: JobFolder, tmp_path: Path, guest: Path
) -> None:
    writing = tmp_path / "writing"
    (writing / ".x07").mkdir(parents=True)
    (writing / ".x07/secret").write_bytes(b"secret")
    mounts = (Mount(str(writing), f"{guest}/w", writable=True, masked=(".x07",)),)
    ended = shell(agent, jobs, f"ls -A {guest}/w; echo new > {guest}/w/file", mounts)
    assert ended.stdout == b""
    assert (writing / ".x07/secret").read_bytes() == b"secret"
    assert (writing / "file").read_bytes() == b"new\n"


def test_too_much_is_refused_before_anything_starts(
    agent: Path, jobs: JobFolder, tmp_path: Path, guest: Path
) -> None:
    reading = tmp_path / "reading"
    reading.mkdir()
    with (reading / "huge").open("wb") as file:
        file.truncate(300 << 20)
    with pytest.raises(RefusedError, match="too large") as refused:
        shell(agent, jobs, f"touch {guest}/ran", (Mount(str(reading), f"{guest}/r"),))
    assert "fs.read_roots" in (refused.value.details or "")
    assert not (guest / "ran").exists()


def test_streams_of_the_caller(agent: Path, jobs: JobFolder, tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"from a file")
    with (tmp_path / "in").open("rb") as stdin, (tmp_path / "out").open("wb") as stdout:
        job = agents.job(jobs.run_id, ("/bin/cat",), (), ENV)
        streams = Attached(stdin.fileno(), stdout.fileno(), 2)
        ended = streamed.run(agents.LocalAgent(agent), job, jobs, streams)
    assert ended.exit_status == 0
    assert (tmp_path / "out").read_bytes() == b"from a file"


def test_a_closed_stdout_is_no_failure_of_ours(agent: Path, jobs: JobFolder) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    nothing = os.open(os.devnull, os.O_RDONLY)
    job = agents.job(jobs.run_id, ("/bin/sh", "-c", "head -c 9000000 /dev/zero; exit 5"), (), ENV)
    streams = Attached(nothing, writing, 2)
    ended = streamed.run(agents.LocalAgent(agent), job, jobs, streams)
    os.close(writing)
    os.close(nothing)
    assert ended.exit_status == 5


def test_signals_reach_the_program(agent: Path) -> None:
    """As an engine hands them on to the agent."""
    from x07bundle.vm import stream_frames as frames

    script = "trap 'echo asked; exit 3' TERM; echo ready; while :; do sleep 0.05; done"
    request = frames.Request(("/bin/sh", "-c", script), (("PATH", ENV["PATH"]),), "/", (USER, USER))
    child = subprocess.Popen([agent, "--stream"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    opening = frames.frame(frames.REQUEST, request.payload())
    opening += frames.frame(frames.FILES, bytes(1024)) + frames.frame(frames.START)
    child.stdin.write(opening)
    child.stdin.flush()
    assert child.stdout.read(frames.HEAD.size + 6) == frames.frame(frames.STDOUT, b"ready\n")
    child.send_signal(signal.SIGTERM)
    said = list(frames.Frames().feed(child.stdout.read()))
    child.communicate()
    ended = next(frames.END.unpack(payload)[0] for kind, payload in said if kind == frames.ENDED)
    assert ended == 3


def test_what_a_program_may_not_read_itself_comes_back(
    agent: Path, jobs: JobFolder, tmp_path: Path, guest: Path
) -> None:
    """It did not remove it."""
    (tmp_path / "w/sub").mkdir(parents=True)
    (tmp_path / "w/sub/kept").write_bytes(b"kept")
    mount = Mount(str(tmp_path / "w"), f"{guest}/w", writable=True)
    shell(agent, jobs, f"chmod 0 {guest}/w/sub/kept {guest}/w/sub", (mount,))
    assert (tmp_path / "w/sub/kept").read_bytes() == b"kept"


@pytest.mark.parametrize(
    ("caller", "inside"),
    [((0, 0), (65534, 65534)), ((1000, 1001), (1000, 1001)), (None, None)],
    ids=["root", "user", "mapped"],
)
def test_root_is_nobody_in_the_guest(
    caller: tuple[int, int] | None, inside: tuple[int, int] | None
) -> None:
    job = agents.job("1-1", ("true",))._replace(user=caller)
    assert streamed.agent_job(job).user == inside


def test_the_folder_that_it_starts_in_is_made(
    agent: Path, jobs: JobFolder, guest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No root has to make it."""
    monkeypatch.setattr(streamed, "GUESTS", str(guest))
    job = agents.job(jobs.run_id, ("/bin/pwd",), (), ENV)._replace(workdir=f"{guest}/a/work")
    ended = streamed.run(agents.LocalAgent(agent), job, jobs, Captured(b""))
    assert (ended.exit_status, ended.stdout) == (0, f"{guest}/a/work\n".encode())


# -- the end of a guest that hears nothing


@pytest.mark.parametrize("is_read", [True, False])
def test_a_streamed_guest_ends_after_its_time(agent: Path, is_read: bool) -> None:
    """Its streams stay open, as those of a guest do whose engine was killed; nobody may read."""
    script = "trap '' TERM; yes | head -c 1000000; exec sleep 600"
    request = Request(("/bin/sh", "-c", script), (), "/", (0, 0), most_seconds=2)
    words = frame(REQUEST, request.payload()) + frame(FILES, bytes(1024)) + frame(START)
    begun = time.monotonic()
    child = subprocess.Popen((agent, "--stream"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(words)
    child.stdin.flush()
    if is_read:
        child.stdout.read()  # the program has ended, too
    assert child.wait(timeout=20) == 127
    assert time.monotonic() - begun > 1.5
    child.stdin.close()
    child.stdout.close()


def test_the_time_of_a_streamed_guest(jobs: JobFolder) -> None:
    """More than the deadline, and less than what a job has after it."""
    job = agents.job(jobs.run_id, ("true",))
    most = streamed.request_of(job, agents.LocalAgent(Path("x")).caps).most_seconds
    wall_seconds = (job.deadline_unix_ms - job.created_unix_ms) / 1000
    assert wall_seconds + 10 < most < wall_seconds + job.cleanup_ms / 1000
