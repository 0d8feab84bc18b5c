"""Which index, and whether the network may be used (contract/project.md §6, cli.md §8).

The index is that of an option, else of X07_PKG_INDEX_URL, else of the project's configuration, else
the one that the lock was made with, else the one that comes with the tool.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from x07bundle.project import lockfile
from x07bundle.project.members import Members, read_object
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.index_url import BUILT_IN, SPARSE, IndexUrl, parse

INDEX_VARIABLE: Final = "X07_PKG_INDEX_URL"
OFFLINE_VARIABLE: Final = "X07_OFFLINE"
HOME_VARIABLE: Final = "X07_PKG_HOME"
CA_VARIABLE: Final = "X07_CA_FILE"
FALSE: Final = ("", "0", "false", "no", "off")
CONFIG_FILES: Final = (".x07/config.json", "x07.config.json")
"""Below the project's folder; the later one wins."""
CONFIG_SCHEMA: Final = "x07.config@0.1.0"
OTHER_SCHEMAS: Final = "x07up."
CREDENTIALS_SCHEMA: Final = "x07.credentials@0.1.0"


class Settings(NamedTuple):
    """`is_named`: someone chose the index, by an option, the environment or the configuration."""

    url: IndexUrl
    is_named: bool = False
    offline: bool = False
    token: str | None = None
    ca_file: str | None = None


class Config(NamedTuple):
    """What the configuration of a project says."""

    url: str | None = None
    offline: bool = False


def settings_of(
    root: Path | None,
    lock: Path | None,
    index: str | None,
    offline: bool,
    environment: Mapping[str, str],
) -> Settings:
    """The settings of a command; `root` and `lock` belong to its project, if it has one.

    Raises:
        PackageError: X07PKG_INDEX_CONFIG: the URL is none, or empty (a variable that is not set).
        ProjectError: a configuration, or the credentials, cannot be read.
    """
    if index is not None and not index.strip():
        hint = "give a URL, or leave the option out"
        raise PackageError("X07PKG_INDEX_CONFIG", "`--index` is empty", None, hint)
    config = _config(root) if root is not None else Config()
    named = index or environment.get(INDEX_VARIABLE, "").strip() or config.url
    url = parse(named) if named else _index_of_lock(lock)
    is_offline = offline or config.offline or is_true(environment.get(OFFLINE_VARIABLE, ""))
    return Settings(
        url,
        bool(named),
        is_offline,
        _token(url, environment) if url.is_on_the_web and not is_offline else None,
        environment.get(CA_VARIABLE) or None,
    )


def is_true(text: str) -> bool:
    """Whether a variable of the environment switches something on."""
    return text.strip().lower() not in FALSE


def _config(root: Path) -> Config:
    config = Config()
    for name in CONFIG_FILES:
        if (root / name).is_file():
            config = _read_config(root / name, config)
    return config


def _read_config(file: Path, before: Config) -> Config:
    members = Members(read_object(file, "configuration", "X07CONFIG_READ", "X07CONFIG_PARSE"))
    schema = members.required("schema_version")
    if schema.startswith(OTHER_SCHEMAS):
        return before
    members.choice("schema_version", (CONFIG_SCHEMA,))
    packages = members.child("pkg") if "pkg" in members.value else members
    config = Config(
        packages.text("registry") or packages.text("index") or before.url,
        packages.flag("offline", before.offline),
    )
    _refuse(members, file)
    return config


def _refuse(members: Members, file: Path) -> None:
    if members.problems:
        brief = f"`{file}` cannot be used"
        raise PackageError("X07PKG_INDEX_CONFIG", brief, "\n".join(members.problems))


def _index_of_lock(lock: Path | None) -> IndexUrl:
    """The index that a lock was made with."""
    members = lockfile.readable(lock) if lock is not None else None
    registry: Any = members.value.get("registry") if members is not None else None
    url = registry.get("index_url") if isinstance(registry, dict) else None
    return parse(url) if isinstance(url, str) and url.strip() else BUILT_IN


def _token(url: IndexUrl, environment: Mapping[str, str]) -> str | None:
    """What the index is to be asked with, if `credentials.json` has it."""
    home = environment.get(HOME_VARIABLE) or ""
    user = environment.get("HOME") or ""
    folder = Path(home) if home else Path(user) / ".x07" if user else None
    if folder is None or not (folder / "credentials.json").is_file():
        return None
    return _read_token(folder / "credentials.json", url)


def _read_token(file: Path, url: IndexUrl) -> str | None:
    what = ("file of credentials", "X07PKG_LOGIN_TOKEN", "X07PKG_LOGIN_TOKEN")
    members = Members(read_object(file, *what))
    if members.required("schema_version"):
        members.choice("schema_version", (CREDENTIALS_SCHEMA,))
    tokens = members.child("tokens")
    token = tokens.text(url.base) or tokens.text(SPARSE + url.base)
    if token is not None and not (token.isascii() and token.isprintable()):
        tokens.refuse(url.base, "is no token: it holds other than printable ASCII characters")
    _refuse(members, file)
    return token
