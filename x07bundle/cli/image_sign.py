"""`x07 image sign`: signatures, and what an image was made of, signed."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from x07bundle.cli.image_lock import recipe_file, recipe_option
from x07bundle.cli.image_password import password, password_option
from x07bundle.cli.image_places import is_layout, reference_of, session_for
from x07bundle.cli.image_registry import Bars, opened, registry_options
from x07bundle.cli.options import PATH
from x07bundle.cli.output import echo_bytes
from x07bundle.errors import UsageError
from x07bundle.files import json_compact, temporary_folder
from x07bundle.native.cache import temporary_root

if TYPE_CHECKING:
    from x07bundle.image.layout import Layout
    from x07bundle.image.oci import ImageConfig
    from x07bundle.registry.keys import PrivateKey
    from x07bundle.registry.manifests import Stored
    from x07bundle.registry.provenance import Inputs, Origin
    from x07bundle.registry.signed_sources import Source
    from x07bundle.registry.signing import Artifact

SCHEMA: Final = "x07.image.sign.report@0.1.0"


class Signer(NamedTuple):
    """`origin`: of the provenance, or None for none. `recipe`: None for the tool's own."""

    key: "PrivateKey"
    origin: "Origin | None"
    recipe: Path | None
    identity: str | None


@click.command(name="sign")
@click.argument("place", metavar="DIR|FILE.tar|REF")
@click.option("--key", metavar="FILE", type=PATH, required=True, help="PREFIX.key of `keygen`.")
@password_option
@click.option(
    "--identity",
    metavar="HOST/REPOSITORY",
    help="What it will be pushed as, for policies. [its name; the reference]",
)
@click.option("--builder", metavar="URI", help="Attach provenance: who built it.")
@click.option("--source", metavar="URI", help="Of the provenance: the source repository.")
@click.option("--commit", metavar="DIGEST", help="Of the provenance: the commit of the source.")
@recipe_option
@registry_options
def command(
    place: str,
    key: Path,
    password_file: Path | None,
    identity: str | None,
    recipe: Path | None,
    as_json: bool,
    **values: Any,  # noqa: ANN401  options of provenance, and of registries
) -> int:
    """Sign an image in a layout, without a network, or in a registry.

    Each image, and each index, gets a signature in both forms that are in use: at the tag
    sha256-HEX.sig, and as a Sigstore bundle that refers to it. `x07 image push` takes them along.
    Signing again with the same key adds nothing.

    With --builder, --source and --commit, a statement is attached too (in-toto, SLSA v1): the
    recipe, the lock and each package by its digest.

    \b
    Examples:
      x07 image sign dist/run --key keys/release.key
      x07 image sign HOST/team/x07-guest-runner:1.0 --key keys/release.key
    """
    from x07bundle.registry import keys

    origin = _origin(values)
    is_here = is_layout(place)
    if not is_here:
        reference_of(place)
    private = keys.load_private(key, lambda: password(password_file, os.environ))
    signer = Signer(private, origin, recipe, identity)
    made = _in_layout(Path(place), signer) if is_here else _in_registry(place, signer, values)
    _say(place, made, keys.hint(private.public_key()), as_json=as_json)
    return 0


def _origin(values: Mapping[str, Any]) -> "Origin | None":
    """Raises UsageError: some of it is missing, or names nothing."""
    from x07bundle.registry.provenance import Origin, check_origin

    given = [values[name] for name in ("builder", "source", "commit")]
    if not any(given):
        return None
    if not all(given):
        raise UsageError(
            "provenance needs all three of `--builder`, `--source` and `--commit`",
            hint="add what is missing, or leave all of them out",
        )
    origin = Origin(*given)
    check_origin(origin)
    return origin


def _in_layout(path: Path, signer: Signer) -> "list[Artifact]":
    """What is damaged is not signed."""
    from x07bundle.image import verify
    from x07bundle.image.layout import open_layout
    from x07bundle.image.steps import Silent
    from x07bundle.registry.signed_sources import InLayout
    from x07bundle.registry.signing import into_layout

    layout = open_layout(path)
    verify.refuse(layout, verify.verify(layout, Silent()))
    made = list(_artifacts(InLayout(layout), _name(layout, signer.identity), signer))
    into_layout(layout, made)
    return made


