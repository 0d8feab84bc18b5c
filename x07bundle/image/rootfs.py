"""From locked packages to the files of an image, layer by layer.

No script of a package runs. What these would make is in the recipe, which has the last word about
a path. `/bin`, `/lib` and the like are links into `/usr`, wherever packages put their files.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle.errors import X07Error
from x07bundle.image import layer
from x07bundle.image.debian import deb
from x07bundle.image.debian import lock as locks
from x07bundle.image.debian.lock import Lock, Locked
from x07bundle.image.layer import Entry
from x07bundle.image.patterns import matcher
from x07bundle.image.recipe import TRIPLETS, Extra, Layer, Recipe

MERGED: Final = frozenset({"bin", "sbin", "lib", "lib32", "lib64", "libx32"})
"""Folders of the root that are links into `usr`."""
STATUS: Final = "var/lib/dpkg/status.d"
"""Where scanners look for packages of images that have no package manager."""
CERTIFICATES: Final = "usr/share/ca-certificates/"
CERTIFICATE: Final = ".crt"
FILE_MODE: Final = 0o644
FOLDER_MODE: Final = 0o755
LINK_MODE: Final = 0o777
THREADS: Final = 2

RECIPE: Final = "the recipe"


class _Tree:
    """What all layers so far have: one owner for each path that is no folder."""

    def __init__(self) -> None:
        self.owners: dict[str, str] = {}
        self.entries: dict[str, Entry] = {}
        self.modes: dict[str, int] = {}

    def place(self, entry: Entry, owner: str) -> bool:
        """False where the path is taken by the same, or by the recipe.

        Raises:
            X07Error: somebody else has something else there.
        """
        there = self.entries.get(entry.path)
        if there is None:
            self.entries[entry.path], self.owners[entry.path] = entry, owner
            return True
        first = self.owners[entry.path]
        is_same = _is_same(there, entry) or there.kind == entry.kind == "folder"
        if not is_same and first != RECIPE:
            raise X07Error(
                f"`{first}` and `{owner}` both have `{entry.path}`",
                hint="leave one of them out of the recipe, or drop the path",
            )
        return False

    def above(self, path: str) -> Iterator[Entry]:
        """The folders that a path is in.

        Raises:
            X07Error: one of them is no folder.
        """
        parent = path.rpartition("/")[0]
        while parent:
            there = self.entries.get(parent)
            if there is not None and there.kind != "folder":
                owner = self.owners[parent]
                raise X07Error(f"`{path}` is below `{parent}`, a {there.kind} of {owner}")
            yield there or Entry(parent, "folder", self.modes.get(parent, FOLDER_MODE))
            parent = parent.rpartition("/")[0]


def _is_same(one: Entry, other: Entry) -> bool:
    """But for when it was made, and where its bytes are kept."""
    if one.size_bytes != other.size_bytes:
        return False
    alike = other._replace(time_seconds=one.time_seconds, content=one.content)
    return one == alike and one.read() == other.read()


class _Kitchen(NamedTuple):
    """What every layer is made with. `certificates`: by name, filled as packages are read."""

    recipe: Recipe
    lock: Lock
    flavour: str
    packages: Path
    scratch: Path
    env: Mapping[str, str]
    triplet: str
    is_dropped: Callable[[str], bool]
    is_kept: Callable[[str], bool]
    certificates: dict[str, bytes]


class Places(NamedTuple):
    """`packages`: a folder that has each locked package by its digest, as `locking.fetch` gives.
    `scratch`: an empty one for large contents, which stay there as long as the entries are used.
    """

    packages: Path
    scratch: Path


def rootfs(
    recipe: Recipe, lock: Lock, flavour: str, places: Places, env: Mapping[str, str]
) -> dict[str, tuple[Entry, ...]]:
    """The entries of each layer, by the layer's name, lowest first.

    Raises:
        X07Error: a package cannot be unpacked, or is not what the lock says, or two packages put
            different things in one place.
        ToolMissingError: nothing on this machine unpacks a package.
    """
    kitchen = _kitchen(recipe, lock, flavour, places, env)
    tree = _Tree()
    layers = recipe.flavours[flavour]
    extras = _extras(kitchen, tree)
    found = {
        one.name: [*entries, *_of_packages(kitchen, one, tree)]
        for one, entries in zip(layers, extras, strict=True)
    }
    found[layers[0].name] += _bundles(kitchen, tree)
    return {name: _whole(entries, tree) for name, entries in found.items()}


def _kitchen(
    recipe: Recipe, lock: Lock, flavour: str, places: Places, env: Mapping[str, str]
) -> _Kitchen:
    triplet = TRIPLETS.get(lock.architecture, "")
    drop, keep = (
        matcher(_named(each, triplet) for each in patterns)
        for patterns in (recipe.drop, recipe.keep)
    )
    return _Kitchen(recipe, lock, flavour, *places, env, triplet, drop, keep, {})


def _extras(kitchen: _Kitchen, tree: _Tree) -> list[list[Entry]]:
    """What the recipe itself puts into each layer. It is in its place before any package comes."""
    layers = kitchen.recipe.flavours[kitchen.flavour]
    extras = [_entries_of(one.extra, kitchen.triplet) for one in layers]
    extras[0] = [*_entries_of(kitchen.recipe.base, kitchen.triplet), *extras[0]]
    for entry in (entry for entries in extras for entry in entries):
        if not tree.place(entry, RECIPE):
            raise X07Error(f"the recipe has `{entry.path}` twice")
    return extras


def _whole(entries: Iterable[Entry], tree: _Tree) -> tuple[Entry, ...]:
    """With the folders that the entries are in, the same ones in every layer."""
    own = {entry.path: entry for entry in entries}
    for path in list(own):
        for folder in tree.above(path):
            own.setdefault(folder.path, folder)
    return tuple(layer.ordered(own.values()))


def _of_packages(kitchen: _Kitchen, one: Layer, tree: _Tree) -> Iterator[Entry]:
    locked = locks.of_layer(kitchen.lock, kitchen.flavour, one.name)
    with ThreadPoolExecutor(THREADS) as pool:
        read = pool.map(lambda package: (package, *_read(kitchen, package)), locked)
        for package, control, entries in read:
            status = Entry(f"{STATUS}/{package.name}", "file", FILE_MODE, control)
            for entry in (*entries, status):
                if tree.place(entry, package.name):
                    yield entry
            links = {entry.path.split("/")[1] for entry in entries if _is_merged(entry.path)}
            yield from _merging(links, tree)


def _read(kitchen: _Kitchen, package: Locked) -> tuple[bytes, list[Entry]]:
    """What a package says of itself, and its entries where they go, without what is dropped."""
    where = f"the package `{package.name}` {package.version}"
    archive, shelf = kitchen.packages / package.sha256, kitchen.scratch / package.sha256
    found = deb.read(archive, kitchen.env, where, shelf)
    said = tuple(found.fields.get(key) for key in ("package", "version", "architecture"))
    if said != (package.name, package.version, package.architecture):
        raise X07Error(f"{where} says that it is {' '.join(map(str, said))}")
    entries = [_merged(entry) for entry in found.entries]
    _note_certificates(entries, kitchen.certificates)
    return found.control, _without_dropped(entries, kitchen)


def _without_dropped(entries: list[Entry], kitchen: _Kitchen) -> list[Entry]:
    """A hard link to a file that is dropped becomes that file."""
    files: dict[str, Entry] = {}
    names: dict[str, str] = {}
    left: list[Entry] = []
    for entry in entries:
        if entry.kind in ("file", "hardlink"):
            files[entry.path] = files.get(entry.target, entry)
        if kitchen.is_dropped(entry.path) and not _stays(entry, kitchen):
            continue
        if entry.path in files:
            entry = _linked(entry.path, files[entry.path], names)
        left.append(entry)
    return left


def _linked(path: str, file: Entry, names: dict[str, str]) -> Entry:
    """The file under this name, or a link to it. `names`: the first that each file has here."""
    first = names.setdefault(file.path, path)
    if first == path:
        return file._replace(path=path)
    return file._replace(path=path, kind="hardlink", content=b"", target=first)


def _stays(entry: Entry, kitchen: _Kitchen) -> bool:
    """Folders that are kept come with what is in them."""
    return entry.kind != "folder" and kitchen.is_kept(entry.path)


def _merged(entry: Entry) -> Entry:
    """Where it goes when `/lib` is a link to `usr/lib`; that link itself stays where it is."""
    if entry.path in MERGED and entry.kind == "symlink":
        return entry
    target = _moved(entry.target) if entry.kind == "hardlink" else entry.target
    return entry._replace(path=_moved(entry.path), target=target)


def _moved(path: str) -> str:
    return f"usr/{path}" if path.partition("/")[0] in MERGED else path


def _is_merged(path: str) -> bool:
    names = path.split("/")
    return len(names) > 1 and names[0] == "usr" and names[1] in MERGED


def _merging(names: Iterable[str], tree: _Tree) -> Iterator[Entry]:
    """The links of the root that are used and not there yet."""
    for name in sorted(names):
        link = Entry(name, "symlink", LINK_MODE, target=f"usr/{name}")
        if name not in tree.entries and tree.place(link, RECIPE):
            yield link


def _note_certificates(entries: Iterable[Entry], certificates: dict[str, bytes]) -> None:
    for entry in entries:
        if entry.path.startswith(CERTIFICATES) and entry.path.endswith(CERTIFICATE):
            certificates[entry.path] = entry.read()


def _bundles(kitchen: _Kitchen, tree: _Tree) -> Iterator[Entry]:
    """All certificates one after the other, in the order of their names' bytes."""
    extras = [kitchen.recipe.base, *(one.extra for one in kitchen.recipe.flavours[kitchen.flavour])]
    for path in sorted({extra.certificates for extra in extras if extra.certificates}):
        names = sorted(
            kitchen.certificates, key=lambda name: name.encode("utf-8", "surrogateescape")
        )
        if not names:
            raise X07Error(f"there are no certificates for `{path}`", "no package has any")
        content = b"".join(_ended(kitchen.certificates[name]) for name in names)
        bundle = Entry(path, "file", FILE_MODE, content)
        if tree.place(bundle, RECIPE):
            yield bundle


def _ended(text: bytes) -> bytes:
    return text if text.endswith(b"\n") else text + b"\n"


def _entries_of(extra: Extra, triplet: str) -> list[Entry]:
    folders = [Entry(path, "folder", mode) for path, mode in extra.folders.items()]
    links = [
        Entry(_named(path, triplet), "symlink", LINK_MODE, target=_named(target, triplet))
        for path, target in extra.links.items()
    ]
    texts = [
        Entry(path, "file", FILE_MODE, text.encode("utf-8")) for path, text in extra.files.items()
    ]
    return [*folders, *links, *texts]


def _named(text: str, triplet: str) -> str:
    return text.replace("{triplet}", triplet)
