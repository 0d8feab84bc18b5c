"""`x07 completion`: click's own completion, as a script to source."""

import click
from click.shell_completion import ShellComplete, get_completion_class

SHELLS = ("bash", "zsh", "fish")
PROGRAMS = ("x07", "x07-os-runner")


@click.command(name="completion")
@click.argument("shell", metavar="SHELL", type=click.Choice(SHELLS))
@click.option(
    "--program",
    type=click.Choice(PROGRAMS),
    default=PROGRAMS[0],
    show_default=True,
    help="The program to complete.",
)
@click.pass_context
def command(context: click.Context, shell: str, program: str) -> None:
    """Print the completion script of SHELL: bash, zsh or fish.

    \b
    Put it where the shell reads it at start:
      bash   x07 completion bash > ~/.local/share/bash-completion/completions/x07
      zsh    x07 completion zsh > a folder of $fpath, as the file _x07
      fish   x07 completion fish > ~/.config/fish/completions/x07.fish
    or try it in the shell at hand:
      eval "$(x07 completion bash)"
      eval "$(x07 completion bash --program x07-os-runner)"
    """
    kind = get_completion_class(shell)
    assert kind is not None
    variable = f"_{program}_COMPLETE".replace("-", "_").upper()
    script = kind(context.find_root().command, {}, program, variable)
    # Not `script.source()`: the one of bash starts a bash to ask for its version.
    click.echo(ShellComplete.source(script))
