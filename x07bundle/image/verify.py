"""Whether a layout is what its digests say: every blob, every layer, nothing missing, nothing else.

Reads all of it, the layers within the image too; writes nothing. `x07.image.verify@0.1.0`.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from x07bundle import strict_json
from x07bundle.errors import RefusedError, X07Error
from x07bundle.image import trees
from x07bundle.image.images import Found, manifests
from x07bundle.image.layout import Layout, small_file
from x07bundle.image.layout_writing import DOCKER_FILE, docker_row
from x07bundle.image.oci import CONFIG, INDEX_TYPES, Descriptor
from x07bundle.image.oci_reading import read_config, read_index
from x07bundle.image.steps import Steps

SCHEMA: Final = "x07.image.verify@0.1.0"
DOCKER_CONFIG: Final = "application/vnd.docker.container.image.v1+json"


class Verified(NamedTuple):
    """`problems`: none when all is well."""

    blob_count: int
    stored_bytes: int
    image_count: int
    problems: tuple[str, ...]


def verify(layout: Layout, steps: Steps) -> Verified:
    """Everything that is wrong, not the first thing alone; but what a damaged manifest names is not
    known, and not looked at.

    Raises:
        X07Error: an index or a manifest cannot be read, so that the rest is not known.
    """
    found = manifests(layout)
    reached = dict(_reached(layout, found))
    images = [each for each in found if each.is_image]
    problems = [*_beside(layout, reached), *_docker(layout, images)]
    problems += _blobs(layout, reached, steps)
    for image in images:
        problems += _image(layout, image, steps)
    return Verified(
        len(reached),
        sum(descriptor.size_bytes for descriptor in reached.values()),
        len(images),
        tuple(dict.fromkeys(problems)),
    )


def refuse(layout: Layout, verified: Verified) -> None:
    """Raises RefusedError: there are problems."""
    if verified.problems:
        raise RefusedError(
            f"`{layout.path}` is damaged, or was not well made",
            "\n".join(verified.problems),
            "do not use it; build it or get it again",
        )


def document(verified: Verified) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA,
        "ok": not verified.problems,
        "blobs": verified.blob_count,
        "stored_bytes": verified.stored_bytes,
        "images": verified.image_count,
        "problems": list(verified.problems),
    }


def _reached(layout: Layout, found: list[Found]) -> Iterator[tuple[str, Descriptor]]:
    """Every blob that something names."""
    indices = [each for each in layout.top.manifests if each.media_type in INDEX_TYPES]
    while indices:
        index = indices.pop()
        yield index.digest, index
        inner = read_index(layout.document(index), f"index `{index.digest}`")
        indices += [each for each in inner.manifests if each.media_type in INDEX_TYPES]
    for each in found:
        for descriptor in (each.descriptor, each.manifest.config, *each.manifest.layers):
            yield descriptor.digest, descriptor


def _beside(layout: Layout, reached: dict[str, Descriptor]) -> Iterator[str]:
    for digest in sorted(set(layout.spans) - set(reached)):
        yield f"blob `{digest}` is named by nothing"
    for name in sorted(set(layout.others) - {DOCKER_FILE}):
        yield f"`{name}` belongs to no image layout"


def _docker(layout: Layout, images: list[Found]) -> Iterator[str]:
    """`docker load` goes by a file of its own, which is to lead to the same image."""
    span = layout.others.get(DOCKER_FILE)
    if span is None:
        return
    read = strict_json.read(small_file(layout.path, span))
    rows = read.value if isinstance(read.value, list) else [None]
    known = [docker_row(image.manifest) for image in images]
    for row in rows:
        blobs = {key: row.get(key) for key in known[0]} if isinstance(row, dict) and known else None
        if blobs not in known:
            yield f"`{DOCKER_FILE}` leads to another image than `index.json`"


def _blobs(layout: Layout, reached: dict[str, Descriptor], steps: Steps) -> Iterator[str]:
    """Layers are read with their images."""
    steps.begin("blobs", sum(descriptor.size_bytes for descriptor in reached.values()))
    for descriptor in reached.values():
        try:
            with layout.read_blob(descriptor) as blob:
                for chunk in blob.chunks():
                    steps.advance(len(chunk))
        except X07Error as error:
            yield _said(error)
    steps.end()


def _image(layout: Layout, found: Found, steps: Steps) -> Iterator[str]:
    what = f"image `{found.descriptor.digest}`"
    try:
        config = read_config(
            layout.document(found.manifest.config), f"config `{found.manifest.config.digest}`"
        )
    except X07Error as error:
        yield _said(error)
        return
    if found.manifest.config.media_type not in (CONFIG, DOCKER_CONFIG):
        yield f"{what} has a config of the type `{found.manifest.config.media_type}`"
    layers = found.manifest.layers
    if len(layers) != len(config.diff_ids):
        yield f"{what} has {len(layers)} layers, and its config {len(config.diff_ids)}"
        return
    platform = found.descriptor.platform
    if platform is not None and platform[:2] != config.platform[:2]:
        yield f"{what} is for {'/'.join(config.platform[:2])}, and its index says another platform"
    yield from _layers(layout, found, config.diff_ids, steps)


def _layers(layout: Layout, found: Found, diff_ids: tuple[str, ...], steps: Steps) -> Iterator[str]:
    tree = trees.Growing()
    for number, (layer, diff_id) in enumerate(zip(found.manifest.layers, diff_ids, strict=True)):
        steps.begin(f"layer {number + 1} of {len(diff_ids)}", 0)
        try:
            trees.read_layer(layout, layer, diff_id, tree, number, steps)
        except X07Error as error:
            yield _said(error)
        steps.end()


def _said(error: X07Error) -> str:
    """On one line."""
    details = "; ".join((error.details or "").splitlines())
    return f"{error.brief} ({details})" if details else error.brief
