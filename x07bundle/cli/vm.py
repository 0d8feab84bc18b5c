"""`x07 vm`: the group. A command's module is imported when the command is used."""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Final

import click

SUMMARIES: Final[Mapping[str, str]] = {
    "backends": "Say which backends are usable, and what each enforces.",
    "load": "Give an engine the image of an archive.",
    "sweep": "End what guests left behind.",
}
"""Each is in a module of its own, `vm_NAME`."""
MODULE: Final = "x07bundle.cli.vm_"


class Boundary(click.Group):
    """The subcommands, in the order in which people meet them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in SUMMARIES if find_spec(MODULE + name) is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = import_module(MODULE + cmd_name).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, SUMMARIES[name]) for name in self.list_commands(ctx)])


@click.group(name="vm", cls=Boundary, invoke_without_command=True)
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
