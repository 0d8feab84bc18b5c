"""The command `x07`. A command's module is imported when the command is used.

Each module holds one click command named `command`, which returns its exit code.
"""

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Final, NamedTuple

import click

from x07bundle import LANGUAGE_VERSION, __version__
from x07bundle.cli import entry
from x07bundle.errors import UsageError

PROGRAM: Final = "x07"


class Subcommand(NamedTuple):
    """`summary` is the line in `x07 --help`, which must not import the module."""

    module: str
    summary: str


SUBCOMMANDS: Final[Mapping[str, Subcommand]] = {
    "init": Subcommand("x07bundle.cli.init", "Make a new project."),
    "fmt": Subcommand("x07bundle.cli.fmt", "Bring x07AST files into canonical form."),
    "check": Subcommand("x07bundle.cli.check", "Find what is wrong in a project, all of it."),
    "run": Subcommand("x07bundle.cli.run", "Compile a program, run it, and report."),
    "bundle": Subcommand("x07bundle.cli.bundle", "Make one executable of a program."),
    "inspect": Subcommand("x07bundle.cli.inspect", "Say what a VM bundle is, and what it grants."),
    "verify": Subcommand("x07bundle.cli.verify", "Compare a VM bundle with what it was made of."),
    "pkg": Subcommand("x07bundle.cli.pkg", "Use packages: add, lock, look up and make them."),
    "policy": Subcommand("x07bundle.cli.policy", "Write and check policies; say what they grant."),
    "image": Subcommand("x07bundle.cli.image", "Make and look at the images that VMs run."),
    "vm": Subcommand(
        "x07bundle.cli.vm", "Look after the VM boundary: backends, images, leftovers."
    ),
    "doctor": Subcommand("x07bundle.cli.doctor", "Say what this machine lacks, and what mends it."),
    "completion": Subcommand("x07bundle.cli.completion", "Print a shell's completion script."),
}


class Program(click.Group):
    """The group: the table of subcommands, in the order in which people meet them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        subcommand = SUBCOMMANDS.get(cmd_name)
        if subcommand is None:
            return None
        command = _imported(subcommand.module, cmd_name).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, row.summary) for name, row in SUBCOMMANDS.items()])


def _imported(module: str, name: str) -> ModuleType:
    """Raises UsageError: this is a toolchain, which has not all commands."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise UsageError(
            f"`{PROGRAM} {name}` is not in this build",
            "it is the toolchain of a guest image, which compiles, runs, checks and bundles",
            "use the x07 of a Python environment: `pip install x07bundle`",
        ) from error


@click.group(
    cls=Program,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`x07 COMMAND --help` says what a command takes, with examples.",
)
@click.version_option(
    __version__,
    prog_name=PROGRAM,
    message=f"%(prog)s %(version)s (language {LANGUAGE_VERSION})",
)
@click.pass_context
def command(context: click.Context) -> None:
    """Compile, run and bundle programs written in X07.

    \b
    A first program:
      x07 init hello && cd hello
      printf hello > in.bin
      x07 run --input in.bin
      x07 bundle --profile os --out dist/hello
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(2)


def main() -> None:
    entry.main(command, PROGRAM)


if __name__ == "__main__":
    main()
