"""From a recipe and mirrors to a lock, and from a lock to packages on this machine."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import files
from x07bundle.errors import X07Error
from x07bundle.image import recipe as recipes
from x07bundle.image.debian import apt_sources, packages, release, signature
from x07bundle.image.debian.download import Downloads, Missing, Wanted
from x07bundle.image.debian.lock import Lock, Locked, Seen
from x07bundle.image.debian.release import Listed, Release
from x07bundle.image.debian.resolve import Resolution, Universe
from x07bundle.image.debian.unpacking import unpacked
from x07bundle.image.recipe import Recipe

MAX_INDEX_BYTES: Final = 256 << 20
READ_BYTES: Final = 1 << 20

Mirrors = Mapping[str, tuple[str, ...]]
"""Where to look, by suite."""
Say = Callable[[str], None]


class Surroundings(NamedTuple):
    """What locking needs to know of this machine. `say` is told each step.

    `keyrings`: instead of those of the recipe. `now`: what releases are not to be older than.
    """

    mirrors: Mirrors
    downloads: Downloads
    env: Mapping[str, str]
    temporary: Path
    now: datetime
    keyrings: tuple[str, ...] = ()
    allow_expired: bool = False
    say: Say = lambda _: None


def find_mirrors(recipe: Recipe, named: Sequence[str], root: Path) -> Mirrors:
    """Those that were named, for every suite; else those that apt uses on this machine.

    Raises:
        X07Error: there is none for a suite.
    """
    suites, component = recipe.distribution.suites, recipe.distribution.component
    if named:
        return {suite: tuple(uri.rstrip("/") for uri in named) for suite in suites}
    found = {suite: apt_sources.mirrors(root, suite, component) for suite in suites}
    for suite, mirrors in found.items():
        if not mirrors:
            raise X07Error(
                f"apt's configuration of this machine has no mirror of `{suite}`",
                hint="name one: --mirror URL, and --mirror again where suites are on several",
            )
    return found


def make(recipe: Recipe, architecture: str, around: Surroundings, before: Lock | None) -> Lock:
    """A lock of what the mirrors have now. `before`: the one that it takes the place of.

    Raises:
        X07Error: mirrors, signatures or packages cannot be had, or do not fit together.
    """
    newest = {seen.suite: seen.date for seen in before.releases} if before else {}
    seen: list[Seen] = []
    available: list[packages.Package] = []
    for suite in recipe.distribution.suites:
        around.say(f"{architecture}: the packages of {suite}")
        mirror, found, digest = _release(recipe, suite, around)
        release.check_age(found, around.now, newest.get(suite))
        seen.append(Seen(suite, found.date, digest))
        index = _index(recipe, found, mirror, architecture, around)
        available += packages.read(index, suite, architecture)
    locked = _locked(recipe, Universe(available, architecture))
    return Lock(architecture, recipes.wanted_sha256(recipe), tuple(seen), locked)


def check_recipe(lock: Lock, recipe: Recipe) -> None:
    """Raises X07Error: the recipe asks for something else than when the lock was made."""
    if lock.recipe_sha256 != recipes.wanted_sha256(recipe):
        raise X07Error(
            f"the lock for {lock.architecture} was made for another recipe",
            "the recipe's packages changed since",
            "make it again: `x07 image lock`",
        )


def check_architecture(lock: Lock, architecture: str, place: Path) -> None:
    """Raises X07Error: the lock at `place` has the packages of another machine."""
    if lock.architecture != architecture:
        raise X07Error(
            f"`{place}` is a lock for {lock.architecture}, not for {architecture}",
            hint=f"make it again: `x07 image lock --arch {architecture}`",
        )


def fetch(
    lock: Lock,
    flavour: str,
    mirrors: Mirrors,
    downloads: Downloads,
    progress: Callable[[int], None],
) -> Path:
    """Get what a flavour is made of. The folder that comes back has each package by its digest.

    Raises:
        X07Error: packages have left the mirrors, or cannot be had.
        RefusedError: a mirror gives other bytes.
    """
    missing: list[Locked] = []
    for one in of_flavour(lock, flavour):
        wanted = Wanted(f"`{one.name}` {one.version}", one.sha256, one.size_bytes, (one.path,))
        try:
            downloads.get(wanted, mirrors.get(one.suite, ()), progress)
        except Missing:
            missing.append(one)
    if missing:
        raise _left(missing, lock)
    return downloads.folder


def of_flavour(lock: Lock, flavour: str) -> tuple[Locked, ...]:
    """All packages of a flavour, by name."""
    return tuple(
        one for one in lock.packages if any(each.startswith(f"{flavour}/") for each in one.layers)
    )


def _left(missing: Sequence[Locked], lock: Lock) -> X07Error:
    count = len(missing)
    return X07Error(
        f"{count} locked package{'s have' if count > 1 else ' has'} left the mirror",
        "\n".join(f"{one.name} {one.version} ({one.path})" for one in missing),
        f"`x07 image lock --arch {lock.architecture}` locks what is there now, and --update builds "
        "with it; or name a mirror that keeps old packages with --mirror",
    )


def _release(recipe: Recipe, suite: str, around: Surroundings) -> tuple[str, Release, str]:
    """The mirror that has a suite, its release, and the digest of that."""
    path = f"dists/{suite}/InRelease"
    mirror, signed = around.downloads.text(around.mirrors.get(suite, ()), path, release.MAX_BYTES)
    keyrings = around.keyrings or recipe.distribution.keyrings
    checked = signature.signed_text(signed, keyrings, around.env, around.temporary)
    found = release.read(checked, suite)
    if around.allow_expired:
        found = found._replace(valid_until=None)
    return mirror, found, files.sha256_bytes(signed)


def _index(
    recipe: Recipe, found: Release, mirror: str, architecture: str, around: Surroundings
) -> bytes:
    """The index of packages, in the first form that the mirror has."""
    listed = release.indices(found, recipe.distribution.component, architecture)
    for one in listed:
        wanted = Wanted(f"`{one.path}`", one.sha256, one.size_bytes, _places(found, one))
        try:
            file = around.downloads.get(wanted, (mirror,), lambda _: None)
        except Missing:
            continue
        where = f"the index of `{found.suite}`"
        stream = unpacked(_chunks(file), Path(one.path).suffix, MAX_INDEX_BYTES, around.env, where)
        return stream.read(MAX_INDEX_BYTES + 1)
    raise X07Error(
        f"`{mirror}` has no index of `{found.suite}` as its release lists it",
        hint="it may be changing just now: try again, or name another mirror with --mirror",
    )


def _places(found: Release, one: Listed) -> tuple[str, ...]:
    folder = f"dists/{found.suite}"
    named = f"{folder}/{one.path}"
    by_hash = f"{folder}/{one.path.rpartition('/')[0]}/by-hash/SHA256/{one.sha256}"
    return (by_hash, named) if found.by_hash else (named,)


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while chunk := stream.read(READ_BYTES):
            yield chunk


def _locked(recipe: Recipe, universe: Universe) -> tuple[Locked, ...]:
    layers: dict[str, list[str]] = {}
    chosen: dict[str, packages.Package] = {}
    for flavour, layer_recipes in recipe.flavours.items():
        resolution = Resolution(universe, recipe.left_out)
        for layer in layer_recipes:
            for package in resolution.add(layer.packages):
                if chosen.setdefault(package.name, package) != package:
                    raise X07Error(f"flavours need different versions of `{package.name}`")
                layers.setdefault(package.name, []).append(f"{flavour}/{layer.name}")
    return tuple(_one(chosen[name], layers[name]) for name in sorted(chosen))


def _one(package: packages.Package, layers: Sequence[str]) -> Locked:
    return Locked(
        package.name,
        package.version,
        package.architecture,
        package.suite,
        package.path,
        package.size_bytes,
        package.sha256,
        tuple(layers),
    )
