"""Finds a C compiler: `X07_CC`, then `cc`, `gcc`, `clang`, then `zig cc`.

Static programs go through musl where there is one: `musl-gcc`, or zig, which brings it along.
A candidate counts when it answers `--version`; the answer is remembered by the program's path,
size and time, so that a warm start runs no compiler to find the compiler.
"""

import functools
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Literal, NamedTuple

from x07bundle import files, process
from x07bundle.errors import ToolMissingError, UsageError, X07Error
from x07bundle.native.cache import Cache

Libc = Literal["system", "musl"]
"""Which C library to look for: `musl` falls back to the system's."""

NAMES: Final = ("cc", "gcc", "clang")
IDENTIFY_WALL_MS: Final = 60_000

INSTALL: Final = (
    ("apt-get", "sudo apt-get install gcc libc6-dev"),
    ("dnf", "sudo dnf install gcc"),
    ("apk", "apk add gcc musl-dev"),
    ("pacman", "sudo pacman -S gcc"),
    ("zypper", "sudo zypper install gcc"),
    ("brew", "xcode-select --install"),
)


class Compiler(NamedTuple):
    """`argv`: the words before the flags. `identity`: changes when the compiler does.

    `environment` is what every run of it gets.
    """

    argv: tuple[str, ...]
    version: str
    identity: str
    environment: Mapping[str, str]

    @property
    def is_zig(self) -> bool:
        return Path(self.argv[0]).name == "zig"

    @property
    def archivers(self) -> tuple[tuple[str, ...], ...]:
        """Archivers that may be there, best first."""
        if self.is_zig:
            return ((self.argv[0], "ar"),)
        return (("ar",), ("gcc-ar",), ("llvm-ar",))


def find_compiler(env: Mapping[str, str], cache: Cache, libc: Libc = "system") -> Compiler:
    """The first candidate that works.

    Raises:
        ToolMissingError: there is none, or `X07_CC` names none.
        UsageError: `X07_CC` cannot be read as words.
    """
    environment = compile_environment(env, cache)
    if env.get("X07_CC", "").strip():
        return _chosen(env, environment, cache, libc)
    for argv in _candidates(env, libc):
        found = _identified(argv, environment, cache)
        if found is not None:
            return found
    raise ToolMissingError("no C compiler found", _looked_for(libc), _install_hint(env))


def find_cross_compiler(env: Mapping[str, str], cache: Cache, machine: str) -> Compiler:
    """One that makes static programs for Linux on another machine (`aarch64`): zig, with musl.

    Raises:
        ToolMissingError: there is none.
    """
    environment = compile_environment(env, cache)
    for argv in _zigs(env):
        target = (*argv, "-target", f"{machine}-linux-musl")
        found = _identified(target, environment, cache)
        if found is not None:
            return found
    raise ToolMissingError(
        f"no C compiler for {machine} found",
        "looked for `zig` on PATH and for the Python package `ziglang`",
        "install it with `pip install 'x07bundle[zig]'`",
    )


def compile_environment(env: Mapping[str, str], cache: Cache) -> dict[str, str]:
    """What compilers see: where programs are, what wrappers need, nothing that alters output.

    CPATH, LIBRARY_PATH and their like stay out: what a build depends on is in `x07.json`, or in
    `X07_CC_ARGS`, which is part of the keys.
    """
    kept = ("PATH", "HOME", "TMPDIR", "SDKROOT", "DEVELOPER_DIR", "MACOSX_DEPLOYMENT_TARGET")
    prefixes = ("NIX_", "CCACHE_")
    clean = {k: v for k, v in env.items() if k in kept or k.startswith(prefixes)}
    zig = str(cache.folder / "zig")
    fixed = {"LC_ALL": "C", "TZ": "UTC", "ZIG_GLOBAL_CACHE_DIR": zig, "ZIG_LOCAL_CACHE_DIR": zig}
    return {"PATH": os.defpath, **clean, **fixed}


def split_words(text: str, variable: str) -> tuple[str, ...]:
    """Words of a variable, quoted as in a shell.

    Raises:
        UsageError: a quote is not closed.
    """
    if not text:
        return ()
    import shlex  # only for the few who set the variables

    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(
            f"cannot read `{variable}`: {str(error).lower()}", hint="close the quote"
        ) from error


