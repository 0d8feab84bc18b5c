"""What becomes of a frozen launcher: on macOS, too, where nothing can be frozen here."""

import sys
from pathlib import Path
from typing import Final

import pytest

from tests.fakes import install
from x07bundle.errors import ToolMissingError, X07Error
from x07bundle.freeze import launcher, pyinstaller

SIGNED: Final = b"\xcf\xfa\xed\xfe and a signature"


@pytest.fixture
def framework(tmp_path: Path) -> Path:
    """As PyInstaller lays out Python of python.org."""
    version = tmp_path / "Python.framework/Versions/3.13"
    (version / "Resources").mkdir(parents=True)
    (version / "Python").write_bytes(SIGNED)
    (version.parent / "Current").symlink_to("3.13")
    (tmp_path / "Python.framework/Python").symlink_to("Versions/Current/Python")
    (tmp_path / "Python").symlink_to("Python.framework/Versions/3.13/Python")
    return tmp_path


@pytest.mark.parametrize("has_link", [True, False])
def test_a_framework_becomes_a_library_beside_the_program(framework: Path, has_link: bool) -> None:
    if not has_link:
        (framework / "Python").unlink()
    launcher._unpack_framework(framework)
    assert [path.name for path in framework.iterdir()] == ["Python"]
    assert not (framework / "Python").is_symlink()
    assert (framework / "Python").read_bytes() == SIGNED


@pytest.mark.parametrize("name", ["libpython3.13.dylib", "libpython3.13.so.1.0"])
def test_without_a_framework_nothing_moves(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(SIGNED)
    launcher._unpack_framework(tmp_path)
    launcher._refuse_libraries(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["libintl.8.dylib", "libexpat.so.1", "other.dylib"])
def test_other_libraries_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "libpython3.13.dylib").write_bytes(SIGNED)
    (tmp_path / name).write_bytes(SIGNED)
    with pytest.raises(X07Error, match=f"libraries of their own: {name}$"):
        launcher._refuse_libraries(tmp_path)


TOOLS: Final = [(system, tool) for system, tools in pyinstaller.TOOLS.items() for tool in tools]


@pytest.mark.parametrize(("system", "missing"), TOOLS)
def test_tools_that_are_missing(
    system: str, missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    for tool in pyinstaller.TOOLS[system]:
        if tool != missing:
            install(tmp_path, tool, "exit 0")
    with pytest.raises(ToolMissingError, match=f"`{missing}` is missing") as error:
        pyinstaller.check({"PATH": str(tmp_path)}, "it")
    assert error.value.hint == pyinstaller.INSTALL[system]
    install(tmp_path, missing, "exit 0")
    pyinstaller.check({"PATH": str(tmp_path)}, "it")
