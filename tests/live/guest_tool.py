"""`x07` and its VM bundles on a real engine that has the image `full`."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests import vm_bundles
from tests.bundling import X07
from tests.live import vm_engines
from tests.live.vm_engines import LiveEngine
from tests.program_build import ROOT
from x07bundle.bundle import launcher_files
from x07bundle.native.cache import open_cache
from x07bundle.vm import images

CONSENT: Final = "X07_I_ACCEPT_WEAKER_ISOLATION"
STREAM: Final = {"X07_VM_TRANSPORT": "stream"}
NOTHING: Final[Mapping[str, str]] = {}
LONGEST_SECONDS: Final = 120


class Tool(NamedTuple):
    """`reference`: of the image. `folder`: of the engine. `cache`: what was compiled for it."""

    engine: LiveEngine
    reference: str
    cache: Path
    state: Path

    @property
    def env(self) -> dict[str, str]:
        return {
            **self.engine.env,
            "PYTHONPATH": str(ROOT),
            "X07_CACHE_DIR": str(self.cache),
            "X07_VM_BACKEND": self.engine.name,
            "X07_VM_GUEST_IMAGE": self.reference,
            "X07_VM_STATE_DIR": str(self.state),
            CONSENT: "1",
        }

    def x07(
        self, folder: Path, *words: str, umask: int = -1, more: Mapping[str, str] = NOTHING
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            (*X07, *words),
            cwd=folder,
            env={**self.env, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LONGEST_SECONDS,
            umask=umask,
            check=False,
        )

    def begin(
        self, folder: Path, *words: str, more: Mapping[str, str] = NOTHING
    ) -> "subprocess.Popen[bytes]":
        """As `x07`, without waiting for its end."""
        return subprocess.Popen(
            (*X07, *words),
            cwd=folder,
            env={**self.env, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def report(
        self, folder: Path, *words: str, status: int = 0, more: Mapping[str, str] = NOTHING
    ) -> dict[str, Any]:
        """Of a command that prints one."""
        done = self.x07(folder, *words, more=more)
        assert done.returncode == status, done.stderr.decode() + done.stdout.decode()
        found = json.loads(done.stdout)
        assert isinstance(found, dict)
        return found

    def start(
        self,
        app: Path,
        *arguments: str,
        folder: Path | None = None,
        stdin: bytes = b"",
        more: Mapping[str, str] = NOTHING,
    ) -> subprocess.CompletedProcess[bytes]:
        """A bundle, to its end."""
        return subprocess.run(
            (app, *arguments),
            cwd=folder or app.parent,
            env={**self.bundle_env, **more},
            input=stdin,
            capture_output=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )

    @property
    def bundle_env(self) -> dict[str, str]:
        """A bundle knows its backend and its image."""
        named = ("X07_VM_BACKEND", "X07_VM_GUEST_IMAGE", "X07_CACHE_DIR", "PYTHONPATH")
        return {key: value for key, value in self.env.items() if key not in named}

    def jobs(self) -> list[str]:
        """Whose folders are there."""
        names = [path.name for path in self.state.iterdir()] if self.state.exists() else []
        return sorted(name for name in names if not name.startswith("."))


def without_notes(said: bytes) -> bytes:
    """A backend that does not enforce a limit says so, and the program's own words follow."""
    lines = said.splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(b"note: limits.procs"))


def output(report: Mapping[str, Any]) -> bytes:
    return base64.b64decode(report["solve_output_b64"])


@contextmanager
def started(name: str, folder: Path, full: Path) -> Iterator[Tool]:
    """The engine of a backend, with the image, and a cache that has the launcher alone."""
    with vm_engines.started(name, folder) as engine:
        reference = images.load(engine.backend, full)
        yield Tool(engine, reference, _cache(folder / "cache"), folder / "state/jobs")


def _cache(folder: Path) -> Path:
    """What is frozen stays in the cache of this user, for all sessions."""
    kept = open_cache(os.environ).folder
    vm_bundles.runtime(kept)
    for kind in (launcher_files.KIND, "launchers"):
        shutil.copytree(kept / kind, folder / kind)
    return folder
