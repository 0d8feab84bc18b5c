"""`x07 vm load`: an image of an archive, where guests are started from it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from x07bundle import host
from x07bundle.cli.image_steps import ShownSteps
from x07bundle.cli.options import PATH, not_empty, one_of
from x07bundle.cli.output import echo_bytes
from x07bundle.contract.consent import ACCEPT, YES
from x07bundle.files import json_compact
from x07bundle.image.sizes import size
from x07bundle.vm import archives, choose, images
from x07bundle.vm.backend import Backend
from x07bundle.vm.backends import table
from x07bundle.vm.failures import EngineError, NoBackendError
from x07bundle.vm.job import Image

SCHEMA: Final = "x07.vm.load.report@0.1.0"


@click.command(name="load")
@click.argument("archive", metavar="ARCHIVE", type=PATH)
@click.option(
    "--backend",
    "name",
    metavar="NAME",
    callback=not_empty,
    shell_complete=one_of(*sorted(table.DRIVEN)),
    help="Default: what guests would run in now.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead.")
def command(archive: Path, name: str | None, as_json: bool) -> int:
    """Give an engine the image of an archive: one that `x07 image build` or `pull` made, or another
    OCI archive whose image has a name.

    Prints the image's name there, and the digest that it is run by, with its kind. The engine has 5
    seconds to answer at all, and for the image 2 minutes and a second for each MiB.

    Exit code 0; 2 where there is no such archive; 126 where no engine is usable, or it does not
    take the archive.

    \b
    Examples:
      x07 image build --flavour run --out run.tar && x07 vm load run.tar
      x07 vm load --backend podman run.tar
    """
    images.check(archive)
    here = host.read()
    backend = _backend(name, here)
    image = _given(backend, archive, here)
    if as_json:
        echo_bytes(json_compact(_document(backend, image)))
    else:
        click.echo(f"{image.reference}  {image.digest}")
    return 0


def _document(backend: Backend, image: Image) -> dict[str, str]:
    return {
        "schema_version": SCHEMA,
        "backend": backend.name,
        "reference": image.reference,
        "digest": image.digest.value,
        "digest_kind": image.digest.kind,
    }


def _given(backend: Backend, archive: Path, here: host.Host) -> Image:
    """Asks the engine how it is, then gives it the image; people see what is waited for.

    Raises:
        NoBackendError: it does not answer, or does not take the image.
    """
    seconds = images.load_wall_ms(archive) // 1000
    size_bytes = archive.stat().st_size
    with ShownSteps("x07 vm load", has_lines=True) as steps:
        steps.say(f"asking {backend.name}")
        choose.check_answer(backend, os.environ, here)
        what = f"giving {backend.name} the image of {archive}, {size(size_bytes)}"
        steps.say(f"{what}; it has {seconds} s")
        return _loaded(backend, archive, here)


def _loaded(backend: Backend, archive: Path, here: host.Host) -> Image:
    """Raises X07Error: it is none. NoBackendError: the engine does not take it."""
    try:
        return images.resolve(backend, images.load(backend, archive))
    except EngineError as error:
        archives.read(archive)
        raise choose.explained(error, backend, os.environ, here) from error


def _backend(name: str | None, here: host.Host) -> Backend:
    """The named one needs no consent: nothing is run in it.

    Raises:
        NoBackendError: it is not there.
    """
    if name is not None:
        return choose.choose(_named(name), here, accepted=True)
    if choose.named_backend(os.environ) is not None:
        return choose.choose(os.environ, here, accepted=True)
    try:
        return choose.choose(os.environ, here, os.environ.get(ACCEPT, "").strip() in YES)
    except NoBackendError as error:
        error.hint = "name the engine, which needs no consent here: `--backend podman`"
        raise


def _named(name: str) -> Mapping[str, str]:
    """The environment, with what the option says."""
    known = name.strip().lower()
    if table.ALIASES.get(known, known) not in table.BACKENDS:
        raise NoBackendError(
            f"`--backend`: no backend `{name}`",
            hint=f"choose one of {', '.join(sorted(table.DRIVEN))}",
        )
    return {**os.environ, choose.VARIABLE: known}
