"""Executables kept by content: an unchanged program is compiled once (decision 0004)."""

from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import files
from x07bundle.native import build, runtime
from x07bundle.native.build import Built, Unit
from x07bundle.native.flags import Link
from x07bundle.native.toolchain import Toolchain

KIND: Final = "programs"


class Program(NamedTuple):
    """`path` is None when the C compiler failed."""

    built: Built
    path: Path | None


def program(toolchain: Toolchain, unit: Unit) -> Program:
    """The executable of a unit, from the cache or built.

    Raises:
        OutputError: as `build.build`.
    """
    key = program_key(toolchain, unit)
    known = toolchain.cache.find(KIND, key)
    if known is not None:
        toolchain.cache.touch(known)
        return Program(Built(0, b"", b"", files.read_bytes(known)), known)
    built = build.build(toolchain, unit)
    if built.executable is None:
        return Program(built, None)
    toolchain.cache.prune(KIND)
    return Program(built, toolchain.cache.store(KIND, key, built.executable, 0o755))


def program_key(toolchain: Toolchain, unit: Unit) -> str:
    """Covers all that determines the executable: text, compiler, flags, runtime, linked files."""
    archive = Path(runtime.archive_key(toolchain, unit.cc_profile))
    words = build.command_words(toolchain, unit, archive, ".")
    parts = (toolchain.compiler.identity, *words, *_linked(unit.link), unit.c_source)
    return files.fingerprint("\0".join(parts).encode("utf-8", "surrogateescape"))


def _linked(link: Link) -> list[str]:
    """Digests of foreign sources and the headers beside them, and size and time of libraries in
    the project's own folders."""
    folders = dict.fromkeys(source.parent for source in link.sources)
    headers = [header for folder in folders for header in sorted(folder.glob("*.h"))]
    lines = [files.sha256_file(source) for source in (*link.sources, *headers)]
    for folder in link.search_paths:
        for name in link.libs:
            lines += [_stamp(path) for path in sorted(Path(folder).glob(f"lib{name}.*"))]
    return lines


def _stamp(path: Path) -> str:
    status = path.stat()
    return f"{path} {status.st_size} {status.st_mtime_ns}"
