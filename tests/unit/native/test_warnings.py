"""Programs for which an optimising compiler warns of what the checks of a program rule out."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.program_build import INCLUDE, WARNINGS
from x07bundle.lang.compiler import compile_entry
from x07bundle.lang.modules import ModuleProblem, SourceFile
from x07bundle.lang.options import Options
from x07bundle.std import find

BEHIND_A_TRAP = (Path(__file__).parent / "behind_a_trap.x07.json").read_bytes()
"""Copies from the end of a literal, on a path that the check of `view.slice` never leaves."""


class Std:
    def find(self, module_id: str) -> SourceFile | ModuleProblem:
        return find(module_id, "run-os") or ModuleProblem(module_id)


@pytest.mark.parametrize("level", ["-O0", "-O1", "-O2", "-Os", "-O3"])
@pytest.mark.parametrize("cc", ["gcc", "clang", "musl-gcc"])
def test_no_warning(cc: str, level: str, tmp_path: Path) -> None:
    if shutil.which(cc) is None:
        pytest.skip(f"no {cc} here")
    counted = Options(fuel=1_000_000_000)
    compiled = compile_entry(SourceFile("main.x07.json", BEHIND_A_TRAP), Std(), counted)
    assert compiled.c_source is not None
    (tmp_path / "program.c").write_text(compiled.c_source)
    command = [cc, *WARNINGS, level, f"-I{INCLUDE}", "-c", "program.c", "-o", "program.o"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr == ""
