"""VM bundles whose launcher is the Python of the tests, not a frozen one, on a docker of the tests.

No executable compares their files: what a launcher does after that is looked at.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests import vm_bundles
from tests.program_build import ROOT
from x07bundle.bundle import sidecar
from x07bundle.bundle.sidecar import Runtime, SidecarContent
from x07bundle.contract.vm_manifest import LauncherBuild
from x07bundle.launcher import start_record

STARTER: Final = b'#!/bin/sh\n: >"$2"\n/bin/chmod 700 "$2"\nshift 2\nexec "$@"\n'
"""As the one in C, but for signals; and it says at once that the program has ended."""
PROGRAM: Final = b"\x7fELF and so on"
MAIN: Final = "from x07bundle.launcher.main import main; main()"
VEIL: Final = 0x80


def veiled(env: Mapping[str, str]) -> dict[bytes, bytes]:
    """As the executable hands variables on."""
    names = {os.fsencode(name): os.fsencode(value) for name, value in env.items()}
    return {bytes([name[0] | VEIL]) + name[1:]: value for name, value in names.items()}


def runtime(folder: Path) -> Runtime:
    place = folder / "runtime"
    place.mkdir(exist_ok=True)
    (place / "launcher").write_bytes(b"not this one")
    return Runtime(PROGRAM, STARTER, place, LauncherBuild("0.1.0", "linux-x86_64", "3.11.7"))


class Bench(vm_bundles.Place):
    """Of launchers that Python runs."""

    def make(self, **given: Any) -> SidecarContent:  # noqa: ANN401  as `vm_bundles.content`
        content = vm_bundles.content(runtime(self.folder), **given)
        sidecar.write(self.app, content)
        return content

    def env(self, **variables: str) -> dict[str, str]:
        path = f"{self.docker.path}:/usr/bin:/bin"
        return super().env(**{"PATH": path, **variables})

    def words(self, *arguments: str) -> tuple[str, ...]:
        return (sys.executable, "-c", MAIN, str(self.app), *arguments)

    def variables(self, **more: str) -> dict[bytes, bytes]:
        """Of a launcher: those of the caller are veiled, others are not."""
        return {**veiled(self.env(**more)), b"PYTHONPATH": os.fsencode(ROOT)}

    def start(
        self,
        *arguments: str,
        stdin: bytes = b"",
        cwd: Path | None = None,
        variables: Mapping[str, str] | None = None,
        **more: str,
    ) -> subprocess.CompletedProcess[bytes]:
        """A start without a record, to its end."""
        return subprocess.run(
            self.words(*arguments),
            cwd=cwd or self.folder,
            env=self.variables(**{**(variables or {}), **more}),
            input=stdin,
            capture_output=True,
            timeout=60,
            check=False,
        )

    def replay(
        self,
        *arguments: str,
        options: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
        **more: str,
    ) -> subprocess.Popen[bytes]:
        """A start by the only record, whatever its conditions. `options`: of `replaying`."""
        (record,) = self.records()
        given = [f"{name}={value}" for name, value in (options or {}).items()]
        module = (sys.executable, "-m", "tests.unit.launcher.replaying")
        return subprocess.Popen(
            (*module, str(record), *given, "--", str(self.app), *arguments),
            cwd=self.folder,
            env=self.variables(**{**(variables or {}), **more}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def records(self) -> list[Path]:
        found = self.state.iterdir() if self.state.exists() else ()
        return sorted(path for path in found if start_record.is_name(path.name))


def bench(folder: Path, cases: Mapping[str, str] | None = None) -> Bench:
    folder.mkdir(parents=True, exist_ok=True)
    return Bench(folder, vm_bundles.docker(folder / "fakes", cases))
