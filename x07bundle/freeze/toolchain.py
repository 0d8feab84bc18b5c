"""The toolchain of guest images: `x07` and `x07-os-runner`, with what they read beside them.

    usr/local/bin/x07, x07-os-runner     links
    usr/local/lib/x07/                   the programs, a Python, std modules, stubs, templates

The same package, Python and PyInstaller give the same bytes, whoever freezes, where, and when.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import LANGUAGE_VERSION, __version__, assets, files
from x07bundle.contract import toolchain as contract
from x07bundle.contract.toolchain import BIN, FOLDER, PLACE, PROGRAMS, Toolchain
from x07bundle.errors import X07Error
from x07bundle.freeze import components, contents, elf, pyinstaller

WHAT: Final = "the toolchain of guest images"
PROGRAM_MODE: Final = 0o755
FILE_MODE: Final = 0o644
FOLDER_MODE: Final = 0o755
LIBRARIES_LEFT_OUT: Final = ("libz.so.1",)
"""The programs themselves are linked with it, so the machine has its own."""


class Wanted(NamedTuple):
    """`architecture`: of this machine, as Debian calls it. `time_seconds`: of every file."""

    architecture: str
    time_seconds: int


def make(out: Path, wanted: Wanted, temporary: Path, env: Mapping[str, str]) -> Toolchain:
    """Freeze into `out`, which is replaced where it is a toolchain already.

    Raises:
        ToolMissingError: something that freezing takes is not there.
        X07Error: it cannot be frozen, or `out` cannot be written.
    """
    pyinstaller.check(env, WHAT)
    check_out(out)
    with files.temporary_folder(temporary) as workshop:
        frozen = _frozen(workshop, env)
        staged = files.beside(out)
        try:
            made = _lay_out(frozen, staged, wanted)
            _replace(staged, out)
        except OSError as error:
            raise files.output_error(out, error) from error
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    return made


def check_out(out: Path) -> None:
    """Raises X07Error: something else is there than a toolchain."""
    is_empty = not out.exists() or (out.is_dir() and not any(out.iterdir()))
    if out.is_symlink() or not (is_empty or (out / PLACE).is_file()):
        raise X07Error(
            f"`{out}` is there and is no toolchain", hint="name a folder that is not there yet"
        )


def _frozen(workshop: Path, env: Mapping[str, str]) -> Path:
    for name in PROGRAMS:
        start = {"module": "x07bundle.cli.start", "function": name.replace("-", "_")}
        entry = pyinstaller.rendered("frozen_entry.py.j2", start)
        files.write_atomic(workshop / f"{name}.py", entry.encode())
    values = {
        "scripts": repr(list(PROGRAMS)),
        "left_out": repr(list(LIBRARIES_LEFT_OUT)),
        "search_path": repr(str(assets.PACKAGE.parent)),
        "modules": repr(list(contents.modules())),
        "excluded": repr(list(contents.EXCLUDED)),
    }
    return pyinstaller.run(workshop, "toolchain", values, env)


def _lay_out(frozen: Path, staged: Path, wanted: Wanted) -> Toolchain:
    folder = staged / FOLDER
    shutil.copytree(frozen, folder, symlinks=True)
    data = contents.data()
    for asset in data:
        _copy(asset.file, folder / asset.name)
    found = components.found(frozen)
    for licence in found.licences:
        _copy(licence.file, folder / licence.name)
    (staged / BIN).mkdir(parents=True)
    for name in PROGRAMS:
        (staged / BIN / name).symlink_to(f"../{Path(FOLDER).relative_to('usr/local')}/{name}")
    made = _said(folder, data, wanted, found.components)
    (staged / PLACE).write_bytes(contract.document(made))
    _settle(staged, wanted.time_seconds)
    return made


def _said(
    folder: Path,
    data: tuple[contents.Asset, ...],
    wanted: Wanted,
    found: tuple[contract.Component, ...],
) -> Toolchain:
    std = [asset for asset in data if asset.name.startswith(contents.STD)]
    return Toolchain(
        tool_version=__version__,
        language_version=LANGUAGE_VERSION,
        architecture=wanted.architecture,
        glibc=elf.glibc_needed(folder),
        components=found,
        std={asset.name: files.sha256_file(asset.file) for asset in std},
    )


def _copy(source: Path, target: Path) -> None:
    """The bytes alone."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _settle(root: Path, time_seconds: int) -> None:
    """Modes and times that do not depend on who freezes, and when."""
    programs = {root / FOLDER / name for name in PROGRAMS}
    for path in (root, *sorted(root.rglob("*"), reverse=True)):
        if path.is_symlink():
            os.utime(path, (time_seconds, time_seconds), follow_symlinks=False)
            continue
        is_program = path in programs
        path.chmod(FOLDER_MODE if path.is_dir() else PROGRAM_MODE if is_program else FILE_MODE)
        os.utime(path, (time_seconds, time_seconds))


def _replace(staged: Path, out: Path) -> None:
    """Folders cannot be swapped everywhere: the old one goes first, and only a toolchain does."""
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.is_dir():
        shutil.rmtree(out)
    staged.rename(out)
