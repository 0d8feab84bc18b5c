"""`x07 image lock`: which packages the guest images are made of."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from x07bundle import assets, files
from x07bundle.cli.image_registry import is_offline
from x07bundle.cli.options import PATH, all_of
from x07bundle.cli.output import echo_bytes
from x07bundle.cli.progress import Progress
from x07bundle.errors import OutputError, UsageError
from x07bundle.image import recipe as recipes
from x07bundle.image.debian import lock as locks
from x07bundle.image.debian import locking
from x07bundle.image.debian.download import Downloads
from x07bundle.image.debian.lock import Lock
from x07bundle.image.debian.web import Web, check_address
from x07bundle.image.recipe import Recipe
from x07bundle.native.cache import open_cache, temporary_root

PACKAGES: Final = "packages"
"""Below the user's cache folder."""
RECIPE: Final = "guest_image/recipe.toml"

mirror_options: Final = all_of(
    click.option(
        "--mirror",
        "mirrors",
        metavar="URL",
        multiple=True,
        help="Where packages are (http, https, file); again for more. Default: as apt is set up.",
    ),
    click.option(
        "--offline",
        is_flag=True,
        callback=lambda _context, _option, value: is_offline(value, os.environ),
        help="Use no network: only what was fetched before. [X07_OFFLINE]",
    ),
)
recipe_option: Final = click.option(
    "--recipe", metavar="FILE", type=PATH, help="Another recipe; its locks are beside it."
)


@click.command(name="lock")
@click.option(
    "--arch",
    type=click.Choice(["all", *recipes.ARCHITECTURES]),
    default="all",
    help="For which machines. [all]",
)
@recipe_option
@mirror_options
@click.option("--keyring", metavar="FILE", type=PATH, help="The distribution's keys.")
@click.option("--allow-expired", is_flag=True, help="Take releases that are out of date.")
@click.option("--check", "is_check", is_flag=True, help="Write nothing: is the lock up to date?")
@click.option("--out", metavar="DIR", type=PATH, help="Where locks go. Default: beside the recipe.")
def command(
    arch: str,
    recipe: Path | None,
    mirrors: tuple[str, ...],
    offline: bool,
    keyring: Path | None,
    allow_expired: bool,
    is_check: bool,
    out: Path | None,
) -> int:
    """Lock the packages of the guest images.

    Resolves the recipe's packages against the distribution's indices, whose signatures `gpgv`
    checks, and writes lock-ARCH.toml: name, version, digest and size of each, and no mirror.

    Exit code 0; 1 when --check finds that a lock would change; 2 when packages cannot be had; 125
    when a signature or a digest is wrong.

    \b
    Examples:
      x07 image lock
      x07 image lock --arch amd64 --check
      x07 image lock --mirror file:///srv/debian --mirror file:///srv/debian-security
    """
    file = recipe_file(recipe)
    folder = out if out is not None else file.parent
    wanted = recipes.ARCHITECTURES if arch == "all" else (arch,)
    loaded = recipes.load(file)
    with Progress("x07 image lock") as progress:
        around = locking.Surroundings(
            find_mirrors(loaded, mirrors, offline),
            downloads(offline),
            os.environ,
            temporary_root(os.environ),
            datetime.now(UTC),
            (str(keyring),) if keyring is not None else (),
            allow_expired,
            progress.say,
        )
        made = _make(loaded, wanted, around, folder)
    prune(offline)
    changed = [place for place, lock in made.items() if _would_change(place, lock)]
    if not is_check:
        _write(made, folder)
    _report(made, changed, is_check)
    return 1 if is_check and changed else 0


def recipe_file(named: Path | None) -> Path:
    """The one that was named, else the one that comes with the tool."""
    return named if named is not None else assets.find(RECIPE)


def downloads(offline: bool) -> Downloads:
    """Packages that were fetched before are in the user's cache."""
    return Downloads(open_cache(os.environ).folder / PACKAGES, Web(os.environ), offline)


def prune(offline: bool) -> None:
    """Packages that no build used for a month; without a network they could not be got again."""
    if not offline:
        open_cache(os.environ).prune(PACKAGES)


def find_mirrors(recipe: Recipe, named: tuple[str, ...], offline: bool) -> locking.Mirrors:
    """Those that were named, else apt's; none where nothing is to be asked.

    Raises:
        UsageError: one that was named cannot be.
        X07Error: there is none for a suite.
    """
    for url in named:
        check_address(url)
    if offline:
        return {}
    return locking.find_mirrors(recipe, named, Path("/"))


def _make(
    recipe: Recipe, architectures: tuple[str, ...], around: locking.Surroundings, folder: Path
) -> dict[Path, Lock]:
    """All are made before the first is written."""
    made: dict[Path, Lock] = {}
    for architecture in architectures:
        place = folder / locks.file_name(architecture)
        before = locks.read(place) if place.is_file() else None
        made[place] = locking.make(recipe, architecture, around, before)
    return made


def _would_change(place: Path, lock: Lock) -> bool:
    """Releases become newer every day; what counts is what is in them."""
    if not place.is_file():
        return True
    before = locks.read(place)
    return (before.recipe_sha256, before.packages) != (lock.recipe_sha256, lock.packages)


def _write(made: dict[Path, Lock], folder: Path) -> None:
    if not folder.is_dir():
        raise UsageError(f"`{folder}` is no folder", hint="--out names one that is there")
    for place, lock in made.items():
        try:
            files.write_atomic(place, locks.text(lock), 0o644)
        except OutputError as error:
            hint = "--out names a folder for the locks; --recipe reads a recipe beside them"
            raise OutputError(error.brief, error.details, hint) from error


def _report(made: dict[Path, Lock], changed: list[Path], is_check: bool) -> None:
    """One line of JSON, and the same in words on stderr."""
    rows = [
        {
            "architecture": lock.architecture,
            "lock": str(place),
            "packages": len(lock.packages),
            "size_bytes": sum(one.size_bytes for one in lock.packages),
            "changed": place in changed,
        }
        for place, lock in made.items()
    ]
    for row in rows:
        state = ("would change" if is_check else "changed") if row["changed"] else "is up to date"
        click.echo(f"{row['lock']}: {row['packages']} packages, {state}", err=True)
    document = {"schema_version": "x07.image.lock.report@0.1.0", "ok": True, "locks": rows}
    echo_bytes(files.json_compact(document))
