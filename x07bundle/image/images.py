"""The images and artifacts of a layout."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from x07bundle.errors import UsageError
from x07bundle.image.layout import Layout
from x07bundle.image.oci import (
    IMAGE_NAME,
    INDEX_TYPES,
    MANIFEST_TYPES,
    REF_NAME,
    Descriptor,
    ImageConfig,
    Manifest,
)
from x07bundle.image.oci_reading import FormatError, read_config, read_index, read_manifest
from x07bundle.image.unpacking import LAYER_TYPES

MOST_DEPTH: Final = 4
"""Indices inside each other; one is usual."""
MOST_MANIFESTS: Final = 1000


class Found(NamedTuple):
    """A manifest that the index leads to. `names`: its own, or of an index that it is in."""

    descriptor: Descriptor
    manifest: Manifest
    names: tuple[str, ...]

    @property
    def is_image(self) -> bool:
        """Artifacts (SBOMs, signatures) have a subject or layers that are no file systems."""
        layers = self.manifest.layers
        is_rootfs = all(layer.media_type in LAYER_TYPES for layer in layers)
        return self.manifest.subject is None and not self.manifest.artifact_type and is_rootfs


class Image(NamedTuple):
    """What runs."""

    descriptor: Descriptor
    manifest: Manifest
    config: ImageConfig
    names: tuple[str, ...]

    @property
    def platform(self) -> str:
        return f"{self.config.platform.system}/{self.config.platform.architecture}"


def manifests(layout: Layout) -> list[Found]:
    """Each once, in the order of the index.

    Raises:
        DamagedError, FormatError: one is missing, damaged, or none.
    """
    found: dict[str, Found] = {}
    for descriptor, names in _leaves(layout, layout.top.manifests, (), 0):
        if descriptor.digest not in found:
            if len(found) >= MOST_MANIFESTS:
                raise FormatError(f"`{layout.path}` has more than {MOST_MANIFESTS} manifests")
            data = layout.document(descriptor)
            manifest = read_manifest(data, f"manifest `{descriptor.digest}`")
            found[descriptor.digest] = Found(descriptor, manifest, names)
    return list(found.values())


def images(layout: Layout) -> list[Image]:
    """Raises as `manifests` does."""
    return [_image(layout, found) for found in manifests(layout) if found.is_image]


def only(layout: Layout, architecture: str | None) -> Image:
    """The image of a layout, or that of one architecture.

    Raises:
        UsageError: there is none, or there are several and nothing says which.
    """
    found = images(layout)
    fitting = [
        image for image in found if architecture in (None, image.config.platform.architecture)
    ]
    if len(fitting) == 1:
        return fitting[0]
    if not found:
        raise UsageError(f"`{layout.path}` has no image", hint="`x07 image build` makes one")
    has = ", ".join(image.platform for image in found)
    problem = "has no such image" if not fitting else "has several images"
    raise UsageError(f"`{layout.path}` {problem}: {has}", hint="--arch says which one is meant")


def _leaves(
    layout: Layout, descriptors: Sequence[Descriptor], names: tuple[str, ...], depth: int
) -> Iterator[tuple[Descriptor, tuple[str, ...]]]:
    """Descriptors of manifests, with the names that the topmost index gives them."""
    for descriptor in descriptors:
        known = names or _names(descriptor)
        if descriptor.media_type in INDEX_TYPES:
            if depth == MOST_DEPTH:
                raise FormatError(f"`{layout.path}` has indices within indices, too many")
            inner = read_index(layout.document(descriptor), f"index `{descriptor.digest}`")
            yield from _leaves(layout, inner.manifests, known, depth + 1)
        elif descriptor.media_type in MANIFEST_TYPES:
            yield descriptor, known
        else:
            what = f"`{layout.path}` names `{descriptor.digest}`"
            raise FormatError(f"{what} as `{descriptor.media_type}`, which is no manifest")


def _names(descriptor: Descriptor) -> tuple[str, ...]:
    known = (descriptor.annotations.get(key) for key in (IMAGE_NAME, REF_NAME))
    return tuple(name for name in known if name)


def _image(layout: Layout, found: Found) -> Image:
    what = f"config `{found.manifest.config.digest}`"
    config = read_config(layout.document(found.manifest.config), what)
    if len(config.diff_ids) != len(found.manifest.layers):
        raise FormatError(
            f"{what} has {len(config.diff_ids)} diff_ids",
            f"and its manifest has {len(found.manifest.layers)} layers",
        )
    return Image(found.descriptor, found.manifest, config, found.names)
