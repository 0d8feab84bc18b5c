"""Many generated units in one executable, so that linking costs little: its argument says which.

Each unit is compiled alone, with every warning an error, under names of its own for the two
symbols that it shares with the runtime; the driver picks the unit and hands over to `main` of a
framed program.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.program_build import INCLUDE, WARNINGS, Workshop, open_workshop

SHARED: Final = ("x07_program_solve", "x07_program_limits")
RUN_SECONDS: Final = 20.0
DRIVER: Final = """#include <stdint.h>
#include <stdlib.h>
typedef struct {{ uint8_t *ptr; uint32_t len; }} bytes;
typedef struct {{ const uint8_t *ptr; uint32_t len; }} view;
typedef struct {{ uint64_t fuel, heap_bytes; }} limits;
{prototypes}
static const struct {{ bytes (*solve)(view); const limits *limits; }} units[] = {{
    {entries}
}};
static unsigned chosen;
limits x07_program_limits;
bytes x07_program_solve(view input);
bytes x07_program_solve(view input)
{{
    return units[chosen].solve(input);
}}
int x07_framed_main(void);
int main(int argc, char **argv)
{{
    chosen = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0u;
    x07_program_limits = *units[chosen].limits;
    return x07_framed_main();
}}
"""
PROTOTYPES: Final = (
    "bytes x07_program_solve_{0}(view);\nextern const limits x07_program_limits_{0};"
)
ENTRY: Final = "{{x07_program_solve_{0}, &x07_program_limits_{0}}}"


@dataclass(frozen=True, slots=True)
class Flavour:
    """A compiler and the flags for the units; the runtime is built once for each."""

    cc: str
    level: str
    sanitized: bool = False

    def __str__(self) -> str:
        return f"{self.cc} {self.level}{' sanitized' if self.sanitized else ''}"


FLAVOURS: Final = (
    Flavour("gcc", "-O2"),
    Flavour("gcc", "-O0"),
    Flavour("clang", "-O2"),
    Flavour("gcc", "-O1", sanitized=True),
)


def flavours() -> tuple[Flavour, ...]:
    """Those whose compiler is on PATH; `cc` when none is."""
    found = tuple(flavour for flavour in FLAVOURS if shutil.which(flavour.cc))
    return found or (Flavour("cc", "-O2"),)


@dataclass(frozen=True, slots=True)
class Batch:
    """What was built: the place of each unit in the executable, and what failed to compile."""

    executable: Path | None
    places: Mapping[int, int]
    failures: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Bench:
    """Where batches are built: `workshop` has the runtime, `level` is for the units."""

    folder: Path
    workshop: Workshop
    level: str

    def build(self, name: str, units: Mapping[int, str], linked: Set[int]) -> Batch:
        """Compiles all units, and makes an executable of those that are to be `linked`.

        Raises AssertionError if they do not link.
        """
        folder = self.folder / name
        folder.mkdir(parents=True)
        failures: dict[int, str] = {}
        objects: dict[int, Path] = {}
        for key, c_source in units.items():
            failure = self.compile(folder, key, c_source)
            if failure is not None:
                failures[key] = failure
            elif key in linked:
                objects[key] = folder / f"{key}.o"
        executable = self._link(folder, objects) if objects else None
        return Batch(executable, {key: place for place, key in enumerate(objects)}, failures)

    def compile(self, folder: Path, key: int, c_source: str) -> str | None:
        """What the C compiler says against a unit; None when it is content."""
        renamed = "".join(f"#define {symbol} {symbol}_{key}\n" for symbol in SHARED)
        source = folder / f"{key}.c"
        source.write_text(renamed + c_source, errors="surrogatepass")
        done = self._cc("-c", str(source), "-o", str(folder / f"{key}.o"))
        source.unlink()
        return done.stderr or f"exit status {done.returncode}" if done.returncode else None

    def _link(self, folder: Path, objects: Mapping[int, Path]) -> Path:
        driver, executable = folder / "driver.c", folder / "batch"
        prototypes = "\n".join(PROTOTYPES.format(key) for key in objects)
        entries = ",\n    ".join(ENTRY.format(key) for key in objects)
        driver.write_text(DRIVER.format(prototypes=prototypes, entries=entries))
        listed = folder / "objects"
        listed.write_text("\n".join(map(str, objects.values())))
        archive = str(self.workshop.archive)
        done = self._cc(str(driver), f"@{listed}", archive, "-lm", "-o", str(executable))
        if done.returncode != 0:
            raise AssertionError(f"a batch does not link: {done.stderr[:4000]}")
        for path in objects.values():
            path.unlink()
        return executable

    def _cc(self, *words: str) -> subprocess.CompletedProcess[str]:
        workshop = self.workshop
        flags = (*WARNINGS, "-ffp-contract=off", *workshop.flags, self.level, f"-I{INCLUDE}")
        command = [workshop.cc, *flags, *words]
        return subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False
        )


def open_bench(base: Path, flavour: Flavour) -> Bench:
    workshop = open_workshop(base, sanitize=flavour.sanitized, cc=flavour.cc)
    folder = base / f"batches-{os.getpid()}-{str(flavour).replace(' ', '-')}"
    return Bench(folder, workshop, flavour.level)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a unit did. `output` is None where it wrote no whole frame."""

    status: int
    output: bytes | None
    stderr: str
    metrics: Mapping[str, Any]

    @property
    def lines(self) -> list[str]:
        return [line for line in self.stderr.splitlines() if line and not line.startswith("{")]


def run(executable: Path, place: int, given: bytes) -> Ran:
    """Raises subprocess.TimeoutExpired."""
    done = subprocess.run(
        [executable, str(place)],
        input=len(given).to_bytes(4, "little") + given,
        capture_output=True,
        cwd=executable.parent,
        timeout=RUN_SECONDS,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    stderr = done.stderr.decode(errors="replace")
    last = stderr.splitlines()[-1] if stderr.strip() else ""
    metrics = json.loads(last) if last.startswith('{"fuel_used"') else {}
    return Ran(done.returncode, _frame(done.stdout), stderr, metrics)


def _frame(data: bytes) -> bytes | None:
    whole = len(data) >= 4 and int.from_bytes(data[:4], "little") == len(data) - 4
    return data[4:] if whole else None
