"""The executable of a VM bundle for macOS: stubs/launcher with a C library, and with the digests
compiled in, since nothing may follow the signature of a program there (decision 0033).

It is compiled for each bundle, by the C compiler that programs are compiled with.
"""

import shutil
import sys
from pathlib import Path
from typing import Final

from x07bundle import assets, files
from x07bundle.contract import launcher_trailer
from x07bundle.contract.launcher_trailer import Trailer, TrailerError
from x07bundle.errors import UsageError, X07Error
from x07bundle.native.flags import LINK_MACOS
from x07bundle.native.launcher_stub import OUTPUT, SOURCES
from x07bundle.native.runtime import run_tool
from x07bundle.native.toolchain import Toolchain

PROGRAM: Final = (
    *("launcher.c", "proper.c", "replay_none.c", "sha256.c", "sha256_processor.c"),
    *("system_posix.c", "bytes.c", "text.c", "buffer.c"),
    *("trailer.c", "trailer_within.c", "verify.c"),
)
CARRIED: Final = "carried.c"
"""What is written for each bundle."""
FLAGS: Final = ("-std=c11", "-O2", "-g0", *LINK_MACOS)
"""No debug data, which would name folders, and times of files."""
NO_DIGEST: Final = "0" * 64
LINE_BYTES: Final = 24


def executable(toolchain: Toolchain, trailer: Trailer) -> bytes:
    """For this machine. It is made twice: the trailer has the digest of what is around it.

    Raises:
        UsageError: this is no macOS.
        RuntimeBuildError: it does not compile.
        X07Error: it comes out otherwise the second time.
        OutputError: the temporary folder cannot be written.
    """
    if sys.platform != "darwin":
        raise UsageError(
            "executables of VM bundles for macOS are made on macOS alone",
            hint="bundle on a Mac: a bundle starts on the system that it is made on",
        )
    draft = _compiled(toolchain, launcher_trailer.text_of(trailer, NO_DIGEST))
    digest = files.sha256_bytes(_checked(toolchain, draft).program)
    made = _compiled(toolchain, launcher_trailer.text_of(trailer, digest))
    if files.sha256_bytes(_checked(toolchain, made).program) != digest:
        raise _unusable(toolchain, "it makes another program of the same text each time")
    return made


def source(text: bytes) -> str:
    """The file in C that has it."""
    data = launcher_trailer.marked(text)
    lines = [
        "".join(f"{byte}," for byte in data[at : at + LINE_BYTES])
        for at in range(0, len(data), LINE_BYTES)
    ]
    return (
        '#include "trailer_within.h"\n\n'
        "const unsigned char x07_within[] = {\n" + "\n".join(lines) + "\n};\n"
        "const size_t x07_within_bytes = sizeof x07_within;\n"
    )


def _compiled(toolchain: Toolchain, text: bytes) -> bytes:
    """By relative names, in a folder of its own: no path reaches the output."""
    with files.temporary_folder(toolchain.temporary) as folder:
        write_sources(folder, text)
        words = (*toolchain.compiler.argv, *FLAGS, *PROGRAM, CARRIED, "-o", OUTPUT)
        run_tool(toolchain, words, folder, folder)
        return files.read_bytes(folder / OUTPUT)


def write_sources(folder: Path, text: bytes) -> None:
    """All that is compiled. Raises OutputError: the folder cannot be written."""
    try:
        for path in assets.find(SOURCES).glob("*.[ch]"):
            shutil.copyfile(path, folder / path.name)
        (folder / CARRIED).write_text(source(text))
    except OSError as error:
        raise files.output_error(folder, error) from error


def _checked(toolchain: Toolchain, made: bytes) -> launcher_trailer.Found:
    try:
        return launcher_trailer.find(made, OUTPUT)
    except TrailerError as error:
        raise _unusable(
            toolchain, "what it makes is no executable of this machine alone"
        ) from error


def _unusable(toolchain: Toolchain, reason: str) -> X07Error:
    return X07Error(
        f"the C compiler cannot make the executable of a VM bundle: {reason}",
        toolchain.compiler.version,
        "choose another one with `X07_CC`: that of Xcode's command line tools does",
    )
