"""The runtime archive: compiled once per sources, compiler and flags, and kept (decision 0001).

Sources are compiled from their own folder by relative names, and the archive carries neither times
nor owners, so its bytes depend on nothing but what its key names.
"""

import os
import sys
from pathlib import Path
from typing import Final

from x07bundle import files, process
from x07bundle.errors import CompileError, ToolMissingError
from x07bundle.native import sources
from x07bundle.native.flags import RUNTIME, CcProfile, compile_flags
from x07bundle.native.toolchain import Toolchain

HEADERS: Final = ("-I", "runtime/include", "-I", "cli_main")
KIND: Final = "runtime"


class RuntimeBuildError(CompileError):
    """The runtime does not compile. `said`: what the compiler or the archiver wrote on stderr."""

    def __init__(self, toolchain: Toolchain, tool: str, exit_status: int, said: bytes) -> None:
        super().__init__(
            f"the C compiler failed on the runtime (exit {exit_status})",
            f"{tool}: {toolchain.compiler.version}\n" + said.decode("utf-8", "replace"),
            "the runtime does not compile: choose another C compiler with `X07_CC`, "
            "or install the headers of this one",
        )
        self.exit_status = exit_status
        self.said = said


def archive_key(toolchain: Toolchain, cc_profile: CcProfile) -> str:
    """The entry's name. It ends in `.a`: zig tells by that what a file is."""
    stubs = sources.digest(toolchain.cache)
    parts = (stubs, toolchain.compiler.identity, *_flags(toolchain, cc_profile))
    return files.fingerprint("\0".join(parts).encode()) + ".a"


def archive(toolchain: Toolchain, cc_profile: CcProfile) -> Path:
    """The archive, built when it is not there.

    Raises:
        RuntimeBuildError: a source of the runtime does not compile.
        OutputError: the cache or the temporary folder cannot be written.
    """
    key = archive_key(toolchain, cc_profile)
    known = toolchain.cache.find(KIND, key)
    if known is not None:
        return known
    with files.temporary_folder(toolchain.temporary) as folder:
        objects = _compile_all(toolchain, cc_profile, folder)
        return toolchain.cache.store(KIND, key, _joined(toolchain, folder, objects))


def run_tool(toolchain: Toolchain, argv: tuple[str, ...], cwd: Path, scratch: Path) -> None:
    """Run a part of the compiler; its temporary files go to `scratch`.

    Raises:
        RuntimeBuildError: it failed. OutputError: the disk is full.
    """
    environment = {**toolchain.compiler.environment, "TMPDIR": str(scratch)}
    finished = process.run(process.Command(argv, environment, cwd=cwd, stderr_cap=1 << 20))
    if finished.exit_status == 0:
        return
    check_disk(finished, scratch)
    raise RuntimeBuildError(toolchain, Path(argv[0]).name, finished.exit_status, finished.stderr)


def check_disk(finished: process.Finished, folder: Path) -> None:
    """Compilers say in prose that the disk is full; that is no error of the program.

    Raises:
        OutputError: it is full.
    """
    import errno

    text = os.strerror(errno.ENOSPC)
    if text.encode() in finished.stderr:
        raise files.output_error(folder, OSError(errno.ENOSPC, text))


def _flags(toolchain: Toolchain, cc_profile: CcProfile) -> tuple[str, ...]:
    return (*compile_flags(cc_profile, toolchain.sanitizers), *RUNTIME)


def _compile_all(toolchain: Toolchain, cc_profile: CcProfile, folder: Path) -> list[str]:
    """Compile every source, several at once; the names of the objects in `folder`."""
    from concurrent.futures import ThreadPoolExecutor

    stubs, names, flags = sources.folder(), sources.names(), _flags(toolchain, cc_profile)
    objects = [name.removesuffix(".c").replace("/", "_") + ".o" for name in names]

    def compile_one(name: str, target: str) -> None:
        words = (*toolchain.compiler.argv, *flags, *HEADERS, "-c", name, "-o", str(folder / target))
        run_tool(toolchain, words, stubs, folder)
        if not (folder / target).is_file():
            raise RuntimeBuildError(toolchain, words[0], 1, b"it wrote no object file\n")

    pool = ThreadPoolExecutor(toolchain.jobs)
    try:
        for done in [pool.submit(compile_one, *pair) for pair in zip(names, objects, strict=True)]:
            done.result()
    finally:
        pool.shutdown(cancel_futures=True)
    return objects


def _joined(toolchain: Toolchain, folder: Path, objects: list[str]) -> bytes:
    """One file of all objects: an archive, or where no archiver is, one relocatable object."""
    for archiver in toolchain.compiler.archivers:
        try:
            run_tool(toolchain, (*archiver, _ar_mode(), "runtime.a", *objects), folder, folder)
        except ToolMissingError:
            continue
        return files.read_bytes(folder / "runtime.a")
    words = (*toolchain.compiler.argv, "-r", "-nostdlib", "-o", "runtime.a", *objects)
    run_tool(toolchain, words, folder, folder)
    return files.read_bytes(folder / "runtime.a")


def _ar_mode() -> str:
    """`D`: no times, no owners. The archiver of macOS has no such letter."""
    return "rcs" if sys.platform == "darwin" else "rcsD"
