"""One run of the C compiler: what it gets, what comes out, how it fails."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes import install
from tests.unit.native.stub_sources import PROGRAM, calls, logging_compiler, needs_cc
from x07bundle.errors import OutputError
from x07bundle.native.build import (
    LIBRARY_HINT,
    STATIC_HINT,
    STATIC_PARTS_HINT,
    UNDEFINED_HINT,
    Built,
    Unit,
    build,
)
from x07bundle.native.flags import Link
from x07bundle.native.toolchain import Toolchain, open_toolchain

pytestmark = pytest.mark.usefixtures("tool")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return logging_compiler(tmp_path, tmp_path / "log")


def status(built: Built, folder: Path) -> int:
    """The exit status of the executable."""
    assert built.executable is not None, built
    path = folder / "program"
    path.write_bytes(built.executable)
    path.chmod(0o755)
    return subprocess.run([path], check=False, timeout=60).returncode


@needs_cc
def test_an_executable_in_one_run_of_the_compiler(tmp_path: Path, env: dict[str, str]) -> None:
    toolchain = open_toolchain(env)
    build(toolchain, Unit(PROGRAM))
    before = len(calls(tmp_path / "log"))
    built = build(toolchain, Unit(PROGRAM))
    assert len(calls(tmp_path / "log")) == before + 1
    assert status(built, tmp_path) == 42
    assert (built.exit_status, built.compile_error) == (0, None)
    assert not list(tmp_path.glob("x07bundle-*"))


@needs_cc
def test_dead_code_and_symbols_are_gone(env: dict[str, str]) -> None:
    source = PROGRAM + 'const char *unused(void) { return "marker of the unused"; }\n'
    executable = build(open_toolchain(env), Unit(source)).executable
    assert executable is not None
    assert b"marker of the unused" not in executable
    assert b"x07_answer" not in executable


@needs_cc
def test_the_same_bytes_wherever_it_is_built(tmp_path: Path, env: dict[str, str]) -> None:
    source = PROGRAM.replace("return", "if (__FILE__[0] == 1) return __FILE__[1]; return")
    first = build(open_toolchain(env), Unit(source)).executable
    elsewhere = tmp_path / "another place"
    elsewhere.mkdir()
    other = {**env, "TMPDIR": str(elsewhere), "TZ": "Asia/Tokyo", "LANG": "tr_TR.UTF-8",
             "USER": "somebody", "X07_CC_ARGS": "-g"}  # fmt: skip
    before = os.umask(0o077)
    try:
        second = build(open_toolchain(other, jobs=7), Unit(source)).executable
    finally:
        os.umask(before)
    assert first is not None
    assert second == first
    assert str(tmp_path).encode() not in first


@needs_cc
def test_a_program_that_does_not_compile(env: dict[str, str]) -> None:
    built = build(open_toolchain(env), Unit("int main(void) { return no_such_name; }"))
    assert not built.ok
    assert built.compile_error == "C toolchain failed (exit=1)"
    assert b"program.c:1:" in built.stderr
    assert b"no_such_name" in built.stderr


@needs_cc
def test_sanitizers(tmp_path: Path, env: dict[str, str]) -> None:
    overflow = Unit("int main(int n, char **a) { (void)a; return 2147483647 + n == 0; }")
    plain = open_toolchain(env)
    assert status(build(plain, overflow), tmp_path) == 0
    sanitized = open_toolchain(env, sanitizers=("undefined",))
    assert status(build(sanitized, overflow), tmp_path) != 0


@needs_cc
def test_arguments_of_the_environment(tmp_path: Path, env: dict[str, str]) -> None:
    toolchain = open_toolchain({**env, "X07_CC_ARGS": "-DANSWER=7 '-DOTHER=\"a b\"'"})
    source = '#include "x07.h"\nint main(void) { return ANSWER + (int)sizeof(OTHER); }\n'
    assert status(build(toolchain, Unit(source)), tmp_path) == 7 + 4


@needs_cc
def test_size_profile_and_foreign_sources(tmp_path: Path, env: dict[str, str]) -> None:
    foreign = tmp_path / "ffi" / "extra.c"
    foreign.parent.mkdir()
    foreign.write_text("int extra(void) { return 5; }")
    source = "int extra(void);\nint main(void) { return extra(); }\n"
    unit = Unit(source, "size", Link(sources=(foreign,)))
    assert status(build(open_toolchain(env), unit), tmp_path) == 5
    assert " -Os " in calls(tmp_path / "log")[-1]


def answering(tmp_path: Path, script: str) -> Toolchain:
    """A toolchain whose compiler only says its version and makes archives, then does `script`."""
    version = 'case "$*" in *--version) echo fake; exit 0;; *" -c "*) '
    version += 'while test "$1" != -o; do shift; done; echo object > "$2"; exit 0;; esac\n'
    install(tmp_path / "bin", "cc", version + script)
    env = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "TMPDIR": str(tmp_path),
           "X07_CACHE_DIR": str(tmp_path / "cache")}  # fmt: skip
    return open_toolchain(env)


def test_order_of_link_flags(tmp_path: Path) -> None:
    toolchain = answering(tmp_path, f'echo "$*" > {tmp_path}/words; exit 1')
    link = Link(("z", "m"), ("/opt/a", "/opt/b"), ("Security",), static=True)
    build(toolchain, Unit(PROGRAM, link=link))
    words = (tmp_path / "words").read_text()
    assert "-static -L /opt/a -L /opt/b -l z -l m -framework Security" in words
    assert words.index("program.c") < words.index(".a -static")


def test_a_compiler_that_fails_without_a_word(tmp_path: Path) -> None:
    built = build(answering(tmp_path, "exit 4"), Unit(PROGRAM))
    assert built.compile_error == "C toolchain failed (exit=4)"
    built = build(answering(tmp_path, "exit 0"), Unit(PROGRAM))
    assert built.compile_error == "C toolchain failed (exit=1)"


def test_a_compiler_that_fails_on_the_runtime(tmp_path: Path) -> None:
    """As where it fails on the program: there is a report."""
    version = 'case "$*" in *--version) echo fake; exit 0;; esac\n'
    env = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "TMPDIR": str(tmp_path),
           "X07_CACHE_DIR": str(tmp_path / "cache")}  # fmt: skip
    install(tmp_path / "bin", "cc", version + 'echo "no such option" >&2; exit 3')
    built = build(open_toolchain(env), Unit(PROGRAM))
    assert (built.ok, built.exit_status, built.stderr) == (False, 3, b"no such option\n")
    assert (built.compile_error or "").startswith(
        "C toolchain failed (exit=3)\n\nhint: the runtime"
    )
    install(tmp_path / "bin", "cc", version + "exit 0")
    built = build(open_toolchain(env), Unit(PROGRAM))
    assert (built.ok, built.exit_status, built.stderr) == (False, 1, b"it wrote no object file\n")


def test_a_killed_compiler(tmp_path: Path) -> None:
    built = build(answering(tmp_path, "kill -9 $$"), Unit(PROGRAM))
    assert built.compile_error == "C toolchain failed (exit=137)"


def test_static_without_static_libraries_says_how_to_get_them(tmp_path: Path) -> None:
    toolchain = answering(tmp_path, 'echo "ld: cannot find -lc" >&2; exit 1')
    built = build(toolchain, Unit(PROGRAM, link=Link(static=True)))
    assert built.hint == STATIC_HINT
    assert (built.compile_error or "").endswith(f"hint: {STATIC_HINT}")
    assert build(toolchain, Unit(PROGRAM)).hint is None
    assert build(toolchain, Unit(PROGRAM, link=Link(libs=("c",)))).hint == LIBRARY_HINT


@pytest.mark.parametrize(
    "words",
    [
        "ld: program.c: undefined reference to `f'",
        "ld.lld: error: undefined symbol: f",
        "Undefined symbols for architecture arm64",
    ],
)
def test_functions_that_nobody_has_say_where_they_may_be(tmp_path: Path, words: str) -> None:
    toolchain = answering(tmp_path, f'echo "{words}" >&2; exit 1'.replace("`", "'"))
    assert build(toolchain, Unit(PROGRAM)).hint == UNDEFINED_HINT
    assert build(toolchain, Unit(PROGRAM, link=Link(static=True))).hint == UNDEFINED_HINT
    static = Link(static=True, libs=("curl",))
    assert build(toolchain, Unit(PROGRAM, link=static)).hint == STATIC_PARTS_HINT


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 64 KiB."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]
        if os.geteuid() != 0 or subprocess.run(words, check=False, capture_output=True).returncode:
            pytest.skip("mounting a small file system needs root and a kernel that allows it")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    (folder / "filler").write_bytes(b"x" * (60 << 10))
    yield


@needs_cc
@pytest.mark.parametrize("variable", ["TMPDIR", "X07_CACHE_DIR"])
def test_a_full_disk(small_disk: Path, env: dict[str, str], variable: str) -> None:
    place = small_disk / "place"
    place.mkdir()
    with filled(small_disk), pytest.raises(OutputError, match="no space left") as caught:
        build(open_toolchain({**env, variable: str(place)}), Unit(PROGRAM))
    assert "free some space" in (caught.value.hint or "")
