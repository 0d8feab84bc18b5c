"""`NAME`, `NAME@VERSION` and `NAME@RANGE` (contract/project.md §5)."""

import re
from typing import Final, NamedTuple

from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.versions import Range, holds, is_version, read_range

NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,127}", re.ASCII).fullmatch
EXAMPLES: Final = "as in `ext-fs`, `ext-fs@0.1.6` or `ext-fs@>=0.1.5, <0.2.0`"


class Spec(NamedTuple):
    """`version` is set for an exact spec, `wanted` holds its clauses for a range."""

    name: str
    version: str | None = None
    wanted: Range = ()

    def fits(self, version: str) -> bool:
        return self.version in (None, version) and holds(self.wanted, version)

    def __str__(self) -> str:
        if self.version is not None:
            return f"{self.name}@{self.version}"
        clauses = " ".join(clause.comparison + clause.version for clause in self.wanted)
        return f"{self.name}@{clauses}" if clauses else self.name


def parse(text: str) -> Spec | None:
    """The spec, or None where the text is none."""
    name, at, rest = text.strip().partition("@")
    rest = rest.strip()
    if not NAME(name) or (at and not rest):
        return None
    if not at:
        return Spec(name)
    if is_version(rest):
        return Spec(name, rest)
    is_range = rest[0] in "<>=" or re.search(r"[\s,]", rest) is not None
    wanted = read_range(rest) if is_range else None
    return Spec(name, None, wanted) if wanted else None


def required(text: str) -> Spec:
    """The spec that someone typed.

    Raises:
        PackageError: it is none.
    """
    spec = parse(text)
    if spec is None:
        raise PackageError(
            "X07PKG_SPEC_INVALID",
            f"`{text}` names no package",
            "a name is lower case letters, digits, `_` and `-`, a version is MAJOR.MINOR.PATCH",
            f"write it {EXAMPLES}",
        )
    return spec
