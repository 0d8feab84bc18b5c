"""Builds programs for tests: the runtime once per session and set of flags, then each program."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
INCLUDE: Final = ROOT / "stubs" / "runtime" / "include"
SOURCE_FOLDERS: Final = (ROOT / "stubs" / "runtime" / "src", ROOT / "stubs" / "cli_main")

FRAMED_MAIN: Final = (ROOT / "launcher_templates" / "framed_main.c.j2").read_text()
WARNINGS: Final = ("-std=c11", "-Wall", "-Wextra", "-Werror")
SANITIZERS: Final = (
    *("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
    "-Wno-error",
)
"""With them, gcc warns of bounds on paths that a check has left: its warnings are no errors."""
UNOPTIMIZED: Final = ("-O0",)
"""For what takes longer to compile than to run."""
TESTING: Final = "-DX07_TESTING"
"""Guards can be taken out (stubs/runtime/src/guard.h)."""


def compiler() -> str:
    """The C compiler of the tests; the driver under test finds its own."""
    found = next((name for name in ("cc", "gcc", "clang") if shutil.which(name)), None)
    if found is None:
        msg = "no C compiler on PATH"
        raise RuntimeError(msg)
    return found


@dataclass(frozen=True)
class Workshop:
    """A folder with the runtime's archive, and the flags that everything in it is built with."""

    folder: Path
    cc: str
    flags: tuple[str, ...]

    @property
    def archive(self) -> Path:
        return self.folder / "libx07.a"

    def build(self, name: str, c_source: str, flags: tuple[str, ...] = ()) -> Path:
        """A framed executable from generated C; a warning is an error.

        Each process of a test session has its own: one may be run while another is linked.
        """
        own = self.folder / str(os.getpid())
        own.mkdir(exist_ok=True)
        source, executable = own / f"{name}.c", own / name
        source.write_text(c_source + FRAMED_MAIN)
        command = [self.cc, *WARNINGS, *self.flags, *flags, f"-I{INCLUDE}", str(source)]
        command += [str(self.archive), "-lm", "-o", str(executable)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{name}: C compiler failed\n{done.stderr}\n{c_source}")
        return executable


def open_workshop(
    base: Path, *, sanitize: bool, cc: str | None = None, testing: bool = False
) -> Workshop:
    """A workshop under `base`, shared by the processes of one test session.

    Sanitized programs are for testing always: their guards can be taken out. Sanitizers see more of
    what is not optimized.
    """
    chosen = cc or compiler()
    kind = "sanitized" if sanitize else "testing" if testing else "plain"
    flags: tuple[str, ...] = (*UNOPTIMIZED, TESTING) if testing or sanitize else ("-O1",)
    flags += SANITIZERS if sanitize else ()
    folder = base / f"workshop-{Path(chosen).name}-{kind}"
    folder.mkdir(parents=True, exist_ok=True)
    workshop = Workshop(folder, chosen, flags)
    with _locked(folder / "lock"):
        if not workshop.archive.exists():
            _build_archive(workshop)
    return workshop


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _build_archive(workshop: Workshop) -> None:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(partial(_build_object, workshop), _sources()))
    fresh = workshop.folder / "fresh.a"
    subprocess.run(["ar", "rcs", fresh, *objects], check=True)
    fresh.rename(workshop.archive)


def _sources() -> list[Path]:
    return sorted(source for folder in SOURCE_FOLDERS for source in folder.glob("*.c"))


def _build_object(workshop: Workshop, source: Path) -> Path:
    target = workshop.folder / f"{source.stem}.o"
    command = [workshop.cc, *WARNINGS, "-D_GNU_SOURCE", "-ffp-contract=off", *workshop.flags]
    command += [f"-I{INCLUDE}", "-c", str(source), "-o", str(target)]
    subprocess.run(command, check=True, env=dict(os.environ))
    return target
