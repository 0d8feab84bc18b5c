"""Which packages an image has, by the files that they leave in it.

The same for an image that is being made and for one that is looked at: control files below
`var/lib/dpkg`, as one file or as one for each package (where scanners look for them), and the
copyright files.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from x07bundle.contract import toolchain
from x07bundle.contract.toolchain import Component
from x07bundle.image.debian import fields

STATUS_FILE: Final = "var/lib/dpkg/status"
STATUS_FOLDER: Final = "var/lib/dpkg/status.d/"
FIELDS: Final = frozenset(
    "package version architecture source maintainer installed-size status".split()
)
DOCUMENTS: Final = "usr/share/doc/"
COPYRIGHT: Final = re.compile(r"usr/share/doc/[a-z0-9][a-z0-9+.-]*/copyright")
LICENSE: Final = re.compile(r"(?m)^License:[ \t]*([^\s(][^\n]*?)[ \t]*$")
COMMON_LICENSE: Final = re.compile(
    r"/usr/share/common-licenses/([A-Za-z0-9][A-Za-z0-9+.-]*[A-Za-z0-9+])"
)
MOST_FILE_BYTES: Final = 64 << 20
MOST_LICENSES: Final = 64
MOST_LINKS: Final = 4


class Package(NamedTuple):
    """`installed_bytes`: as the package says it, in whole KiB. `licenses`: names that its copyright
    file gives, or refers to where it is not for machines; they are the distribution's, not always
    SPDX's. `source`: the source package, with its version where that is another one.
    """

    name: str
    version: str
    architecture: str
    source: str
    maintainer: str
    installed_bytes: int
    licenses: tuple[str, ...]


def is_of_interest(path: str) -> bool:
    """Whether `packages` or `components` wants the bytes of this file."""
    return (
        path in (STATUS_FILE, toolchain.PLACE)
        or path.startswith(STATUS_FOLDER)
        or COPYRIGHT.fullmatch(path) is not None
    )


def packages(files: Mapping[str, bytes], links: Mapping[str, str]) -> tuple[Package, ...]:
    """By name. `files`: those of interest, by path. `links`: symlinks to their targets; a package
    may share the folder of its documents with another one.

    Raises:
        X07Error: a control file is none.
    """
    found = {
        (paragraph["package"], paragraph.get("architecture", "")): paragraph
        for path, data in files.items()
        if _is_status(path)
        for paragraph in fields.paragraphs(data, f"`{path}`", only=FIELDS)
        if "package" in paragraph and _is_installed(paragraph)
    }
    return tuple(_package(found[key], files, links) for key in sorted(found))


def components(files: Mapping[str, bytes]) -> tuple[Component, ...]:
    """Of the toolchain, where there is one that says what it is made of.

    Raises:
        X07Error: its description is none.
    """
    said = files.get(toolchain.PLACE)
    return toolchain.read(said, toolchain.PLACE).components if said is not None else ()


def _is_status(path: str) -> bool:
    is_control = path.startswith(STATUS_FOLDER) and not path.endswith(".md5sums")
    return path == STATUS_FILE or is_control


def _is_installed(paragraph: Mapping[str, str]) -> bool:
    """A control file alone does not say; dpkg's own file keeps what was removed, too."""
    return "status" not in paragraph or paragraph["status"].endswith(" installed")


def _package(
    paragraph: Mapping[str, str], files: Mapping[str, bytes], links: Mapping[str, str]
) -> Package:
    name = paragraph["package"]
    folder = name
    for _ in range(MOST_LINKS):
        folder = links.get(DOCUMENTS + folder, folder)
    size = paragraph.get("installed-size", "")
    return Package(
        name,
        paragraph.get("version", ""),
        paragraph.get("architecture", ""),
        paragraph.get("source", name),
        paragraph.get("maintainer", ""),
        int(size) * 1024 if re.fullmatch(r"\d{1,12}", size, re.ASCII) else 0,
        tuple(_licenses(files.get(f"{DOCUMENTS}{folder}/copyright", b""))),
    )


def _licenses(copyright_file: bytes) -> Iterator[str]:
    """Each once, in alphabetical order."""
    text = copyright_file.decode("utf-8", "replace")
    named = set(LICENSE.findall(text)) or set(COMMON_LICENSE.findall(text))
    yield from sorted(named)[:MOST_LICENSES]
