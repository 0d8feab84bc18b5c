"""The C compiler, judged by what it builds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.doctor.benches import (
    bench,
    no_header,
    no_zig,
    real_compiler,
    refuse,
    with_network_libraries,
)
from tests.unit.native.stub_sources import needs_cc
from tests.unit.vm.machines import ALPINE, DEBIAN, FEDORA, HANGING, MAC, OTHER, program
from x07bundle.doctor import compilers
from x07bundle.doctor.check import Check
from x07bundle.host import Host

ZIG = "pip install 'x07bundle[zig]'"


@pytest.fixture(autouse=True)
def _no_zig(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with no_zig(monkeypatch):
        yield


# -- none, or none that works


@pytest.mark.parametrize(
    ("host", "fix"),
    [
        (DEBIAN, "sudo apt-get install gcc libc6-dev"),
        (FEDORA, "sudo dnf install gcc glibc-devel"),
        (ALPINE, "doas apk add gcc musl-dev"),
        (MAC, "xcode-select --install"),
        (OTHER, ZIG),
    ],
)
def test_no_compiler(tmp_path: Path, host: Host, fix: str) -> None:
    found = compilers.c_compiler(bench(tmp_path, host))
    assert (found.ok, found.fix) == (False, fix)
    assert found.detail.startswith("no C compiler found: looked for `cc`, ")


def test_without_a_compiler_nothing_is_said_of_libraries(tmp_path: Path) -> None:
    assert compilers.curl_and_openssl(bench(tmp_path)) is None
    assert compilers.library(bench(tmp_path), "z", ()) is None
    assert not compilers.static_linking(bench(tmp_path)).ok


def test_a_chosen_compiler_that_is_not_there(tmp_path: Path) -> None:
    found = compilers.c_compiler(bench(tmp_path, X07_CC="/nowhere/cc"))
    assert found == Check(
        "c_compiler",
        False,
        "`X07_CC` names a program that is not there: `/nowhere/cc`",
        "unset X07_CC",
    )


def test_a_compiler_without_a_c_library(tmp_path: Path) -> None:
    message = "program.c:1:10: fatal error: stdio.h: No such file or directory"
    script = f'case "$1" in --version) echo gcc 12 ;; *) echo "{message}" >&2; exit 1 ;; esac'
    program(tmp_path, "cc", script)
    found = compilers.c_compiler(bench(tmp_path))
    detail = f"gcc 12, {tmp_path}/bin/cc builds no program: stdio.h: No such file or directory"
    fix = "sudo apt-get install gcc libc6-dev"
    assert found == Check("c_compiler", False, detail, fix)


def test_a_compiler_that_hangs(tmp_path: Path) -> None:
    program(tmp_path, "cc", f'case "$1" in --version) echo gcc 12 ;; *) {HANGING} ;; esac')
    found = compilers.c_compiler(bench(tmp_path)._replace(wall_ms=200))
    assert found.detail.endswith("builds no program: not done within 0.2 s")


def test_a_cache_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = compilers.c_compiler(bench(tmp_path, X07_CACHE_DIR=str(tmp_path / "file" / "cache")))
    assert not found.ok
    assert found.detail.startswith("cannot make the cache folder")


# -- it works


@needs_cc
def test_a_compiler(tmp_path: Path) -> None:
    real_compiler(tmp_path)
    found = compilers.c_compiler(bench(tmp_path))
    assert found == Check("c_compiler", True, f"cc (Fake 1.2) 12.2.0, {tmp_path}/bin/cc")


@needs_cc
def test_the_first_that_answers(tmp_path: Path) -> None:
    program(tmp_path, "cc", "exit 1")
    real_compiler(tmp_path, "clang")
    assert compilers.c_compiler(bench(tmp_path)).detail.startswith("clang (Fake 1.2)")


@needs_cc
def test_static_linking_by_musl(tmp_path: Path) -> None:
    real_compiler(tmp_path)
    real_compiler(tmp_path, "musl-gcc", 'test "$5" = -static && set -- program.c -o program')
    found = compilers.static_linking(bench(tmp_path))
    assert found == Check(
        "static_linking", True, f"musl-gcc (Fake 1.2) 12.2.0, {tmp_path}/bin/musl-gcc"
    )


@needs_cc
@pytest.mark.parametrize(
    ("host", "fix"),
    [
        (DEBIAN, "sudo apt-get install musl-tools"),
        (FEDORA, "sudo dnf install musl-gcc musl-libc-static"),
        (OTHER, ZIG),
    ],
)
def test_no_static_libraries(tmp_path: Path, host: Host, fix: str) -> None:
    real_compiler(tmp_path, before=refuse("-static", "/usr/bin/ld: cannot find -lc"))
    found = compilers.static_linking(bench(tmp_path, host))
    assert (found.ok, found.fix) == (False, fix)
    assert found.detail.endswith("/bin/cc: /usr/bin/ld: cannot find -lc")


def test_macos_links_nothing_statically(tmp_path: Path) -> None:
    found = compilers.static_linking(bench(tmp_path, MAC))
    assert found == Check("static_linking", False, "macOS has no static executables")


# -- libraries


@needs_cc
def test_curl_and_openssl(tmp_path: Path) -> None:
    real_compiler(tmp_path, before=with_network_libraries(tmp_path))
    found = compilers.curl_and_openssl(bench(tmp_path))
    words = "programs link with -lcurl -lssl -lcrypto"
    assert found == Check("net_deps_curl_openssl", True, words)


@needs_cc
@pytest.mark.parametrize("header", ["curl/curl.h", "openssl/ssl.h"])
@pytest.mark.parametrize(
    ("host", "fix"),
    [
        (DEBIAN, "sudo apt-get install libcurl4-openssl-dev libssl-dev"),
        (FEDORA, "sudo dnf install libcurl-devel openssl-devel"),
        (ALPINE, "doas apk add curl-dev openssl-dev"),
    ],
)
def test_no_headers(tmp_path: Path, header: str, host: Host, fix: str) -> None:
    real_compiler(tmp_path, before=no_header(header))
    found = compilers.curl_and_openssl(bench(tmp_path, host))
    detail = f"{header}: No such file or directory"
    assert found == Check("net_deps_curl_openssl", False, detail, fix)


@needs_cc
def test_headers_without_a_library(tmp_path: Path) -> None:
    real_compiler(tmp_path, before=with_network_libraries(tmp_path))
    (tmp_path / "libcurl.so").write_text("")
    found = compilers.curl_and_openssl(bench(tmp_path))
    assert found is not None
    assert not found.ok


@needs_cc
def test_a_library_in_a_folder_of_the_project(tmp_path: Path) -> None:
    with_network_libraries(tmp_path)
    real_compiler(tmp_path)
    where = bench(tmp_path)
    found = compilers.library(where, "ssl", (str(tmp_path),))
    assert found == Check("library_ssl", True, "programs link with -lssl")
    missing = compilers.library(where, "nowhere", ())
    assert missing is not None
    assert not missing.ok
    assert "nowhere" in missing.detail


@needs_cc
def test_words_that_the_environment_adds(tmp_path: Path) -> None:
    real_compiler(tmp_path, before=refuse("-DWANTED=1", "error: it was added"))
    assert compilers.c_compiler(bench(tmp_path)).ok
    found = compilers.c_compiler(bench(tmp_path, X07_CC_ARGS="-DWANTED=1"))
    assert found.detail.endswith("builds no program: it was added")


@needs_cc
def test_nothing_is_left_behind(tmp_path: Path) -> None:
    real_compiler(tmp_path)
    compilers.c_compiler(bench(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "cache"]
