"""`make launcher`: the launcher of VM bundles, before a bundle asks for it."""

import os

import click

from x07bundle.bundle import launcher_files
from x07bundle.cli import entry
from x07bundle.cli.progress import Progress
from x07bundle.native.toolchain import open_toolchain


@click.command(name="launcher")
def command() -> int:
    """Make the launcher of VM bundles for this machine, where it is not there yet.

    Prints the folder that it is kept in.
    """
    with Progress("x07 launcher") as progress:
        made = launcher_files.runtime(open_toolchain(os.environ), os.environ, progress.say)
    click.echo(made.folder)
    return 0


if __name__ == "__main__":
    entry.main(command, "x07 launcher")
