"""Machines with C compilers in every state: the real one behind scripts that get in its way."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.unit.native.stub_sources import CC
from tests.unit.vm.machines import DEBIAN, program
from x07bundle.doctor.compilers import Workbench
from x07bundle.host import Host
from x07bundle.native import compiler

VERSION: Final = "cc (Fake 1.2) 12.2.0"
SYSTEM_PATH: Final = "export PATH=/usr/local/bin:/usr/bin:/bin"
"""The real compiler finds its assembler and linker there."""

HEADERS: Final = {
    "curl/curl.h": "char *curl_version(void);",
    "openssl/crypto.h": "const char *OpenSSL_version(int);",
    "openssl/ssl.h": "const void *TLS_method(void);",
}
LIBRARIES: Final = {
    "curl": "char *curl_version(void) { return 0; }",
    "crypto": 'const char *OpenSSL_version(int kind) { return kind ? 0 : ""; }',
    "ssl": "const void *TLS_method(void) { return 0; }",
}


def bench(folder: Path, host: Host = DEBIAN, **variables: str) -> Workbench:
    """Programs are those of `folder`/bin."""
    env = {
        "PATH": str(folder / "bin"),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "X07_CACHE_DIR": str(folder / "cache"),
        **variables,
    }
    return Workbench(host, env)


def real_compiler(folder: Path, name: str = "cc", before: str = "") -> None:
    """A compiler that works, under a version of its own. `before`: shell, to get in its way."""
    program(
        folder,
        name,
        f'case "$1" in --version) echo "{name} (Fake 1.2) 12.2.0"; exit 0 ;; esac\n'
        f'{SYSTEM_PATH}\n{before}\nexec {CC} "$@"',
    )


def refuse(condition: str, message: str) -> str:
    """Shell: where the command line has this, fail with a compiler's words."""
    return f"""case "$*" in *{condition}*) echo "{message}" >&2; exit 1 ;; esac"""


def no_header(name: str) -> str:
    """Shell: the compiler finds no header `name` in the program."""
    message = f"program.c:1:10: fatal error: {name}: No such file or directory"
    return f'if grep -q "{name}" program.c; then echo "{message}" >&2; exit 1; fi'


def with_network_libraries(folder: Path) -> str:
    """Shell: the compiler finds headers and libraries of curl and OpenSSL, which are ours."""
    for name, text in HEADERS.items():
        path = folder / "include" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    for name, text in LIBRARIES.items():
        source = folder / f"{name}.c"
        source.write_text(text + "\n")
        output = str(folder / f"lib{name}.so")
        subprocess.run((str(CC), "-shared", "-fPIC", str(source), "-o", output), check=True)
    return f'set -- -I {folder}/include -L {folder} "$@"'


@contextmanager
def no_zig(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As on a machine where the package `ziglang` is not installed."""
    monkeypatch.setattr("sys.path", [])
    compiler._ziglang_folder.cache_clear()
    yield
    monkeypatch.undo()
    compiler._ziglang_folder.cache_clear()
