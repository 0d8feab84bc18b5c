"""From a recipe and a mirror to a lock, and from that to packages."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes import install
from tests.unit.image.debian import recipes
from tests.unit.image.debian.making import SUITE, Made, Mirror, deb, make_mirror
from x07bundle.errors import RefusedError, ToolMissingError, X07Error
from x07bundle.image.debian import lock as locks
from x07bundle.image.debian import locking
from x07bundle.image.debian.lock import Lock

ALPHA = deb("alpha", Depends="beta, scripts")
PACKAGES = [ALPHA, deb("beta"), deb("gamma", Depends="beta"), deb("delta")]


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    made = make_mirror(tmp_path / "mirror")
    made.fill(PACKAGES)
    return made


def make(mirror: Mirror, folder: Path, before: Lock | None = None) -> Lock:
    around = recipes.around(mirror, folder)
    return locking.make(recipes.recipe(folder), "amd64", around, before)


def fetch(lock: Lock, mirror: Mirror, folder: Path) -> Path:
    around = recipes.around(mirror, folder)
    return locking.fetch(lock, "full", around.mirrors, around.downloads, lambda _: None)


def test_a_lock(mirror: Mirror, tmp_path: Path) -> None:
    lock = make(mirror, tmp_path)
    assert [(one.name, one.layers) for one in lock.packages] == [
        ("alpha", ("full/distribution",)),
        ("beta", ("full/distribution",)),
        ("gamma", ("full/compiler",)),
    ]
    one = lock.packages[0]
    assert (one.sha256, one.size_bytes, one.path) == (ALPHA.sha256, len(ALPHA.data), ALPHA.path)
    assert lock.releases[0].suite == SUITE
    assert locks.parse(locks.text(lock), "it") == lock
    assert mirror.root.name.encode() not in locks.text(lock)


def test_the_same_lock_every_time(mirror: Mirror, tmp_path: Path) -> None:
    first = locks.text(make(mirror, tmp_path))
    mirror.fill(PACKAGES[::-1])
    (other := tmp_path / "other").mkdir()
    second = make(mirror, other)._replace(releases=make(mirror, tmp_path).releases)
    assert locks.text(second).partition(b"[[package]]")[2] == first.partition(b"[[package]]")[2]


def test_packages_come_by_digest(mirror: Mirror, tmp_path: Path) -> None:
    folder = fetch(make(mirror, tmp_path), mirror, tmp_path)
    assert (folder / ALPHA.sha256).read_bytes() == ALPHA.data


def test_packages_that_have_left(mirror: Mirror, tmp_path: Path) -> None:
    lock = make(mirror, tmp_path)
    for made in PACKAGES[:2]:
        (mirror.root / made.path).unlink()
    with pytest.raises(X07Error, match="2 locked packages have left the mirror") as caught:
        fetch(lock, mirror, tmp_path)
    assert "alpha 1.0" in str(caught.value.details)
    assert "`x07 image lock --arch amd64`" in str(caught.value.hint)
    assert "--update" in str(caught.value.hint)


def test_a_package_with_other_bytes(mirror: Mirror, tmp_path: Path) -> None:
    lock = make(mirror, tmp_path)
    (mirror.root / ALPHA.path).write_bytes(ALPHA.data[:-1] + b"x")
    with pytest.raises(RefusedError, match="not what it is to be"):
        fetch(lock, mirror, tmp_path)


def test_an_index_with_other_bytes(mirror: Mirror, tmp_path: Path) -> None:
    index = mirror.root / f"dists/{SUITE}/main/binary-amd64/Packages.xz"
    index.write_bytes(index.read_bytes()[:-1] + b"x")
    with pytest.raises(RefusedError, match="not what it is to be"):
        make(mirror, tmp_path)


def test_an_index_that_is_not_there(mirror: Mirror, tmp_path: Path) -> None:
    (mirror.root / f"dists/{SUITE}/main/binary-amd64/Packages.xz").unlink()
    with pytest.raises(X07Error, match="has no index of `stable`"):
        make(mirror, tmp_path)


def test_an_index_by_its_hash(mirror: Mirror, tmp_path: Path) -> None:
    base = mirror.root / f"dists/{SUITE}"
    text = (base / "InRelease").read_text()
    (base / "InRelease").write_text("Acquire-By-Hash: yes\n" + text)
    folder = base / "main/binary-amd64"
    digest = next(line.split()[0] for line in text.splitlines() if "binary-amd64" in line)
    (folder / "by-hash/SHA256").mkdir(parents=True)
    (folder / "Packages.xz").rename(folder / "by-hash/SHA256" / digest)
    assert len(make(mirror, tmp_path).packages) == 3


def test_a_release_that_nobody_signed(mirror: Mirror, tmp_path: Path) -> None:
    install(mirror.root / "programs", "gpgv", "exit 1")
    with pytest.raises(RefusedError, match="not signed by a key"):
        make(mirror, tmp_path)


def test_no_gpgv(mirror: Mirror, tmp_path: Path) -> None:
    with pytest.raises(ToolMissingError, match="gpgv"):
        make(mirror._replace(env={"PATH": str(tmp_path)}), tmp_path)


def test_a_mirror_that_goes_back_in_time(mirror: Mirror, tmp_path: Path) -> None:
    before = make(mirror, tmp_path)
    assert make(mirror, tmp_path, before) == before
    newer = before.releases[0]._replace(date=before.releases[0].date + timedelta(days=1))
    with pytest.raises(RefusedError, match="lock was made with that of 2026-07-12"):
        make(mirror, tmp_path, before._replace(releases=(newer,)))


def test_a_release_that_is_out_of_date(mirror: Mirror, tmp_path: Path) -> None:
    release = mirror.root / f"dists/{SUITE}/InRelease"
    release.write_text("Valid-Until: Sun, 12 Jul 2026 10:16:37 UTC\n" + release.read_text())
    late = recipes.around(mirror, tmp_path, now=recipes.NOW + timedelta(days=1))
    with pytest.raises(RefusedError, match="was valid until 2026-07-12"):
        locking.make(recipes.recipe(tmp_path), "amd64", late, None)
    allowed = late._replace(allow_expired=True)
    assert locking.make(recipes.recipe(tmp_path), "amd64", allowed, None).packages


def test_a_lock_for_another_recipe(mirror: Mirror, tmp_path: Path) -> None:
    lock = make(mirror, tmp_path)
    locking.check_recipe(lock, recipes.recipe(tmp_path))
    other = recipes.recipe(tmp_path, recipes.TEXT.replace('["gamma"]', '["delta"]'))
    with pytest.raises(X07Error, match="made for another recipe"):
        locking.check_recipe(lock, other)


def test_what_is_dropped_needs_no_other_lock(mirror: Mirror, tmp_path: Path) -> None:
    lock = make(mirror, tmp_path)
    locking.check_recipe(lock, recipes.recipe(tmp_path, recipes.TEXT.replace("gconv", "audit")))


def test_mirrors(tmp_path: Path) -> None:
    recipe = recipes.recipe(tmp_path)
    assert locking.find_mirrors(recipe, ["http://a/"], tmp_path) == {SUITE: ("http://a",)}
    with pytest.raises(X07Error, match="no mirror of `stable`") as caught:
        locking.find_mirrors(recipe, [], tmp_path)
    assert "--mirror" in str(caught.value.hint)
    (tmp_path / "etc/apt").mkdir(parents=True)
    (tmp_path / "etc/apt/sources.list").write_text("deb http://b/ stable main\n")
    assert locking.find_mirrors(recipe, [], tmp_path) == {SUITE: ("http://b",)}


def sound(made: Made, mirror: Mirror, folder: Path) -> bytes:
    mirror.fill([made, deb("gamma")])
    return locks.text(make(mirror, folder))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("x07.image.lock@0.1.0", "x07.image.lock@9", "not of schema"),
        ('name = "alpha"', 'name = "gamma"', "a package twice"),
        ('name = "alpha"', 'name = "../a"', "no name of a package"),
        ('path = "pool/', 'path = "/pool/', "no place of a package"),
        ('path = "pool/main', 'path = "pool/..', "no place of a package"),
        ("size_bytes = ", "size_bytes = -", "no `size_bytes`"),
        ("size_bytes = ", "size_bytes = true #", "no `size_bytes`"),
        ('version = "1.0"', 'version = "a b"', "no version"),
        ('layers = ["full', 'layers = [1, "full', "no `layers`"),
        ("[[package]]", "[package]", "overwrite|declare|twice|list of tables"),
        ("[[release]]", "[[releases]]", "no release"),
        ('date = "2026', 'date = "20x6', "does not match"),
        ("schema", "é", "ascii"),
        ('architecture = "amd64"\nrecipe', "architecture = 1\nrecipe", "`architecture`"),
    ],
)
def test_a_lock_that_is_wrong(old: str, new: str, why: str, mirror: Mirror, tmp_path: Path) -> None:
    text = sound(deb("alpha"), mirror, tmp_path).decode()
    assert old in text
    with pytest.raises(X07Error, match=why) as caught:
        locks.parse(text.replace(old, new).encode(), "`lock-amd64.toml`")
    assert caught.value.brief.startswith("cannot use `lock-amd64.toml`: ")
    assert "x07 image lock" in str(caught.value.hint)
