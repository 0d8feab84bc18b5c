"""What changed between two images: packages and files. `x07.image.diff@0.1.0`."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeVar

from x07bundle.errors import shown
from x07bundle.image import trees
from x07bundle.image.images import Image
from x07bundle.image.installed import Package
from x07bundle.image.layout import Layout
from x07bundle.image.sizes import mib
from x07bundle.image.steps import Steps
from x07bundle.image.trees import File, Tree

SCHEMA: Final = "x07.image.diff@0.1.0"
MOST_LINES: Final = 200
"""Files in the text; the JSON has them all."""

Value = TypeVar("Value")


class PackageChange(NamedTuple):
    """`old`, `new`: versions; None where there is none."""

    name: str
    old: str | None
    new: str | None


class FileChange(NamedTuple):
    """`what`: added, removed, or what of it changed (`content`, `mode`, `owner`, `kind`, `target`),
    joined by commas. Sizes in bytes; None where it is not there.
    """

    path: str
    what: str
    old_bytes: int | None
    new_bytes: int | None


class Difference(NamedTuple):
    """`settings`: names of what else differs: env, labels, working_dir, platform, command."""

    old: Image
    new: Image
    settings: tuple[str, ...]
    packages: tuple[PackageChange, ...]
    files: tuple[FileChange, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.settings or self.packages or self.files)


def compare(old: tuple[Layout, Image], new: tuple[Layout, Image], steps: Steps) -> Difference:
    """Reads both whole.

    Raises:
        X07Error: one is damaged or hostile.
    """
    before, after = trees.read(*old, steps), trees.read(*new, steps)
    return Difference(
        old[1], new[1], _settings(old[1], new[1]), _packages(before, after), _files(before, after)
    )


def document(found: Difference) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA,
        "old": found.old.descriptor.digest,
        "new": found.new.descriptor.digest,
        "same": found.is_empty,
        "settings": list(found.settings),
        "packages": [change._asdict() for change in found.packages],
        "files": [change._asdict() for change in found.files],
    }


def text(found: Difference) -> str:
    """For people."""
    if found.is_empty:
        return "both hold the same\n"
    lines = [f"{name} differs" for name in found.settings]
    lines += [_package_line(change) for change in found.packages]
    lines += [_file_line(change) for change in found.files[:MOST_LINES]]
    more = len(found.files) - MOST_LINES
    lines += [f"and {more} more files; --json has them all"] if more > 0 else []
    return "".join(f"{shown(line, '')}\n" for line in lines)


def _settings(old: Image, new: Image) -> tuple[str, ...]:
    names = ("platform", "env", "labels", "working_dir", "command")
    return tuple(name for name in names if getattr(old.config, name) != getattr(new.config, name))


def _packages(before: Tree, after: Tree) -> tuple[PackageChange, ...]:
    old, new = _versions(before), _versions(after)
    changed = _changed(old, new)
    return tuple(PackageChange(name, old.get(name), new.get(name)) for name in changed)


def _versions(tree: Tree) -> dict[str, str]:
    """By name; of a name with several architectures, all."""
    found: dict[str, list[Package]] = {}
    for package in trees.packages(tree):
        found.setdefault(package.name, []).append(package)
    return {name: ", ".join(one.version for one in all_of) for name, all_of in found.items()}


def _files(before: Tree, after: Tree) -> tuple[FileChange, ...]:
    return tuple(
        change
        for path in sorted({*before.files, *after.files})
        if (change := _file(path, before.files.get(path), after.files.get(path))) is not None
    )


def _file(path: str, old: File | None, new: File | None) -> FileChange | None:
    what = ",".join(_what(old, new))
    if not what:
        return None
    sizes = [None if file is None else file.size_bytes for file in (old, new)]
    return FileChange(path, what, *sizes)


def _what(old: File | None, new: File | None) -> Iterator[str]:
    if old is None or new is None:
        yield "added" if old is None else "removed"
        return
    if old.kind != new.kind:
        yield "kind"
    elif old.sha256 != new.sha256:
        yield "content"
    if old.target != new.target:
        yield "target"
    if old.mode != new.mode:
        yield "mode"
    if (old.user, old.group) != (new.user, new.group):
        yield "owner"


def _changed(old: Mapping[str, Value], new: Mapping[str, Value]) -> list[str]:
    return sorted(name for name in {*old, *new} if old.get(name) != new.get(name))


def _package_line(change: PackageChange) -> str:
    if change.old is None:
        return f"+ package {change.name} {change.new}"
    if change.new is None:
        return f"- package {change.name} {change.old}"
    return f"~ package {change.name} {change.old} -> {change.new}"


def _file_line(change: FileChange) -> str:
    if change.old_bytes is None or change.new_bytes is None:
        sign = "+" if change.old_bytes is None else "-"
        return f"{sign} {change.path} ({mib(change.new_bytes or change.old_bytes or 0)})"
    return f"~ {change.path}: {change.what.replace(',', ', ')}"
