"""VM bundles whose start is as one before, on real engines: the program has what it has at a first
start. test_vm_bundle_replay_ends.py has how they end.

`X07_TEST_AT_ONCE=50` starts as many at once.
"""

import os
import random
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest

from tests.live import at_once, replayed
from tests.live.guest_tool import Tool, without_notes
from tests.live.replayed import Replayed, was_handed_over

pytestmark = pytest.mark.live

STATUSES: Final = (0, 1, 124, 125, 126, 127, 255)
WORDS: Final = ("", "two words", "--flag", "-", "'\"\\$x", "\u00e4\u20ac", "\x01R", "line\nline")
EVERY_BYTE: Final = bytes(range(256)) * 16
MANY_BYTES: Final = 1 << 20
LATE_SECONDS: Final = 0.5
LARGEST_PIECE: Final = 1 << 17
AT_ONCE: Final = int(os.environ.get("X07_TEST_AT_ONCE", "12"))
CLOSED: Final = ("<&-", ">&-", "2>&-", "<&- >&- 2>&-")


@pytest.fixture(scope="module")
def app(tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    return replayed.started(tool, tmp_path_factory.mktemp("replayed"))


def test_who_goes_on_with_the_guest(app: Replayed) -> None:
    for is_first in (True, False):
        if is_first:
            app.record.unlink()
        with app.opened("trap") as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"here\n"
            time.sleep(LATE_SECONDS)
            assert was_handed_over(process) is not is_first
            process.terminate()
            # It is killed where an engine takes all of its grace to hand the signal on.
            assert process.wait(timeout=60) in (9, 128 + signal.SIGTERM)
    assert app.what_stays() == []


def test_exit_codes_and_arguments(app: Replayed) -> None:
    def one(status: int) -> tuple[int, int, bytes, bytes]:
        done = app.again("say", str(status), *WORDS)
        return status, done.returncode, done.stdout, without_notes(done.stderr)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(one, STATUSES))
    for status, exit_code, out, err in found:
        words = ("say", str(status), *WORDS)
        assert (exit_code, err) == (status, b"")
        assert out.decode() == "".join(f"{word}\n" for word in words)
    assert app.what_stays() == []


def test_files(app: Replayed) -> None:
    done = app.again("letter", "name", stdin=b"text\n")
    assert (done.returncode, done.stdout) == (0, b"name:text")
    assert (app.folder / "out/name").read_text() == "text"
    done = app.again("show", stdin=b"")
    assert done.stdout.startswith(b"given nothing")


# -- input


def test_input_that_is_there(app: Replayed) -> None:
    data = random.Random(1).randbytes(MANY_BYTES)
    assert app.again("copy", stdin=data).stdout == data
    source = app.folder / "source"
    source.write_bytes(data)
    before = app.decisions()
    with source.open("rb") as stream, app.opened("copy", stdin=stream) as process:
        assert process.communicate(timeout=60)[0] == data
    assert (process.returncode, app.decisions()) == (0, before)


def test_input_that_comes_late_and_in_pieces(app: Replayed) -> None:
    moments = random.Random(2)
    data = moments.randbytes(MANY_BYTES)
    before = app.decisions()
    with app.opened("copy") as process:
        feeding = threading.Thread(target=feed, args=(process, data, moments))
        feeding.start()
        assert process.stdout is not None
        assert process.stdout.read() == data
        feeding.join()
    assert (process.returncode, app.decisions()) == (0, before)


def feed(process: subprocess.Popen[bytes], data: bytes, moments: random.Random) -> None:
    assert process.stdin is not None
    time.sleep(LATE_SECONDS)
    while data:
        size = moments.randrange(1, LARGEST_PIECE)
        process.stdin.write(data[:size])
        process.stdin.flush()
        time.sleep(moments.random() / 20)
        data = data[size:]
    process.stdin.close()


def test_input_that_ends_before_the_guest_is_there(app: Replayed) -> None:
    for data in (b"", EVERY_BYTE):
        ours, theirs = os.pipe()
        os.write(theirs, data)
        os.close(theirs)
        before = app.decisions()
        with app.opened("copy", stdin=ours) as process:
            os.close(ours)
            out, err = process.communicate(timeout=60)
        assert (process.returncode, out, without_notes(err)) == (0, data, b"")
        assert app.decisions() == before


def test_no_input(tool: Tool, app: Replayed) -> None:
    """That there is none is decided once, and that there is again."""
    for is_decided in (True, False):
        before = app.decisions()
        with app.opened("copy", stdin=subprocess.DEVNULL) as process:
            assert process.communicate(timeout=60)[0] == b""
        assert process.returncode == 0
        assert (app.decisions() != before) is is_decided
    before = app.decisions()
    for closed in CLOSED if tool.engine.name == "docker" else CLOSED[-1:]:
        script = f'"$0" copy {closed}; echo $? >status'
        subprocess.run(
            ("/bin/sh", "-c", script, app.app),
            cwd=app.folder,
            env=tool.bundle_env,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=True,
        )
        assert (app.folder / "status").read_text() == "0\n"
    assert app.decisions() == before
    assert app.start("copy", stdin=EVERY_BYTE).stdout == EVERY_BYTE
    assert app.decisions() != before


# -- many at once


def test_many_at_once(app: Replayed) -> None:
    """From one folder, each with its own words, input, output and file."""
    before = app.decisions()

    def one(number: int) -> tuple[int, bytes, bytes]:
        done = app.start("letter", f"name-{number}", stdin=f"text {number * number}\n".encode())
        return done.returncode, done.stdout, without_notes(done.stderr)

    found = at_once.results(app.tool.engine, AT_ONCE, one)
    wanted = [f"name-{number}:text {number * number}" for number in range(AT_ONCE)]
    assert found == [(0, each.encode(), b"") for each in wanted]
    for each in wanted:
        name, _, text = each.partition(":")
        assert (app.folder / "out" / name).read_text() == text
    assert app.decisions() == before
    assert app.what_stays() == []
