"""Engines whose guests are processes, as executables of their own names (`clients`)."""

import json
import signal
import sys
from pathlib import Path
from typing import Final, Literal, NamedTuple

from tests.fakes import install
from tests.fakes.clients.guests import PARTS, Guest
from tests.program_build import ROOT

NEVER_SECONDS: Final = 600.0

Answers = Literal["garbage", "complaints", "nothing"]


class JobEngine(NamedTuple):
    """`bin`: for PATH."""

    program: str
    store: Path
    bin: Path

    @property
    def asked(self) -> list[list[str]]:
        """The words of all commands, in their order, the program first."""
        log = self.store / "asked"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def guests(self) -> list[str]:
        """Those of which anything is left."""
        return sorted({path.name for kind in PARTS for path in (self.store / kind).iterdir()})

    def runs(self, name: str) -> bool:
        return Guest(self.store, name).process() is not None

    def unlabel(self, name: str) -> None:
        """A guest that somebody else started."""
        (self.store / "containers" / name).write_text("{}")

    def has_image(self, name: str) -> None:
        (self.store / "images").write_text(f"{name}\n")

    def starts_in(self, seconds: float) -> None:
        (self.store / "start_s").write_text(str(seconds))

    def forgets(self) -> None:
        """Clients leave the guests that have ended."""
        (self.store / "forgets").touch()

    def answers(self, how: Answers | None) -> None:
        """What comes of questions; None: answers."""
        (self.store / "answers").write_text(how or "")

    def behind(self, path: str) -> Path:
        """A file of all images."""
        file = Path(f"{self.store}/root{path}")
        file.parent.mkdir(parents=True, exist_ok=True)
        return file

    def end_all(self) -> None:
        for path in (self.store / "tasks").iterdir():
            Guest(self.store, path.name).signal(signal.SIGKILL)


def make(folder: Path, program: str) -> JobEngine:
    made = JobEngine(program, folder / "store", folder / "bin")
    for name in (*PARTS, "root"):
        (made.store / name).mkdir(parents=True)
    made.starts_in(0)
    words = f"{sys.executable} -S -P -m tests.fakes.clients {program} '{made.store}'"
    install(made.bin, program, f'export PYTHONPATH="{ROOT}"\nexec {words} "$@"')
    return made
