"""`x07 image`: the group. A command's module is imported when the command is used."""

from collections.abc import Mapping
from typing import Final

import click

from x07bundle.cli.groups import Group

SUMMARIES: Final[Mapping[str, str]] = {
    "build": "Make an image from locked packages.",
    "toolchain": "Freeze the toolchain that images bring.",
    "lock": "Lock the packages that images are made of.",
    "inspect": "Say what is in an image.",
    "verify": "Check every blob and layer of an image.",
    "diff": "Say what changed between two images.",
    "push": "Push an image to a registry.",
    "pull": "Pull an image from a registry.",
    "keygen": "Make a key pair to sign with.",
    "sign": "Sign an image.",
}
"""Each is in a module of its own, `image_NAME`."""
MODULE: Final = "x07bundle.cli.image_"


@click.group(
    name="image", cls=Group, summaries=SUMMARIES, module=MODULE, invoke_without_command=True
)
@click.pass_context
def command(context: click.Context) -> None:
    """Make, look at, compare, push and pull the images that VMs run.

    No container engine and no root is needed; the same lock gives the same bytes.

    \b
    Examples:
      x07 image build --flavour run --out dist/run.tar
      x07 image inspect dist/run.tar
      x07 image verify dist/run.tar
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(2)
