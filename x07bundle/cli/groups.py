"""Groups of commands, each of which is in a module of its own that is imported when it is used."""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click


class Group(click.Group):
    """The subcommands, in the order in which people meet them.

    `summaries`: of each, by its name. `module`: what the names of their modules start with. One
    whose module is not there (a frozen toolchain has not all) is not listed.
    """

    def __init__(
        self,
        *arguments: Any,  # noqa: ANN401  they are click's
        summaries: Mapping[str, str],
        module: str,
        **attributes: Any,  # noqa: ANN401  they are click's
    ) -> None:
        super().__init__(*arguments, **attributes)
        self.summaries = summaries
        self.module = module

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in self.summaries if find_spec(self.module + name) is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = import_module(self.module + cmd_name).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.summaries[name]) for name in self.list_commands(ctx)])
