"""`x07 vm`: the group. A command's module is imported when the command is used."""

from collections.abc import Mapping
from typing import Final

import click

from x07bundle.cli.groups import Group

SUMMARIES: Final[Mapping[str, str]] = {
    "backends": "Say which backends are usable, and what each enforces.",
    "load": "Give an engine the image of an archive.",
    "sweep": "End what guests left behind.",
}
"""Each is in a module of its own, `vm_NAME`."""
MODULE: Final = "x07bundle.cli.vm_"


@click.group(name="vm", cls=Group, summaries=SUMMARIES, module=MODULE, invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Look after the VM boundary: backends, their images, what guests left behind.

    \b
    Examples:
      x07 vm backends
      x07 vm load run.tar
      x07 vm sweep --dry-run
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(2)
