"""`x07 image inspect`: what is in an image."""

from pathlib import Path

import click

from x07bundle.cli.image_steps import ShownSteps
from x07bundle.cli.options import PATH
from x07bundle.cli.output import echo_bytes
from x07bundle.files import json_compact
from x07bundle.image import images, inspect
from x07bundle.image.layout import open_layout
from x07bundle.image.recipe import ARCHITECTURES


@click.command(name="inspect")
@click.argument("path", metavar="DIR|FILE.tar", type=PATH)
@click.option(
    "--arch", type=click.Choice(ARCHITECTURES), help="Which one, where there are several."
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead.")
def command(path: Path, arch: str | None, as_json: bool) -> int:
    """Say what an image is and what is in it: layers, labels, packages, sizes, licences.

    It is read whole, each layer against its digest; nothing is unpacked to disk. Images that others
    made are read too: packages are those that dpkg's files in them name.

    Exit code 0; 2 when it is no image; 125 when it is not what its digests say.

    \b
    Examples:
      x07 image inspect dist/run.tar
      x07 image inspect --json dist/full | jq .packages
    """
    layout = open_layout(path)
    artifacts = tuple(images.manifests(layout))
    with ShownSteps("x07 image inspect") as steps:
        facts = inspect.inspect(layout, images.only(layout, arch), artifacts, steps)
    if as_json:
        echo_bytes(json_compact(inspect.document(facts)))
    else:
        click.echo(inspect.text(facts), nl=False)
    return 0
