"""The program that every VM bundle's executable is, before its trailer: stubs/launcher in C.

Without a C library, so that any compiler makes it, and nothing of the environment is read before
its first line.
"""

import sys
from pathlib import Path
from typing import Final

from x07bundle import assets, files
from x07bundle.errors import UsageError
from x07bundle.native.runtime import run_tool
from x07bundle.native.toolchain import Toolchain

SOURCES: Final = "stubs/launcher"
KIND: Final = "launchers"
OUTPUT: Final = "launcher"

FLAGS: Final = (
    *("-std=c11", "-O2", "-g0", "-ffreestanding", "-fno-stack-protector", "-fno-pie"),
    *("-fno-asynchronous-unwind-tables", "-ffunction-sections", "-fdata-sections"),
    *("-static", "-nostdlib", "-Wl,--gc-sections", "-Wl,--strip-all", "-Wl,--build-id=none"),
    *("-Wl,-z,noexecstack", "-Wl,-z,norelro"),
)
ARM_FLAGS: Final = ("-march=armv8-a+crypto",)
"""zig has a word of its own for processors, and does without the SHA-2 instructions."""


def program(toolchain: Toolchain, machine: str) -> bytes:
    """The program for this machine (`x86_64`, `aarch64`), from the cache or built.

    Raises:
        UsageError: there is none for this system.
        RuntimeBuildError: it does not compile.
        OutputError: the cache or the temporary folder cannot be written.
    """
    if sys.platform != "linux":
        raise UsageError(
            "launchers of VM bundles are made on Linux alone", hint="bundle on a Linux machine"
        )
    sources = _sources()
    key = _key(toolchain, machine, sources)
    known = toolchain.cache.find(KIND, key)
    return files.read_bytes(known or _built(toolchain, machine, sources, key))


def _built(toolchain: Toolchain, machine: str, sources: list[Path], key: str) -> Path:
    """Compiled from its own folder by relative names: no path reaches the output."""
    names = [path.name for path in sources if path.suffix == ".c"]
    with files.temporary_folder(toolchain.temporary) as folder:
        target = folder / OUTPUT
        words = (*toolchain.compiler.argv, *_flags(toolchain, machine), *names, "-o", str(target))
        run_tool(toolchain, words, assets.find(SOURCES), folder)
        return toolchain.cache.store(KIND, key, files.read_bytes(target), 0o755)


def _flags(toolchain: Toolchain, machine: str) -> tuple[str, ...]:
    is_arm = machine == "aarch64" and not toolchain.compiler.is_zig
    return (*FLAGS, *(ARM_FLAGS if is_arm else ()))


def _key(toolchain: Toolchain, machine: str, sources: list[Path]) -> str:
    parts = [f"{path.name} {files.fingerprint(path.read_bytes())}" for path in sources]
    words = (toolchain.compiler.identity, *_flags(toolchain, machine), *parts)
    return files.fingerprint("\0".join(words).encode())


def _sources() -> list[Path]:
    return sorted(assets.find(SOURCES).glob("*.[ch]"))
