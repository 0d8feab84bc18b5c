"""`x07 image keygen`: a key pair to sign images with."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from x07bundle.cli.image_password import password, password_option
from x07bundle.cli.options import PATH
from x07bundle.cli.output import echo_bytes
from x07bundle.files import json_compact

if TYPE_CHECKING:
    from x07bundle.registry.keys import Algorithm

SCHEMA: Final = "x07.image.keygen.report@0.1.0"


@click.command(name="keygen")
@click.option(
    "--out", metavar="PREFIX", type=PATH, required=True, help="Writes PREFIX.key and PREFIX.pub."
)
@click.option(
    "--algorithm",
    type=click.Choice(["ecdsa-p256", "ed25519"]),
    default="ecdsa-p256",
    help="cosign 2 and container policies read ecdsa-p256 alone. [ecdsa-p256]",
)
@password_option
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead.")
def command(out: Path, algorithm: "Algorithm", password_file: Path | None, as_json: bool) -> int:
    """Make a key pair: PREFIX.key to sign with, PREFIX.pub to verify with.

    The private key is encrypted with the password, and only its owner may read the file. Files that
    are there are never overwritten. stdout gets the name of the key, as signatures have it.

    \b
    Examples:
      x07 image keygen --out keys/release
      x07 image keygen --out release --algorithm ed25519 --password-file password.txt
    """
    from x07bundle.registry import keys

    keys.places(out)
    word = password(password_file, os.environ, is_new=True)
    key = keys.generate(algorithm)
    private, public = keys.write_pair(out, key, word)
    click.echo(f"wrote {private} (keep it secret) and {public}", err=True)
    name = keys.hint(key.public_key())
    document = {
        "schema_version": SCHEMA,
        "algorithm": algorithm,
        "private": str(private),
        "public": str(public),
        "key": name,
    }
    echo_bytes(json_compact(document) if as_json else f"{name}\n".encode("ascii"))
    return 0
