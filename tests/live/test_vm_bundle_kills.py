"""Launchers that are killed at random moments, on real engines: nothing of theirs is left, and
nothing of others was touched.

`X07_TEST_KILLS=200` kills as many of each kind on each engine.
"""

import os
import random
import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

import pytest

from tests.live import replayed
from tests.live.guest_tool import NOTHING, STREAM, Tool
from tests.live.replayed import Replayed, was_handed_over
from x07bundle.vm import remembered

pytestmark = pytest.mark.live

KILLS: Final = int(os.environ.get("X07_TEST_KILLS", "6"))
AT_ONCE: Final = 4
LATE: Final = 0.25
"""The part of those that are killed when their program is there already."""
LATEST_LATE_SECONDS: Final = 0.3
HALF_BYTES: Final = 40
CLEAN_SECONDS: Final = 60.0
FOREIGN: Final = "x07-of-others"


class Kind(NamedTuple):
    """How starts come about. `latest_seconds`: of a random moment, after the start; more than it
    takes to have the program there."""

    name: str
    latest_seconds: float
    more: Mapping[str, str] = NOTHING

    @property
    def is_replayed(self) -> bool:
        return self.name == "replayed"

    @property
    def is_streamed(self) -> bool:
        return self.more == STREAM


KINDS: Final = (Kind("replayed", 0.6), Kind("decided", 1.0), Kind("streamed", 1.2, STREAM))


@pytest.fixture(scope="module")
def app(tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    return replayed.started(tool, tmp_path_factory.mktemp("killed"))


@pytest.fixture
def foreign(app: Replayed) -> Iterator[frozenset[str]]:
    """What is there of a guest that nobody here may touch: itself, and what serves it."""
    engine = app.tool.engine
    assert app.what_stays() == []
    engine.start_foreign(FOREIGN)
    found = frozenset(app.left())
    assert FOREIGN in found
    yield found
    engine.end_foreign(FOREIGN)
    assert app.what_stays() == []


def opened(app: Replayed, kind: Kind) -> subprocess.Popen[bytes]:
    if kind.name == "decided":
        forget(app)
    return app.opened("wait", more=kind.more)


def forget(app: Replayed) -> None:
    """The next start asks for the image, and decides."""
    app.record.unlink(missing_ok=True)
    for note in app.tool.state.glob(f"{remembered.PREFIX}*"):
        note.unlink(missing_ok=True)


def drop(process: subprocess.Popen[bytes]) -> None:
    """Kills it, and nothing else; its guest may have the pipes still."""
    process.kill()
    process.wait(timeout=60)
    for stream in (process.stdin, process.stdout, process.stderr):
        assert stream is not None
        stream.close()


def is_there(process: subprocess.Popen[bytes]) -> bool:
    """Whether its program has begun, which is waited for."""
    assert process.stdout is not None
    return process.stdout.readline() == b"here\n"


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_killed_at_random_moments(app: Replayed, foreign: frozenset[str], kind: Kind) -> None:
    seed = random.randrange(1 << 30)
    moments = random.Random(seed)
    drop(shown(app, kind))
    before = app.decisions()

    def one(moment: float) -> None:
        process = opened(app, kind)
        if moment < 0:
            assert is_there(process)
        time.sleep(abs(moment))
        drop(process)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, [chosen(moments, kind) for _ in range(KILLS)]))
    assert app.what_stays(CLEAN_SECONDS, foreign) == [], f"seed {seed}"
    assert foreign <= set(app.left())
    assert app.decisions() == before
    assert app.start("say", "3", more=kind.more).returncode == 3


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_killed_with_half_a_job_file(app: Replayed, foreign: frozenset[str], kind: Kind) -> None:
    process = shown(app, kind)
    (job,) = app.tool.jobs()
    os.truncate(app.tool.state / job / "job.json", HALF_BYTES)
    drop(process)
    assert app.what_stays(CLEAN_SECONDS, foreign) == []
    assert foreign <= set(app.left())


def chosen(moments: random.Random, kind: Kind) -> float:
    """Seconds after the start; below zero, after the program's begin."""
    if moments.random() < LATE:
        return -moments.random() * LATEST_LATE_SECONDS
    return moments.random() * kind.latest_seconds


def shown(app: Replayed, kind: Kind) -> subprocess.Popen[bytes]:
    """One whose program is there, which came about as its kind says."""
    process = opened(app, kind)
    assert is_there(process)
    if kind.is_replayed:
        assert replayed.soon(lambda: was_handed_over(process), 2)
    else:
        assert not was_handed_over(process)
    assert any("--stream" in each for each in app.processes()) is kind.is_streamed
    return process
