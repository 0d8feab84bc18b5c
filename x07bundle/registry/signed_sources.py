"""Where signatures are looked for: in a layout, without a network, or in a registry.

Of both only small documents are read; each by its digest.
"""

from collections.abc import Iterator
from typing import Final, Protocol

from x07bundle.errors import X07Error
from x07bundle.image import oci
from x07bundle.image.layout import Layout
from x07bundle.image.oci import Descriptor, digest_of
from x07bundle.image.oci_reading import read_index, read_manifest
from x07bundle.registry import manifests, referrers
from x07bundle.registry.failure import UntrueError
from x07bundle.registry.manifests import MOST_BYTES, Stored
from x07bundle.registry.selection import COMPANION
from x07bundle.registry.session import Request, Session

MOST_DEPTH: Final = 3
MOST_TARGETS: Final = 1000
LAYERS: Final = ("image.layer", "image.rootfs")
"""What types of layers of file systems have in them, those of others too."""


class Source(Protocol):
    """Raises X07Error where something is not there, or is not what its digest says."""

    def roots(self) -> list[Stored]:
        """The images, or indices of images, that it is asked for."""

    def get(self, wanted: Descriptor) -> Stored: ...

    def referrers(self, digest: str) -> list[Stored]:
        """Manifests whose subject it is."""

    def tagged(self, tag: str) -> Stored | None: ...

    def blob(self, wanted: Descriptor) -> bytes: ...


class InLayout:
    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        known = oci.MANIFEST_TYPES | oci.INDEX_TYPES
        self.members = [
            (listed, self.get(listed))
            for listed in layout.top.manifests
            if listed.media_type in known
        ]

    def roots(self) -> list[Stored]:
        found = {
            stored.digest: stored
            for listed, stored in self.members
            if not _is_artifact(listed, stored)
        }
        if not found:
            raise X07Error(
                f"there is no image in `{self.layout.path}`", hint="`x07 image build` makes one"
            )
        return list(found.values())

    def get(self, wanted: Descriptor) -> Stored:
        return Stored(wanted.media_type, self.layout.document(wanted))

    def referrers(self, digest: str) -> list[Stored]:
        found = (stored for _, stored in self.members)
        return [stored for stored in found if referrers.described(stored)[1] == digest]

    def tagged(self, tag: str) -> Stored | None:
        found = (stored for listed, stored in self.members if name_of(listed) == tag)
        return next(found, None)

    def blob(self, wanted: Descriptor) -> bytes:
        return self.layout.document(wanted)


class InRegistry:
    """`root`: what the reference leads to, once: a tag may lead elsewhere a moment later."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.root = manifests.root(session)

    def roots(self) -> list[Stored]:
        return [self.root]

    def get(self, wanted: Descriptor) -> Stored:
        return manifests.named(self.session, wanted.digest)

    def referrers(self, digest: str) -> list[Stored]:
        found = (self.get(one) for one in referrers.listing(self.session, digest))
        return [stored for stored in found if referrers.described(stored)[1] == digest]

    def tagged(self, tag: str) -> Stored | None:
        return manifests.get(self.session, tag)

    def blob(self, wanted: Descriptor) -> bytes:
        session = self.session
        what = f"cannot get the blob `{wanted.digest}` of `{session.reference.name}`"
        url = session.url(session.urls.get_blob_url(wanted.digest))
        request = Request("GET", url, what, frozenset({200}), session.scope("pull"))
        _, data = session.data(request, MOST_BYTES)
        if digest_of(data) != wanted.digest:
            raise UntrueError(
                f"the blob `{wanted.digest}` of `{session.reference.name}` has wrong bytes",
                hint=manifests.READ_AGAIN,
            )
        return data


def targets(source: Source) -> list[Stored]:
    """What is signed: the images, indices before what they have in them, each once."""
    found: dict[str, Stored] = {}
    for root in source.roots():
        for stored in _below(source, root, 0):
            found.setdefault(stored.digest, stored)
            if len(found) > MOST_TARGETS:
                raise X07Error(f"an index has more than {MOST_TARGETS} images")
    return list(found.values())


def _below(source: Source, stored: Stored, depth: int) -> Iterator[Stored]:
    if depth > MOST_DEPTH:
        raise X07Error("there are indices within indices, too many")
    yield stored
    if stored.media_type in oci.INDEX_TYPES:
        for child in read_index(stored.data, f"index `{stored.digest}`").manifests:
            yield from _below(source, source.get(child), depth + 1)


def _is_artifact(listed: Descriptor, stored: Stored) -> bool:
    """Signatures and the like; nothing that could run, whatever it is called or refers to: that has
    to be signed itself."""
    if stored.media_type in oci.INDEX_TYPES:
        return False
    manifest = read_manifest(stored.data, f"manifest `{stored.digest}`")
    kinds = [layer.media_type for layer in manifest.layers]
    if any(word in kind for kind in kinds for word in LAYERS):
        return False
    return manifest.subject is not None or bool(COMPANION.fullmatch(name_of(listed)))


def name_of(listed: Descriptor) -> str:
    """The tag by which the index of a layout lists something, or ""."""
    return listed.annotations.get(oci.REF_NAME, "")
