"""The index that comes with the tool: what `x07bundle.packages` holds, without network."""

from functools import cache

from x07bundle import packages
from x07bundle.files import sha256_bytes
from x07bundle.packages import Release
from x07bundle.project.packages.archive import pack
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.index import Entry, PublicKey, sort
from x07bundle.project.packages.index_url import BUILT_IN, IndexUrl


class BuiltInIndex:
    """An `Index` (see `index`)."""

    url: IndexUrl = BUILT_IN

    def entries(self, name: str) -> tuple[Entry, ...]:
        return sort([_entry(release) for release in packages.versions(name)])

    def archive(self, entry: Entry) -> bytes:
        release = official(entry.name, entry.version)
        if release is None:
            what = f"{entry.name}@{entry.version}"
            raise PackageError("X07PKG_DOWNLOAD_FAILED", f"`{what}` does not come with the tool")
        return pack(release.folder)

    def names(self) -> tuple[str, ...]:
        return tuple(sorted({release.name for release in packages.released()}))

    def public_keys(self) -> tuple[PublicKey, ...]:
        return ()


def official(name: str, version: str) -> Release | None:
    """The version of a package that comes with the tool, if it does."""
    return next((one for one in packages.versions(name) if one.version == version), None)


@cache
def _entry(release: Release) -> Entry:
    return Entry(release.name, release.version, sha256_bytes(pack(release.folder)))
