"""Executables of VM bundles for macOS: which commands make them, and what real ones are.

No Mac is needed: its compiler is played by a script, and zig compiles and links for one.
"""

import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.fakes import install
from tests.program_build import WARNINGS
from x07bundle import host
from x07bundle.bundle import launcher_files
from x07bundle.contract import launcher_trailer, mach_o
from x07bundle.contract.launcher_trailer import Trailer
from x07bundle.errors import ToolMissingError, UsageError, X07Error
from x07bundle.freeze import kept, launcher
from x07bundle.host import Host
from x07bundle.native import compiler, launcher_within
from x07bundle.native.cache import Cache
from x07bundle.native.compiler import find_cross_compiler
from x07bundle.native.launcher_stub import PROGRAMS
from x07bundle.native.launcher_within import CARRIED, FLAGS, PROGRAM
from x07bundle.native.toolchain import Toolchain, open_toolchain

MAC_CC: Final = Path(__file__).with_name("macos_compiler.py")
FILES: Final = {"payload": "1" * 64, "runtime/launcher": "2" * 64, "größe": "3" * 64}
TRAILER: Final = Trailer("0" * 64, FILES)
COMMAND: Final = (
    "-std=c11 -O2 -g0 -Wl,-dead_strip -Wl,-x launcher.c proper.c replay_none.c sha256.c "
    "sha256_processor.c system_posix.c bytes.c text.c buffer.c trailer.c trailer_within.c "
    "verify.c carried.c -o program"
)
TARGETS: Final = {"aarch64-macos": 0x100000C, "x86_64-macos": 0x1000007}
"""CPU_TYPE_ARM64 and CPU_TYPE_X86_64."""


class Mac(NamedTuple):
    """A machine with a compiler that writes its calls down."""

    env: dict[str, str]
    log: Path

    @property
    def calls(self) -> list[str]:
        return self.log.read_text().splitlines()


