"""Recipes: the one that comes with the tool, and those that are wrong."""

from pathlib import Path

import pytest

from tests.unit.image.debian.recipes import TEXT, recipe
from x07bundle import assets
from x07bundle.errors import X07Error
from x07bundle.image import recipe as recipes
from x07bundle.image.debian import lock as locks
from x07bundle.image.debian import locking


@pytest.mark.parametrize("architecture", recipes.ARCHITECTURES)
def test_the_recipe_and_its_locks_belong_together(architecture: str) -> None:
    file = assets.find("guest_image/recipe.toml")
    lock = locks.read(file.with_name(locks.file_name(architecture)))
    loaded = recipes.load(file)
    locking.check_recipe(lock, loaded)
    assert lock.architecture == architecture
    assert set(loaded.flavours) == {"full", "run"}
    assert {one.architecture for one in lock.packages} == {architecture, "all"}
    assert locks.text(lock) == file.with_name(locks.file_name(architecture)).read_bytes()


def test_locks_name_no_mirror() -> None:
    for architecture in recipes.ARCHITECTURES:
        file = assets.find(f"guest_image/{locks.file_name(architecture)}")
        assert b"://" not in file.read_bytes()


def test_what_a_recipe_says(tmp_path: Path) -> None:
    found = recipe(tmp_path)
    assert found.base.folders == {"tmp": 0o1777}
    assert [layer.name for layer in found.flavours["full"]] == ["distribution", "compiler"]
    assert found.flavours["full"][1].extra.links == {"usr/bin/cc": "gcc"}


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("recipe@0.1.0", "recipe@9.0.0", "of schema"),
        (
            'component = "main"',
            'component = "main"\ncolour = "red"',
            r"`distribution\.colour` is not",
        ),
        ('component = "main"', "", r"`distribution\.component` is to be a text"),
        ('suites = ["stable"]', 'suites = "stable"', r"`distribution\.suites` is to be a list"),
        ('suites = ["stable"]', 'suites = ["../x"]', "small letters"),
        ('"tmp" = "1777"', '"tmp" = "4777"', "the mode `4777`"),
        ('"tmp" = "1777"', '"../tmp" = "1777"', "no path below the root"),
        ('"tmp" = "1777"', '"/tmp" = "1777"', "no path below the root"),
        ('packages = ["alpha"]', 'packages = ["Alpha"]', "no name of a package"),
        ('name = "compiler"', 'name = "distribution"', "a name of its own"),
        ('name = "compiler"', 'name = "compiler"\ncolour = 1', "not known here"),
        ("[paths]", "[paths", "line"),
        ("drop = [", "drop = [1, ", "is to be a text"),
        ("[base.folders]", "[bass.folders]", "`bass` is not known here"),
    ],
)
def test_refused(old: str, new: str, why: str, tmp_path: Path) -> None:
    assert old in TEXT
    with pytest.raises(X07Error, match=why) as caught:
        recipe(tmp_path, TEXT.replace(old, new))
    assert "recipe.toml`: " in caught.value.brief
