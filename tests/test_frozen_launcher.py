"""The frozen launcher of VM bundles: small, and the same bytes wherever it is frozen."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests import freezing
from tests.program_build import ROOT
from tests.unit.cli.commands import environment
from tests.vm_bundles import MakeBench
from x07bundle.bundle.sidecar import folder_of

MOST_BYTES: Final = 12 << 20
"""Of a sidecar, without the payload and the guest."""


def frozen(cache: Path, checkout: Path = ROOT, umask: int = 0o022, **variables: str) -> Path:
    said = freezing.frozen(
        "x07bundle.cli.launcher",
        folder=cache.parent,
        checkout=checkout,
        umask=umask,
        **{"X07_CACHE_DIR": str(cache), "PYTHONDONTWRITEBYTECODE": "1", **variables},
    )
    return Path(said.strip())


def contents(folder: Path) -> dict[str, tuple[bytes, bool]]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        str(path.relative_to(folder)): (path.read_bytes(), os.access(path, os.X_OK))
        for path in files
    }


def test_the_same_bytes_from_another_place(tmp_path: Path, x07_cache: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    here = frozen(x07_cache)
    there = frozen(
        tmp_path / "cache",
        freezing.copied(tmp_path),
        umask=0o077,
        TMPDIR=str(temporary),
        HOME=str(temporary),
        PYTHONHASHSEED="7",
        TZ="Asia/Tokyo",
        LC_ALL="C",
    )
    assert contents(here) == contents(there)
    assert list(temporary.iterdir()) == []


def test_it_is_small_and_has_no_folder_of_this_machine(make_bench: MakeBench) -> None:
    runtime = folder_of(make_bench().app) / "runtime"
    assert sum(path.stat().st_size for path in runtime.rglob("*")) < MOST_BYTES
    assert not any(path.is_symlink() for path in runtime.rglob("*"))
    readelf = shutil.which("readelf")
    if readelf is None:
        pytest.skip("no readelf on PATH")
    for library in runtime.rglob("*.so*"):
        said = subprocess.run((readelf, "-d", library), capture_output=True, text=True, check=True)
        assert "PATH" not in said.stdout, library


def test_without_pyinstaller(tmp_path: Path) -> None:
    """The message names it, and what brings it."""
    script = (
        "import sys; sys.modules['PyInstaller'] = None\n"
        "import importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'PyInstaller' else find(name, *rest)\n"
        "from x07bundle.cli import entry, launcher; entry.main(launcher.command, 'x07 launcher')"
    )
    done = subprocess.run(
        (sys.executable, "-c", script),
        env=environment(X07_CACHE_DIR=str(tmp_path)),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "PyInstaller is missing, which freezes the launcher of VM bundles" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("hint: ")
