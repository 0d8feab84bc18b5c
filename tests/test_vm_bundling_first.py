"""The first VM bundle that a user makes: the launcher is frozen for it, which is said, and kept."""

import json
import os
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.bundling import X07
from tests.program_build import ROOT
from tests.terminals import heard
from tests.test_vm_bundling import ACCEPTED, ARCHITECTURE, HOST_BUILD, Room, room_in
from tests.unit.image.layouts import contents, made
from tests.unit.native.stub_sources import needs_cc

pytestmark = needs_cc

FREEZES: Final = """\
import os, sys, zipfile
from pathlib import Path
with open(os.path.join(os.path.dirname(__file__), "calls"), "a") as calls:
    calls.write(sys.argv[-1] + "\\n")
made = Path(sys.argv[sys.argv.index("--distpath") + 1], "launcher")
made.mkdir(parents=True)
(made / "launcher").write_bytes(b"frozen")
zipfile.ZipFile(made / "base_library.zip", "w").close()
"""
"""A PyInstaller: it notes the spec that it was given."""
SAID: Final = b"x07 bundle: freezing the launcher of VM bundles, which is kept"


class First:
    """A room with a PyInstaller, in `packages`, whose version nothing was frozen with yet."""

    def __init__(self, room: Room, packages: Path) -> None:
        self.room = room
        self.packages = packages
        module = packages / "PyInstaller"
        module.mkdir(parents=True)
        (packages / f"pyinstaller-{packages.parent.name}.dist-info").mkdir()
        (module / "__init__.py").write_text("")
        (module / "__main__.py").write_text(FREEZES)

    def bundle(self, stderr: int) -> None:
        words = (*X07, "bundle", "--profile", "sandbox", "--out", "dist/app", *HOST_BUILD)
        env = {
            **ACCEPTED,
            "PATH": f"{self.room.docker.bin}:{os.environ['PATH']}",
            "HOME": str(self.room.folder.parent),
            "PYTHONPATH": f"{self.packages}:{ROOT}",
            "X07_CACHE_DIR": str(self.room.cache),
        }
        stdin, stdout = subprocess.DEVNULL, subprocess.PIPE
        with subprocess.Popen(
            words, cwd=self.room.folder, env=env, stdin=stdin, stdout=stdout, stderr=stderr
        ) as child:
            told = child.communicate(timeout=120)[0]
        assert child.returncode == 0
        assert json.loads(told)["report"]["compile"]["ok"] is True

    @property
    def frozen(self) -> list[str]:
        """Names of the specs that it was given."""
        calls = self.packages / "PyInstaller/calls"
        return [Path(line).name for line in calls.read_text().splitlines()]


@pytest.fixture
def first(tmp_path: Path, x07_cache: Path) -> First:
    archive = tmp_path / "image.tar"
    made(archive, contents(ARCHITECTURE), name="x07.test/guest:1")
    room = room_in(tmp_path / "room", x07_cache, archive)
    return First(room, tmp_path / "packages")


def test_that_a_launcher_is_frozen_is_said_once(first: First, terminal: tuple[int, int]) -> None:
    ours, theirs = terminal
    said = []
    for _ in range(2):
        first.bundle(theirs)
        os.write(theirs, b"END")
        said.append(heard(ours, b"END"))
    assert [text.count(SAID) for text in said] == [1, 0]
    assert first.frozen == ["launcher.spec"]
    assert (first.room.sidecar / "runtime/launcher").read_bytes() == b"frozen"


def test_nobody_is_told_where_nobody_looks(first: First, tmp_path: Path) -> None:
    """A log is no terminal."""
    with (tmp_path / "log").open("wb") as log:
        first.bundle(log.fileno())
    assert (tmp_path / "log").read_bytes() == b""
    assert first.frozen == ["launcher.spec"]
