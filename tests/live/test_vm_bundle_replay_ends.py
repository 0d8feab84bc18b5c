"""Guests that were started by a record, on real engines: how they end, and that nothing is left.
test_vm_bundle_kills.py has launchers that are killed, test_vm_forgotten_guests.py engines.
"""

import random
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from tests.live import replayed
from tests.live.guest_tool import Tool
from tests.live.replayed import Replayed, was_handed_over

pytestmark = pytest.mark.live

DELAYS: Final = (0.0, 0.02, 0.1, 0.2, 0.35, 0.5)
SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
WALL_MS: Final = 5000


@pytest.fixture(scope="module")
def app(tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    return replayed.started(tool, tmp_path_factory.mktemp("replayed"))


def waiting(app: Replayed) -> subprocess.Popen[bytes]:
    """One whose program waits, and which goes on with a guest that it has not started."""
    process = app.opened("wait")
    assert process.stdout is not None
    assert process.stdout.readline() == b"here\n"
    assert replayed.soon(lambda: was_handed_over(process), 2)
    return process


def test_signals_that_come_early(app: Replayed) -> None:
    """Before there is anybody who takes them, while the engine starts the guest, and after."""
    moments = random.Random(3)

    def one(given: tuple[signal.Signals, float]) -> tuple[signal.Signals, int, bytes]:
        number, delay = given
        process = app.opened("wait")
        time.sleep(delay)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        return number, process.returncode, err

    before = app.decisions()
    others = [(number, moments.choice(DELAYS)) for number in SIGNALS[1:]]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(one, [*((signal.SIGTERM, delay) for delay in DELAYS), *others]))
    for number, status, err in found:
        assert status in (128 + number, -number), err
    assert app.what_stays() == []
    assert app.decisions() == before


def test_signals_that_come_later(app: Replayed) -> None:
    processes = [waiting(app) for _ in SIGNALS]
    time.sleep(0.5)  # `ctr` hands signals on from a moment after the start
    for number, process in zip(SIGNALS, processes, strict=True):
        process.send_signal(number)
    for number, process in zip(SIGNALS, processes, strict=True):
        _, err = process.communicate(timeout=60)
        assert process.returncode == 128 + number, err
    assert app.what_stays() == []


def test_its_deadline(tool: Tool, tmp_path: Path) -> None:
    late = replayed.started(tool, tmp_path, limits__wall_ms=WALL_MS)
    done = late.again("wait", stdin=b"x")
    assert (done.returncode, done.stdout) == (124, b"here\n"), done.stderr
    assert b"`limits.wall_ms` is 5000" in done.stderr
    assert late.what_stays() == []
