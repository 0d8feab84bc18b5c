"""Versions of the x07AST schema, and what each brought (contract/language.md §1)."""

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


def minor_version(value: object, findings: Findings) -> int:
    """The minor version; NEWEST, and something found, where the value is no accepted version."""
    version = _version(value)
    if version is None:
        findings.add(
            CODE,
            f"`schema_version` must be `{PREFIX}0.{OLDEST}.0` to `{PREFIX}0.{NEWEST}.0`",
            "/schema_version",
            fix=replace("/schema_version", WRITTEN, "the version that tools write"),
        )
        return NEWEST
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


def _version(value: object) -> tuple[int, ...] | None:
    """The three numbers of at most six digits."""
    if not isinstance(value, str) or not value.startswith(PREFIX):
        return None
    parts = value.removeprefix(PREFIX).split(".")
    digits = [part for part in parts if part.isascii() and part.isdigit() and len(part) <= 6]
    return tuple(map(int, digits)) if len(parts) == len(digits) == 3 else None


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