def _chosen(
    env: Mapping[str, str], environment: Mapping[str, str], cache: Cache, libc: Libc
) -> Compiler:
    """The compiler that `X07_CC` names: a path (blanks included), or words such as `zig cc`."""
    text = env["X07_CC"].strip()
    words = (text,) if Path(text).is_file() else split_words(text, "X07_CC")
    argv = _resolved(words, env)
    if argv is None:
        raise ToolMissingError(
            f"`X07_CC` names {_why_not(words[0], env)}: `{words[0]}`",
            hint="set it to a C compiler, or unset it",
        )
    argv = _with_musl(argv) if libc == "musl" and Path(argv[0]).name == "zig" else argv
    found = _identified(argv, environment, cache)
    if found is None:
        raise ToolMissingError(
            f"`X07_CC` names a program that does not answer `--version`: `{' '.join(words)}`",
            hint="set it to a C compiler, or unset it",
        )
    return found


def _why_not(word: str, env: Mapping[str, str]) -> str:
    """What a word names that is no program."""
    folders = [""] if os.sep in word else env.get("PATH", os.defpath).split(os.pathsep)
    paths = [Path(folder, word) for folder in folders]
    if any(path.is_file() for path in paths):
        return "a file that is not executable"
    if any(path.is_dir() for path in paths):
        return "a folder"
    return "a program that is not there"


def _candidates(env: Mapping[str, str], libc: Libc) -> Iterator[tuple[str, ...]]:
    """Command words of compilers that are there, in order of preference."""
    if libc == "musl":
        yield from _programs(env, ("musl-gcc",))
        yield from (_with_musl(argv) for argv in _zigs(env))
    yield from _programs(env, NAMES)
    yield from _zigs(env)


def _programs(env: Mapping[str, str], names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name in names:
        argv = _resolved((name,), env)
        if argv is not None:
            yield argv


def _zigs(env: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """The program of the `ziglang` package (run without a Python before it), then that of PATH."""
    package = _ziglang_folder()
    if package is not None:
        yield (str(package / "zig"), "cc")
    for argv in _programs(env, ("zig",)):
        yield (*argv, "cc")


@functools.cache
def _ziglang_folder() -> Path | None:
    """Found, not imported: importing it runs zig."""
    for folder in sys.path:
        package = Path(folder or ".", "ziglang").absolute()
        if os.access(package / "zig", os.X_OK):
            return package
    return None


def _with_musl(argv: tuple[str, ...]) -> tuple[str, ...]:
    return (*argv, "-target", f"{os.uname().machine}-linux-musl")


def _resolved(words: tuple[str, ...], env: Mapping[str, str]) -> tuple[str, ...] | None:
    """The words, the first made a full path; None when there is no such program."""
    program = process.find_program(words[0], env) if words else None
    return (str(program.absolute()), *words[1:]) if program else None


def _identified(
    argv: tuple[str, ...], environment: Mapping[str, str], cache: Cache
) -> Compiler | None:
    """The compiler, or None when it does not work."""
    stamps = [_stamp(word, environment) for word in argv]
    key = files.fingerprint(json.dumps([argv, stamps]).encode())
    known = cache.find("compilers", key)
    version = known.read_bytes() if known else _ask_version(argv, environment)
    if version is None:
        return None
    if known is None:
        cache.store("compilers", key, version)
    text = version.decode("utf-8", "replace").strip()
    first_line = text.partition("\n")[0]
    return Compiler(argv, first_line, files.fingerprint(version + key.encode()), environment)


def _stamp(word: str, environment: Mapping[str, str]) -> list[object]:
    """Path, size and time of a word that names a program (a wrapper may name another)."""
    program = process.find_program(word, environment) if word else None
    if program is None:
        return []
    status = program.stat()
    return [str(program.resolve()), status.st_size, status.st_mtime_ns]


def _ask_version(argv: tuple[str, ...], environment: Mapping[str, str]) -> bytes | None:
    command = process.Command(
        (*argv, "--version"), environment, stdout_cap=4096, wall_ms=IDENTIFY_WALL_MS
    )
    try:
        finished = process.run(command)
    except X07Error:
        return None
    return finished.stdout if finished.exit_status == 0 and finished.stdout.strip() else None


def _looked_for(libc: Libc) -> str:
    musl = ["musl-gcc"] if libc == "musl" else []
    names = ", ".join(f"`{name}`" for name in (*musl, *NAMES, "zig"))
    return f"looked for {names} on PATH and for the Python package `ziglang`"


def _install_hint(env: Mapping[str, str]) -> str:
    for manager, command in INSTALL:
        if process.find_program(manager, env):
            return f"`{command}`, or `pip install 'x07bundle[zig]'`, or set `X07_CC`"
    return "install gcc or clang, or `pip install 'x07bundle[zig]'`, or set `X07_CC`"
