"""What an index holds of a package (contract/project.md §6): entries read from foreign bytes."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from x07bundle import strict_json
from x07bundle.project.members import Members
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.index_url import IndexUrl
from x07bundle.project.packages.spec import NAME
from x07bundle.project.packages.versions import is_version, order

ENTRY_SCHEMA: Final = "x07.index-entry@0.1.0"
ADVISORY_SCHEMA: Final = "x07.pkg.advisory@0.1.0"
KINDS: Final = ("broken", "security", "deprecated")
SEVERITIES: Final = ("low", "medium", "high", "critical")
MAX_VERSIONS: Final = 10_000

_digest = re.compile(r"[0-9a-f]{64}").fullmatch


class Signature(NamedTuple):
    """`value`: base64, as it is written."""

    kind: str
    key_id: str
    value: str


class PublicKey(NamedTuple):
    """A key of the index's configuration. `value`: base64, as it is written."""

    key_id: str
    value: str


class Entry(NamedTuple):
    """One version. `cksum`: SHA-256 of its archive. `advisories`: documents as they are written."""

    name: str
    version: str
    cksum: str
    yanked: bool = False
    advisories: tuple[Mapping[str, Any], ...] = ()
    signature: Signature | None = None

    @property
    def active_advisories(self) -> tuple[Mapping[str, Any], ...]:
        return tuple(one for one in self.advisories if not one.get("withdrawn_at_utc"))


class Index(Protocol):
    """Where packages are listed and come from. All methods raise PackageError."""

    @property
    def url(self) -> IndexUrl: ...

    def entries(self, name: str) -> tuple[Entry, ...]:
        """The versions of a package, lowest first; none for a package that is not there."""

    def archive(self, entry: Entry) -> bytes:
        """The bytes of an entry's archive, whose digest is not checked yet."""

    def names(self) -> tuple[str, ...]:
        """Every package, sorted."""

    def public_keys(self) -> tuple[PublicKey, ...]:
        """What its entries are signed with."""


def entry_path(name: str) -> str:
    """Where the file of a package's entries is, below the index."""
    if len(name) < 3:
        return f"{len(name)}/{name}"
    return f"3/{name[0]}/{name}" if len(name) == 3 else f"{name[:2]}/{name[2:4]}/{name}"


def read_entries(data: bytes, name: str, source: str) -> tuple[Entry, ...]:
    """The entries of a package's file, lowest version first.

    Raises:
        PackageError: X07PKG_INDEX_FETCH: a line is none, or is about another package.
    """
    lines = [line for line in data.split(b"\n") if line.strip()]
    if len(lines) > MAX_VERSIONS:
        raise _refusal(source, [f"it has more than {MAX_VERSIONS} lines"])
    entries = [
        _entry(line, name, f"{source}, line {number}") for number, line in enumerate(lines, 1)
    ]
    if len({entry.version for entry in entries}) != len(entries):
        raise _refusal(source, ["a version appears twice"])
    return sort(entries)


def sort(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: (order(entry.version), entry.version)))


def _refusal(source: str, problems: Sequence[str]) -> PackageError:
    brief = f"the index gave something that is no entry: {source}"
    hint = "tell those who run the index"
    return PackageError("X07PKG_INDEX_FETCH", brief, "\n".join(problems), hint)


def _entry(line: bytes, name: str, source: str) -> Entry:
    value, problems, _ = strict_json.read(line)
    if not isinstance(value, dict):
        raise _refusal(source, problems or ("it is no object",))
    members = Members(value)
    entry = _read(members, name)
    if members.problems:
        raise _refusal(source, members.problems)
    return entry


def _read(members: Members, name: str) -> Entry:
    if members.required("schema_version"):
        members.choice("schema_version", (ENTRY_SCHEMA,))
    if members.required("name") and members.choice("name", (name,)) and not NAME(name):
        members.refuse("name", "is not a package name")
    version, cksum = members.required("version"), members.required("cksum")
    if version and not is_version(version):
        members.refuse("version", f"`{version}` is not a version")
    if cksum and not _digest(cksum):
        members.refuse("cksum", "is not a SHA-256 in lower-case hex")
    advisories = tuple(_advisory(child, name) for child in members.children("advisories"))
    yanked = members.flag("yanked", False)
    return Entry(name, version, cksum, yanked, advisories, _signature(members))


def _advisory(advisory: Members, name: str) -> Mapping[str, Any]:
    if advisory.required("schema_version"):
        advisory.choice("schema_version", (ADVISORY_SCHEMA,))
    for key in ("id", "version", "summary", "created_at_utc"):
        advisory.required(key)
    for key, choices in (("package", (name,)), ("kind", KINDS), ("severity", SEVERITIES)):
        if advisory.required(key):
            advisory.choice(key, choices)
    for key in ("url", "details", "withdrawn_at_utc"):
        advisory.text(key)
    return advisory.value


def _signature(members: Members) -> Signature | None:
    if members.value.get("signature") is None:
        return None
    signature = members.child("signature")
    return Signature(*(signature.required(key) for key in ("kind", "key_id", "ed25519_sig")))
