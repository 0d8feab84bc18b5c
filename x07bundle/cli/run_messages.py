"""What a run says on stderr, for people; the report on stdout says all of it for programs."""

from collections.abc import Sequence
from typing import Final

import click

from x07bundle.cli.findings import text
from x07bundle.contract.compile_report import CompileResult
from x07bundle.errors import CompileError, X07Error
from x07bundle.lang.diagnostics import Diagnostic
from x07bundle.run.runner import Outcome

MOST: Final = 4


def say(outcome: Outcome) -> None:
    """Findings of the front end, a failure of the C compiler, a trap."""
    if outcome.diagnostics:
        _say_findings(outcome.diagnostics)
    if outcome.compiled is not None and outcome.compiled.stderr:
        _say_compiler(outcome.compiled)
    if outcome.solve is not None and outcome.solve.trap is not None:
        stopped = X07Error(
            f"the program failed: {outcome.solve.trap}", hint=outcome.solve.trap_help
        )
        click.echo(stopped.render(), err=True, nl=False)


def _say_findings(found: Sequence[Diagnostic]) -> None:
    """The first few, errors before warnings."""
    first = sorted(found, key=lambda one: one.severity != "error")
    click.echo(text(first[:MOST]), err=True, nl=False)
    if len(first) > MOST:
        click.echo(f"{len(first) - MOST} more: `x07 check` shows all of them", err=True)


def _say_compiler(result: CompileResult) -> None:
    said = result.stderr.decode("utf-8", "replace")
    if result.ok:
        click.echo(said, err=True, nl=False)
        return
    brief, _, hint = (result.compile_error or "").partition("\n\nhint: ")
    click.echo(CompileError(brief, said, hint or None).render(), err=True, nl=False)