@pytest.fixture
def mac(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mac:
    return _mac(tmp_path, monkeypatch)


def _mac(folder: Path, monkeypatch: pytest.MonkeyPatch, log: str = "log") -> Mac:
    tools = folder / "bin"
    install(tools, "cc", f'exec {sys.executable} {MAC_CC} {folder / log} "$@"')
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(host, "read", lambda: Host(system="macos", arch="aarch64"))
    monkeypatch.setattr(compiler, "_ziglang_folder", lambda: None)
    path = f"{tools}:/usr/bin:/bin"
    env = {"PATH": path, "X07_CACHE_DIR": str(folder / "cache"), "TMPDIR": str(folder)}
    return Mac(env, folder / log)


def test_the_commands(mac: Mac) -> None:
    """Twice: the first time without the digest of what is around the text."""
    made = launcher_within.executable(open_toolchain(mac.env), TRAILER)
    assert mac.calls == [COMMAND, COMMAND]
    assert launcher_trailer.read(made, "app") == TRAILER


def test_a_compiler_that_makes_another_program_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mac = _mac(tmp_path, monkeypatch, "unsteady")
    with pytest.raises(X07Error, match="another program of the same text each time") as error:
        launcher_within.executable(open_toolchain(mac.env), TRAILER)
    assert "X07_CC" in (error.value.hint or "")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it makes what is wanted")
def test_a_compiler_of_another_system(mac: Mac) -> None:
    cc = shutil.which("gcc") or shutil.which("clang")
    if cc is None:
        pytest.skip("no C compiler here")
    flags = 'for word; do shift; case $word in -Wl,*) ;; *) set -- "$@" "$word" ;; esac; done'
    wrapper = install(mac.log.parent, "linux-cc", f'{flags}; exec {cc} "$@"')
    toolchain = open_toolchain({**mac.env, "X07_CC": str(wrapper)})
    with pytest.raises(X07Error, match="no executable of this machine alone"):
        launcher_within.executable(toolchain, TRAILER)


def test_elsewhere_there_is_none(tmp_path: Path) -> None:
    if sys.platform == "darwin":
        pytest.skip("this is a Mac")
    install(tmp_path, "cc", "echo cc 1")
    env = {"PATH": str(tmp_path), "X07_CACHE_DIR": str(tmp_path / "cache")}
    with pytest.raises(UsageError, match="on macOS alone"):
        launcher_within.executable(open_toolchain(env), TRAILER)


# -- what a bundle has of it


ZIG: Final = """case "$*" in *--version) echo 0.15; exit ;; esac
echo "$*" >>{log}
for word; do last=$word; done
echo zig >"$last"
"""


def test_what_a_bundle_of_macos_is_made_of(mac: Mac) -> None:
    """What starts the payload is of Linux, as guests are: zig makes it."""
    _freeze_nothing(Path(mac.env["X07_CACHE_DIR"]))
    log = mac.log.with_name("zig-log")
    install(mac.log.parent / "bin", "zig", ZIG.format(log=log))
    found = launcher_files.runtime(open_toolchain(mac.env), mac.env, lambda _: None)
    assert found.within is not None
    assert (found.program, found.starter) == (b"", b"zig\n")
    assert found.build.platform == "macos-aarch64"
    assert launcher_trailer.read(found.within(TRAILER), "app") == TRAILER
    assert mac.calls == [COMMAND, COMMAND]
    calls = log.read_text().splitlines()
    assert len(calls) == len(PROGRAMS["starter"]) + 1
    assert all(call.startswith("cc -target aarch64-linux-musl -std=c11 ") for call in calls)
    assert ["-nostdlib" in call for call in calls] == [False] * (len(calls) - 1) + [True]


def _freeze_nothing(cache: Path) -> None:
    """PyInstaller freezes for the system that it runs on."""
    cache.mkdir(parents=True)
    key = kept.key_of(launcher.digest(), launcher.versions())
    kept.find_or_make(cache / launcher_files.KIND, key, lambda place: place.mkdir())


def test_without_zig_nothing_is_made_for_linux(mac: Mac) -> None:
    with pytest.raises(ToolMissingError, match="no C compiler for aarch64") as error:
        launcher_files.runtime(open_toolchain(mac.env), mac.env, lambda _: None)
    assert "x07bundle[zig]" in (error.value.hint or "")


@pytest.mark.parametrize(
    ("system", "arch"), [("win32", "x86_64"), ("freebsd14", "aarch64"), ("linux", "riscv64")]
)
def test_other_systems_are_refused(system: str, arch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "read", lambda: Host(system=system, arch=arch))
    with pytest.raises(UsageError, match=f"for {system} on {arch}") as error:
        launcher_files.check_machine()
    assert "bundle on Linux or macOS, on one of x86_64, aarch64" in (error.value.hint or "")


@pytest.mark.parametrize("system", launcher_files.SYSTEMS)
def test_these_are_not(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "read", lambda: Host(system=system, arch="aarch64"))
    launcher_files.check_machine()


@pytest.mark.parametrize(
    ("backend", "system", "other"),
    [("apple-container", "linux", "macOS"), ("firecracker-ctr", "darwin", "Linux")],
)
def test_backends_of_another_system_are_refused(
    backend: str, system: str, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    with pytest.raises(UsageError, match=f"`{backend}` starts guests on {other}") as error:
        launcher_files.check_backend(backend)
    assert f"make the bundle on {other}" in (error.value.hint or "")
    launcher_files.check_backend("docker")


# -- real ones


@pytest.fixture(params=TARGETS)
def zig(request: pytest.FixtureRequest, x07_cache: Path, tmp_path: Path) -> Toolchain:
    """One that makes executables of macOS."""
    cache = Cache(x07_cache)
    x07_cache.mkdir(exist_ok=True)
    try:
        found = find_cross_compiler(os.environ, cache, "x86_64")
    except ToolMissingError as error:
        pytest.skip(error.render())
    words = (*found.argv[:2], "-target", request.param)
    return Toolchain(found._replace(argv=words), cache, tmp_path)


def test_real_ones(zig: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made in two folders: the same bytes."""
    monkeypatch.setattr(sys, "platform", "darwin")
    folders = [tmp_path / "one", tmp_path / "another folder"]
    for folder in folders:
        folder.mkdir()
    made, again = (launcher_within.executable(zig._replace(temporary=f), TRAILER) for f in folders)
    assert made == again
    assert launcher_trailer.read(made, "app") == TRAILER
    assert struct.unpack_from("<I", made, 4)[0] == TARGETS[zig.compiler.argv[-1]]
    assert ("__RESTRICT", "__restrict") in _sections(made)
    assert made.count(b".dylib\0") == made.count(b"/usr/lib/libSystem.B.dylib\0") == 1
    assert str(tmp_path).encode() not in made
    assert b"_PYI_ARCHIVE_FILE=" in made
    assert b"_PYI_PARENT_PROCESS_LEVEL" not in made, "PyInstaller's loader of macOS refuses that"


def test_a_real_one_of_another_text(zig: Toolchain, monkeypatch: pytest.MonkeyPatch) -> None:
    """The digest of the program is that of every bundle whose text is as long."""
    monkeypatch.setattr(sys, "platform", "darwin")
    programs = []
    for digest in ("5" * 64, "6" * 64):
        made = launcher_within.executable(zig, TRAILER._replace(manifest=digest))
        programs.append(launcher_trailer.find(made, "app").program)
    assert programs[0] == programs[1]


def test_no_warning(zig: Toolchain, tmp_path: Path) -> None:
    launcher_within.write_sources(tmp_path, launcher_trailer.text_of(TRAILER, "0" * 64))
    words = (*zig.compiler.argv, *WARNINGS, "-Wpedantic", *FLAGS, *PROGRAM, CARRIED, "-o", "out")
    done = subprocess.run(
        words, cwd=tmp_path, env=zig.compiler.environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def _sections(data: bytes) -> set[tuple[str, str]]:
    """Names of segments and sections."""
    found = set()
    for kind, at in mach_o._commands(data):
        if kind == mach_o.SEGMENT_64:
            (count,) = struct.unpack_from("<I", data, at + 64)
            for place in range(at + 72, at + 72 + 80 * count, 80):
                section, segment = struct.unpack_from("16s16s", data, place)
                found.add((_name(segment), _name(section)))
    return found


def _name(data: bytes) -> str:
    return data.rstrip(b"\0").decode()


def test_the_source_holds_any_byte() -> None:
    text = launcher_trailer.text_of(TRAILER, "0" * 64)
    values = launcher_within.source(text).partition("{")[2].partition("}")[0]
    numbers = [int(value) for value in values.replace("\n", "").split(",") if value]
    assert bytes(numbers) == launcher_trailer.marked(text)
