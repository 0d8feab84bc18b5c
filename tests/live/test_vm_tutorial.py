"""The tutorial of sandboxes, with `x07 run` in guests of real engines."""

import json
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.bundling import everything
from tests.live import replayed
from tests.live.guest_tool import NOTHING, STREAM, Tool, output
from tests.test_sandbox_walkthrough import POLICY, WRITES
from tests.walkthrough import write_module

pytestmark = pytest.mark.live

MOMENTS: Final = 6
ASKED: Final = (128 + signal.SIGTERM, -signal.SIGTERM)
"""The second, as long as Python itself begins. A shell says the same of both."""
RUN: Final = ("run", "--profile", "sandbox", "--input", "../in.bin")


class Demo(NamedTuple):
    """The tutorial's project."""

    tool: Tool
    folder: Path

    def run(
        self, *flags: str, status: int = 0, more: Mapping[str, str] = NOTHING
    ) -> dict[str, object]:
        return self.tool.report(self.folder, *RUN, *flags, status=status, more=more)

    def module(self, place: str) -> None:
        """Writes its input to a file."""
        body = json.loads(json.dumps(WRITES).replace("out/input.bin", place))
        write_module(self.folder, body, "std.os.fs")


@pytest.fixture
def demo(tool: Tool, tmp_path: Path) -> Demo:
    (tmp_path / "in.bin").write_bytes(b"hello")
    assert tool.x07(tmp_path, "init", "demo").returncode == 0
    made = Demo(tool, tmp_path / "demo")
    assert tool.x07(made.folder, "policy", "init", "--template", "cli").returncode == 0
    return made


def test_the_tutorial(demo: Demo) -> None:
    report = demo.run()
    assert (output(report), report["sandbox_backend"]) == (b"hello", "vm")
    assert report["compile"]["compiled_exe"] == "/x07/out/compiled-out"  # type: ignore[index]
    demo.module("out/input.bin")
    before = everything(demo.folder)
    assert output(demo.run()) == b"ok"
    assert everything(demo.folder) == before | {"out": None, "out/input.bin": b"hello"}
    demo.module("tmp/input.bin")
    (demo.folder / "tmp").mkdir()
    denied = demo.run()
    assert output(denied) == b"write_failed"
    assert denied["policy_denials"] == [
        {
            "operation": "os.fs.write_file",
            "target": "tmp/input.bin",
            "field": "fs.write_roots",
            "grant": 'add "tmp" to fs.write_roots',
        }
    ]
    assert output(demo.run("--allow-write-root", "tmp")) == b"ok"
    assert (demo.folder / "tmp/input.bin").read_bytes() == b"hello"
    assert_nothing_left(demo.tool)


def assert_nothing_left(tool: Tool) -> None:
    assert tool.engine.guests() == []
    assert tool.jobs() == []


def test_files_as_a_stream(demo: Demo) -> None:
    """Both phases, and whoever we are: the guest's program is nobody there."""
    demo.module("out/streamed.bin")
    flags = ("--solve-fuel", "7777777")
    done = demo.tool.x07(demo.folder, *RUN, *flags, umask=0o077, more=STREAM)
    assert done.returncode == 0, done.stderr.decode()
    assert output(json.loads(done.stdout)) == b"ok"
    assert (demo.folder / "out/streamed.bin").read_bytes() == b"hello"
    assert_nothing_left(demo.tool)


def test_a_program_that_does_not_compile(demo: Demo) -> None:
    (demo.folder / "src/app.x07.json").write_text("{")
    report = demo.run(status=1)
    assert report["sandbox_backend"] == "os"  # of the guest, whose report it is
    assert report["solve"] is None
    assert "app.x07.json" in json.dumps(report["compile"])


def test_its_deadline(demo: Demo) -> None:
    path = demo.folder / POLICY
    document = json.loads(path.read_text())
    document["limits"]["wall_ms"] = 500
    document["time"] |= {"allow_sleep": True, "max_sleep_ms": 1000}
    path.write_text(json.dumps(document))
    module = json.loads((demo.folder / "src/main.x07.json").read_text())
    nap = ["for", "i", 0, 60, ["let", "slept", ["os.time.sleep_ms_v1", 1000]]]
    module["solve"] = ["begin", nap, ["view.to_bytes", "input"]]
    (demo.folder / "src/main.x07.json").write_text(json.dumps(module))
    report = demo.run(status=1)
    assert "limits.wall_ms" in json.dumps(report["solve"])
    assert_nothing_left(demo.tool)


@pytest.mark.parametrize("more", [NOTHING, STREAM], ids=["mounted", "streamed"])
def test_asked_to_end_at_any_moment(demo: Demo, more: Mapping[str, str]) -> None:
    """It ends by the signal, or well with all of its report: an engine's client that is asked while
    it starts a guest may end with 0, and nothing has run."""
    begun = time.monotonic()
    demo.run(more=more)
    longest = 1.2 * (time.monotonic() - begun)
    for part in range(1, MOMENTS + 1):
        process = demo.tool.begin(demo.folder, *RUN, more=more)
        time.sleep(part / MOMENTS * longest)
        process.terminate()
        out, said = process.communicate(timeout=60)
        is_done = process.returncode == 0 and output(json.loads(out)) == b"hello"
        assert is_done or (process.returncode in ASKED and not out), said
    replayed.soon(lambda: demo.tool.engine.guests() + demo.tool.jobs() == [])
    assert_nothing_left(demo.tool)
