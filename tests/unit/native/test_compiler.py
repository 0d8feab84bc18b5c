"""Which C compiler is found, and how often it is asked who it is."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.fakes import install
from tests.unit.native.stub_sources import calls
from x07bundle.errors import ToolMissingError, UsageError
from x07bundle.native import compiler
from x07bundle.native.cache import Cache
from x07bundle.native.compiler import Compiler, Libc, find_compiler


@pytest.fixture(autouse=True)
def _no_ziglang(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whether the machine has the package is not for these tests to depend on."""
    monkeypatch.setattr("sys.path", [])
    compiler._ziglang_folder.cache_clear()
    yield
    compiler._ziglang_folder.cache_clear()


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def fake(folder: Path, name: str, version: str = "1.0") -> Path:
    """A program that says its name and version, and writes each call to `log`."""
    script = f'echo "$0 $*" >> {folder.parent}/log\necho "{name} (fake) {version}"'
    return install(folder, name, script)


def found(folder: Path, libc: Libc = "system", **variables: str) -> Compiler:
    env: Mapping[str, str] = {"PATH": str(folder), **variables}
    cache = Cache(folder.parent / "cache")
    return find_compiler(env, cache, libc)


def test_order_on_path(bin_folder: Path) -> None:
    for name in ("zig", "clang", "gcc", "cc"):
        path = fake(bin_folder, name)
        assert found(bin_folder).argv == ((str(path), "cc") if name == "zig" else (str(path),))


def test_x07_cc_goes_first(bin_folder: Path) -> None:
    fake(bin_folder, "cc")
    other = fake(bin_folder, "tcc")
    assert found(bin_folder, X07_CC="tcc").argv == (str(other),)
    assert found(bin_folder, X07_CC=str(other)).argv == (str(other),)
    assert found(bin_folder, X07_CC="tcc -m32 '-DX=a b'").argv == (str(other), "-m32", "-DX=a b")
    assert found(bin_folder, X07_CC="  ").argv == (str(bin_folder / "cc"),)


def test_x07_cc_may_be_a_path_with_blanks(tmp_path: Path, bin_folder: Path) -> None:
    path = fake(tmp_path / "my tools", "cc")
    assert found(bin_folder, X07_CC=str(path)).argv == (str(path),)


def test_x07_cc_that_cannot_be_used(bin_folder: Path) -> None:
    fake(bin_folder, "cc")
    install(bin_folder, "broken", "exit 1")
    with pytest.raises(ToolMissingError, match="not there: `no-such-cc`"):
        found(bin_folder, X07_CC="no-such-cc")
    (bin_folder / "text").touch()
    for text in ("text", str(bin_folder / "text")):
        with pytest.raises(ToolMissingError, match=f"a file that is not executable: `{text}`"):
            found(bin_folder, X07_CC=text)
    with pytest.raises(ToolMissingError, match="names a folder: "):
        found(bin_folder, X07_CC=str(bin_folder))
    with pytest.raises(ToolMissingError, match="does not answer `--version`: `broken`"):
        found(bin_folder, X07_CC="broken")
    with pytest.raises(UsageError, match="cannot read `X07_CC`"):
        found(bin_folder, X07_CC="'cc")


def test_a_broken_candidate_is_passed_over(bin_folder: Path) -> None:
    install(bin_folder, "cc", "exit 1")
    (bin_folder / "gcc").write_bytes(b"\x7fELF nonsense")
    (bin_folder / "gcc").chmod(0o755)
    path = fake(bin_folder, "clang")
    assert found(bin_folder).argv == (str(path),)


@pytest.mark.parametrize(
    ("manager", "hint"),
    [("apt-get", "apt-get install gcc"), ("dnf", "dnf install gcc"), ("apk", "apk add gcc"),
     ("brew", "xcode-select --install"), (None, "install gcc or clang")],
)  # fmt: skip
def test_no_compiler(bin_folder: Path, manager: str | None, hint: str) -> None:
    if manager is not None:
        install(bin_folder, manager, "true")
    with pytest.raises(ToolMissingError, match="no C compiler found") as caught:
        found(bin_folder)
    assert caught.value.hint is not None
    assert hint in caught.value.hint
    assert "x07bundle[zig]" in caught.value.hint


def test_zig_of_the_package(
    tmp_path: Path, bin_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zig = fake(tmp_path / "packages" / "ziglang", "zig")
    monkeypatch.setattr("sys.path", [str(tmp_path / "packages")])
    compiler._ziglang_folder.cache_clear()
    assert found(bin_folder).argv == (str(zig), "cc")
    assert found(bin_folder).archivers == ((str(zig), "ar"),)
    path = fake(bin_folder, "cc")
    assert found(bin_folder).argv == (str(path),)


def test_musl_for_static_programs(bin_folder: Path) -> None:
    path = fake(bin_folder, "cc")
    assert found(bin_folder, "musl").argv == (str(path),)
    zig = fake(bin_folder, "zig")
    target = f"{os.uname().machine}-linux-musl"
    assert found(bin_folder, "musl").argv == (str(zig), "cc", "-target", target)
    musl = fake(bin_folder, "musl-gcc")
    assert found(bin_folder, "musl").argv == (str(musl),)
    assert found(bin_folder, "musl", X07_CC="cc").argv == (str(path),)
    assert found(bin_folder, "musl", X07_CC="zig cc").argv == (str(zig), "cc", "-target", target)
    assert found(bin_folder).argv == (str(path),)


def test_the_version_is_asked_once(tmp_path: Path, bin_folder: Path) -> None:
    fake(bin_folder, "cc")
    first = found(bin_folder)
    assert found(bin_folder) == first
    assert len(calls(tmp_path / "log")) == 1
    assert first.version == "cc (fake) 1.0"


def test_a_changed_compiler_is_another_one(tmp_path: Path, bin_folder: Path) -> None:
    fake(bin_folder, "cc", "1.0")
    first = found(bin_folder)
    fake(bin_folder, "cc", "1.10")
    second = found(bin_folder)
    assert second.version == "cc (fake) 1.10"
    assert second.identity != first.identity
    assert len(calls(tmp_path / "log")) == 2


def test_a_changed_compiler_behind_a_wrapper_is_another_one(bin_folder: Path) -> None:
    fake(bin_folder, "wrapper")
    fake(bin_folder, "cc", "1.0")
    first = found(bin_folder, X07_CC="wrapper cc")
    fake(bin_folder, "cc", "1.10")
    assert found(bin_folder, X07_CC="wrapper cc").identity != first.identity


def test_what_compilers_see_of_the_environment(bin_folder: Path) -> None:
    fake(bin_folder, "cc")
    ambient = {"CPATH": "/x", "LIBRARY_PATH": "/x", "LANG": "de", "HOME": "/h", "NIX_CC": "n"}
    seen = found(bin_folder, "system", **ambient).environment
    assert {key: seen[key] for key in ("HOME", "NIX_CC", "LC_ALL", "TZ")} == {
        "HOME": "/h", "NIX_CC": "n", "LC_ALL": "C", "TZ": "UTC",
    }  # fmt: skip
    assert not {"CPATH", "LIBRARY_PATH", "LANG"} & set(seen)
