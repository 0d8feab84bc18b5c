"""The launcher of VM bundles: the files of `runtime/` in every sidecar.

The same package, Python and PyInstaller give the same bytes, whoever freezes, where, and when. What
a start does not need stays out: the smaller it is, the sooner it is compared with its digests.
"""

import os
import shutil
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from x07bundle import assets, files
from x07bundle.errors import X07Error
from x07bundle.freeze import elf, pyinstaller

WHAT: Final = "the launcher of VM bundles"
NAME: Final = "launcher"
ENTRY: Final = "launcher_entry.py.j2"
PROGRAM_MODE: Final = 0o755
FILE_MODE: Final = 0o644

LIBPYTHON: Final = "libpython"
FRAMEWORK: Final = "Python.framework/Versions/[0-9]*/Python"
LIBRARIES: Final = ("lib*.so*", "*.dylib")
"""On Linux and on macOS, where modules are `*.so`, too."""
LIBRARY: Final = "base_library.zip"
ENCODINGS: Final = ("__init__", "aliases", "utf_8", "latin_1", "ascii")
LIBRARIES_LEFT_OUT: Final = ("libz.so.1",)
"""The program is linked with it, so the machine has its own."""
ROOMS: Final = ("launcher", "vm", "contract", "keys")
"""What is frozen of this package, beside the modules of its floor."""

EARLY: Final = (
    *("collections", "collections.abc", "copyreg", "enum", "functools", "keyword", "operator"),
    *("re", "re._casefix", "re._compiler", "re._constants", "re._parser"),
    *("reprlib", "types", "warnings"),
)
"""Modules of Python's own that a start takes and LIBRARY has, where each is looked for, and read
twice, by Python code."""

EXCLUDED: Final = (
    # OpenSSL; `hashlib` falls back to what Python has itself.
    *("ssl", "_ssl", "_hashlib"),
    *("unittest", "doctest", "pydoc", "pdb", "bdb", "cmd", "xml", "sqlite3", "tkinter", "curses"),
    *("readline", "multiprocessing", "asyncio", "concurrent", "distutils", "setuptools", "_uuid"),
    *("bz2", "_bz2", "lzma", "_lzma", "gzip", "zipfile", "zipimport"),
    *("decimal", "_decimal", "_pydecimal", "fractions", "numbers", "statistics", "random"),
    *("unicodedata", "stringprep", "_codecs_cn", "_codecs_hk", "_codecs_iso2022", "_codecs_jp"),
    *("_codecs_kr", "_codecs_tw", "_multibytecodec", "_datetime", "datetime", "calendar"),
    *("email", "http", "html", "xmlrpc", "socketserver", "ftplib", "smtplib", "wsgiref"),
    # But for `linecache` and what it imports, which show where something failed.
    *("logging", "logging.config", "argparse", "optparse", "getopt", "gettext", "configparser"),
    *("pickle", "_pickle", "pprint", "inspect", "dis", "opcode"),
    *("importlib.metadata", "importlib.resources", "pkgutil", "pkg_resources", "runpy"),
    *("ctypes", "_ctypes", "mmap", "_queue", "queue", "tempfile", "shelve", "dbm", "csv", "_csv"),
    # `pathlib` finds another one instead (ENTRY).
    "urllib",
    *("webbrowser", "turtle", "lib2to3", "ensurepip", "venv", "idlelib", "test", "pydoc_data"),
    *("platform", "sysconfig", "_sysconfigdata__linux_x86_64-linux-gnu", "tracemalloc"),
)  # fmt: skip


def make(place: Path, temporary: Path, env: Mapping[str, str]) -> None:
    """Freeze into `place`, where nothing is.

    Raises:
        ToolMissingError: something that freezing takes is not there.
        X07Error: it cannot be frozen or written.
    """
    pyinstaller.check(env, WHAT)
    files.make_folder(place.parent)
    with files.temporary_folder(temporary) as workshop:
        frozen = _frozen(workshop, env)
        staged = files.beside(place)
        try:
            _unpack_framework(frozen)
            _refuse_libraries(frozen)
            shutil.copytree(frozen, staged)
            _settle(staged)
            staged.rename(place)
        except OSError as error:
            raise files.output_error(place, error) from error
        finally:
            shutil.rmtree(staged, ignore_errors=True)


