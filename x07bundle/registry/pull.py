"""A registry -> a layout: the image or index, every blob by its digest, and what refers to them.

What comes is kept in a folder beside the output, `.NAME.x07-pull`, until all of it is there: a pull
that was stopped goes on with it. Then the layout is put in its place, whole.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle.errors import OutputError, X07Error
from x07bundle.files import make_folder, output_error
from x07bundle.image import oci
from x07bundle.image.layout import Layout, open_layout
from x07bundle.image.layout_writing import DockerName, LayoutWriter, check_target, writing
from x07bundle.image.oci import IMAGE_NAME, REF_NAME, Descriptor, Index, Manifest
from x07bundle.image.oci_reading import read_index, read_manifest
from x07bundle.registry import manifests, referrers
from x07bundle.registry.download import blob_file, download
from x07bundle.registry.failure import RegistryError, harmless
from x07bundle.registry.manifests import Stored
from x07bundle.registry.outcomes import Done
from x07bundle.registry.reference import Reference
from x07bundle.registry.session import Session
from x07bundle.registry.together import together
from x07bundle.registry.watching import Watch

COMPANIONS: Final = (".sig", ".att")
"""Suffixes of the tags by which cosign 2 finds signatures and attestations."""
MOST_DEPTH: Final = 3
MOST_MANIFESTS: Final = 2000


class Pulled(NamedTuple):
    root: Stored
    done: tuple[Done, ...]


class _Graph:
    """What was found: manifests by digest, and how the index of the layout lists them."""

    def __init__(self, session: Session, watch: Watch) -> None:
        self.session, self.watch = session, watch
        self.manifests: dict[str, Stored] = {}
        self.blobs: dict[str, Descriptor] = {}
        self.listed: dict[str, Descriptor] = {}
        self.done: list[Done] = []

    def add(self, stored: Stored, kind: str = "", depth: int = 0) -> None:
        """A manifest with what it names."""
        if stored.digest in self.manifests:
            return
        if depth > MOST_DEPTH or len(self.manifests) >= MOST_MANIFESTS:
            raise RegistryError("the registry has manifests below manifests without end")
        self.manifests[stored.digest] = stored
        is_index = stored.media_type in oci.INDEX_TYPES
        kind = kind or ("index" if is_index else "manifest")
        self.done.append(Done(kind, stored.media_type, stored.digest, len(stored.data), "pulled"))
        if is_index:
            for child in read_index(stored.data, f"index `{stored.digest}`").manifests:
                self.add(self.get(child), "", depth + 1)
            return
        manifest = read_manifest(stored.data, f"manifest `{stored.digest}`")
        for blob in (manifest.config, *manifest.layers):
            self.blobs.setdefault(blob.digest, blob)

    def get(self, wanted: Descriptor) -> Stored:
        """A manifest, of the media type that it is named with."""
        return manifests.named(self.session, wanted.digest)._replace(media_type=wanted.media_type)

    def add_referrers(self, digest: str) -> None:
        """What refers to a manifest, and what refers to that."""
        for one in referrers.listing(self.session, digest):
            if one.digest in self.manifests:
                continue
            if one.media_type not in oci.MANIFEST_TYPES | oci.INDEX_TYPES:
                kind = harmless(one.media_type)
                self.watch.note(f"left out: a referrer that is no manifest, but `{kind}`")
                continue
            stored = self.get(one)
            self.add(stored, "referrer")
            described, subject = referrers.described(stored)
            if subject != digest:
                raise RegistryError(f"`{one.digest}` is no referrer of `{digest}`")
            self.listed[one.digest] = described
            self.add_referrers(one.digest)

    def add_companions(self, digest: str) -> None:
        for suffix in COMPANIONS:
            tag = referrers.fallback_tag(digest) + suffix
            stored = manifests.get(self.session, tag)
            if stored is not None:
                self.add(stored, "companion")
                self.listed[stored.digest] = stored.descriptor._replace(annotations={REF_NAME: tag})


def pull(session: Session, out: Path, watch: Watch, *, with_referrers: bool = True) -> Pulled:
    """Raises RegistryError, UntrueError, OutputError; the output is as it was before, then."""
    check_target(out)
    graph = _found(session, watch, with_referrers=with_referrers)
    root = next(iter(graph.manifests.values()))
    folder = state_folder(out)
    with _alone(folder, out):
        _take_known(out, graph.blobs.values(), folder)
        largest_first = sorted(graph.blobs.values(), key=lambda blob: -blob.size_bytes)
        graph.done += together(lambda blob: _blob(session, blob, folder, watch), largest_first)
        _write(out, graph, root, session.reference)
        shutil.rmtree(folder, ignore_errors=True)
    return Pulled(root, tuple(graph.done))


@contextlib.contextmanager
def _alone(folder: Path, out: Path) -> Iterator[None]:
    """Two pulls to one output would write into the same parts.

    Raises:
        OutputError: another one is at it, or the folder cannot be used.
    """
    handle = _own_folder(folder)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        hint = "wait for it, or name another output"
        raise OutputError(f"another pull writes to `{out}` now", hint=hint) from error
    finally:
        os.close(handle)


def _own_folder(folder: Path) -> int:
    """Its name can be guessed: whoever made it could have put links into it, and blobs would be
    written to where these lead.

    Raises:
        OutputError: it is no folder of this user, or cannot be made.
    """
    make_folder(folder.parent)
    try:
        with contextlib.suppress(FileExistsError):
            folder.mkdir(0o700)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise output_error(folder, error) from error
    if os.fstat(handle).st_uid == os.geteuid():
        return handle
    os.close(handle)
    raise OutputError(
        f"`{folder}` is of another user, and what is in it could lead anywhere",
        hint="remove it, or name another output",
    )


def _write(out: Path, graph: _Graph, root: Stored, reference: Reference) -> None:
    with writing(out) as writer:
        _fill(writer, graph, state_folder(out))
        named = root.descriptor._replace(annotations=_names(reference))
        index = Index((named, *graph.listed.values()))
        writer.finish(index, docker_name(graph.manifests, root, reference))


def state_folder(out: Path) -> Path:
    return out.with_name(f".{out.name}.x07-pull")


def _found(session: Session, watch: Watch, *, with_referrers: bool) -> _Graph:
    graph = _Graph(session, watch)
    graph.add(manifests.root(session))
    if not graph.blobs:
        raise RegistryError(
            f"`{session.reference}` is an index that names no image",
            hint="push the image again, or check the reference",
        )
    for digest in tuple(graph.manifests) if with_referrers else ():
        graph.add_referrers(digest)
        graph.add_companions(digest)
    return graph


def _blob(session: Session, blob: Descriptor, folder: Path, watch: Watch) -> Done:
    transfer = watch.begin(blob.digest, blob.size_bytes)
    outcome = download(session, blob, folder, transfer)
    transfer.end(outcome)
    return Done("blob", blob.media_type, blob.digest, blob.size_bytes, outcome)


def _take_known(out: Path, blobs: Iterable[Descriptor], folder: Path) -> None:
    """Blobs of the layout that is to be replaced, those that are whole."""
    try:
        layout = open_layout(out) if out.exists() else None
    except X07Error:
        return
    for blob in blobs if layout is not None else ():
        if layout is not None and not blob_file(folder, blob.digest).exists():
            with contextlib.suppress(X07Error):
                _copy(layout, blob, folder)


def _copy(layout: Layout, blob: Descriptor, folder: Path) -> None:
    """Raises X07Error: it is not there, or damaged."""
    copy = blob_file(folder, blob.digest).with_suffix(".copy")
    try:
        with layout.read_blob(blob) as content, copy.open("wb") as stream:
            for chunk in content.chunks():
                stream.write(chunk)
        copy.replace(blob_file(folder, blob.digest))
    except OSError as error:
        raise output_error(copy, error) from error
    finally:
        copy.unlink(missing_ok=True)


def _fill(writer: LayoutWriter, graph: _Graph, folder: Path) -> None:
    for stored in graph.manifests.values():
        writer.add(stored.media_type, stored.data)
    for digest in graph.blobs:
        with contextlib.suppress(FileExistsError):
            _link(blob_file(folder, digest), writer.blob_file(digest))


def _link(file: Path, target: Path) -> None:
    """A file system without hard links gets a copy."""
    try:
        os.link(file, target)
    except FileExistsError:
        raise
    except OSError:
        shutil.copyfile(file, target)


def _names(reference: Reference) -> dict[str, str]:
    """For loaders: the tag, and the whole reference."""
    if not reference.tag:
        return {}
    return {REF_NAME: reference.tag, IMAGE_NAME: f"{reference.name}:{reference.tag}"}


def docker_name(found: dict[str, Stored], root: Stored, reference: Reference) -> DockerName | None:
    """What `docker load` is told: the image, or the first one of an index."""
    stored = root
    while stored.media_type in oci.INDEX_TYPES:
        children = read_index(stored.data, "index").manifests
        if not children:
            return None
        stored = found[children[0].digest]
    manifest: Manifest = read_manifest(stored.data)
    names = (f"{reference.name}:{reference.tag}",) if reference.tag else ()
    return DockerName(manifest, names)
