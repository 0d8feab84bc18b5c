"""The two programs in C of every VM bundle (stubs/launcher): what its executable is, before its
trailer, and what starts its payload in the guest.

Without a C library, so that any compiler makes them, and nothing of the environment is read before
their first line. Both are of Linux; `launcher_within` makes executables for macOS.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from x07bundle import assets, files
from x07bundle.errors import UsageError
from x07bundle.native.runtime import run_tool
from x07bundle.native.toolchain import Toolchain

SOURCES: Final = "stubs/launcher"
KIND: Final = "launchers"
OUTPUT: Final = "program"

Name = Literal["launcher", "starter"]
PROGRAMS: Final[Mapping[Name, tuple[str, ...]]] = {
    "launcher": (
        *("launcher.c", "proper.c", "replay.c", "record.c", "state.c", "conditions.c"),
        *("containerd.c", "http2.c", "buffer.c", "protobuf.c", "sockets.c"),
        *("job.c", "copies.c", "reaper.c", "client.c", "host.c", "host_processes.c"),
        *("sha256.c", "sha256_processor.c", "system.c", "processes.c"),
        *("bytes.c", "text.c", "variables.c"),
        *("trailer.c", "trailer_behind.c", "verify.c"),
    ),
    "starter": ("starter.c", "processes.c", "system.c", "bytes.c"),
}
"""What each is made of."""

COMPILE: Final = (
    *("-std=c11", "-O2", "-g0", "-ffreestanding", "-fno-stack-protector", "-fno-pie"),
    *("-fno-asynchronous-unwind-tables", "-ffunction-sections", "-fdata-sections"),
)
LINK: Final = (
    *("-static", "-nostdlib", "-Wl,--gc-sections", "-Wl,--strip-all", "-Wl,--build-id=none"),
    *("-Wl,-z,noexecstack", "-Wl,-z,norelro"),
)
FLAGS: Final = (*COMPILE, *LINK)
ARM_FLAGS: Final = ("-march=armv8-a+crypto",)
"""zig has a word of its own for processors, and does without the SHA-2 instructions."""


def program(toolchain: Toolchain, name: Name, machine: str) -> bytes:
    """A program for a Linux machine (`x86_64`, `aarch64`), from the cache or built.

    Raises:
        UsageError: the compiler makes none for Linux.
        RuntimeBuildError: it does not compile.
        OutputError: the cache or the temporary folder cannot be written.
    """
    if sys.platform != "linux" and not toolchain.compiler.is_zig:
        raise UsageError(
            "programs of Linux are made by zig alone on other systems",
            hint="install it with `pip install 'x07bundle[zig]'`",
        )
    key = _key(toolchain, name, machine)
    known = toolchain.cache.find(KIND, key)
    return files.read_bytes(known or _built(toolchain, name, machine, key))


def _built(toolchain: Toolchain, name: Name, machine: str, key: str) -> Path:
    """Compiled from its own folder by relative names: no path reaches the output."""
    with files.temporary_folder(toolchain.temporary) as folder:
        argv, sources = toolchain.compiler.argv, assets.find(SOURCES)
        target = ("-o", str(folder / OUTPUT))
        inputs = PROGRAMS[name]
        if toolchain.compiler.is_zig:
            inputs = _objects(toolchain, inputs, folder)
        run_tool(toolchain, (*argv, *_flags(toolchain, machine), *inputs, *target), sources, folder)
        return toolchain.cache.store(KIND, key, files.read_bytes(folder / OUTPUT), 0o755)


def _objects(toolchain: Toolchain, names: tuple[str, ...], folder: Path) -> tuple[str, ...]:
    """Compiled one by one: zig has no headers of the system where no C library is linked."""
    argv, sources = toolchain.compiler.argv, assets.find(SOURCES)
    for name in names:
        target = str(folder / f"{name}.o")
        run_tool(toolchain, (*argv, *COMPILE, "-c", name, "-o", target), sources, folder)
    return tuple(str(folder / f"{name}.o") for name in names)


def _flags(toolchain: Toolchain, machine: str) -> tuple[str, ...]:
    is_arm = machine == "aarch64" and not toolchain.compiler.is_zig
    return (*FLAGS, *(ARM_FLAGS if is_arm else ()))


def _key(toolchain: Toolchain, name: Name, machine: str) -> str:
    sources = sorted(assets.find(SOURCES).glob("*.[ch]"))
    parts = [f"{path.name} {files.fingerprint(path.read_bytes())}" for path in sources]
    words = (name, toolchain.compiler.identity, *_flags(toolchain, machine), *parts)
    return files.fingerprint("\0".join(words).encode())
