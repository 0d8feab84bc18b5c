"""`x07 image build`: from the recipe to a layout."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from x07bundle import __version__, files
from x07bundle.cli import image_agent
from x07bundle.cli.image_epoch import epoch_seconds
from x07bundle.cli.image_lock import (
    downloads,
    find_mirrors,
    mirror_options,
    prune,
    recipe_file,
    recipe_option,
)
from x07bundle.cli.image_steps import ShownSteps
from x07bundle.cli.image_toolchain import frozen_before, frozen_here, own_architecture
from x07bundle.cli.options import PATH
from x07bundle.cli.output import echo_bytes
from x07bundle.errors import X07Error
from x07bundle.files import json_compact
from x07bundle.image import assembly, names, report
from x07bundle.image import recipe as recipes
from x07bundle.image.agent import Agent
from x07bundle.image.assembly import FLAVOURS, Parts
from x07bundle.image.build import Contents, Wanted, build
from x07bundle.image.debian import lock as locks
from x07bundle.image.debian import locking
from x07bundle.image.debian.lock import Lock
from x07bundle.image.layout_writing import check_target
from x07bundle.image.packing import COMPRESSIONS, Compression
from x07bundle.image.recipe import ARCHITECTURES, Recipe
from x07bundle.image.rootfs import Places
from x07bundle.native.cache import temporary_root

NAME: Final = "x07-guest-runner"


class Options(NamedTuple):
    """The options as given."""

    out: Path
    flavour: str
    arch: tuple[str, ...]
    tag: str | None
    toolchain: Path | None
    agents: tuple[Path, ...]
    compression: Compression
    is_updated: bool
    recipe: Path | None
    mirrors: tuple[str, ...]
    offline: bool
    as_json: bool


@click.command(name="build")
@click.option(
    "--out",
    metavar="DIR|FILE.tar",
    type=PATH,
    required=True,
    help="A layout folder, or where the name ends in .tar an archive that every loader takes.",
)
@click.option(
    "--flavour",
    type=click.Choice(list(FLAVOURS)),
    default="full",
    help="full compiles and runs programs, run only runs static ones. [full]",
)
@click.option(
    "--arch",
    type=click.Choice(ARCHITECTURES),
    multiple=True,
    help="For which machine; twice for both. [this machine's]",
)
@click.option("--tag", metavar="REF", help=f"Its name. [{NAME}:VERSION, {NAME}:VERSION-run]")
@click.option(
    "--toolchain",
    metavar="DIR",
    type=PATH,
    help="What goes into the toolchain layer, laid out from usr/ on. [frozen here]",
)
@click.option(
    "--agent",
    "agents",
    metavar="FILE",
    type=PATH,
    multiple=True,
    help="The guest agent, a static program; one for each machine. [compiled here]",
)
@click.option(
    "--compression", type=click.Choice(COMPRESSIONS), default="gzip", help="Of layers. [gzip]"
)
@click.option(
    "--update", "is_updated", is_flag=True, help="Take what the mirrors have now, not the lock."
)
@recipe_option
@mirror_options
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead.")
def command(**values: Any) -> int:  # noqa: ANN401  they are the fields of Options
    """Make an image of locked packages, without a container engine and without root.

    Each package is checked by its digest and unpacked here; no script of a package runs. The same
    lock gives the same bytes: times are SOURCE_DATE_EPOCH's, or the lock's.

    The flavour full brings x07 itself, frozen here and kept for the next build; for another
    architecture, --toolchain names one that was frozen there by `x07 image toolchain`. The guest
    agent is compiled here: for another architecture with zig, which `x07bundle[zig]` brings.

    stdout gets the digests and sizes of what was made.

    Exit code 0; 2 when packages cannot be had or the output cannot be written; 125 when a package
    is not what the lock says.

    \b
    Examples:
      x07 image build --flavour run --out dist/run.tar
      x07 image build --flavour run --arch amd64 --arch arm64 --out dist/run
      x07 image build --out dist/full.tar --tag x07-guest-runner:1.0
      x07 image build --arch arm64 --toolchain build/toolchain-arm64 --out dist/full.tar
    """
    options = Options(**values)
    name = names.read(options.tag or _default_name(options.flavour))
    epoch = epoch_seconds()
    architectures = tuple(dict.fromkeys(options.arch)) or (own_architecture(),)
    assembly.check_toolchain(options.flavour, options.toolchain, architectures, frozen_here())
    check_target(options.out)
    with (
        ShownSteps("x07 image build", has_lines=True) as steps,
        files.temporary_folder(temporary_root(os.environ)) as scratch,
    ):
        options = options._replace(toolchain=_toolchain(options, steps))
        agents = image_agent.given(options.agents, architectures, options.toolchain)
        made = [_contents(options, each, agents, scratch / each, steps) for each in architectures]
        times = [epoch if epoch is not None else lock_seconds for _, lock_seconds in made]
        wanted = _wanted(options, name, max(times))
        done = build([contents for contents, _ in made], wanted, options.out, steps)
    prune(options.offline)
    if options.as_json:
        echo_bytes(json_compact(report.document(done)))
    else:
        click.echo(report.text(done), nl=False)
    return 0


def _wanted(options: Options, name: names.Name, time_seconds: int) -> Wanted:
    flavour = FLAVOURS[options.flavour]
    return Wanted(
        options.flavour,
        name,
        options.compression,
        time_seconds,
        flavour.env,
        flavour.working_dir,
    )


def _toolchain(options: Options, steps: ShownSteps) -> Path | None:
    """What was given, or where the flavour needs one, that of this machine."""
    is_needed = FLAVOURS[options.flavour].needs_toolchain
    return frozen_before(steps) if options.toolchain is None and is_needed else options.toolchain


def _contents(
    options: Options,
    architecture: str,
    agents: Mapping[str, Agent],
    scratch: Path,
    steps: ShownSteps,
) -> tuple[Contents, int]:
    """What goes into the image of one architecture, and the time of its lock in seconds.

    `scratch`: a folder to make, which is in use until the image is built.
    """
    file = recipe_file(options.recipe)
    recipe = recipes.load(file)
    mirrors = find_mirrors(recipe, options.mirrors, options.offline)
    lock = _lock(options, recipe, file, architecture, mirrors, steps)
    agent = image_agent.find(agents, architecture, options.toolchain, steps)
    locked = locking.of_flavour(lock, options.flavour)
    steps.begin(f"{architecture}: packages", sum(one.size_bytes for one in locked))
    packages = locking.fetch(
        lock, options.flavour, mirrors, downloads(options.offline), steps.advance
    )
    steps.end()
    steps.say(f"{architecture}: unpacking {len(locked)} packages")
    scratch.mkdir()
    parts = Parts(recipe, lock, Places(packages, scratch), options.toolchain, agent)
    contents = assembly.contents(parts, options.flavour, os.environ)
    return contents, int(lock.date.timestamp())


def _lock(
    options: Options,
    recipe: Recipe,
    file: Path,
    architecture: str,
    mirrors: locking.Mirrors,
    steps: ShownSteps,
) -> Lock:
    """The lock beside the recipe, or with `--update` one that is not written.

    Raises:
        X07Error: there is none, or it is for another recipe.
    """
    place = file.parent / locks.file_name(architecture)
    before = locks.read(place) if place.is_file() else None
    if options.is_updated:
        around = locking.Surroundings(
            mirrors,
            downloads(options.offline),
            os.environ,
            temporary_root(os.environ),
            datetime.now(UTC),
            say=steps.say,
        )
        return locking.make(recipe, architecture, around, before)
    if before is None:
        hint = f"make it: `x07 image lock --arch {architecture}`; or build with --update"
        raise X07Error(f"there is no lock for {architecture}: `{place}`", hint=hint)
    locking.check_architecture(before, architecture, place)
    locking.check_recipe(before, recipe)
    return before


def _default_name(flavour: str) -> str:
    return f"{NAME}:{__version__}" if flavour == "full" else f"{NAME}:{__version__}-{flavour}"
