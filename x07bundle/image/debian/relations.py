"""What a package says of others: `Depends`, `Pre-Depends`, `Provides`, `Conflicts`, `Breaks`."""

import operator
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final, NamedTuple

from x07bundle.errors import X07Error
from x07bundle.image.debian import versions

RELATION: Final = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9+.-]+)(?::(?P<qualifier>[a-z0-9-]+))?"
    r"(?:\s*\(\s*(?P<operator><<|<=|=|>=|>>)\s*(?P<version>[^\s()]+)\s*\))?"
)
HOLDS: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "<<": operator.lt, "<=": operator.le, "=": operator.eq, ">=": operator.ge, ">>": operator.gt,
}  # fmt: skip


class Relation(NamedTuple):
    """One alternative. `qualifier`: an architecture, `any`, `native`, or empty."""

    name: str
    qualifier: str = ""
    operator: str = ""
    version: str = ""

    def __str__(self) -> str:
        version = f" ({self.operator} {self.version})" if self.operator else ""
        return self.name + (f":{self.qualifier}" if self.qualifier else "") + version

    def allows(self, version: str) -> bool:
        if not self.operator:
            return True
        return HOLDS[self.operator](versions.compare(version, self.version), 0)


Clause = tuple[Relation, ...]
"""Alternatives: one of them has to hold."""


@cache
def clauses(text: str) -> tuple[Clause, ...]:
    """All have to hold.

    Raises:
        X07Error: it is no list of relations.
    """
    parts = (part.strip() for part in text.replace("\n", " ").split(","))
    return tuple(
        tuple(_relation(alternative.strip()) for alternative in part.split("|"))
        for part in parts
        if part
    )


def _relation(text: str) -> Relation:
    found = RELATION.fullmatch(text)
    if found is None:
        raise X07Error(f"`{text[:80]}` names no package and version")
    name, qualifier, sign, version = found.group("name", "qualifier", "operator", "version")
    if version is not None:
        versions.check(version)
    return Relation(name, qualifier or "", sign or "", version or "")
