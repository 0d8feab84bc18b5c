"""`x07 inspect`."""

from pathlib import Path

import click

from x07bundle.cli.bundle_look import look
from x07bundle.cli.options import PATH


@click.command(name="inspect")
@click.argument("executable", metavar="BUNDLE", type=PATH)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead.")
def command(executable: Path, as_json: bool) -> int:
    """Say what a VM bundle is: its policy, what it is pinned to, its files, and how it was made.

    Runs nothing. The bundle says the same of itself: `X07_BUNDLE=inspect dist/app`, with
    X07_BUNDLE_FORMAT=json for JSON.

    Exit code 0; 125 when it is no bundle, or its manifest or policy was changed.

    \b
    Examples:
      x07 inspect dist/app
      x07 inspect --json dist/app | jq .manifest.guest_digest
    """
    return look(executable, "inspect", as_json)
