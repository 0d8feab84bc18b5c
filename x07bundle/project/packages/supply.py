"""Where packages come from (contract/project.md §6, "fetch order").

What is there, then what comes with the tool, then the cache and the index.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from x07bundle import packages
from x07bundle.files import sha256_bytes
from x07bundle.project.manifest import Dependency
from x07bundle.project.packages import package
from x07bundle.project.packages.archive import pack
from x07bundle.project.packages.builtin_index import BuiltInIndex, official
from x07bundle.project.packages.dependencies import VENDORED, is_vendored
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.index import Entry, Index
from x07bundle.project.packages.locked import check_identity
from x07bundle.project.packages.package import MANIFEST, Package
from x07bundle.project.packages.settings import Settings
from x07bundle.project.packages.spec import NAME
from x07bundle.project.packages.vendoring import Check, archive_of, vendor
from x07bundle.project.packages.versions import is_version


class Fetched(NamedTuple):
    """A package that was got from an index; `sha256` of its archive."""

    name: str
    version: str
    path: str
    sha256: str


class Metadata(NamedTuple):
    """What an index says of a version beside its bytes."""

    yanked: bool
    advisories: tuple[Mapping[str, Any], ...]


def index_of(settings: Settings, *, refresh: bool = False) -> Index:
    """The index of the settings; nothing is connected to yet."""
    if settings.url.scheme == "builtin":
        return BuiltInIndex()
    from x07bundle.project.packages.sparse_index import SparseIndex

    def connect() -> Any:  # noqa: ANN401  a `Web`, which is slow to import
        try:
            from x07bundle.project.packages.web import Web
        except ImportError as error:
            raise _no_tls() from error
        return Web(settings.ca_file)

    return SparseIndex(settings.url, connect, settings.token, refresh=refresh)


def _no_tls() -> PackageError:
    """A toolchain of a guest image, or a Python that was built without OpenSSL."""
    return PackageError(
        "X07PKG_INDEX_CONFIG",
        "this build of x07 has no TLS, so it cannot use an index of the network",
        hint="packages that come with the tool need none; vendor others with another x07 before",
    )


def accept(_: Path) -> None:
    """The check of packages of which nothing is known before."""


class Supply:
    """Gets packages for the project in `root`, and keeps what was got in `fetched`."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self.root = root
        self.settings = settings
        self.index = index_of(settings)
        self.fetched: list[Fetched] = []
        self.known: dict[str, tuple[Entry, ...]] = {}

    def provide(self, dependency: Dependency, place: Path, check: Check = accept) -> Package:
        """The package of a dependency, which is in `place` then, and which `check` has seen.

        Raises:
            PackageError: it cannot be got, or is none that can be used.
        """
        _check_form(dependency)
        if not (place / MANIFEST).is_file():
            self._get(dependency, place, check)
        found = package.load(place)
        check_identity(found, dependency, str(place))
        package.check_compat(found, str(place / MANIFEST))
        check(place)
        return found

    def versions(self, name: str) -> tuple[str, ...]:
        """Every version that is there or could be got."""
        there = (file.parent.name for file in (self.root / VENDORED / name).glob(f"*/{MANIFEST}"))
        return tuple(sorted({one for one in there if is_version(one)} | set(self.offered(name))))

    def offered(self, name: str) -> tuple[str, ...]:
        """Every version that could be got, without those that the index has taken back."""
        ours = (release.version for release in packages.versions(name))
        listed = () if self.settings.offline else self.entries(name)
        usable = (entry.version for entry in listed if not entry.yanked)
        return tuple(sorted({one for one in (*ours, *usable) if is_version(one)}))

    def entries(self, name: str) -> tuple[Entry, ...]:
        """What the index lists of a package; asked for once."""
        if name not in self.known:
            self.known[name] = self.index.entries(name)
        return self.known[name]

    def metadata(self, dependency: Dependency) -> Metadata | None:
        """What the index says of a dependency, where it is to be asked (not offline)."""
        is_asked = self.settings.is_named or bool(self.fetched)
        is_listed = is_vendored(dependency.path) and not official(
            dependency.name, dependency.version
        )
        if self.settings.offline or not is_asked or not is_listed:
            return None
        entries = self.entries(dependency.name)
        entry = next((one for one in entries if one.version == dependency.version), None)
        return Metadata(entry.yanked, entry.active_advisories) if entry else None

    def _get(self, dependency: Dependency, place: Path, check: Check) -> None:
        if not is_vendored(dependency.path):
            raise _missing("X07PKG_LOCAL_MISSING_DEP", dependency, f"no `{place / MANIFEST}`")
        release = official(dependency.name, dependency.version)
        if release is not None:
            vendor(pack(release.folder), dependency, place, check)
            return
        if self.settings.offline:
            why = "it is to be fetched, and --offline, X07_OFFLINE or a configuration forbids that"
            raise _missing("X07PKG_OFFLINE_MISSING_DEP", dependency, why)
        entry = self._entry(dependency)
        archive = archive_of(entry, self.index, self.root)
        vendor(archive, dependency, place, check)
        digest = sha256_bytes(archive)
        self.fetched.append(Fetched(*dependency, digest))

    def _entry(self, dependency: Dependency) -> Entry:
        entries = self.entries(dependency.name)
        for entry in entries:
            if entry.version == dependency.version:
                return entry
        listed = ", ".join(entry.version for entry in entries)
        raise PackageError(
            "X07PKG_INDEX_NO_MATCH",
            f"the index has no {dependency.name}@{dependency.version}",
            f"`{self.index.url.written}` has {listed or 'no version of it'}",
            f"`x07 pkg versions {dependency.name}` lists what there is; --index names another",
        )


def missing_patch(dependency: Dependency, place: Path) -> PackageError:
    return _missing("X07PKG_PATCH_MISSING_DEP", dependency, f"no `{place / MANIFEST}`")


def _missing(code: str, dependency: Dependency, why: str) -> PackageError:
    brief = f"the package {dependency.name}@{dependency.version} is not at `{dependency.path}`"
    hints = {
        "X07PKG_OFFLINE_MISSING_DEP": "run `x07 pkg lock` with a network",
        "X07PKG_LOCAL_MISSING_DEP": "mend `path` in `dependencies` of x07.json",
        "X07PKG_PATCH_MISSING_DEP": "mend `path` in `patch` of x07.json",
    }
    return PackageError(code, brief, why, hints[code])


def _check_form(dependency: Dependency) -> None:
    if not NAME(dependency.name) or not is_version(dependency.version):
        brief = f"`{dependency.name}@{dependency.version}` in x07.json names no package"
        hint = "a name is lower case, a version MAJOR.MINOR.PATCH"
        raise PackageError("X07PKG_SPEC_INVALID", brief, None, hint)
