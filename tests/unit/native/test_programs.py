"""The cache of programs: what is a hit and what is none."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.unit.native.stub_sources import (
    PROGRAM,
    calls,
    forget,
    logging_compiler,
    needs_cc,
    write_stubs,
)
from x07bundle.native import cache
from x07bundle.native.build import Unit
from x07bundle.native.flags import Link
from x07bundle.native.programs import Program, program
from x07bundle.native.toolchain import open_toolchain

pytestmark = [needs_cc, pytest.mark.usefixtures("tool")]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return logging_compiler(tmp_path, tmp_path / "log")


def made(env: dict[str, str], unit: Unit) -> tuple[Program, int]:
    """The program, and how often the compiler was called for it."""
    log = Path(env["TMPDIR"]) / "log"
    before = len(calls(log))
    result = program(open_toolchain(env), unit)
    return result, len(calls(log)) - before


def status(result: Program) -> int:
    assert result.path is not None
    return subprocess.run([result.path], check=False, timeout=60).returncode


def test_a_second_run_calls_no_compiler(env: dict[str, str]) -> None:
    first, _ = made(env, Unit(PROGRAM))
    second, count = made(env, Unit(PROGRAM))
    assert count == 0
    assert second == first
    assert status(second) == 42


def test_what_changes_the_key(env: dict[str, str], tmp_path: Path, tool: Path) -> None:
    paths = [made(env, Unit(PROGRAM))[0].path]
    paths.append(made(env, Unit(PROGRAM + "\n"))[0].path)
    paths.append(made(env, Unit(PROGRAM, "size"))[0].path)
    paths.append(made({**env, "X07_CC_ARGS": "-DX"}, Unit(PROGRAM))[0].path)
    write_stubs(tool, answer='#include "x07.h"\nint x07_answer(void) { return 43; }\n')
    forget()
    changed, _ = made(env, Unit(PROGRAM))
    assert status(changed) == 43
    assert len({*paths, changed.path}) == 5


def test_foreign_sources_count_by_content(env: dict[str, str], tmp_path: Path) -> None:
    foreign = tmp_path / "extra.c"
    unit = Unit("int extra(void);\nint main(void) { return extra(); }\n",
                link=Link(sources=(foreign,)))  # fmt: skip
    foreign.write_text("int extra(void) { return 5; }")
    assert status(made(env, unit)[0]) == 5
    foreign.write_text("int extra(void) { return 6; }")
    assert status(made(env, unit)[0]) == 6


def test_libraries_of_the_project_count(env: dict[str, str], tmp_path: Path) -> None:
    unit = Unit(PROGRAM, link=Link(libs=("own",), search_paths=(str(tmp_path),)))
    library = tmp_path / "libown.a"
    subprocess.run(["ar", "rc", library], check=True)
    made(env, unit)
    assert made(env, unit)[1] == 0
    os.utime(library, (1, 1))
    assert made(env, unit)[1] == 1


def test_a_broken_entry_is_built_again(env: dict[str, str]) -> None:
    first, _ = made(env, Unit(PROGRAM))
    assert first.path is not None
    first.path.write_bytes(b"")
    second, count = made(env, Unit(PROGRAM))
    assert count == 1
    assert status(second) == 42


def test_failures_are_not_kept(env: dict[str, str]) -> None:
    bad = Unit("int main(void) { return no_such_name; }")
    for _ in range(2):
        result, count = made(env, bad)
        assert (result.path, result.built.ok) == (None, False)
        assert count >= 1


def test_old_programs_go_when_a_new_one_comes(env: dict[str, str]) -> None:
    old, _ = made(env, Unit(PROGRAM + "\n"))
    used, _ = made(env, Unit(PROGRAM))
    long_ago = time.time() - cache.PROGRAM_AGE_SECONDS - 60
    for result in (old, used):
        assert result.path is not None
        os.utime(result.path, (long_ago, long_ago))
    made(env, Unit(PROGRAM))
    made(env, Unit(PROGRAM + "\n\n"))
    assert old.path is not None
    assert not old.path.exists()
    assert used.path is not None
    assert used.path.exists()


def test_deleting_the_cache_is_safe(env: dict[str, str]) -> None:
    first, _ = made(env, Unit(PROGRAM))
    assert first.path is not None
    for path in sorted(Path(env["X07_CACHE_DIR"]).rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    again, _ = made(env, Unit(PROGRAM))
    assert again.path == first.path
    assert status(again) == 42
