"""The real runtime and a real program with each C compiler of this machine."""

import subprocess
from pathlib import Path

import pytest

from x07bundle.errors import ToolMissingError
from x07bundle.native.build import Unit, build
from x07bundle.native.flags import Link
from x07bundle.native.toolchain import open_toolchain, without_cache

PROGRAM = """
#include "x07.h"
const x07_limits x07_program_limits = {0, 0};
x07_bytes x07_program_solve(x07_bytes_view input)
{
    return x07_view_to_bytes(input, NULL);
}
int main(void)
{
    return x07_framed_main();
}
"""
PATH = "/usr/local/bin:/usr/bin:/bin"

pytestmark = pytest.mark.live


@pytest.mark.parametrize("is_static", [False, True], ids=["dynamic", "static"])
@pytest.mark.parametrize("name", ["gcc", "clang", "musl-gcc", "zig cc"])
def test_a_program_with(name: str, is_static: bool, tmp_path: Path, x07_cache: Path) -> None:
    if name == "musl-gcc" and not is_static:
        pytest.skip("musl-gcc is for static programs here")
    env = {"PATH": PATH, "X07_CC": name, "X07_CACHE_DIR": str(x07_cache)}
    try:
        toolchain = open_toolchain(env, libc="musl" if is_static else "system")
    except ToolMissingError as error:
        pytest.skip(error.brief)
    unit = Unit(PROGRAM, link=Link(static=is_static))
    built = build(toolchain, unit)
    assert built.executable is not None, built.stderr.decode()
    assert echo(built.executable, tmp_path) == b"\2\0\0\0hi"
    if not is_static or name == "musl-gcc":  # once for each runtime
        with without_cache(toolchain) as fresh:
            assert build(fresh, unit).executable == built.executable


def echo(executable: bytes, folder: Path) -> bytes:
    path = folder / "program"
    path.write_bytes(executable)
    path.chmod(0o755)
    return subprocess.run([path], input=b"\2\0\0\0hi", capture_output=True, check=True).stdout
