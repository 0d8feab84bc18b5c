"""What goes into the toolchain of guest images: modules of this package, and files that they read.

A guest compiles, runs, checks and bundles. What makes images, and talks to registries, stays out.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import assets, files

LEFT_OUT: Final = ("x07bundle.image", "x07bundle.registry", "x07bundle.freeze")
"""Rooms that no guest needs; and what the command line has for them, by how its names start."""
COMMANDS_LEFT_OUT: Final = "x07bundle.cli.image"
ASSETS: Final = ("stubs/cli_main", "stubs/runtime", "stubs/policy_probe", "launcher_templates")
OWN_TEMPLATES: Final = (
    "toolchain.spec.j2",
    "launcher.spec.j2",
    "frozen_entry.py.j2",
    "launcher_entry.py.j2",
)
"""What freezes, and is not needed by what was frozen."""
STD: Final = "x07bundle/std/"

EXCLUDED: Final = (
    *LEFT_OUT,
    # TLS is OpenSSL, and as large as all the rest: `x07 pkg` says that it is not there.
    *("ssl", "_ssl", "_hashlib"),
    # What modules import for the case of need, which is none here.
    *("unittest", "doctest", "pydoc", "pdb", "xml", "sqlite3", "tkinter", "curses", "readline"),
    *("multiprocessing", "asyncio", "distutils", "setuptools", "_uuid"),
    *("bz2", "_bz2", "lzma", "_lzma", "decimal", "_decimal", "_pydecimal", "unicodedata"),
    *("_codecs_cn", "_codecs_hk", "_codecs_iso2022", "_codecs_jp", "_codecs_kr", "_codecs_tw"),
    "_multibytecodec",
)


class Asset(NamedTuple):
    """A file, and its name in the folder of the toolchain."""

    file: Path
    name: str


def modules() -> tuple[str, ...]:
    """The names of all modules: commands are imported by names that no analysis sees."""
    names = (_module(file) for file in _files(assets.PACKAGE) if file.suffix == ".py")
    return tuple(sorted(name for name in names if not _is_left_out(name)))


def data() -> tuple[Asset, ...]:
    """By name: the std modules, packages, templates and schemas of the package, and the assets."""
    return tuple(sorted((*_of_package(), *_of_assets()), key=lambda asset: asset.name))


def digest() -> str:
    """Covers everything of this package that a toolchain is made of, and with."""
    package = [Asset(file, _name(file)) for file in _files(assets.PACKAGE)]
    templates = [Asset(assets.find(f"launcher_templates/{name}"), name) for name in OWN_TEMPLATES]
    every = sorted((*package, *_of_assets(), *templates), key=lambda asset: asset.name)
    lines = [f"{asset.name}\0{files.fingerprint(asset.file.read_bytes())}\n" for asset in every]
    return files.fingerprint("".join(lines).encode("utf-8", "surrogateescape"))


def _of_package() -> Iterator[Asset]:
    for file in _files(assets.PACKAGE):
        if file.suffix != ".py" and not _is_left_out(_name(file).replace("/", ".")):
            yield Asset(file, _name(file))


def _of_assets() -> Iterator[Asset]:
    for part in ASSETS:
        root = assets.find(part)
        for file in _files(root):
            if file.name not in OWN_TEMPLATES:
                yield Asset(file, f"{part}/{file.relative_to(root).as_posix()}")


def _files(root: Path) -> Iterator[Path]:
    """But for what Python compiled, and what a wheel brings beside the package."""
    for path in sorted(root.rglob("*")):
        names = path.relative_to(root).parts
        if path.is_file() and "__pycache__" not in names and names[0] != assets.IN_WHEEL:
            yield path


def _name(file: Path) -> str:
    return file.relative_to(assets.PACKAGE.parent).as_posix()


def _module(file: Path) -> str:
    names = file.relative_to(assets.PACKAGE.parent).with_suffix("").as_posix()
    return names.replace("/", ".").removesuffix(".__init__")


def _is_left_out(module: str) -> bool:
    rooms = any(f"{module}.".startswith(f"{room}.") for room in LEFT_OUT)
    return rooms or module.startswith(COMMANDS_LEFT_OUT)
