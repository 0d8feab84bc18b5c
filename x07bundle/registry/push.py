"""Layouts -> a registry: blobs, then manifests by digest, what refers to them, and the tag last.

Nobody who asks for the tag finds half an image, and nothing is said to be there that was not read
back.
"""

from pathlib import Path
from typing import NamedTuple

from x07bundle.errors import UsageError
from x07bundle.image import oci
from x07bundle.registry import manifests, referrers
from x07bundle.registry.manifests import Stored
from x07bundle.registry.outcomes import Done
from x07bundle.registry.selection import Blob, Referrer, Selection
from x07bundle.registry.session import Session
from x07bundle.registry.together import together
from x07bundle.registry.unfinished import Unfinished
from x07bundle.registry.upload import Upload
from x07bundle.registry.watching import Watch


class Choices(NamedTuple):
    """`mount_from`: repositories of the same registry that may have some of the blobs.
    `unfinished`: the folder where uploads that were begun are kept, or None."""

    mount_from: tuple[str, ...] = ()
    unfinished: Path | None = None


class Pushed(NamedTuple):
    root: Stored
    done: tuple[Done, ...]
    tags: tuple[str, ...]


def push(session: Session, selection: Selection, choices: Choices, watch: Watch) -> Pushed:
    """Raises RegistryError, UntrueError: nothing is promised of what is there then."""
    reference = session.reference
    _check_digest(selection, reference.digest)
    manifests.knock(session)
    done = _blobs(session, selection, choices, watch)
    done += [_manifest(session, stored, watch) for stored in selection.manifests]
    done += [_referrer(session, one, watch) for one in selection.referrers]
    tags = {**selection.companions, **({reference.tag: selection.root} if reference.tag else {})}
    for tag, stored in tags.items():
        _tag(session, tag, stored, watch)
    return Pushed(selection.root, tuple(done), tuple(tags))


def _check_digest(selection: Selection, digest: str) -> None:
    if digest and digest != selection.root.digest:
        raise UsageError(
            f"the image is not `{digest}`",
            f"its digest is `{selection.root.digest}`",
            "leave the digest out, or name the image that has it",
        )


def _blobs(session: Session, selection: Selection, choices: Choices, watch: Watch) -> list[Done]:
    unfinished = Unfinished(choices.unfinished, f"{session.origin}/{session.repository}")

    def send(one: Blob) -> Done:
        layout, blob = one
        transfer = watch.begin(blob.digest, blob.size_bytes)
        outcome = Upload(session, layout, blob, unfinished, transfer).push(choices.mount_from)
        transfer.end(outcome)
        return Done("blob", blob.media_type, blob.digest, blob.size_bytes, outcome)

    # The largest first: whoever gets it last has everybody wait.
    return together(send, sorted(selection.blobs, key=lambda one: -one[1].size_bytes))


def _manifest(session: Session, stored: Stored, watch: Watch) -> Done:
    """Put by digest, whether or not it is there: what is there stays the same."""
    transfer = watch.begin(stored.digest, len(stored.data))
    manifests.put(session, stored.digest, stored)
    manifests.read_back(session, stored.digest, stored)
    transfer.end("pushed")
    kind = "index" if stored.media_type in oci.INDEX_TYPES else "manifest"
    return Done(kind, stored.media_type, stored.digest, len(stored.data), "pushed")


def _referrer(session: Session, one: Referrer, watch: Watch) -> Done:
    """The manifest is there already: here it becomes known."""
    how = referrers.announce(session, one.descriptor, one.subject)
    watch.note(f"{one.descriptor.artifact_type} is a referrer, by {how}")
    size = len(one.stored.data)
    return Done("referrer", one.descriptor.artifact_type, one.stored.digest, size, how)


def _tag(session: Session, tag: str, stored: Stored, watch: Watch) -> None:
    manifests.put(session, tag, stored)
    manifests.read_back(session, tag, stored)
    watch.note(f"tagged {tag}")
