"""Recipes for mirrors of tests, and what locking is done with."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.unit.image.debian.making import SUITE, Mirror
from x07bundle.image import recipe as recipes
from x07bundle.image.debian import locking
from x07bundle.image.debian.download import Downloads
from x07bundle.image.debian.web import Web
from x07bundle.image.recipe import Recipe

NOW: Final = datetime(2026, 7, 12, tzinfo=UTC)

TEXT: Final = """
schema = "x07.image.recipe@0.1.0"
[distribution]
name = "debian"
suites = ["stable"]
component = "main"
keyrings = ["/nowhere/keys.gpg"]
[packages]
left_out = ["scripts"]
[paths]
drop = ["usr/share/doc/**", "usr/lib/{triplet}/{gconv,gconv/**}"]
keep = ["usr/share/doc/*/copyright"]
[base.folders]
"tmp" = "1777"
[base.links]
"usr/lib/{triplet}/one" = "two"
[base.files]
"etc/passwd" = "root:x:0:0:root:/root:/bin/sh\\n"
[[flavour.full.layer]]
name = "distribution"
packages = ["alpha"]
[[flavour.full.layer]]
name = "compiler"
packages = ["gamma"]
[flavour.full.layer.links]
"usr/bin/cc" = "gcc"
[[flavour.run.layer]]
name = "distribution"
"""


def recipe(folder: Path, text: str = TEXT) -> Recipe:
    file = folder / "recipe.toml"
    file.write_text(text)
    return recipes.load(file)


def around(mirror: Mirror, folder: Path, *, now: datetime = NOW) -> locking.Surroundings:
    return locking.Surroundings(
        {SUITE: (mirror.url,)},
        Downloads(folder / "cache", Web({}), pause_s=0),
        mirror.env,
        folder,
        now,
        (mirror.keyring,),
    )
