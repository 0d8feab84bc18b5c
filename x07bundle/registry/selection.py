"""Layouts -> what is to be pushed: one image or one index, its blobs, and what refers to it."""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from x07bundle.errors import UsageError, X07Error
from x07bundle.image import oci
from x07bundle.image.layout import Layout
from x07bundle.image.oci import REF_NAME, Descriptor, Index, Platform, index_bytes
from x07bundle.image.oci_reading import read_config, read_index, read_manifest
from x07bundle.registry.manifests import Stored
from x07bundle.registry.referrers import described

COMPANION: Final = re.compile(r"(sha256-[0-9a-f]{64})(\.[A-Za-z0-9._-]+)?")
"""Tags of cosign for signatures and attestations, `sha256-HEX.sig`; without a suffix, that of an
index of referrers, which is made anew."""


class Blob(NamedTuple):
    layout: Layout
    descriptor: Descriptor


class Referrer(NamedTuple):
    """`descriptor`: as an index of referrers has it. `subject`: a digest."""

    stored: Stored
    descriptor: Descriptor
    subject: str


class Selection(NamedTuple):
    """`manifests`: those below the root first, the root last. `companions`: tags to manifests."""

    root: Stored
    manifests: tuple[Stored, ...]
    blobs: tuple[Blob, ...]
    referrers: tuple[Referrer, ...]
    companions: Mapping[str, Stored]


class _Member(NamedTuple):
    """What the index of a layout names. `subject`: "" for an image."""

    layout: Layout
    listed: Descriptor
    stored: Stored
    subject: str

    @property
    def name(self) -> str:
        return self.listed.annotations.get(REF_NAME, "")


def select(layouts: tuple[Layout, ...], name: str | None) -> Selection:
    """`name`: the ref.name of the image, where there are several.

    Raises:
        X07Error: there is no image, or a layout is damaged.
        UsageError: it is not clear which image is meant.
    """
    members = [member for layout in layouts for member in _members(layout)]
    images = [one for one in members if not one.subject and not COMPANION.fullmatch(one.name)]
    root, roots = _root(_named(images, name), layouts)
    collected = _Collected()
    for member in roots:
        collected.add(member.layout, member.stored)
    if root.digest not in collected.manifests:
        collected.manifests[root.digest] = root
    referrers = tuple(_referrers(members, collected))
    companions = _companions(members, collected)
    manifests = tuple(one for key, one in collected.manifests.items() if key != root.digest)
    return Selection(
        root, (*manifests, root), tuple(collected.blobs.values()), referrers, companions
    )


def _members(layout: Layout) -> Iterator[_Member]:
    for listed in layout.top.manifests:
        if listed.media_type not in oci.MANIFEST_TYPES | oci.INDEX_TYPES:
            continue
        stored = Stored(listed.media_type, layout.document(listed))
        yield _Member(layout, listed, stored, described(stored)[1])


def _named(images: list[_Member], name: str | None) -> list[_Member]:
    """Each digest once."""
    if name is not None:
        images = [one for one in images if one.name == name]
        if not images:
            raise UsageError(f"no image is called `{name}` there", hint="`x07 image inspect` lists")
    return list({one.stored.digest: one for one in images}.values())


def _root(images: list[_Member], layouts: tuple[Layout, ...]) -> tuple[Stored, list[_Member]]:
    """The image itself, or an index of several that are for different platforms."""
    if not images:
        where = ", ".join(f"`{layout.path}`" for layout in layouts)
        raise X07Error(f"there is no image in {where}", hint="`x07 image build` makes one")
    if len(images) == 1:
        return images[0].stored, images
    by_platform: dict[Platform, Descriptor] = {}
    for image in images:
        for platform, descriptor in _platforms(image):
            if by_platform.setdefault(platform, descriptor).digest != descriptor.digest:
                raise _ambiguous(platform, images)
    ordered = tuple(by_platform[platform] for platform in sorted(by_platform))
    return Stored(oci.INDEX, index_bytes(Index(ordered))), images


def _platforms(image: _Member) -> Iterator[tuple[Platform, Descriptor]]:
    """What an index is to say of an image, or of each member of an index."""
    if image.stored.media_type in oci.INDEX_TYPES:
        for child in read_index(image.stored.data, "index").manifests:
            yield child.platform or _configured(image.layout, child), child
        return
    bare = image.stored.descriptor
    platform = image.listed.platform or _configured(image.layout, bare)
    yield platform, bare._replace(platform=platform)


def _configured(layout: Layout, descriptor: Descriptor) -> Platform:
    manifest = read_manifest(layout.document(descriptor))
    return read_config(layout.document(manifest.config)).platform


def _ambiguous(platform: Platform, images: list[_Member]) -> UsageError:
    known = ", ".join(f"`{one.name}`" for one in images if one.name)
    return UsageError(
        f"there are several images for {platform.system}/{platform.architecture}",
        f"they are called {known}" if known else None,
        "name one with `--image NAME`, or push each under a tag of its own",
    )


class _Collected:
    """Manifests by digest, those below first, and their blobs."""

    def __init__(self) -> None:
        self.manifests: dict[str, Stored] = {}
        self.blobs: dict[str, Blob] = {}

    def add(self, layout: Layout, stored: Stored, depth: int = 0) -> None:
        if stored.digest in self.manifests:
            return
        if stored.media_type in oci.INDEX_TYPES:
            self._add_children(layout, stored, depth)
        else:
            manifest = read_manifest(stored.data)
            for descriptor in (manifest.config, *manifest.layers):
                self.blobs.setdefault(descriptor.digest, Blob(layout, descriptor))
        self.manifests[stored.digest] = stored

    def _add_children(self, layout: Layout, stored: Stored, depth: int) -> None:
        if depth >= 2:
            raise X07Error("an index of an index of an index is no image")
        for child in read_index(stored.data, "index").manifests:
            self.add(layout, Stored(child.media_type, layout.document(child)), depth + 1)


def _referrers(members: list[_Member], collected: _Collected) -> Iterator[Referrer]:
    """What refers to the image, or to what refers to it: a signature of an SBOM."""
    left = {one.stored.digest: one for one in members if one.subject}
    while fitting := [one for one in left.values() if one.subject in collected.manifests]:
        for one in fitting:
            del left[one.stored.digest]
            if one.stored.digest not in collected.manifests:
                collected.add(one.layout, one.stored)
                yield Referrer(one.stored, described(one.stored)[0], one.subject)


def _companions(members: list[_Member], collected: _Collected) -> dict[str, Stored]:
    found: dict[str, Stored] = {}
    for one in members:
        match = COMPANION.fullmatch(one.name)
        if match and match[2] and match[1].replace("-", ":", 1) in collected.manifests:
            collected.add(one.layout, one.stored)
            found[one.name] = one.stored
    return found