def _frozen(workshop: Path, env: Mapping[str, str]) -> Path:
    start = {"module": "x07bundle.launcher.begin", "function": "main"}
    entry = pyinstaller.rendered(ENTRY, start)
    files.write_atomic(workshop / f"{NAME}.py", entry.encode())
    values = {
        "left_out": repr(list(LIBRARIES_LEFT_OUT)),
        "search_path": repr(str(assets.PACKAGE.parent)),
        "excluded": repr(list(EXCLUDED)),
        "early": repr(list(EARLY)),
    }
    return pyinstaller.run(workshop, NAME, values, env)


def _unpack_framework(frozen: Path) -> None:
    """Python of macOS may be in a framework: a folder with links, of which one library is wanted.
    What PyInstaller made loads it from beside itself, where it has a link.
    """
    for library in sorted(frozen.glob(FRAMEWORK)):
        beside = frozen / library.name
        beside.unlink(missing_ok=True)
        library.rename(beside)
        shutil.rmtree(library.parents[2])


def _refuse_libraries(frozen: Path) -> None:
    """No library is looked for beside the launcher (stubs/launcher/proper.c), so none may be
    needed but Python itself, which is loaded by its path: `libpython3.x`, or `Python` where it is a
    framework of macOS.

    Raises:
        X07Error: one is.
    """
    found = [path.name for pattern in LIBRARIES for path in frozen.glob(pattern)]
    others = [name for name in found if not name.startswith(LIBPYTHON)]
    if others:
        raise X07Error(
            f"the modules of this Python take libraries of their own: {', '.join(sorted(others))}",
            hint="freeze with another Python: that of the distribution, or of python.org",
        )


def _settle(folder: Path) -> None:
    """Modes that do not depend on who freezes; and only what is read of Python's own library.

    On macOS, libraries stay as PyInstaller signed them, which put their search paths right.
    """
    _shrink(folder / LIBRARY)
    for path in folder.rglob("*.so*"):
        data = path.read_bytes()
        settled = elf.without_search_path(data)
        if settled != data:
            path.write_bytes(settled)
    for path in folder.rglob("*"):
        is_program = path.is_dir() or path == folder / NAME
        path.chmod(PROGRAM_MODE if is_program else FILE_MODE)


def _shrink(library: Path) -> None:
    """Stored, as it was, so that nothing is unpacked at a start."""
    staged = library.with_suffix(".new")
    with zipfile.ZipFile(library) as reading, zipfile.ZipFile(staged, "w") as writing:
        for entry in sorted(reading.infolist(), key=lambda entry: entry.filename):
            folder, _, name = entry.filename.rpartition("/")
            if folder != "encodings" or name.partition(".")[0] in ENCODINGS:
                plain = zipfile.ZipInfo(entry.filename)
                writing.writestr(plain, reading.read(entry))
    staged.replace(library)


def versions() -> tuple[str, ...]:
    """What the bytes depend on beside this package."""
    return (sys.version, *os.uname()[4:], pyinstaller.version_or_none() or "")


def digest() -> str:
    """Covers everything of this package that a launcher is made of, and with."""
    rooms = (assets.PACKAGE / room for room in (*ROOMS, "freeze"))
    names = sorted(
        (*assets.PACKAGE.glob("*.py"), *(path for room in rooms for path in room.rglob("*.py")))
    )
    templates = ("launcher.spec.j2", ENTRY)
    places = [*names, *(assets.find(f"launcher_templates/{name}") for name in templates)]
    lines = [f"{path.name}\0{files.fingerprint(path.read_bytes())}\n" for path in places]
    return files.fingerprint("".join(lines).encode("utf-8", "surrogateescape"))
