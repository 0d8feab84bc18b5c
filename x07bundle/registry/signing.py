"""A key and images -> signatures and attestations, and where they are put.

An image gets both forms: the tag that cosign 2 and container policies look for, and the Sigstore
bundle of cosign 3. Images of an index are signed one by one as well.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from x07bundle.files import write_atomic, write_new
from x07bundle.image import oci
from x07bundle.image.layout import INDEX_FILE, Layout, open_layout, small_file
from x07bundle.image.layout_writing import DOCKER_FILE, LayoutWriter, writing
from x07bundle.image.oci import REF_NAME, Descriptor, Index, Manifest, index_bytes, manifest_bytes
from x07bundle.image.oci_reading import read_index, read_manifest
from x07bundle.registry import dsse, keys, referrers, sigstore_bundle, simple_signing
from x07bundle.registry.manifests import Stored
from x07bundle.registry.push import Choices, Pushed, push
from x07bundle.registry.selection import Blob, Referrer, Selection
from x07bundle.registry.session import Session
from x07bundle.registry.signed_json import Document
from x07bundle.registry.signed_sources import Source, name_of, targets
from x07bundle.registry.watching import Watch


class Artifact(NamedTuple):
    """A signature as it is stored. `blobs`: media type and bytes. `image`: the digest that it is
    for. `tag`: what it is found by, or "" for a referrer. `what`: a word for people."""

    stored: Stored
    blobs: tuple[tuple[str, bytes], ...]
    image: str
    tag: str
    what: str


def sign(source: Source, key: keys.PrivateKey, name: str) -> list[Artifact]:
    """Those that are not there yet. `name`: HOST/REPOSITORY of the images.

    Raises:
        X07Error: the source cannot be read.
    """
    found: list[Artifact] = []
    for image in targets(source):
        found += _simple(source, image, key, name)
        found += attest(source, image, key, dsse.SIGNATURE, {})
    return found


def attest(
    source: Source,
    image: Stored,
    key: keys.PrivateKey,
    predicate_type: str,
    predicate: Document,
    name: str = "",
) -> Iterator[Artifact]:
    """A signed statement about an image; nothing where the same one is there."""
    payload = dsse.statement(image.digest, predicate_type, predicate, name)
    bundle = sigstore_bundle.bundle_bytes(dsse.signed(payload, key), key.public_key())
    made = sigstore_bundle.manifest(bundle, image.descriptor, predicate_type, _created(image))
    there = (read_layers(stored) for stored in source.referrers(image.digest))
    if not any(made.layers[0].digest in {layer.digest for layer in layers} for layers in there):
        blobs = ((oci.EMPTY, oci.EMPTY_BYTES), (sigstore_bundle.MEDIA_TYPE, bundle))
        yield Artifact(_stored(made), blobs, image.digest, "", predicate_type)


def _simple(source: Source, image: Stored, key: keys.PrivateKey, name: str) -> Iterator[Artifact]:
    tag = simple_signing.tag(image.digest)
    payload = simple_signing.payload(image.digest, name)
    there = source.tagged(tag)
    known = read_layers(there) if there is not None else ()
    made = simple_signing.manifest(
        simple_signing.with_signature(known, simple_signing.layer(payload, key))
    )
    stored = _stored(made)
    if there is None or stored.digest != there.digest:
        config = (oci.CONFIG, simple_signing.config(made.layers))
        blobs = (config, (simple_signing.MEDIA_TYPE, payload))
        yield Artifact(stored, blobs, image.digest, tag, simple_signing.MEDIA_TYPE)


def read_layers(stored: Stored) -> tuple[Descriptor, ...]:
    """Of a manifest; none of an index."""
    if stored.media_type in oci.INDEX_TYPES:
        return ()
    return read_manifest(stored.data, f"manifest `{stored.digest}`").layers


def _stored(manifest: Manifest) -> Stored:
    return Stored(oci.MANIFEST, manifest_bytes(manifest))


def _created(image: Stored) -> str:
    """Of the image, so that signing it again makes the same bytes; or ""."""
    is_index = image.media_type in oci.INDEX_TYPES
    found: Index | Manifest
    found = read_index(image.data, "index") if is_index else read_manifest(image.data)
    return found.annotations.get(sigstore_bundle.CREATED, "")


# -- into a layout


def into_layout(layout: Layout, artifacts: Iterable[Artifact]) -> None:
    """A folder gets them in its place, its index last; an archive is written again.

    Raises:
        OutputError: it cannot be written; the index is as it was before.
        X07Error: the layout is damaged.
    """
    artifacts = tuple(artifacts)
    index = _index(layout, artifacts)
    if not artifacts:
        return
    if layout.path.is_dir():
        _into_folder(layout, artifacts, index)
    else:
        _into_archive(layout, artifacts, index)


def _index(layout: Layout, artifacts: tuple[Artifact, ...]) -> Index:
    tags = {artifact.tag for artifact in artifacts if artifact.tag}
    kept = (one for one in layout.top.manifests if name_of(one) not in tags)
    return layout.top._replace(manifests=(*kept, *map(_listed, artifacts)))


def _listed(artifact: Artifact) -> Descriptor:
    if artifact.tag:
        return artifact.stored.descriptor._replace(annotations={REF_NAME: artifact.tag})
    return referrers.described(artifact.stored)[0]


def _documents(artifacts: Iterable[Artifact]) -> dict[str, bytes]:
    """Bytes by their digest."""
    found: dict[str, bytes] = {}
    for artifact in artifacts:
        found |= {oci.digest_of(data): data for _, data in artifact.blobs}
        found[artifact.stored.digest] = artifact.stored.data
    return found


def _into_folder(layout: Layout, artifacts: tuple[Artifact, ...], index: Index) -> None:
    writer = LayoutWriter(layout.path)
    for digest, data in _documents(artifacts).items():
        if digest not in layout.spans:
            write_atomic(writer.blob_file(digest), data)
    write_atomic(layout.path / INDEX_FILE, index_bytes(index))
    for digest in _replaced(layout, artifacts):
        writer.blob_file(digest).unlink(missing_ok=True)


def _replaced(layout: Layout, artifacts: tuple[Artifact, ...]) -> set[str]:
    """Blobs of manifests of signatures that have become longer, which nothing names any more."""
    tags = {artifact.tag for artifact in artifacts if artifact.tag}
    found: set[str] = set()
    for listed in layout.top.manifests:
        if name_of(listed) in tags:
            old = read_manifest(layout.document(listed))
            found |= {listed.digest, old.config.digest}
    return found - _documents(artifacts).keys()


def _into_archive(layout: Layout, artifacts: tuple[Artifact, ...], index: Index) -> None:
    dropped = _replaced(layout, artifacts)
    others = {name: small_file(layout.path, span) for name, span in layout.others.items()}
    with writing(layout.path) as writer:
        for digest in layout.spans.keys() - dropped:
            _copy(layout, digest, writer.blob_file(digest))
        for digest, data in _documents(artifacts).items():
            if digest not in layout.spans:
                write_new(writer.blob_file(digest), data)
        writer.finish(index, None)
        if DOCKER_FILE in others:
            write_new(writer.folder / DOCKER_FILE, others[DOCKER_FILE])


def _copy(layout: Layout, digest: str, target: Path) -> None:
    span = layout.spans[digest]
    with (
        layout.read_blob(Descriptor("", digest, span.size_bytes)) as blob,
        target.open("xb") as out,
    ):
        for chunk in blob.chunks():
            out.write(chunk)


# -- into a registry


def into_registry(
    session: Session, root: Stored, artifacts: Iterable[Artifact], folder: Path, watch: Watch
) -> Pushed:
    """`folder`: an empty one, for the time of the push. `session`: of the image by its digest.

    Raises:
        RegistryError, UntrueError: nothing is promised of what is there then.
    """
    artifacts = tuple(artifacts)
    layout = _layout(folder / "signatures", artifacts)
    blobs = {
        oci.digest_of(data): Blob(layout, oci.described(kind, data))
        for artifact in artifacts
        for kind, data in artifact.blobs
    }
    selection = Selection(
        root=root,
        manifests=tuple(artifact.stored for artifact in artifacts),
        blobs=tuple(blobs.values()),
        referrers=tuple(
            Referrer(one.stored, referrers.described(one.stored)[0], one.image)
            for one in artifacts
            if not one.tag
        ),
        companions={one.tag: one.stored for one in artifacts if one.tag},
    )
    return push(session, selection, Choices(), watch)


def _layout(folder: Path, artifacts: tuple[Artifact, ...]) -> Layout:
    with writing(folder) as writer:
        for artifact in artifacts:
            for kind, data in artifact.blobs:
                writer.add(kind, data)
        writer.finish(Index(()), None)
    return open_layout(folder)
