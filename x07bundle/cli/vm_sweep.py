"""`x07 vm sweep`: ends what runners left behind."""

import os
from typing import Final

import click

from x07bundle import process
from x07bundle.cli.output import echo_bytes
from x07bundle.files import json_compact
from x07bundle.vm import clock, state, sweep, sweep_report
from x07bundle.vm.backend import Backend
from x07bundle.vm.backends import table

FAILED: Final = 1


@click.command(name="sweep")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead.")
def command(dry_run: bool, as_json: bool) -> int:
    """End guests whose runner is gone, and remove what is left of their jobs.

    Each job does this when it starts. Only jobs of this user are touched: those in the folder of
    jobs (X07_VM_STATE_DIR), and guests with the label of its instance that an engine lists after
    their deadline. A job that runs is left alone, as is a folder that was kept less than a week.

    Exit code 0; 1 where a guest could not be ended: its job is kept, to be tried again.

    \b
    Examples:
      x07 vm sweep --dry-run
      x07 vm sweep --json
    """
    kept = state.open(os.environ)
    report = sweep.sweep(kept, _installed(), clock.SYSTEM, dry_run=dry_run)
    if as_json:
        echo_bytes(json_compact(sweep_report.document(report, kept, dry_run=dry_run)))
    else:
        click.echo(sweep_report.text(report), nl=False)
    for problem in report.problems:
        click.echo(f"note: {problem}", err=True)
    return FAILED if any(one.outcome == "failed" for one in report.swept) else 0


def _installed() -> list[Backend]:
    """Backends whose engine may have guests of ours."""
    every = [table.from_env(name, os.environ) for name in sorted(table.DRIVEN)]
    return [one for one in every if _has_client(one)]


def _has_client(backend: Backend) -> bool:
    query = backend.orphans()
    return query is not None and process.find_program(query.argv[0], query.env) is not None
