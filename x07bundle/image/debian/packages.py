"""The index of a suite's packages: what there is, by name and by what it provides."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from x07bundle.errors import X07Error
from x07bundle.image.debian import fields, relations, versions
from x07bundle.image.debian.relations import Clause, Relation

FIELDS: Final = frozenset(
    "package version architecture filename size sha256 depends pre-depends provides conflicts "
    "breaks essential".split()
)
NAME: Final = re.compile(r"[a-z0-9][a-z0-9+.-]{1,127}")
PATH: Final = re.compile(r"pool/[A-Za-z0-9][A-Za-z0-9+.~_%:-]*(?:/[A-Za-z0-9][A-Za-z0-9+.~_%:-]*)+")
SHA256: Final = re.compile(r"[0-9a-f]{64}")
MAX_PACKAGE_BYTES: Final = 1 << 33
DIGITS: Final = 10


class Package(NamedTuple):
    """A package that a suite has. `path` is relative to the mirror."""

    name: str
    version: str
    architecture: str
    suite: str
    path: str
    size_bytes: int
    sha256: str
    needs: str = ""
    provides: str = ""
    excludes: str = ""
    is_essential: bool = False

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """What it needs to be unpacked and to work."""
        return relations.clauses(self.needs)

    @property
    def excluded(self) -> tuple[Relation, ...]:
        """What it cannot be together with."""
        return tuple(each for clause in relations.clauses(self.excludes) for each in clause)

    @property
    def provided(self) -> tuple[Relation, ...]:
        """Other names that it answers to; those with a version, for relations with one."""
        return tuple(each for clause in relations.clauses(self.provides) for each in clause)


def read(data: bytes, suite: str, architecture: str) -> Iterator[Package]:
    """The packages of an index; those of other architectures are left out.

    Raises:
        X07Error: it is no index of packages.
    """
    where = f"the index of `{suite}`"
    for paragraph in fields.paragraphs(data, where, only=FIELDS):
        package = _package(paragraph, suite, where)
        if package.architecture in (architecture, "all"):
            yield package


def check_name(name: str) -> str:
    """Raises X07Error: no package is called that."""
    if NAME.fullmatch(name) is None:
        raise X07Error(f"`{name[:80]}` is no name of a package")
    return name


def check_path(path: str) -> str:
    """Raises X07Error: packages do not stand there."""
    if PATH.fullmatch(path) is None or len(path) > 512:
        raise X07Error(f"`{path[:120]}` is no place of a package: it is to stand below `pool/`")
    return path


def check_sha256(digest: str) -> str:
    """Raises X07Error: it is none."""
    if SHA256.fullmatch(digest) is None:
        raise X07Error(f"`{digest[:80]}` is no SHA-256 in 64 small hex digits")
    return digest


def _package(paragraph: fields.Paragraph, suite: str, where: str) -> Package:
    name = check_name(fields.required(paragraph, "Package", where))
    place = f"{where}, package `{name}`"
    together = [paragraph.get(field, "") for field in ("pre-depends", "depends")]
    against = [paragraph.get(field, "") for field in ("conflicts", "breaks")]
    return Package(
        name,
        versions.check(fields.required(paragraph, "Version", place)),
        fields.required(paragraph, "Architecture", place),
        suite,
        check_path(fields.required(paragraph, "Filename", place)),
        _size(fields.required(paragraph, "Size", place), place),
        check_sha256(fields.required(paragraph, "SHA256", place)),
        _joined(together),
        paragraph.get("provides", ""),
        _joined(against),
        paragraph.get("essential") == "yes",
    )


def _joined(lists: Iterable[str]) -> str:
    return ", ".join(text for text in lists if text)


def _size(text: str, place: str) -> int:
    is_number = text.isascii() and text.isdecimal() and len(text) <= DIGITS
    if not is_number or not 0 < int(text) <= MAX_PACKAGE_BYTES:
        raise X07Error(f"cannot use {place}: `{text[:40]}` is no size that is allowed")
    return int(text)
