"""The guest's agent is compiled to the same bytes, wherever its sources are."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.program_build import ROOT
from tests.unit.native.stub_sources import needs_cc
from x07bundle import __version__
from x07bundle.image.agent import architecture_of
from x07bundle.native import agent as native_agent
from x07bundle.native.agent import Agent, agent
from x07bundle.native.cache import Cache
from x07bundle.native.compiler import Compiler
from x07bundle.native.toolchain import Toolchain, open_toolchain

pytestmark = [needs_cc, pytest.mark.skipif(os.uname().sysname != "Linux", reason="Linux agent")]

BUILD = "import os\nfrom x07bundle.native.agent import agent\nprint(agent(os.environ).program)"


@pytest.fixture(scope="module")
def built(x07_cache: Path) -> Agent:
    return agent({**os.environ, "X07_CACHE_DIR": str(x07_cache)})


def test_a_static_program_that_says_its_version(built: Agent) -> None:
    assert architecture_of(built.program.read_bytes(), "it") in ("amd64", "arm64")
    said = subprocess.run([built.program, "--version"], capture_output=True, text=True, check=True)
    assert said.stdout == f"x07-guestd {__version__}\n"
    assert built.compiler


@pytest.mark.parametrize("words", [[], ["--other"], ["--stream", "more"]])
def test_other_words(built: Agent, words: list[str]) -> None:
    done = subprocess.run([built.program, *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: ")


def test_the_same_bytes_from_another_folder(built: Agent, tmp_path: Path) -> None:
    """Another checkout, temporary folder, umask and locale; an empty cache."""
    other = tmp_path / "another folder"
    for name in ("x07bundle", "stubs"):
        skipped = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, other / name, ignore=skipped)
    (other / "scratch").mkdir()
    env = {**os.environ, "X07_CACHE_DIR": str(other / "cache"), "PYTHONPATH": str(other)}
    env |= {"TMPDIR": str(other / "scratch"), "LC_ALL": "C", "TZ": "Asia/Kathmandu"}
    words = [sys.executable, "-c", BUILD]
    done = subprocess.run(words, cwd=other, env=env, umask=0o077, capture_output=True, check=True)
    again = Path(done.stdout.decode().strip())
    assert again.is_relative_to(other)
    assert again.read_bytes() == built.program.read_bytes()


def test_another_c_library_is_another_agent(tmp_path: Path) -> None:
    """`musl-gcc --version` is that of gcc; the wrapper stays as it is when musl is replaced."""
    compiler = tmp_path / "musl-gcc"
    compiler.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && { echo cc 1; exit; }\n'
        f'echo \' "/usr/libexec/collect2" "-static" "-L{tmp_path}/none" -L{tmp_path} -L.\' >&2\n'
    )
    compiler.chmod(0o755)
    found = Compiler((str(compiler),), "cc 1", "identity", dict(os.environ))
    toolchain = Toolchain(found, Cache(tmp_path), tmp_path)
    seen = {native_agent._key(toolchain, [])}
    for version in (b"1.2.3", b"1.2.4"):
        (tmp_path / "libc.a").write_bytes(version)
        seen.add(native_agent._key(toolchain, []))
    assert len(seen) == 3


def test_the_c_library_of_a_real_compiler(x07_cache: Path) -> None:
    toolchain = open_toolchain({**os.environ, "X07_CACHE_DIR": str(x07_cache)}, libc="musl")
    if Path(toolchain.compiler.argv[0]).name != "musl-gcc":
        pytest.skip("needs musl-gcc")
    assert native_agent.c_library(toolchain.compiler)
