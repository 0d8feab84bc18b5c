"""Programs in C around parts of the runtime, and how tests talk with them (programs/stream.h)."""

import os
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.program_build import INCLUDE, WARNINGS, Workshop

PROGRAMS: Final = Path(__file__).parent / "programs"
INTERNALS: Final = INCLUDE.parent / "src"
"""Headers of parts that programs do not see."""
COMPILERS: Final = tuple(name for name in ("gcc", "clang") if shutil.which(name)) or ("cc",)

TRAPPED: Final = 132

Word = int | bytes
"""A number, sent as a u32, or a blob."""

LIMIT_SECONDS: Final = 60

Environment = Mapping[str, str]
NO_ENVIRONMENT: Final[Environment] = {}


@dataclass(frozen=True)
class Ran:
    """How a program ended."""

    status: int
    stdout: bytes
    stderr: str

    @property
    def last_line(self) -> str:
        """Where a trap says why."""
        lines = self.stderr.splitlines()
        return lines[-1] if lines else ""


@dataclass(frozen=True)
class CProgram:
    """A sanitized executable of `programs/`."""

    path: Path

    def run(
        self,
        *requests: Sequence[Word],
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Ran:
        done = subprocess.run(
            [self.path],
            input=b"".join(encoded(word) for request in requests for word in request),
            capture_output=True,
            env=env,
            cwd=cwd or self.path.parent,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr.decode(errors="replace"))

    def answers(
        self,
        *requests: Sequence[Word],
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> list[Word]:
        """What a program that ends well says, after a look at the memory that it left."""
        ran = self.run(*requests, env=env, cwd=cwd)
        assert ran.status == 0, ran.last_line
        *answers, live_bytes = decoded(ran.stdout)
        assert live_bytes == 0
        return answers

    def trap(self, *requests: Sequence[Word]) -> str:
        """The last line of a program that traps."""
        ran = self.run(*requests)
        assert ran.status == TRAPPED, ran
        return ran.last_line


Programs = Callable[[str], CProgram]
"""Of the fixture `c_program`: the program of that name."""


def build(workshop: Workshop, name: str) -> CProgram:
    executable = workshop.folder / f"runtime-{name}"
    fresh = executable.with_suffix(f".{os.getpid()}")
    command = [workshop.cc, *WARNINGS, *workshop.flags, f"-I{INCLUDE}", f"-I{INTERNALS}"]
    looks_for_leaks = workshop.cc not in COMPILERS[1:]
    names = (name,) if looks_for_leaks else (name, "no_leaks")
    command += [str(PROGRAMS / f"{each}.c") for each in names]
    command += [str(workshop.archive), "-lm", "-o", str(fresh)]
    subprocess.run(command, check=True)
    fresh.rename(executable)
    return CProgram(executable)


def encoded(word: Word) -> bytes:
    if isinstance(word, bytes):
        return struct.pack("<I", len(word)) + word
    return struct.pack("<I", word & 0xFFFFFFFF)


def decoded(stream: bytes) -> Iterator[Word]:
    at = 0
    while at < len(stream):
        kind = stream[at : at + 1]
        (number,) = struct.unpack_from("<I", stream, at + 1)
        at += 5
        if kind == b"i":
            yield number
            continue
        yield stream[at : at + number]
        at += number