def _in_registry(place: str, signer: Signer, values: Mapping[str, Any]) -> "list[Artifact]":
    """Pushed for the digest that the reference leads to now."""
    from x07bundle.registry.signed_sources import InRegistry
    from x07bundle.registry.signing import into_registry

    reference = reference_of(place)
    source = InRegistry(session_for(reference, "signing in a registry", values))
    made = list(_artifacts(source, _identity(signer.identity or reference.name), signer))
    if made:
        pinned = opened(reference._replace(tag="", digest=source.root.digest), values)
        with temporary_folder(temporary_root(os.environ)) as folder:
            into_registry(pinned, source.root, made, folder, Bars())
    return made


def _name(layout: "Layout", identity: str | None) -> str:
    """HOST/REPOSITORY, without the tag. Raises UsageError: nothing says it."""
    from x07bundle.image.oci import IMAGE_NAME

    names = (listed.annotations.get(IMAGE_NAME) for listed in layout.top.manifests)
    found = identity or next((name for name in names if name), None)
    if found is None:
        raise UsageError(
            f"nothing in `{layout.path}` says what the image is called",
            hint="say what it will be pushed as: `--identity HOST/REPOSITORY`",
        )
    return _identity(found)


def _identity(text: str) -> str:
    """Raises UsageError."""
    from x07bundle.registry.reference import parse

    return parse(text).name


def _artifacts(source: "Source", name: str, signer: Signer) -> "Iterator[Artifact]":
    from x07bundle.image.oci import MANIFEST_TYPES
    from x07bundle.registry import signing
    from x07bundle.registry.signed_sources import targets

    yield from signing.sign(source, signer.key, name)
    for image in targets(source) if signer.origin is not None else ():
        if image.media_type in MANIFEST_TYPES:
            yield from _provenance(source, image, name, signer)


def _provenance(
    source: "Source", image: "Stored", name: str, signer: Signer
) -> "Iterator[Artifact]":
    """Of an image, not of an index: each architecture has a lock of its own."""
    from x07bundle.image.oci_reading import read_config, read_manifest
    from x07bundle.registry import provenance, signing

    assert signer.origin is not None
    manifest = read_manifest(image.data, f"manifest `{image.digest}`")
    config = read_config(source.blob(manifest.config), f"config `{manifest.config.digest}`")
    predicate = provenance.predicate(config, _inputs(config, signer.recipe), signer.origin)
    kind = provenance.PREDICATE_TYPE
    yield from signing.attest(source, image, signer.key, kind, predicate, name)


def _inputs(config: "ImageConfig", recipe: Path | None) -> "Inputs":
    """Raises X07Error: there is no such lock, or it is for another recipe."""
    from x07bundle.files import sha256_bytes, sha256_file
    from x07bundle.image import recipe as recipes
    from x07bundle.image.debian import lock as locks
    from x07bundle.image.debian import locking
    from x07bundle.registry.provenance import FLAVOUR_LABEL, Inputs

    file = recipe_file(recipe)
    found = recipes.load(file)
    lock = locks.read(file.parent / locks.file_name(config.platform.architecture))
    locking.check_recipe(lock, found)
    return Inputs(
        recipe_sha256=sha256_file(file),
        lock_sha256=sha256_bytes(locks.text(lock)),
        packages=tuple(locking.of_flavour(lock, config.labels.get(FLAVOUR_LABEL, ""))),
        distribution=found.distribution.name,
        suite=found.distribution.suites[0],
    )


def _say(place: str, made: "list[Artifact]", key: str, *, as_json: bool) -> None:
    """stdout gets the digests of the images that were signed."""
    for artifact in made:
        click.echo(f"signed {artifact.image[:19]}: {artifact.what}", err=True)
    if not made:
        click.echo(f"{place} is signed by this key already", err=True)
    rows = [
        {"image": one.image, "tag": one.tag or None, "type": one.what, "digest": one.stored.digest}
        for one in made
    ]
    document = {"schema_version": SCHEMA, "place": place, "key": key, "made": rows}
    lines = "".join(f"{digest}\n" for digest in dict.fromkeys(one.image for one in made))
    echo_bytes(json_compact(document) if as_json else lines.encode("ascii"))
