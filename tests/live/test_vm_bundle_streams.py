"""VM bundles in guests of real engines: streams, terminals, signals, deadlines, many at once."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import pytest

from tests import terminals
from tests.live import at_once, scripted
from tests.live.guest_tool import STREAM, Tool, without_notes
from tests.live.scripted import Scripted
from tests.terminals import heard

pytestmark = pytest.mark.live

PROGRAM: Final = r"""#!/bin/sh
case $1 in
copy) exec /bin/cat ;;
say) printf %s "$2"; printf %s "$3" >&2; exit 7 ;;
wait) echo here; exec /bin/sleep 60 ;;
terminal) trap 'echo interrupted; exit 9' INT; trap 'exit 8' TERM; stty size; echo here
    while :; do sleep 0.05; done ;;
letter) read -r text; printf '%s:%s' "$2" "$text"; printf '%s' "$text" >"out/$2" ;;
esac
"""
# `ctr` hands signals on from a moment after it has started the guest.
CLIENT_LISTENS_SECONDS: Final = 0.5
CHUNKS: Final = 16
CHUNK_BYTES: Final = 128 << 10
MANY: Final = 50
SOON_SECONDS: Final = 20


def bundle(tool: Tool, folder: Path, **policy: Any) -> Scripted:  # noqa: ANN401  as `content`
    return Scripted(tool, scripted.write(tool, folder, PROGRAM, **policy))


@pytest.fixture
def made(tool: Tool, tmp_path: Path) -> Scripted:
    return bundle(tool, tmp_path)


@pytest.fixture
def of_docker(made: Scripted) -> Scripted:
    """What does not depend on the engine."""
    if made.tool.engine.name != "docker":
        pytest.skip("seen with docker")
    return made


def test_streams_and_exit_code(made: Scripted) -> None:
    done = made.start("say", "out", "err")
    assert (done.returncode, done.stdout, without_notes(done.stderr)) == (7, b"out", b"err")
    data = random.Random(1).randbytes(1 << 20)
    done = made.start("copy", stdin=data)
    assert (done.returncode, without_notes(done.stderr)) == (0, b"")
    assert done.stdout == data
    assert made.tool.jobs() == []
    assert made.tool.engine.guests() == []


def test_words_are_bytes(made: Scripted) -> None:
    """Engines hand on UTF-8 alone."""
    words = [os.fsdecode(word) for word in (b"\xff\xfe", "é".encode(), b"")]
    for word in words:
        done = made.start("say", word, "err")
        assert (done.returncode, done.stdout) == (7, os.fsencode(word)), word


def test_files_as_a_stream(made: Scripted) -> None:
    data = random.Random(2).randbytes(1 << 20)
    done = made.start("copy", stdin=data, more=STREAM)
    assert (done.returncode, without_notes(done.stderr)) == (0, b"")
    assert done.stdout == data
    done = made.start("say", "out", "err", more=STREAM)
    assert (done.returncode, done.stdout, without_notes(done.stderr)) == (7, b"out", b"err")


@pytest.mark.parametrize("more", [{}, STREAM], ids=["mounts", "stream"])
def test_its_deadline(tool: Tool, tmp_path: Path, more: dict[str, str]) -> None:
    late = bundle(tool, tmp_path, limits__wall_ms=5000)
    done = late.start("wait", more=more)
    assert (done.returncode, done.stdout) == (124, b"here\n"), done.stderr
    assert b"`limits.wall_ms` is 5000" in done.stderr
    assert tool.engine.guests() == []
    assert tool.jobs() == []


# -- pipes


def test_a_pipe_flows(of_docker: Scripted) -> None:
    """Nothing waits for the end of the input."""
    with of_docker.opened("copy") as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for number in range(CHUNKS):
            chunk = random.Random(number).randbytes(CHUNK_BYTES)
            child.stdin.write(chunk)
            child.stdin.flush()
            assert child.stdout.read(CHUNK_BYTES) == chunk
        child.stdin.close()
        assert child.stdout.read() == b""
        assert child.wait(timeout=60) == 0


@pytest.mark.parametrize("streams", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", "</dev/null"])
def test_streams_that_are_closed(of_docker: Scripted, streams: str) -> None:
    script = f'"$0" copy {streams}; echo $? >status'
    end = subprocess.run(
        ("/bin/sh", "-c", script, of_docker.app),
        cwd=of_docker.app.parent,
        env=of_docker.tool.bundle_env,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    assert end.returncode == 0
    assert (of_docker.app.parent / "status").read_text() == "0\n"


def test_a_reader_that_goes_away(of_docker: Scripted) -> None:
    with Path("/dev/zero").open("rb") as endless, of_docker.opened("copy", stdin=endless) as child:
        assert child.stdout is not None
        assert child.stdout.read(10) == bytes(10)
        child.stdout.close()
        assert child.wait(timeout=60) != 0
    assert no_guests(of_docker.tool)


@pytest.mark.parametrize("more", [{}, STREAM], ids=["mounts", "stream"])
def test_an_output_that_cannot_be_written(made: Scripted, more: dict[str, str]) -> None:
    """What was lost is no success, and the exit code none that the program may have."""
    if made.tool.engine.name == "firecracker-ctr" and not more:
        pytest.skip("`ctr` does not say that it could not write")
    with Path("/dev/full").open("wb", buffering=0) as full:
        done = subprocess.run(
            (made.app, "say", "out", ""),
            env={**made.tool.bundle_env, **more},
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert done.returncode == 127, done.stderr
    assert b"the program wrote" in done.stderr or b"cannot be written" in done.stderr
    assert no_guests(made.tool)


def no_guests(tool: Tool) -> bool:
    """At once, or when the reaper was there."""
    end = time.monotonic() + SOON_SECONDS
    while tool.engine.guests() and time.monotonic() < end:
        time.sleep(0.1)
    return tool.engine.guests() == []


# -- a terminal, and signals


def test_a_terminal(made: Scripted, terminal: tuple[int, int]) -> None:
    """Its size, and its interrupt key."""
    ours, theirs = terminal
    child = subprocess.Popen(
        (sys.executable, "-c", terminals.TAKE, made.app, "terminal"),
        cwd=made.app.parent,
        env=made.tool.bundle_env,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    try:
        assert b"33 77" in heard(ours, b"here")
        os.write(ours, b"\x03")
        heard(ours, b"interrupted")
        assert child.wait(timeout=60) == 9
    finally:
        child.kill()
        child.wait()
    assert made.tool.engine.guests() == []


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 8), (signal.SIGINT, 9)], ids=["term", "int"]
)
def test_signals_reach_the_program(made: Scripted, number: int, status: int) -> None:
    with made.opened("terminal") as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"here\n"
        time.sleep(CLIENT_LISTENS_SECONDS)
        child.send_signal(number)
        assert child.wait(timeout=60) == status
    assert made.tool.engine.guests() == []


# -- many at once


def test_many_at_once(of_docker: Scripted, tmp_path: Path) -> None:
    """Each has its own words, input, output and files."""
    many = bundle(of_docker.tool, tmp_path, fs__enabled=True, fs__write_roots=["out"])

    def one(number: int) -> tuple[int, bytes, bytes, str]:
        folder = tmp_path / f"folder {number}"
        folder.mkdir(exist_ok=True)
        name, text = f"name-{number}", f"text {number * number}"
        done = many.start("letter", name, folder=folder, stdin=f"{text}\n".encode())
        [file] = (folder / "out").iterdir()
        return done.returncode, done.stdout, done.stderr, f"{file.name}:{file.read_text()}"

    found = at_once.results(of_docker.tool.engine, MANY, one)
    wanted = [f"name-{number}:text {number * number}" for number in range(MANY)]
    assert found == [(0, each.encode(), b"", each) for each in wanted]
    assert no_guests(of_docker.tool)
    assert of_docker.tool.jobs() == []
