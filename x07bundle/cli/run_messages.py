"""What a run says on stderr, for people; the report on stdout says all of it for programs."""

import click

from x07bundle.cli.compile_messages import say_compilation
from x07bundle.errors import X07Error
from x07bundle.run.runner import Outcome


def say(outcome: Outcome) -> None:
    """Findings of the front end, a failure of the C compiler, a trap."""
    if outcome.compiled is not None:
        say_compilation(outcome.diagnostics, outcome.compiled)
    if outcome.solve is not None and outcome.solve.trap is not None:
        stopped = X07Error(
            f"the program failed: {outcome.solve.trap}", hint=outcome.solve.trap_help
        )
        click.echo(stopped.render(), err=True, nl=False)
