"""`x07 inspect`, `x07 verify` and `x07 doctor` of a bundle: as X07_BUNDLE of the bundle itself."""

import os
from pathlib import Path

import click

from x07bundle.cli.output import echo_bytes
from x07bundle.files import json_compact
from x07bundle.launcher import bundle as bundles
from x07bundle.launcher import looking


def look(executable: Path, mode: str, as_json: bool) -> int:
    """Prints what a mode shows; its exit code.

    Raises:
        RefusedError: it is no bundle, or the mode needs a file that was changed.
    """
    seen = looking.look(bundles.half(executable), mode, os.environ)
    if as_json:
        echo_bytes(json_compact(seen.document))
    else:
        click.echo(seen.text, nl=False)
    return seen.exit_code
