"""The recipe of the tool against a real mirror: locks, packages, and what they become.

`X07_TEST_MIRROR` names it: addresses with spaces between them, or `apt` for those that this machine
uses. A run fetches about 70 MB that are not in the cache.
"""

import os
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from x07bundle import assets
from x07bundle.image import recipe as recipes
from x07bundle.image import rootfs as room
from x07bundle.image.debian import locking
from x07bundle.image.debian.download import Downloads
from x07bundle.image.debian.lock import Lock
from x07bundle.image.debian.web import Web
from x07bundle.image.layer import Entry
from x07bundle.image.recipe import Recipe
from x07bundle.native.cache import open_cache

MIRROR = "X07_TEST_MIRROR"
FULL_BYTES = 128_000_000
"""What packages may take of the 150 MB of `full`; the rest is for the tool."""
RUN_BYTES = 10_000_000

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return recipes.load(assets.find("guest_image/recipe.toml"))


@pytest.fixture(scope="module")
def around(recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> locking.Surroundings:
    named = os.environ.get(MIRROR, "")
    if not named:
        pytest.skip(f"{MIRROR} names no mirror; `apt` takes those of this machine")
    if shutil.which("gpgv") is None or not any(map(os.path.exists, recipe.distribution.keyrings)):
        pytest.skip("no gpgv, or no keys (`apt-get install gpgv debian-archive-keyring`)")
    mirrors = locking.find_mirrors(recipe, [] if named == "apt" else named.split(), Path("/"))
    downloads = Downloads(open_cache(os.environ).folder / "packages", Web(os.environ))
    temporary = tmp_path_factory.mktemp("locking")
    return locking.Surroundings(mirrors, downloads, os.environ, temporary, datetime.now(UTC))


@pytest.fixture(scope="module")
def lock(recipe: Recipe, around: locking.Surroundings) -> Lock:
    return locking.make(recipe, "amd64", around, None)


def layers(
    flavour: str, recipe: Recipe, lock: Lock, around: locking.Surroundings
) -> dict[str, tuple[Entry, ...]]:
    folder = locking.fetch(lock, flavour, around.mirrors, around.downloads, lambda _: None)
    scratch = Path(tempfile.mkdtemp(dir=around.temporary))
    return room.rootfs(recipe, lock, flavour, room.Places(folder, scratch), os.environ)


@pytest.mark.parametrize("architecture", recipes.ARCHITECTURES)
def test_every_architecture(
    architecture: str, recipe: Recipe, around: locking.Surroundings
) -> None:
    found = locking.make(recipe, architecture, around, None)
    assert {"ca-certificates", "gcc", "libc6-dev", "nftables"} <= {
        one.name for one in found.packages
    }


@pytest.mark.parametrize(("flavour", "most_bytes"), [("full", FULL_BYTES), ("run", RUN_BYTES)])
def test_sizes(
    flavour: str, most_bytes: int, recipe: Recipe, lock: Lock, around: locking.Surroundings
) -> None:
    made = layers(flavour, recipe, lock, around)
    assert sum(entry.size_bytes for entries in made.values() for entry in entries) <= most_bytes


def test_links_lead_somewhere(recipe: Recipe, lock: Lock, around: locking.Surroundings) -> None:
    every = [entry for part in layers("full", recipe, lock, around).values() for entry in part]
    paths = {entry.path: entry for entry in every}
    lost = [
        entry.path for entry in every if entry.kind == "symlink" and not leads(entry.path, paths)
    ]
    assert lost == []


def leads(path: str, paths: dict[str, Entry], turns: int = 40) -> bool:
    """Whether a path is there, links of its folders and of itself followed."""
    place: list[str] = []
    names = path.split("/")
    for at, name in enumerate(names):
        place = place[:-1] if name == ".." else [*place, name] if name not in ("", ".") else place
        entry = paths.get("/".join(place))
        if place and entry is None:
            return False
        if entry is not None and entry.kind == "symlink":
            base = [] if entry.target.startswith("/") else place[:-1]
            rest = "/".join([*base, entry.target, *names[at + 1 :]])
            return turns > 0 and leads(rest, paths, turns - 1)
    return True


def test_files_are_those_that_dpkg_unpacks(
    recipe: Recipe, lock: Lock, around: locking.Surroundings, tmp_path: Path
) -> None:
    if shutil.which("dpkg-deb") is None:
        pytest.skip("no dpkg-deb to compare with")
    folder = locking.fetch(lock, "full", around.mirrors, around.downloads, lambda _: None)
    whole = recipe._replace(drop=())
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    made = room.rootfs(whole, lock, "full", room.Places(folder, scratch), os.environ)
    entries = {entry.path: entry for part in made.values() for entry in part}
    for one in (one for one in lock.packages if one.name in ("dash", "libc6", "binutils")):
        place = tmp_path / one.name
        subprocess.run(["dpkg-deb", "-x", str(folder / one.sha256), str(place)], check=True)
        for file in (path for path in place.rglob("*") if path.is_file() and not path.is_symlink()):
            path = file.relative_to(place).as_posix()
            merged = f"usr/{path}" if path.split("/")[0] in room.MERGED else path
            assert entries[merged].read() == file.read_bytes(), path
