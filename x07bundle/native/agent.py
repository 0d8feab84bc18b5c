"""The guest's agent: stubs/guestd in C, one static program (docs/reference/guest-stream.md)."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import __version__, assets, files
from x07bundle.native.compiler import find_cross_compiler
from x07bundle.native.runtime import run_tool
from x07bundle.native.toolchain import Toolchain, open_toolchain

SOURCES: Final = "stubs/guestd"
KIND: Final = "agents"
OUTPUT: Final = "x07-guestd"
FLAGS: Final = (
    *("-std=c11", "-Os", "-g0", "-ffunction-sections", "-fdata-sections", "-static"),
    *("-Wl,--gc-sections", "-Wl,--strip-all", "-Wl,--build-id=none", "-Wl,-z,noexecstack"),
    f'-DX07_VERSION="{__version__}"',
)


class Agent(NamedTuple):
    """`compiler`: what made it, as it calls itself. Another one makes other bytes."""

    program: Path
    compiler: str


def agent(env: Mapping[str, str], machine: str | None = None) -> Agent:
    """The program for a machine (`x86_64`, `aarch64`; this one), from the cache or built.

    Raises:
        ToolMissingError: there is no C compiler for it.
        RuntimeBuildError: it does not compile.
        OutputError: the cache or the temporary folder cannot be written.
    """
    toolchain = _toolchain(env, machine or os.uname().machine)
    sources = sorted(assets.find(SOURCES).glob("*.[ch]"))
    key = _key(toolchain, sources)
    program = toolchain.cache.find(KIND, key) or _built(toolchain, sources, key)
    compiler = toolchain.compiler
    return Agent(program, f"{Path(compiler.argv[0]).name}: {compiler.version}")


def _toolchain(env: Mapping[str, str], machine: str) -> Toolchain:
    toolchain = open_toolchain(env, libc="musl")
    if machine == os.uname().machine:
        return toolchain
    return toolchain._replace(compiler=find_cross_compiler(env, toolchain.cache, machine))


def _built(toolchain: Toolchain, sources: list[Path], key: str) -> Path:
    """Compiled from its own folder by relative names: no path reaches the output."""
    names = [path.name for path in sources if path.suffix == ".c"]
    with files.temporary_folder(toolchain.temporary) as folder:
        target = folder / OUTPUT
        words = (*toolchain.compiler.argv, *FLAGS, *names, "-o", str(target))
        run_tool(toolchain, words, assets.find(SOURCES), folder)
        return toolchain.cache.store(KIND, key, files.read_bytes(target), 0o755)


def _key(toolchain: Toolchain, sources: list[Path]) -> str:
    parts = [f"{path.name} {files.fingerprint(path.read_bytes())}" for path in sources]
    return files.fingerprint("\0".join((toolchain.compiler.identity, *FLAGS, *parts)).encode())
