"""The guest's agent: stubs/guestd in C, one static program (docs/reference/guest-stream.md)."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import __version__, assets, files, process
from x07bundle.errors import X07Error
from x07bundle.native.compiler import Compiler, find_cross_compiler
from x07bundle.native.runtime import run_tool
from x07bundle.native.toolchain import Toolchain, open_toolchain

SOURCES: Final = "stubs/guestd"
KIND: Final = "agents"
OUTPUT: Final = "x07-guestd"
LIBRARY: Final = "libc.a"
LIBRARY_FOLDER: Final = re.compile(r'(?<=[\s"])-L([^\s"]+)')
"""In the words of the linker, as gcc and clang show them."""
ASK_WALL_MS: Final = 30_000
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
    words = (toolchain.compiler.identity, c_library(toolchain.compiler), *FLAGS, *parts)
    return files.fingerprint("\0".join(words).encode())


def c_library(compiler: Compiler) -> str:
    """A digest of the libc.a that the agent is linked with: `musl-gcc` says the version of gcc, and
    is the same file whichever musl is installed. "" where the compiler names none: zig brings its
    own, and its version says which.
    """
    words = (*compiler.argv, "-###", "-static", "-x", "c", os.devnull)
    command = process.Command(words, compiler.environment, stderr_cap=1 << 20, wall_ms=ASK_WALL_MS)
    try:
        said = process.run(command).stderr.decode("utf-8", "replace")
        folders = (Path(found) for found in LIBRARY_FOLDER.findall(said))
        library = next(
            (folder / LIBRARY for folder in folders if (folder / LIBRARY).is_file()), None
        )
        return files.fingerprint(files.read_bytes(library)) if library else ""
    except X07Error:
        return ""
