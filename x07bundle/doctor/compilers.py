"""The C compiler, by what it builds: a tiny program, a static one, one with foreign libraries.

That it answers `--version` is not enough: distributions keep headers and libraries apart from it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import files, process
from x07bundle.doctor.check import Check
from x07bundle.errors import X07Error
from x07bundle.host import Host
from x07bundle.native.cache import open_cache, temporary_root
from x07bundle.native.compiler import Compiler, Libc, find_compiler, split_words

COMPILER: Final = "c_compiler"
STATIC: Final = "static_linking"
NETWORK: Final = "net_deps_curl_openssl"
LIBRARY: Final = "library_"

WALL_MS: Final = 60_000
"""For each program. The first one of a fresh zig takes half a minute."""
OUTPUT_CAP_BYTES: Final = 1 << 16
LINE_CHARS: Final = 200

SOURCE: Final = "program.c"
HELLO: Final = '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n'
CURL_AND_OPENSSL: Final = """\
#include <curl/curl.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
int main(void)
{
    return curl_version() == 0 || OpenSSL_version(0) == 0 || TLS_method() == 0;
}
"""
NETWORK_LIBRARIES: Final = ("curl", "ssl", "crypto")

COMPILER_PACKAGES: Final = {
    "apt": "gcc libc6-dev",
    "dnf": "gcc glibc-devel",
    "apk": "gcc musl-dev",
}
STATIC_PACKAGES: Final = {
    "apt": "musl-tools",
    "dnf": "musl-gcc musl-libc-static",
    "apk": "gcc musl-dev",
}
NETWORK_PACKAGES: Final = {
    "apt": "libcurl4-openssl-dev libssl-dev",
    "dnf": "libcurl-devel openssl-devel",
    "apk": "curl-dev openssl-dev",
    "brew": "curl openssl@3",
}
ZIG: Final = "pip install 'x07bundle[zig]'"
"""A compiler as a Python package, which links statically too."""


class Workbench(NamedTuple):
    """Where programs are built. `env` is the caller's."""

    host: Host
    env: Mapping[str, str]
    wall_ms: int = WALL_MS


def c_compiler(bench: Workbench) -> Check:
    """The compiler that programs are built with."""
    try:
        compiler = _find(bench, "system")
        problem = _problem(bench, compiler, HELLO, ())
    except X07Error as error:
        return Check(COMPILER, False, _said(error), _fix(bench, COMPILER_PACKAGES))
    if problem is not None:
        detail = f"{_shown(compiler)} builds no program: {problem}"
        return Check(COMPILER, False, detail, _fix(bench, COMPILER_PACKAGES))
    return Check(COMPILER, True, _shown(compiler))


def static_linking(bench: Workbench) -> Check:
    """Programs without shared libraries: with musl where it is, else with the C library here."""
    if bench.host.system == "macos":
        return Check(STATIC, False, "macOS has no static executables")
    fix = _fix(bench, STATIC_PACKAGES)
    try:
        compiler = _find(bench, "musl")
        problem = _problem(bench, compiler, HELLO, ("-static",))
    except X07Error as error:
        return Check(STATIC, False, _said(error), fix)
    if problem is not None:
        return Check(STATIC, False, f"{_shown(compiler)}: {problem}", fix)
    return Check(STATIC, True, _shown(compiler))


def curl_and_openssl(bench: Workbench) -> Check | None:
    """Headers and libraries of the network packages; None without a compiler (cli.md §7)."""
    try:
        compiler = _find(bench, "system")
        words = tuple(f"-l{name}" for name in NETWORK_LIBRARIES)
        problem = _problem(bench, compiler, CURL_AND_OPENSSL, words)
    except X07Error:
        return None
    if problem is not None:
        return Check(NETWORK, False, problem, bench.host.install(NETWORK_PACKAGES))
    return Check(NETWORK, True, "programs link with -lcurl -lssl -lcrypto")


def library(bench: Workbench, name: str, search_paths: tuple[str, ...]) -> Check | None:
    """A library that the project links with; None without a compiler."""
    folders = tuple(word for path in search_paths for word in ("-L", path))
    try:
        compiler = _find(bench, "system")
        problem = _problem(bench, compiler, HELLO, (*folders, f"-l{name}"))
    except X07Error:
        return None
    return Check(LIBRARY + name, problem is None, problem or f"programs link with -l{name}")


def _find(bench: Workbench, libc: Libc) -> Compiler:
    return find_compiler(bench.env, open_cache(bench.env), libc)


def _problem(
    bench: Workbench, compiler: Compiler, source: str, words: tuple[str, ...]
) -> str | None:
    """Why a program does not build; None when it does.

    Raises:
        X07Error: the compiler cannot be started, or there is no room for the program.
    """
    arguments = split_words(bench.env.get("X07_CC_ARGS", ""), "X07_CC_ARGS")
    with files.temporary_folder(temporary_root(bench.env)) as folder:
        files.write_atomic(folder / SOURCE, source.encode())
        command = process.Command(
            (*compiler.argv, "-std=c11", SOURCE, "-o", "program", *arguments, *words),
            {**compiler.environment, "TMPDIR": str(folder)},
            cwd=folder,
            stdout_cap=OUTPUT_CAP_BYTES,
            stderr_cap=OUTPUT_CAP_BYTES,
            wall_ms=bench.wall_ms,
        )
        return _why(process.run(command), bench.wall_ms)


def _why(finished: process.Finished, wall_ms: int) -> str | None:
    if finished.timed_out:
        return f"not done within {wall_ms / 1000:g} s"
    if finished.exit_status == 0:
        return None
    lines = finished.stderr.decode("utf-8", "replace").splitlines()
    telling = [
        line for line in lines if "error:" in line or "cannot find" in line or "not found" in line
    ]
    first = (telling or lines or [f"exit status {finished.exit_status}"])[0]
    return first.rpartition("error: ")[2].strip()[:LINE_CHARS]


def _shown(compiler: Compiler) -> str:
    """Version and command, as `gcc (Debian 12.2.0-14) 12.2.0, /usr/bin/cc`."""
    program = Path(compiler.argv[0])
    return f"{compiler.version}, {' '.join((str(program), *compiler.argv[1:]))}"


def _said(error: X07Error) -> str:
    return f"{error.brief}: {error.details}" if error.details else error.brief


def _fix(bench: Workbench, packages: Mapping[str, str]) -> str:
    """What gives the machine a compiler that can do it."""
    if bench.env.get("X07_CC", "").strip():
        return "unset X07_CC"
    if bench.host.system == "macos":
        return "xcode-select --install"
    return bench.host.install(packages) or ZIG
