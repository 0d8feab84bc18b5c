"""One run of the C compiler: a translation unit and the runtime archive become an executable.

The source is compiled under a fixed name in a private folder, in a fixed locale and time zone, so
the bytes depend on the text, the flags and the compiler, and on nothing around them.
"""

from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import files, process
from x07bundle.native import runtime, sources
from x07bundle.native.flags import (
    NO_LINK,
    CcProfile,
    Link,
    compile_flags,
    library_flags,
    link_flags,
)
from x07bundle.native.toolchain import Toolchain

SOURCE_NAME: Final = "program.c"
OUTPUT_NAME: Final = "program"
OUTPUT_CAP_BYTES: Final = 1 << 20
STATIC_HINT: Final = (
    "a static program needs static libraries: install musl (`apt-get install musl-tools`), "
    "or `pip install 'x07bundle[zig]'`, or the static C library of the system"
)

PACKAGE_HINT: Final = (
    "`x07 doctor` says which libraries and headers the packages need, and what installs them"
)

LIBRARY_HINT: Final = (
    "the libraries are those of `link.libs` in x07.json: mend the name, add the folder to "
    "`link.search_paths`, or install the library; `x07 doctor` says what this machine has"
)

UNDEFINED: Final = (b"undefined reference", b"undefined symbol", b"Undefined symbols")

STATIC_PARTS_HINT: Final = (
    "the static form of a library needs others, and not all have one: leave out --static "
    "(`link.static` in x07.json), or name them in `link.libs`"
)

UNDEFINED_HINT: Final = (
    "nothing that is linked has these functions: --auto-ffi links C code of packages, whatever "
    "`auto_ffi` of the profile says; other libraries are those of `link.libs` in x07.json"
)


class Unit(NamedTuple):
    """What to build: the C text, `main` included, and how."""

    c_source: str
    cc_profile: CcProfile = "default"
    link: Link = NO_LINK


class Built(NamedTuple):
    """How it went. `executable` is None when the C compiler failed; `hint` says what may help."""

    exit_status: int
    stdout: bytes
    stderr: bytes
    executable: bytes | None
    hint: str | None = None

    @property
    def ok(self) -> bool:
        return self.executable is not None

    @property
    def compile_error(self) -> str | None:
        """The `compile_error` of reports."""
        if self.ok:
            return None
        hint = f"\n\nhint: {self.hint}" if self.hint else ""
        return f"C toolchain failed (exit={self.exit_status}){hint}"


def build(toolchain: Toolchain, unit: Unit) -> Built:
    """Compile and link. The caller writes the bytes where they belong.

    Raises:
        OutputError: the temporary folder or the cache cannot be written.
    """
    try:
        archive = runtime.archive(toolchain, unit.cc_profile)
    except runtime.RuntimeBuildError as error:
        return Built(error.exit_status, b"", error.said, None, error.hint)
    with files.temporary_folder(toolchain.temporary) as folder:
        files.write_atomic(folder / SOURCE_NAME, unit.c_source.encode("utf-8"))
        finished = _compile(toolchain, unit, archive, folder)
        return _built(unit, finished, folder)


def _prefix_maps(link: Link, folder: str) -> tuple[str, ...]:
    """No folder's name may reach the output, be it in `__FILE__` or in debug data."""
    folders = {str(source.parent): "ffi" for source in link.sources}
    maps = {**folders, str(sources.folder()): "x07", folder: "."}
    return tuple(f"-ffile-prefix-map={path}={name}" for path, name in maps.items())


def command_words(toolchain: Toolchain, unit: Unit, archive: Path, folder: str) -> tuple[str, ...]:
    """The whole command line. `folder` is where it runs, which nothing in the output may name."""
    return (
        *toolchain.compiler.argv,
        *compile_flags(unit.cc_profile, toolchain.sanitizers),
        *_prefix_maps(unit.link, folder),
        *("-I", str(sources.folder() / "runtime" / "include")),
        *(SOURCE_NAME, "-o", OUTPUT_NAME),
        *toolchain.arguments,
        *(str(source) for source in unit.link.sources),
        str(archive),
        *library_flags(unit.link),
        *link_flags(toolchain.sanitizers),
    )


def _compile(toolchain: Toolchain, unit: Unit, archive: Path, folder: Path) -> process.Finished:
    command = process.Command(
        command_words(toolchain, unit, archive, str(folder)),
        {**toolchain.compiler.environment, "TMPDIR": str(folder)},
        cwd=folder,
        stdout_cap=OUTPUT_CAP_BYTES,
        stderr_cap=OUTPUT_CAP_BYTES,
    )
    return process.run(command)


def _built(unit: Unit, finished: process.Finished, folder: Path) -> Built:
    program = folder / OUTPUT_NAME
    streams = (finished.stdout, finished.stderr)
    if finished.exit_status == 0 and program.is_file():
        return Built(0, *streams, files.read_bytes(program))
    runtime.check_disk(finished, folder)
    return Built(finished.exit_status or 1, *streams, None, _hint(unit.link, finished.stderr))


def _hint(link: Link, said: bytes) -> str | None:
    """What may help against what the compiler said."""
    if any(words in said for words in UNDEFINED):
        return STATIC_PARTS_HINT if link.static and link.libs else UNDEFINED_HINT
    if link.static and b"cannot find -l" in said:
        return STATIC_HINT
    is_missing = b"cannot find -l" in said or b"No such file" in said or b"not found" in said
    if b"cannot find -l" in said and link.libs and not link.sources:
        return LIBRARY_HINT
    return PACKAGE_HINT if link.sources and is_missing else None
