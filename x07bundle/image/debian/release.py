"""A release: which indices a suite has, by digest, and from when it is."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from x07bundle.errors import RefusedError, X07Error
from x07bundle.image.debian import fields

MAX_BYTES: Final = 16 << 20
LISTED: Final = re.compile(r"([0-9a-f]{64})\s+([0-9]{1,12})\s+([!-~]+)")
MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
DATE: Final = re.compile(
    r"[A-Z][a-z]{2}, ([0-9]{1,2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r" (?:UTC|GMT|\+0000)"
)
COMPRESSIONS: Final = (".xz", ".gz", "")
"""What an index comes in; the smallest first."""


class Listed(NamedTuple):
    """A file of a suite. `path` is relative to the folder of the suite."""

    path: str
    sha256: str
    size_bytes: int


class Release(NamedTuple):
    """`files` by path. `valid_until`: None where it does not go out of date."""

    suite: str
    date: datetime
    valid_until: datetime | None
    by_hash: bool
    architectures: tuple[str, ...]
    files: Mapping[str, Listed]


def read(data: bytes, suite: str) -> Release:
    """A release whose signature was checked.

    Raises:
        X07Error: it is none.
        RefusedError: it is that of another suite.
    """
    where = f"the release of `{suite}`"
    found = fields.single(data, where)
    names = {found.get("codename"), found.get("suite")}
    if suite not in names:
        raise RefusedError(
            f"{where} says that it is that of `{found.get('codename', '')}`",
            hint="the mirror mixes them up: name another with --mirror",
        )
    until = found.get("valid-until")
    return Release(
        suite,
        _date(fields.required(found, "Date", where), where),
        _date(until, where) if until else None,
        found.get("acquire-by-hash") == "yes",
        tuple(found.get("architectures", "").split()),
        _files(fields.required(found, "SHA256", where), where),
    )


def check_age(release: Release, now: datetime, newest: datetime | None) -> None:
    """Nothing that is out of date, and nothing older than what was seen before.

    Raises:
        RefusedError: it is.
    """
    if release.valid_until is not None and now > release.valid_until:
        raise RefusedError(
            f"the release of `{release.suite}` was valid until {_day(release.valid_until)}",
            hint="the mirror is behind, or this machine's clock is wrong; "
            "--allow-expired takes it all the same, as a mirror of the past needs",
        )
    if newest is not None and release.date < newest:
        raise RefusedError(
            f"the release of `{release.suite}` is of {_day(release.date)}, "
            f"and the lock was made with that of {_day(newest)}",
            "a mirror that goes back in time hides corrections",
            "name another mirror with --mirror; to go back on purpose, remove the lock first",
        )


def indices(release: Release, component: str, architecture: str) -> list[Listed]:
    """The index of packages in the forms that the release lists, best first.

    Raises:
        X07Error: it lists none.
    """
    path = f"{component}/binary-{architecture}/Packages"
    found = [release.files[path + end] for end in COMPRESSIONS if path + end in release.files]
    if not found:
        raise X07Error(
            f"the release of `{release.suite}` lists no packages for `{architecture}`",
            f"it has {', '.join(release.architectures)}",
        )
    return found


def _files(text: str, where: str) -> dict[str, Listed]:
    files: dict[str, Listed] = {}
    for line in text.splitlines():
        if not line:
            continue
        found = LISTED.fullmatch(line)
        if found is None or not _is_relative(found[3]):
            raise X07Error(f"cannot use {where}: `{line[:100]}` lists no file")
        files[found[3]] = Listed(found[3], found[1], int(found[2]))
    return files


def _is_relative(path: str) -> bool:
    return not any(name in ("", ".", "..") for name in path.split("/"))


def _date(text: str, where: str) -> datetime:
    """Dates are English whatever the locale is, which `strptime` does not promise."""
    found = DATE.fullmatch(text)
    try:
        if found is None:
            raise ValueError(text)
        day, year, hour, minute, second = (int(found[group]) for group in (1, 3, 4, 5, 6))
        month = MONTHS.index(found[2]) + 1
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise X07Error(f"cannot use {where}: `{text[:60]}` is no date") from error


def _day(when: datetime) -> str:
    return when.strftime("%Y-%m-%d")
