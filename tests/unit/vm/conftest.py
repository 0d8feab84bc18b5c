"""Jobs on an engine of the test's own, in processes that can be killed; and backends on fakes of
their engines.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, NamedTuple

import pytest

from tests.fakes import engine, engines
from tests.fakes.engine import Engine
from tests.program_build import ROOT
from tests.unit.vm import agents
from x07bundle.vm import folder, state
from x07bundle.vm.backend import Backend
from x07bundle.vm.backends import table
from x07bundle.vm.folder import JobFolder

SOON_SECONDS: Final = 40.0
PROGRAMS: Final = {"apple-container": "container"}
"""Of backends, where they have another name."""


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[JobFolder]:
    """A new job's folder."""
    opened = state.open({"X07_VM_STATE_DIR": str(tmp_path / "state/jobs")})
    with folder.opened(opened) as found:
        yield found


@pytest.fixture(scope="module")
def agent(x07_cache: Path) -> Path:
    return agents.built(x07_cache)


class Bench(NamedTuple):
    """A folder with an engine and jobs."""

    folder: Path
    engine: Engine
    started: list[subprocess.Popen[bytes]]

    @property
    def jobs(self) -> list[Path]:
        root = self.folder / "vm/jobs"
        names = root.iterdir() if root.exists() else ()
        return sorted(path for path in names if not path.name.startswith("."))

    def words(self, *argv: str, wall_ms: int = 60_000, **options: str) -> tuple[str, ...]:
        """The command line of a runner of these words."""
        given = [f"{name}={value}" for name, value in options.items()]
        module = (sys.executable, "-m", "tests.unit.vm.job_process")
        return (*module, str(self.folder), str(wall_ms), *given, "--", *argv)

    def start(
        self,
        *argv: str,
        wall_ms: int = 60_000,
        stdin: int | IO[bytes] = subprocess.DEVNULL,
        **options: str,
    ) -> subprocess.Popen[bytes]:
        """A runner, with pipes for what it says."""
        return self._start(self.words(*argv, wall_ms=wall_ms, **options), stdin)

    def _start(self, words: tuple[str, ...], stdin: int | IO[bytes]) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        self.started.append(
            subprocess.Popen(words, stdin=stdin, stdout=pipe, stderr=pipe, cwd=ROOT)
        )
        return self.started[-1]

    def start_waiting(
        self, prologue: str = "", wall_ms: int = 60_000, **options: str
    ) -> subprocess.Popen[bytes]:
        """A runner whose guest is there, and waits; `prologue` is what it does before."""
        here = self.folder / "here"
        here.unlink(missing_ok=True)
        script = f"{prologue}\ntouch '{here}'; while :; do sleep 0.1; done"
        process = self._start(
            self.words("sh", "-c", script, wall_ms=wall_ms, **options), subprocess.DEVNULL
        )
        assert soon(here.exists)
        return process

    def client(self) -> int:
        """That of the engine. What it has forked looks like it until it becomes another program."""
        found: list[int] = []

        def is_alone() -> bool:
            found[:] = self.processes("run")
            return len(found) == 1

        assert soon(is_alone)
        return found[0]

    def is_empty(self) -> bool:
        return not self.jobs and not self.engine.guests()

    def processes(self, word: str = "") -> list[int]:
        """Those of this machine whose command lines name the folder, and a word."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().split(b"\0")
            except OSError:
                continue
            if os.fsencode(self.folder) in b" ".join(words) and word.encode() in [b"", *words]:
                found.append(int(path.parent.name))
        return sorted(found)


def soon(is_so: Callable[[], bool]) -> bool:
    """Whether something becomes true in a while."""
    end = time.monotonic() + SOON_SECONDS
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@contextmanager
def opened(folder: Path) -> Iterator[Bench]:
    """Until the block ends; then nothing of it runs."""
    made = Bench(folder, engine.make(folder), [])
    yield made
    for process in made.started:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()
    made.engine.kill_all()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with opened(tmp_path) as made:
        yield made


class Setting:
    """A backend on a fake engine."""

    def __init__(self, folder: Path, name: str) -> None:
        self.engine: engines.Engine = engines.engine(folder, PROGRAMS.get(name, name))
        self.backend: Backend = table.from_env(name, {"PATH": str(folder / "bin")})

    def says(self, text: str) -> str:
        return self.engine.says(text)


@pytest.fixture
def on(tmp_path: Path) -> Callable[[str], Setting]:
    return lambda name: Setting(tmp_path, name)
