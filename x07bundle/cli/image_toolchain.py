"""`x07 image toolchain`: what the images of the flavour `full` bring."""

import os
from pathlib import Path
from typing import Final

import click

from x07bundle import host
from x07bundle.cli.image_epoch import epoch_seconds
from x07bundle.cli.image_steps import ShownSteps
from x07bundle.cli.options import PATH
from x07bundle.cli.output import echo_bytes
from x07bundle.contract import toolchain as contract
from x07bundle.errors import UsageError
from x07bundle.freeze import components, contents, kept, pyinstaller, toolchain
from x07bundle.freeze.toolchain import Wanted
from x07bundle.native.cache import open_cache, temporary_root

KIND: Final = "toolchains"
"""Below the user's cache folder."""
MACHINES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
START_OF_ARCHIVES: Final = 315_532_800
"""1980: the earliest time that every kind of archive can say."""


@click.command(name="toolchain")
@click.option(
    "--out", metavar="DIR", type=PATH, required=True, help="The folder that will hold `usr/`."
)
def command(out: Path) -> int:
    """Freeze x07 and x07-os-runner for this machine's architecture, with all that they need.

    They run on any Linux of it whose C library is as new as the one here: no Python is needed.
    `x07 image build` does this by itself for its own architecture; for another one it is done
    there, and --toolchain brings it.

    stdout gets what it is made of, as JSON; the same is in the folder.

    Exit code 0; 2 when something that it takes is missing or the output cannot be written.

    \b
    Examples:
      x07 image toolchain --out build/toolchain
      x07 image build --toolchain build/toolchain --out dist/full.tar
    """
    with ShownSteps("x07 image toolchain", has_lines=True) as steps:
        steps.say("freezing x07")
        made = toolchain.make(out, wanted(), temporary_root(os.environ), os.environ)
    echo_bytes(contract.document(made))
    return 0


def own_architecture() -> str:
    """As Debian calls it. Raises UsageError: there are no images for this machine."""
    machine = host.read().arch
    if machine not in MACHINES:
        raise UsageError(f"there are no images for `{machine}`", hint="--arch amd64 or arm64")
    return MACHINES[machine]


def frozen_here() -> str | None:
    """The architecture that toolchains are frozen for here, if any are."""
    found = host.read()
    return MACHINES.get(found.arch) if found.system == "linux" else None


def wanted() -> Wanted:
    """For this machine. Raises UsageError: no toolchain can be frozen on it."""
    architecture = frozen_here()
    if architecture is None:
        raise UsageError(
            "toolchains are for Linux on amd64 and arm64, and are frozen there",
            hint="freeze it on such a machine, and bring the folder here",
        )
    epoch = epoch_seconds()
    return Wanted(architecture, START_OF_ARCHIVES if epoch is None else epoch)


def frozen_before(steps: ShownSteps) -> Path:
    """The toolchain of this machine, from the cache or frozen now."""
    pyinstaller.check(os.environ, toolchain.WHAT)
    folder = open_cache(os.environ).folder / KIND
    own = wanted()._replace(time_seconds=START_OF_ARCHIVES)
    key = kept.key_of(contents.digest(), components.versions(), own)
    if not kept.is_kept(folder, key):
        steps.say("freezing the toolchain")
    temporary = temporary_root(os.environ)
    return kept.find_or_make(
        folder, key, lambda place: toolchain.make(place, own, temporary, os.environ)
    )
