"""Where this machine gets its packages: apt's configuration (sources.list(5)), both forms."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle.errors import X07Error
from x07bundle.image.debian import fields

FOLDER: Final = "etc/apt"
ONE_LINE: Final = re.compile(r"deb\s+(?:\[[^]]*\]\s*)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<rest>.+)")
SCHEMES: Final = ("http:", "https:", "file:")
OFF: Final = ("no", "false", "0", "off", "without", "disable")


class Source(NamedTuple):
    """A mirror and a suite that it has. `uri` has no `/` at its end."""

    uri: str
    suite: str
    components: tuple[str, ...]


def read(root: Path) -> tuple[Source, ...]:
    """The sources of packages in the order in which apt reads them.

    Raises:
        X07Error: one of the files cannot be read.
    """
    folder = root / FOLDER
    parts = folder / "sources.list.d"
    names = sorted(parts.glob("*.list")) + sorted(parts.glob("*.sources"))
    found = [
        source
        for file in (folder / "sources.list", *names)
        if file.is_file()
        for source in _of_file(file)
    ]
    return tuple(dict.fromkeys(found))


def mirrors(root: Path, suite: str, component: str) -> tuple[str, ...]:
    """The mirrors of a suite. Raises X07Error, as `read` does."""
    return tuple(
        source.uri
        for source in read(root)
        if source.suite == suite and component in source.components
    )


def _of_file(file: Path) -> Iterator[Source]:
    try:
        data = file.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise X07Error(f"cannot read `{file}`: {reason}", hint="--mirror names one") from error
    lines = _deb822(data, file) if file.suffix == ".sources" else _one_line(data)
    return (source for source in lines if source.uri.startswith(SCHEMES))


def _one_line(data: bytes) -> Iterator[Source]:
    for line in data.decode("utf-8", "replace").splitlines():
        found = ONE_LINE.fullmatch(line.partition("#")[0].strip())
        if found is not None:
            yield Source(_plain(found["uri"]), found["suite"], tuple(found["rest"].split()))


def _deb822(data: bytes, file: Path) -> Iterator[Source]:
    for paragraph in fields.paragraphs(data, f"`{file}`", comments=True):
        is_off = paragraph.get("enabled", "yes").lower() in OFF
        if is_off or "deb" not in paragraph.get("types", "").split():
            continue
        for uri in paragraph.get("uris", "").split():
            for suite in paragraph.get("suites", "").split():
                components = tuple(paragraph.get("components", "").split())
                yield Source(_plain(uri), suite, components)


def _plain(uri: str) -> str:
    return uri.rstrip("/")
