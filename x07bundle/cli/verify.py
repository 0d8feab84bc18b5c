"""`x07 verify`."""

from pathlib import Path

import click

from x07bundle.cli.bundle_look import look
from x07bundle.cli.options import PATH


@click.command(name="verify")
@click.argument("executable", metavar="BUNDLE", type=PATH)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead.")
def command(executable: Path, as_json: bool) -> int:
    """Compare every file of a VM bundle with what it was made with, and name all that differ.

    Files that were added count, and links in the place of files. A bundle does the same at each
    start, before it loads anything. Where it was signed, the signature is checked by the key that
    it carries.

    Exit code 0; 125 when anything is not as it was made.

    \b
    Examples:
      x07 verify dist/app
      X07_BUNDLE=verify dist/app
    """
    return look(executable, "verify", as_json)
