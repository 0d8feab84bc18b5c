"""Runs `programs/confined.c`: what is tried under which policy, and what the kernel answers."""

import errno
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from tests.unit.runtime.c_program import LIMIT_SECONDS

OK: Final = "ok"
NOBODY: Final = 65534

Grants = Mapping[str, str]
NOTHING: Final[Grants] = {}

Variables = dict[str, Any]
"""Variables of the environment by name, to be given as keywords."""

SPAWN: Final[Grants] = {"PROC": "1", "PROC_ALLOW_SPAWN": "1", "PROC_ALLOW_EXEC": "1"}
TCP: Final[Grants] = {"NET": "1", "NET_ALLOW_TCP": "1"}


def files(
    reads: Sequence[Path | str] = (), writes: Sequence[Path | str] = (), **allows: str
) -> Grants:
    """Roots, and switches of `fs` by their names in the environment."""
    roots = {
        "FS_READ_ROOTS": ";".join(map(str, reads)),
        "FS_WRITE_ROOTS": ";".join(map(str, writes)),
    }
    return {"FS": "1", **roots, **{f"FS_{name}": value for name, value in allows.items()}}


class Attempts(NamedTuple):
    """How a program ended. `answers`: `ok`, or the name of an errno, of each thing it tried."""

    status: int
    answers: tuple[str, ...]
    report: Mapping[str, Any]
    stderr: str

    @property
    def layers(self) -> Mapping[str, Any]:
        layers: Mapping[str, Any] = self.report["sandbox_layers"]
        return layers

    def in_force(self, layer: str) -> bool:
        return bool(self.layers[layer]["in_force"])


class Confined(NamedTuple):
    """The program, where it works, and who runs it (None: whoever runs the tests)."""

    program: Path
    folder: Path
    user: int | None = None

    def attempt(
        self,
        *words: str,
        grants: Grants = NOTHING,
        without: str = "",
        keep: Sequence[int] = (),
        **variables: str,
    ) -> Attempts:
        """Tries one thing after another, each `verb what`. `without`: guards that are taken out."""
        pairs = [
            part for word in words for part in (word.partition(" ")[0], word.partition(" ")[2])
        ]
        done = subprocess.run(
            [self.program, *pairs],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={**_environment(grants, without), **variables},
            pass_fds=keep,
            user=self.user,
            extra_groups=None if self.user is None else (),
            timeout=LIMIT_SECONDS,
            check=False,
        )
        return _attempts(done)

    def answers(self, *words: str, grants: Grants = NOTHING, without: str = "") -> tuple[str, ...]:
        return self.attempt(*words, grants=grants, without=without).answers


def _environment(grants: Grants, without: str) -> dict[str, str]:
    granted = {f"X07_OS_{name}": value for name, value in grants.items()}
    return {"X07_OS_SANDBOXED": "1", "X07_TEST_WITHOUT_GUARD": without, **granted}


def _attempts(done: subprocess.CompletedProcess[str]) -> Attempts:
    lines = done.stdout.splitlines()
    report = json.loads(lines.pop()) if lines and lines[-1].startswith("{") else {}
    answers = tuple(_name(int(line.split()[-1])) for line in lines if line)
    return Attempts(done.returncode, answers, report, done.stderr)


def _name(error: int) -> str:
    return errno.errorcode.get(error, str(error)) if error else OK


def need(confined: Confined, layer: str, least_abi: int = 0) -> None:
    """Skips a test of what this kernel lacks."""
    found = confined.attempt().layers[layer]
    if not found["in_force"]:
        pytest.skip(f"this kernel lacks {layer}: {found['detail']}")
    if least_abi and int(found["detail"].split()[1].rstrip(";")) < least_abi:
        pytest.skip(f"this kernel's {layer} is {found['detail']}, and abi {least_abi} is needed")
