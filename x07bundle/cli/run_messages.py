"""Runs a job, and says on stderr, for people, what came of it; the report says all of it for
programs.
"""

import os
from collections.abc import Callable

import click

from x07bundle.cli.compile_messages import say_compilation
from x07bundle.cli.options import sandbox_values
from x07bundle.cli.output import echo_guest
from x07bundle.cli.run_sandbox import Place
from x07bundle.contract.consent import FLAG, NoVmError, accepts, instead
from x07bundle.errors import RefusedError, X07Error
from x07bundle.run.job import Job
from x07bundle.run.report import vm_failure
from x07bundle.run.runner import Outcome, run_job
from x07bundle.vm.failures import GuestError


def run_and_say(decide: Callable[[], Job], place: Place) -> Outcome:
    """What came of the job that `decide` makes of the options; where it would take a VM, the report
    of that.

    Raises:
        X07Error: there is no verdict.
    """
    try:
        outcome = run_job(decide(), os.environ)
    except (NoVmError, GuestError, RefusedError) as error:
        shown = _with_ways_out(error) if isinstance(error, NoVmError) else error
        click.echo(shown.render(), err=True, nl=False)
        outcome = Outcome(vm_failure(place.target, place.world, error.brief))
    _say(outcome)
    return outcome


def _with_ways_out(error: NoVmError) -> NoVmError:
    """A program need not run in a VM, if its owner says so."""
    accepted = accepts(FLAG in sandbox_values(), os.environ)
    error.details = "\n".join(filter(None, (error.details, instead(accepted=accepted))))
    return error


def _say(outcome: Outcome) -> None:
    """Findings of the front end, a failure of the C compiler, a trap."""
    echo_guest(outcome.said)
    if outcome.compiled is not None:
        say_compilation(outcome.diagnostics, outcome.compiled)
    if outcome.solve is not None and outcome.solve.trap is not None:
        stopped = X07Error(
            f"the program failed: {outcome.solve.trap}", hint=outcome.solve.trap_help
        )
        click.echo(stopped.render(), err=True, nl=False)
