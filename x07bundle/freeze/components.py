"""What a frozen toolchain is made of, for its description and for whoever asks for licences."""

import platform
import sys
import sysconfig
from importlib import metadata
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import __version__, assets
from x07bundle.contract.toolchain import Component
from x07bundle.freeze.contents import Asset

PACKAGES: Final = {
    "click": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "markupsafe": "BSD-3-Clause",
    "pyinstaller": "GPL-2.0-or-later WITH Bootloader-exception",
}
"""Python packages by their licence: that of each is what it says itself, as SPDX spells it."""
OWN: Final = ("x07bundle", "Apache-2.0")
PYTHON: Final = ("python", "PSF-2.0")
LIBPYTHON: Final = "libpython"
LICENCES: Final = "licences"
LICENCE_NAMES: Final = ("licen", "copying")


class Found(NamedTuple):
    """`licences`: their texts, with the names that they get."""

    components: tuple[Component, ...]
    licences: tuple[Asset, ...]


def found(folder: Path) -> Found:
    """`folder`: what PyInstaller made, for the libraries of this machine that are in it."""
    packages = [_package(name, licence) for name, licence in PACKAGES.items()]
    libraries = sorted(folder.glob("lib*.so*"))
    return Found(
        components=(
            Component(OWN[0], __version__, f"pkg:pypi/{OWN[0]}@{__version__}", OWN[1]),
            _python(),
            *packages,
            *(_library(file) for file in libraries if not file.name.startswith(LIBPYTHON)),
        ),
        licences=tuple(sorted(_licences())),
    )


def versions() -> tuple[tuple[str, str], ...]:
    """What the bytes depend on beside this package."""
    installed = [(name, metadata.version(name)) for name in PACKAGES]
    return (("python", sys.version), *installed)


def _python() -> Component:
    version = platform.python_version()
    return Component(PYTHON[0], version, f"pkg:generic/{PYTHON[0]}@{version}", PYTHON[1])


def _package(name: str, licence: str) -> Component:
    version = metadata.version(name)
    return Component(name, version, f"pkg:pypi/{name}@{version}", licence)


def _library(file: Path) -> Component:
    """Its file's name has the version of its interface, and nothing else is known of it."""
    name, _, version = file.name.partition(".so.")
    return Component(name, version, f"pkg:generic/{name}@{version}", "")


def _licences() -> list[Asset]:
    python = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    own = [Asset(python, f"{LICENCES}/python.txt")] if python.is_file() else []
    project = assets.PACKAGE.parent / "LICENSE"
    own += [Asset(project, f"{LICENCES}/{OWN[0]}.txt")] if project.is_file() else []
    return [*own, *(asset for name in PACKAGES for asset in _licences_of(name))]


def _licences_of(name: str) -> list[Asset]:
    distribution = metadata.distribution(name)
    listed = distribution.files or ()
    texts = [file for file in listed if file.name.lower().startswith(LICENCE_NAMES)]
    places = [Path(str(distribution.locate_file(file))) for file in texts]
    return [Asset(place, f"{LICENCES}/{name}.txt") for place in places if place.is_file()][:1]
