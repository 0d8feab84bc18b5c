"""`x07 image push`: layouts to a registry, read back before anything is promised."""

import os
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

SCHEMA: Final = "x07.image.push.report@0.1.0"


@click.command(name="push")
@click.argument("reference", metavar="REF")
@click.option(
    "--from",
    "sources",
    metavar="DIR|TAR",
    type=PATH,
    multiple=True,
    required=True,
    help="What `x07 image build --out` made; once for each architecture.",
)
@click.option("--image", "name", metavar="NAME", help="Which one, where a layout has several.")
@click.option(
    "--mount-from",
    metavar="REPOSITORY",
    multiple=True,
    help="One of the same registry that may have some of the blobs.",
)
@registry_options
def command(
    reference: str,
    sources: tuple[Path, ...],
    name: str | None,
    mount_from: tuple[str, ...],
    as_json: bool,
    **values: Any,  # noqa: ANN401  the options that push and pull share
) -> None:
    """Push an image to a registry: HOST[:PORT]/REPOSITORY[:TAG].

    Images for several architectures become one index. Signatures and SBOMs of the layout are pushed
    as referrers. What is there already is not sent again, and what was interrupted goes on. Blobs,
    manifests, referrers and the tag are read back; stdout gets the image by its digest.

    Logins are read from where docker and podman keep them, credential helpers included.

    \b
    Examples:
      x07 image push HOST/team/x07-guest-runner:1.0 --from dist/image
      x07 image push HOST/team/x07-guest-runner:1.0 --from amd64.tar --from arm64.tar
      x07 image push localhost:5000/x07-guest-runner --from dist/image --plain-http
    """
    from x07bundle.image.layout import open_layout
    from x07bundle.native.cache import open_cache
    from x07bundle.registry.push import Choices, push
    from x07bundle.registry.reference import parse, repository_name
    from x07bundle.registry.selection import select

    target = parse(reference)
    refuse_offline("a push", values)
    others = tuple(repository_name(text) for text in mount_from)
    start_s = time.monotonic()
    selection = select(tuple(open_layout(source) for source in sources), name)
    unfinished = open_cache(os.environ).folder / "uploads"
    bars = Bars()
    session = opened(target, values, bars)
    pushed = push(session, selection, Choices(others, unfinished), bars)
    wall_ms = round((time.monotonic() - start_s) * 1000)
    document = report(SCHEMA, target, pushed.root.digest, pushed.done, wall_ms)
    document["tags"] = list(pushed.tags)
    say_result(document, target.name, as_json=as_json)
