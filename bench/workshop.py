"""The folder that one run of the bench works in, and how it bundles and compiles there."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.clock import Action, command

HERE: Final = Path(__file__).resolve().parent
KERNELS: Final = HERE / "kernels"
FLAGS: Final = ("-std=c11", "-O2", "-ffp-contract=off")
"""The flags of programs (docs/decisions/0005), given to the C written by hand too."""


@dataclass(frozen=True)
class Workshop:
    """`x07` is the command beside the Python that runs the bench; `compiler` a full path."""

    folder: Path
    x07: Path
    compiler: Path

    def bundle(self, project: Path, out: Path, *flags: str) -> Action:
        return command((self.x07, "bundle", "--project", project, "--out", out, *flags))

    def bundle_program(self, program: Path, out: Path, *flags: str | Path) -> Action:
        roots = ("--module-root", program.parent)
        return command((self.x07, "bundle", "--program", program, *roots, "--out", out, *flags))

    def compile_c(self, source: Path, out: Path, *flags: str) -> Action:
        return command((self.compiler, *FLAGS, source, "-o", out, *flags))

    def tool(self, name: str, **constants: Path | str) -> Path:
        """Builds one of the bench's own small C programs."""
        defines = [f'-D{key}="{value}"' for key, value in constants.items()]
        self.compile_c(HERE / "tools" / f"{name}.c", self.folder / name, *defines)()
        return self.folder / name


def open_workshop(folder: Path) -> Workshop:
    """Finds the tools. Exits with a message where there is no C compiler at hand."""
    names = (os.environ.get("X07_CC"), "cc", "gcc", "clang")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        sys.exit("error: no C compiler to measure against\nhint: install gcc or clang")
    return Workshop(folder, Path(sys.executable).with_name("x07"), Path(found))


def output_of(program: Path, *arguments: str, cwd: Path | None = None) -> bytes:
    done = subprocess.run([program, *arguments], check=True, stdout=subprocess.PIPE, cwd=cwd)
    return done.stdout
