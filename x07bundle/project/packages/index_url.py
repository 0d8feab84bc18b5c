"""The URL of an index (contract/project.md §6): an optional `sparse+`, a scheme, a final `/`."""

import re
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit, urlunsplit

from x07bundle.project.lockfile import DEFAULT_INDEX
from x07bundle.project.packages.failure import PackageError

SPARSE: Final = "sparse+"
WEB: Final = ("https", "http")
SCHEMES: Final = (*WEB, "file", "builtin")
SECRET: Final = re.compile(r"//[^/]*@")


class IndexUrl(NamedTuple):
    """`written`: as it goes into a lock. `base`: without `sparse+`, scheme and host small."""

    written: str
    base: str

    @property
    def scheme(self) -> str:
        return self.base.partition(":")[0]

    @property
    def is_on_the_web(self) -> bool:
        return self.scheme in WEB


def parse(text: str) -> IndexUrl:
    """The index that a text names.

    Raises:
        PackageError: X07PKG_INDEX_CONFIG: it is no such URL.
    """
    problem = problem_of(text.removeprefix(SPARSE))
    if problem is not None:
        hint = "write it like `sparse+https://HOST/index/` or `file:///srv/index/`"
        shown = SECRET.sub("//…@", text)
        raise PackageError("X07PKG_INDEX_CONFIG", f"`{shown}` is no index", problem, hint)
    parts = urlsplit(text.removeprefix(SPARSE))
    base = urlunsplit(parts._replace(netloc=parts.netloc.lower()))
    if parts.scheme == "file" and not parts.netloc:
        base = f"file://{parts.path}"
    return IndexUrl(text, base)


def is_same_origin(one: str, other: str) -> bool:
    """Whether two URLs lead to one server."""
    first, second = urlsplit(one), urlsplit(other)
    return (first.scheme, first.netloc.lower()) == (second.scheme, second.netloc.lower())


def problem_of(text: str) -> str | None:
    """Why a text is no URL of an index, or of a folder of downloads; None where it is one."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        return str(error).lower()
    if not text.isprintable() or " " in text:
        return "it holds a blank or a control character"
    if parts.scheme not in SCHEMES:
        return f"its scheme is none of {', '.join(SCHEMES)}"
    return _problem_in(parts)


def _problem_in(parts: SplitResult) -> str | None:
    if parts.scheme == "builtin" and urlunsplit(parts) != DEFAULT_INDEX.removeprefix(SPARSE):
        return f"the one that comes with the tool is `{DEFAULT_INDEX}`"
    if parts.username is not None or parts.password is not None:
        return "it holds a user or a password; tokens belong into credentials.json"
    if parts.query or parts.fragment:
        return "it holds `?` or `#`"
    if parts.scheme in WEB and not parts.hostname:
        return "it names no host"
    if parts.scheme == "file" and parts.netloc not in ("", "localhost"):
        return "a file index is on this machine: `file:///…`"
    return None if parts.path.endswith("/") else "it does not end in `/`"


BUILT_IN: Final = parse(DEFAULT_INDEX)
