"""`x07 image pull`: an image of a registry as a layout, each byte checked by its digest."""

import time
from pathlib import Path
from typing import Any, Final

import click

from x07bundle.cli.image_registry import (
    Bars,
    opened,
    refuse_offline,
    registry_options,
    report,
    say_result,
)
from x07bundle.cli.options import PATH

SCHEMA: Final = "x07.image.pull.report@0.1.0"


@click.command(name="pull")
@click.argument("reference", metavar="REF")
@click.option(
    "--out", metavar="DIR|TAR", type=PATH, required=True, help="A folder, or a file NAME.tar."
)
@click.option("--no-referrers", is_flag=True, help="Without signatures, SBOMs and provenance.")
@registry_options
def command(
    reference: str,
    out: Path,
    no_referrers: bool,
    as_json: bool,
    **values: Any,  # noqa: ANN401  the options that push and pull share
) -> None:
    """Pull an image from a registry: HOST[:PORT]/REPOSITORY[:TAG][@DIGEST].

    All its architectures, with what refers to them, as an OCI image layout or an archive that
    docker, podman and containerd load. Each byte is checked by its digest. A pull that was
    interrupted goes on where it stopped, from .NAME.x07-pull beside the output.

    \b
    Examples:
      x07 image pull HOST/team/x07-guest-runner:1.0 --out dist/image
      x07 image pull HOST/team/x07-guest-runner@sha256:… --out image.tar
    """
    from x07bundle.registry.pull import pull
    from x07bundle.registry.reference import parse

    source = parse(reference)
    refuse_offline("a pull", values)
    start_s = time.monotonic()
    bars = Bars()
    pulled = pull(opened(source, values, bars), out, bars, with_referrers=not no_referrers)
    wall_ms = round((time.monotonic() - start_s) * 1000)
    document = report(SCHEMA, source, pulled.root.digest, pulled.done, wall_ms)
    document["out"] = str(out)
    say_result(document, source.name, as_json=as_json)
