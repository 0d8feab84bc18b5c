"""`x07 image verify`: whether an image is what its digests say, and who signed it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from x07bundle.cli.image_places import is_layout, reference_of, session_for
from x07bundle.cli.image_registry import registry_options
from x07bundle.cli.image_steps import ShownSteps
from x07bundle.cli.options import PATH
from x07bundle.cli.output import echo_bytes
from x07bundle.errors import UsageError, shown
from x07bundle.files import json_compact
from x07bundle.image import verify
from x07bundle.image.layout import open_layout
from x07bundle.image.sizes import mib

if TYPE_CHECKING:
    from x07bundle.registry.signature_checks import Checked
    from x07bundle.registry.signed_sources import Source


@click.command(name="verify")
@click.argument("place", metavar="DIR|FILE.tar|REF")
@click.option("--key", metavar="FILE", type=PATH, help="Refuse what this public key does not sign.")
@click.option("--builder", metavar="URI", help="Refuse what no signed provenance says it built.")
@registry_options
def command(
    place: str,
    key: Path | None,
    builder: str | None,
    as_json: bool,
    **values: Any,  # noqa: ANN401  options of registries
) -> int:
    """Check every blob of an image against its digest, and every layer against its config.

    Refused are blobs that are missing, too many, or other bytes; layers with names that leave the
    tree, devices, links out, sparse files; indices that lead two loaders to two images.

    With --key, signatures are checked too, without a network: the image has to be signed by the
    key, and no signature that says that it is by the key may fail to hold. Of an image in a
    registry the signatures alone are checked, and only with --key; a pull checks the rest.

    Exit code 0; 2 when it is no image; 125 when something is wrong, and stderr says all of it.

    \b
    Examples:
      x07 image verify dist/run.tar
      x07 image verify dist/run.tar --key keys/release.pub
      x07 image verify HOST/team/x07-guest-runner:1.0 --key keys/release.pub
    """
    if builder is not None and key is None:
        raise UsageError(
            "`--builder` needs `--key`: provenance is worth what its signature is",
            hint="name the public key: `--key FILE`",
        )
    if is_layout(place):
        _layout(Path(place), key, builder or "", as_json=as_json)
    else:
        _registry(place, key, builder or "", values, as_json=as_json)
    return 0


def _layout(path: Path, key: Path | None, builder: str, *, as_json: bool) -> None:
    from x07bundle.registry.signed_sources import InLayout

    layout = open_layout(path)
    with ShownSteps("x07 image verify") as steps:
        found = verify.verify(layout, steps)
    document = verify.document(found)
    if key is None or found.problems:
        checked = None
    else:
        checked = _signatures(InLayout(layout), key, builder, document, as_json=as_json)
    if as_json:
        echo_bytes(json_compact(document))
    verify.refuse(layout, found)
    if not as_json:
        size = mib(found.stored_bytes)
        click.echo(f"{path}: {found.image_count} image(s), {found.blob_count} blobs, {size}: well")
        _say(checked)


def _registry(
    place: str, key: Path | None, builder: str, values: dict[str, Any], *, as_json: bool
) -> None:
    reference = reference_of(place)
    if key is None:
        raise UsageError(
            f"`{place}` is in a registry: of it signatures alone are verified",
            hint="name the public key, `--key FILE`; or pull it and verify the layout",
        )
    from x07bundle.registry.signed_sources import InRegistry

    source = InRegistry(session_for(reference, "an image in a registry", values))
    document = {
        "schema_version": verify.SCHEMA,
        "ok": True,
        "reference": str(reference),
        "digest": source.root.digest,
        "problems": [],
    }
    checked = _signatures(source, key, builder, document, as_json=as_json)
    if as_json:
        echo_bytes(json_compact(document))
    else:
        click.echo(f"{reference.name}@{source.root.digest}")
        _say(checked)


def _signatures(
    source: "Source", key: Path, builder: str, document: dict[str, Any], *, as_json: bool
) -> "Checked":
    """Adds them to the report, which is printed before they are refused.

    Raises:
        SignatureError, KeyFileError.
    """
    from x07bundle.registry import keys, signature_checks
    from x07bundle.registry.signature_failure import SignatureError

    public = keys.load_public(key)
    try:
        checked = signature_checks.check(source, public, builder)
    except SignatureError as error:
        if as_json:
            echo_bytes(json_compact({**document, "ok": False, "problems": [error.brief]}))
        raise
    document["signatures"] = signature_checks.document(checked, public)
    return checked


def _say(checked: "Checked | None") -> None:
    """What holds, for people; what was passed over on stderr."""
    for one in checked.held if checked is not None else ():
        what = one.predicate_type or one.form
        made = one.provenance
        by = f", built by {made.builder} from {made.source}@{made.commit}" if made else ""
        click.echo(shown(f"  {one.digest[:19]} signed: {what}{by}", ""))
    for error in checked.passed_over if checked is not None else ():
        click.echo(shown(f"passed over: {error.brief}"), err=True)
