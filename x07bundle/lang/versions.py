"""Versions of the x07AST schema, and what each brought (contract/language.md §1)."""

import re
from typing import Final

from x07bundle.lang.findings import Findings, replace

CODE: Final = "X07-SCHEMA-0001"
PREFIX: Final = "x07.x07ast@"
OLDEST: Final = 3
NEWEST: Final = 9
WRITTEN: Final = "x07.x07ast@0.8.0"
"""The version of files that tools make."""

SINCE: Final = {
    "type_params": 4,
    "requires": 5,
    "ensures": 5,
    "invariant": 5,
    "loop_contracts": 6,
    "protocol": 7,
    "decreases": 8,
}
"""Members of a function: the minor version that brought each."""
SINCE_KIND: Final = {"defrecord": 9, "defenum": 9}

_version = re.compile(re.escape(PREFIX) + r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})").fullmatch


def minor_version(value: object, findings: Findings) -> int:
    """The minor version; NEWEST, and something found, where the value is no accepted version."""
    match = _version(value) if isinstance(value, str) else None
    if match is None:
        findings.add(
            CODE,
            f"`schema_version` must be `{PREFIX}0.{OLDEST}.0` to `{PREFIX}0.{NEWEST}.0`",
            "/schema_version",
            fix=replace("/schema_version", WRITTEN, "the version that tools write"),
        )
        return NEWEST
    version = tuple(int(part) for part in match.groups())
    if (0, OLDEST, 0) <= version <= (0, NEWEST, 0) and version[2] == 0:
        return version[1]
    is_newer = version > (0, NEWEST, 0)
    findings.add(
        CODE,
        f"`schema_version` {value} is not supported",
        "/schema_version",
        hint=f"this toolchain reads `{PREFIX}0.{OLDEST}.0` to `0.{NEWEST}.0`"
        + ("; update the toolchain to read newer files" if is_newer else ""),
    )
    return NEWEST


def require(feature: str, since: int, have: int, at: str, findings: Findings) -> None:
    """Finds a use of something that the file's own version does not have yet."""
    if have >= since:
        return
    needed = f"{PREFIX}0.{since}.0"
    findings.add(
        CODE,
        f"`{feature}` needs `schema_version` {needed}, the file says 0.{have}.0",
        at,
        fix=replace("/schema_version", needed, f"raise the file's version to 0.{since}.0"),
    )
