"""`x07 image diff`: what changed between two images."""

from pathlib import Path
from typing import Final

import click

from x07bundle.cli.image_steps import ShownSteps
from x07bundle.cli.options import PATH
from x07bundle.cli.output import echo_bytes
from x07bundle.files import json_compact
from x07bundle.image import diff, images
from x07bundle.image.layout import open_layout
from x07bundle.image.recipe import ARCHITECTURES

DIFFERENT: Final = 1


@click.command(name="diff")
@click.argument("old", metavar="A", type=PATH)
@click.argument("new", metavar="B", type=PATH)
@click.option(
    "--arch", type=click.Choice(ARCHITECTURES), help="Which one, where there are several."
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead.")
def command(old: Path, new: Path, arch: str | None, as_json: bool) -> int:
    """Say which packages and files differ between image A and image B.

    Files are compared as a container sees them, by content, permissions, owner and target; times
    and layers do not count.

    Exit code 0 when both hold the same; 1 when they do not; 2 when one is no image; 125 when one is
    not what its digests say.

    \b
    Examples:
      x07 image diff old.tar new.tar
    """
    layouts = [open_layout(path) for path in (old, new)]
    before, after = ((layout, images.only(layout, arch)) for layout in layouts)
    with ShownSteps("x07 image diff") as steps:
        found = diff.compare(before, after, steps)
    if as_json:
        echo_bytes(json_compact(diff.document(found)))
    else:
        click.echo(diff.text(found), nl=False)
    return 0 if found.is_empty else DIFFERENT
