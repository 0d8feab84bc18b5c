"""`x07 image verify`: whether an image is what its digests say."""

from pathlib import Path

import click

from x07bundle.cli.image_steps import ShownSteps
from x07bundle.cli.options import PATH
from x07bundle.cli.output import echo_bytes
from x07bundle.files import json_compact
from x07bundle.image import verify
from x07bundle.image.layout import open_layout
from x07bundle.image.report import mib


@click.command(name="verify")
@click.argument("path", metavar="DIR|FILE.tar", type=PATH)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead.")
def command(path: Path, as_json: bool) -> int:
    """Check every blob of an image against its digest, and every layer against its config.

    Refused are blobs that are missing, too many, or other bytes; layers with names that leave the
    tree, devices, links out, sparse files; indices that lead two loaders to two images.

    Exit code 0; 2 when it is no image; 125 when something is wrong, and stderr says all of it.

    \b
    Examples:
      x07 image verify dist/run.tar
    """
    layout = open_layout(path)
    with ShownSteps("x07 image verify") as steps:
        found = verify.verify(layout, steps)
    if as_json:
        echo_bytes(json_compact(verify.document(found)))
    verify.refuse(layout, found)
    if not as_json:
        size = mib(found.stored_bytes)
        click.echo(f"{path}: {found.image_count} image(s), {found.blob_count} blobs, {size}: well")
    return 0
