"""Manifests and indices in a registry: bytes with a media type, by tag or digest."""

import json
from typing import Final, NamedTuple

from oras.defaults import default_manifest_accepted_media_types as ACCEPTED

from x07bundle.image import oci
from x07bundle.image.oci import Descriptor, digest_of
from x07bundle.image.oci_reading import DIGEST
from x07bundle.registry.failure import RegistryError, UntrueError, harmless
from x07bundle.registry.session import Request, Session
from x07bundle.registry.transport import Answer

MOST_BYTES: Final = 4 << 20
"""What registries take, and more than any manifest has."""

READ_AGAIN: Final = "the registry, or a proxy before it, is broken; nothing of it can be trusted"


class Stored(NamedTuple):
    """A manifest as the registry has it."""

    media_type: str
    data: bytes

    @property
    def digest(self) -> str:
        return digest_of(self.data)

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor(self.media_type, self.digest, len(self.data))


def get(session: Session, wanted: str) -> Stored | None:
    """The manifest of a tag or digest; None where there is none.

    Raises:
        RegistryError: it cannot be had.
        UntrueError: its bytes are not those of its digest.
    """
    answer, data = session.data(
        Request(
            "GET",
            session.url(session.urls.manifest_url(wanted)),
            f"cannot get the manifest `{wanted}` of `{session.reference.name}`",
            frozenset({200, 404}),
            session.scope("pull"),
            {"Accept": ", ".join(ACCEPTED)},
        ),
        MOST_BYTES,
    )
    if answer.status_code == 404:
        return None
    _check_digest(session, wanted, answer, data)
    return Stored(_media_type(answer, data), data)


def root(session: Session) -> Stored:
    """What the reference of the session leads to.

    Raises:
        RegistryError: it cannot be had, or is not there.
        UntrueError: its bytes are not those of its digest.
    """
    stored = get(session, session.reference.wanted)
    if stored is None:
        raise RegistryError(
            f"there is no `{session.reference}`",
            hint="check the spelling; some registries hide what a login may not see",
        )
    return stored


def named(session: Session, digest: str) -> Stored:
    """A manifest that another one, or a list of referrers, names.

    Raises:
        RegistryError: it cannot be had, or is not there.
        UntrueError: its bytes are not those of its digest.
    """
    stored = get(session, digest)
    if stored is None:
        raise RegistryError(
            f"the registry does not have the manifest `{digest}`",
            "an index or a list of referrers names it",
            "the image was not pushed whole: push it again",
        )
    return stored


def knock(session: Session) -> None:
    """Asks for anything with the rights of a push, so that a wrong password is said once, and not
    by each of the threads that push.

    Raises:
        RegistryError: we are not let in.
    """
    place = session.urls.manifest_url(session.reference.wanted)
    what = f"cannot push to `{session.reference.name}`"
    expected, scopes = frozenset({200, 404}), session.scope("pull", "push")
    accept = {"Accept": ", ".join(ACCEPTED)}
    session.ask(Request("HEAD", session.url(place), what, expected, scopes, accept)).close()


def put(session: Session, wanted: str, stored: Stored) -> Answer:
    """Store a manifest; its answer.

    Raises:
        RegistryError: the registry does not take it.
        UntrueError: it says that it stored something else.
    """
    answer, _ = session.data(
        Request(
            "PUT",
            session.url(session.urls.manifest_url(wanted)),
            f"cannot push the manifest `{wanted}` to `{session.reference.name}`",
            frozenset({201}),
            session.scope("pull", "push"),
            {"Content-Type": stored.media_type},
            lambda: stored.data,
        ),
        MOST_BYTES,
    )
    said = answer.headers.get("Docker-Content-Digest", stored.digest)
    if said != stored.digest:
        raise UntrueError(
            f"the registry stored `{harmless(said)}` in the place of `{stored.digest}`",
            hint=READ_AGAIN,
        )
    return answer


def read_back(session: Session, wanted: str, stored: Stored) -> None:
    """Get what was put.

    Raises:
        UntrueError: it is not there, or is something else.
    """
    found: list[Stored] = []

    def is_it() -> bool:
        found[:] = [one for one in (get(session, wanted),) if one is not None]
        return bool(found) and found[0].data == stored.data

    if session.eventually(is_it):
        return
    if not found:
        raise UntrueError(
            f"the registry took the manifest `{wanted}`, and does not have it", hint=READ_AGAIN
        )
    raise UntrueError(
        f"the registry took the manifest `{wanted}`, and has another: `{found[0].digest}`",
        f"pushed was `{stored.digest}`",
        "somebody else may have pushed the same tag; else the registry is broken",
    )


def _check_digest(session: Session, wanted: str, answer: Answer, data: bytes) -> None:
    said = answer.headers.get("Docker-Content-Digest", "")
    expected = wanted if DIGEST.fullmatch(wanted) else said
    if DIGEST.fullmatch(expected) and expected != digest_of(data):
        raise UntrueError(
            f"the manifest `{wanted}` of `{session.reference.name}` has wrong bytes",
            f"they are those of `{digest_of(data)}`, not of `{expected}`",
            READ_AGAIN,
        )


def _media_type(answer: Answer, data: bytes) -> str:
    """What the document says, where it does: a header can be changed on the way, and is no part of
    what the digest is of."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        document = None
    own = document.get("mediaType") if isinstance(document, dict) else None
    found = own or answer.headers.get("Content-Type", "").partition(";")[0].strip()
    if found not in oci.MANIFEST_TYPES | oci.INDEX_TYPES:
        raise RegistryError(
            f"the registry has a document of the type `{harmless(found)}` there",
            "that is neither an image manifest nor an index",
            "check the reference",
        )
    return str(found)
