"""A sparse index over file, http or https (contract/project.md §6)."""

import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from x07bundle import strict_json
from x07bundle.errors import X07Error
from x07bundle.files import read_bytes
from x07bundle.project.members import Members
from x07bundle.project.packages.archive import MAX_ARCHIVE_BYTES
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.index import Entry, PublicKey, entry_path, read_entries
from x07bundle.project.packages.index_url import IndexUrl, is_same_origin, problem_of
from x07bundle.project.packages.spec import NAME

if TYPE_CHECKING:
    from x07bundle.project.packages.web import Web

MAX_CONFIG_BYTES: Final = 64 << 10
MAX_ENTRIES_BYTES: Final = 8 << 20
CONFIG: Final = "config.json"
FOLDER_HINT: Final = "mend the folder of the index, or name another with --index"


class Config(NamedTuple):
    """`download`: without a final `/`."""

    download: str
    needs_token: bool = False
    public_keys: tuple[PublicKey, ...] = ()


class SparseIndex:
    """An `Index` (see `index`). `connect` is asked for the way to servers when it is needed."""

    def __init__(
        self,
        url: IndexUrl,
        connect: Callable[[], "Web"],
        token: str | None = None,
        *,
        refresh: bool = False,
    ) -> None:
        self.url = url
        self.connect = connect
        self.token = token
        self.refresh = refresh

    @cached_property
    def web(self) -> "Web":
        return self.connect()

    @cached_property
    def config(self) -> Config:
        """Raises PackageError: X07PKG_INDEX_CONFIG, X07PKG_INDEX_FETCH."""
        where = self.url.base + CONFIG
        data = self._get(where, MAX_CONFIG_BYTES, "X07PKG_INDEX_FETCH")
        if data is None:
            hint = f"an index has `{CONFIG}` at its top; check the URL"
            raise PackageError("X07PKG_INDEX_CONFIG", f"no index at `{self.url.base}`", None, hint)
        return read_config(data, where, self.url)

    def entries(self, name: str) -> tuple[Entry, ...]:
        where = self.url.base + entry_path(name)
        data = self._get(where, MAX_ENTRIES_BYTES, "X07PKG_INDEX_FETCH")
        if data is None:
            _ = self.config  # is there an index at all?
            return ()
        return read_entries(data, name, where)

    def archive(self, entry: Entry) -> bytes:
        where = f"{self.config.download}/{entry.name}/{entry.version}/download"
        data = self._get(where, MAX_ARCHIVE_BYTES, "X07PKG_DOWNLOAD_FAILED")
        if data is None:
            brief = f"the index lists {entry.name}@{entry.version}, but has no archive of it"
            raise PackageError("X07PKG_DOWNLOAD_FAILED", brief, f"nothing at `{where}`")
        return data

    def names(self) -> tuple[str, ...]:
        if self.url.scheme != "file":
            hint = "`x07 pkg versions NAME` lists what it has of one package"
            brief = f"`{self.url.written}` has no list of its packages"
            raise PackageError("X07PKG_LIST_UNSUPPORTED", brief, None, hint)
        folder = local_path(self.url.base)
        if not folder.is_dir():
            raise PackageError("X07PKG_LIST_INDEX_MISSING", f"no index at `{folder}`")
        files = [path for path in folder.rglob("*") if path.is_file() and NAME(path.name)]
        return tuple(sorted(path.name for path in files if self._is_entry_file(path, folder)))

    def public_keys(self) -> tuple[PublicKey, ...]:
        return self.config.public_keys

    def _is_entry_file(self, path: Path, folder: Path) -> bool:
        return path.relative_to(folder).as_posix() == entry_path(path.name)

    def _get(self, url: str, max_bytes: int, code: str) -> bytes | None:
        if url.startswith("file:"):
            return _read_file(local_path(url), max_bytes, code)
        web = self.web  # first: a build without TLS says so here
        from x07bundle.project.packages.web import Request  # slow to import

        is_archive = code == "X07PKG_DOWNLOAD_FAILED"
        stamp = f"?x07_refresh={time.time_ns() // 1_000_000}"
        asked = url + stamp if self.refresh and not is_archive else url
        token = self.token if self._may_have_token(url, is_archive) else None
        return web.get(Request(asked, max_bytes, code, token, is_archive))

    def _may_have_token(self, url: str, is_archive: bool) -> bool:
        """Downloads from another server get the token only where the index asks for that."""
        if is_same_origin(url, self.url.base):
            return True
        return is_archive and self.config.needs_token and url.startswith("https:")


def read_config(data: bytes, source: str, url: IndexUrl) -> Config:
    """The configuration of an index.

    Raises:
        PackageError: X07PKG_INDEX_CONFIG.
    """
    value, problems, _ = strict_json.read(data)
    members = Members(value if isinstance(value, dict) else {})
    config = _config(members, url)
    if isinstance(value, dict) and not members.problems:
        return config
    found = members.problems if isinstance(value, dict) else problems or ["it is no object"]
    brief = f"`{source}` is no configuration of an index"
    hint = "tell those who run the index"
    raise PackageError("X07PKG_INDEX_CONFIG", brief, "\n".join(found), hint)


def local_path(url: str) -> Path:
    """The file that a `file:` URL names."""
    return Path(unquote(urlsplit(url).path))


def _config(members: Members, url: IndexUrl) -> Config:
    download = members.required("dl")
    problem = problem_of(download.rstrip("/") + "/")
    if download and problem is not None:
        members.refuse("dl", problem)
    elif download.startswith(("file:", "builtin:")) and url.scheme != "file":
        members.refuse("dl", "leads into this machine, and the index is not on it")
    elif download.startswith("http:") and url.scheme == "https":
        members.refuse("dl", "is not protected (http), and the index is (https)")
    needs_token = members.flag("auth-required", False)
    signing = members.child("signing")
    keys = signing.children("public_keys")
    public = tuple(PublicKey(key.required("id"), key.required("ed25519_pub")) for key in keys)
    return Config(download.rstrip("/"), needs_token, public)


def _read_file(path: Path, max_bytes: int, code: str) -> bytes | None:
    """A regular file, which nobody waits for; None where there is none."""
    try:
        return read_bytes(path, max_bytes)
    except X07Error as error:
        if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
            return None
        raise PackageError(code, error.brief, None, FOLDER_HINT) from error
    except ValueError as error:
        raise PackageError(code, f"cannot read `{path}`: {error}", None, FOLDER_HINT) from error
