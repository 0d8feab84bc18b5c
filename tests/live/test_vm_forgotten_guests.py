"""Engines that are killed while a guest runs. One may have forgotten it when it is back, and then
nobody but its own first process ends it.

docker notes that a guest runs a moment after its program began, and at its next start removes what
it has no such note of: the program goes on, and no command of docker's reaches it.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.live import replayed
from tests.live.guest_tool import NOTHING, STREAM, Tool
from tests.live.replayed import Replayed
from tests.program_build import ROOT

pytestmark = pytest.mark.live

DAEMONS: Final = ("dockerd", "containerd")
SECOND_LOOK_SECONDS: Final = 5.0
WALL_MS: Final = 5000
WAYS: Final = {"replayed": NOTHING, "decided": NOTHING, "streamed": STREAM}
BUILD: Final = """
import os
from x07bundle.vm import boundary, building
place = boundary.find(os.environ, boundary.Wanted(True, "never"))
with building.performed(place, building.Task(("/bin/sh", "-c", "sleep 60"), {})):
    pass
"""


@pytest.fixture(scope="module")
def app(tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    if tool.engine.name == "podman":
        pytest.skip("it has no daemon")
    return replayed.started(tool, tmp_path_factory.mktemp("forgotten"))


def waiting(app: Replayed, way: str) -> subprocess.Popen[bytes]:
    """A bundle whose program runs."""
    if way == "decided":
        app.record.unlink()
    process = app.opened("wait", more=WAYS[way])
    assert process.stdout is not None
    assert process.stdout.readline() == b"here\n"
    return process


@pytest.mark.parametrize("way", WAYS)
def test_the_engine_is_killed(tool: Tool, app: Replayed, way: str) -> None:
    """No exit code is made up for the program, and nothing is left."""
    process = waiting(app, way)
    if way == "streamed":
        assert replayed.soon(lambda: is_noted(tool))
    os.kill(daemon(tool), signal.SIGKILL)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 127, err
    assert (b"it was done" if way == "streamed" else b"its program had ended") in err
    assert way == "streamed" or replayed.soon(lambda: running(tool) == [])
    tool.engine.restart()
    assert app.what_stays() == []
    assert app.start("say", "3").returncode == 3
    assert app.what_stays() == []


def test_the_engine_is_killed_with_the_launcher(tool: Tool, app: Replayed) -> None:
    process = waiting(app, "replayed")
    process.kill()
    os.kill(daemon(tool), signal.SIGKILL)
    process.communicate(timeout=60)
    assert replayed.soon(lambda: running(tool) == [])
    tool.engine.restart()
    assert app.what_stays() == []


def test_an_engine_that_is_back_at_once(tool: Tool, app: Replayed) -> None:
    """It may have forgotten the guest before that has ended: then docker's own part of it stays."""
    is_back_at_once(tool, waiting(app, "replayed"))
    all_ends_but_shims(app)


def test_a_streamed_guest_ends_after_its_deadline(tool: Tool, tmp_path: Path) -> None:
    """Nothing tells it that it was forgotten."""
    if tool.engine.name != "docker":
        pytest.skip("only docker forgets guests")
    late = replayed.started(tool, tmp_path, limits__wall_ms=WALL_MS)
    is_back_at_once(tool, waiting(late, "streamed"))
    all_ends_but_shims(late)


def test_the_engine_is_killed_while_something_is_built(tool: Tool, app: Replayed) -> None:
    """Guests that are no bundles have another first process."""
    words = (sys.executable, "-c", BUILD)
    with subprocess.Popen(words, cwd=ROOT, env=tool.env, stderr=subprocess.PIPE) as process:
        assert replayed.soon(lambda: any(b"sleep" in each for each in running(tool)))
        os.kill(daemon(tool), signal.SIGKILL)
        process.communicate(timeout=60)
    assert replayed.soon(lambda: running(tool) == [])
    tool.engine.restart()
    assert app.what_stays() == []


def is_back_at_once(tool: Tool, process: subprocess.Popen[bytes]) -> None:
    os.kill(daemon(tool), signal.SIGKILL)
    tool.engine.restart()
    process.communicate(timeout=60)


def all_ends_but_shims(app: Replayed) -> None:
    """docker has no command for one whose guest it has forgotten."""
    assert replayed.soon(lambda: running(app.tool) == [])
    assert [each for each in app.what_stays(SECOND_LOOK_SECONDS) if "-shim" not in each] == []
    for shim in shims(app.tool):
        os.kill(shim, signal.SIGKILL)


def is_noted(tool: Tool) -> bool:
    """Whether the engine will know the guest at its next start."""
    return tool.engine.name != "docker" or tool.engine("ps", "--quiet") != ""


def daemon(tool: Tool) -> int:
    """The one that these tests have started."""
    for pid, parent, words in processes():
        is_named = os.fsdecode(words.split(b"\0")[0]) in DAEMONS
        if parent == os.getpid() and is_named and os.fsencode(tool.engine.folder) in words:
            return pid
    raise AssertionError("there is no daemon")


def shims(tool: Tool) -> list[int]:
    """What an engine starts for each guest."""
    of_engine = os.fsencode(tool.engine.folder)
    return [pid for pid, _, words in processes() if b"-shim" in words and of_engine in words]


def running(tool: Tool) -> list[bytes]:
    """The commands of all that is in guests."""
    outside = set(shims(tool))
    inside: set[int] = set()
    found = processes()
    while new := {pid for pid, parent, _ in found if parent in outside | inside} - inside:
        inside |= new
    return [words for pid, _, words in found if pid in inside]


def processes() -> list[tuple[int, int, bytes]]:
    """The id of each, its parent's, and its words."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words = (place / "cmdline").read_bytes()
            state, parent = (place / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state not in "ZX":
            found.append((int(place.name), int(parent), words))
    return found
