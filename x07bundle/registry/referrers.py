"""What refers to an image: signatures, SBOMs, provenance (distribution 1.1, referrers).

Asked for by the referrers API, and by the tag `sha256-HEX` that clients keep for registries
without it. After a push the API is asked whether it lists what was pushed; where it does not,
whatever it promised, the tag is written.
"""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urljoin, urlsplit

from x07bundle.image import oci
from x07bundle.image.oci import Descriptor, Index, index_bytes
from x07bundle.image.oci_reading import FormatError, read_index, read_manifest
from x07bundle.registry import manifests
from x07bundle.registry.failure import RegistryError, UntrueError
from x07bundle.registry.manifests import MOST_BYTES, Stored
from x07bundle.registry.session import Request, Session
from x07bundle.registry.transport import Answer

WITHOUT: Final = frozenset({400, 404, 405, 501})
"""How registries answer that do not know the API."""
MOST_PAGES: Final = 100
MOST_REFERRERS: Final = 1000
RACES: Final = 5
"""How often the tag is written again when somebody else wrote it at the same time."""


def fallback_tag(digest: str) -> str:
    return digest.replace(":", "-")


def listing(session: Session, digest: str) -> tuple[Descriptor, ...]:
    """Descriptors of all that refers to a digest, by the API and by the tag, each once.

    Raises:
        RegistryError: the registry cannot be asked, or lists too many.
        FormatError: what it lists is no index.
    """
    known = {one.digest: one for one in _by_api(session, digest) or ()}
    for one in _by_tag(session, digest):
        known.setdefault(one.digest, one)
    return tuple(known.values())


def described(stored: Stored) -> tuple[Descriptor, str]:
    """How an index of referrers describes a manifest, and the digest of its subject or "".

    Raises:
        FormatError: it is no manifest.
    """
    if stored.media_type in oci.INDEX_TYPES:
        index = read_index(stored.data, "index")
        kind, subject, annotations = index.artifact_type, index.subject, index.annotations
    else:
        manifest = read_manifest(stored.data)
        kind = manifest.artifact_type or manifest.config.media_type
        subject, annotations = manifest.subject, manifest.annotations
    descriptor = stored.descriptor._replace(artifact_type=kind, annotations=annotations)
    return descriptor, subject.digest if subject is not None else ""


def announce(session: Session, referrer: Descriptor, subject: str) -> str:
    """Make a manifest that was pushed known as a referrer of `subject`; "api" or "tag": by what.

    Raises:
        RegistryError: it cannot be.
        UntrueError: the registry does not keep it.
    """
    if _holds(_by_api(session, subject) or (), referrer):
        return "api"
    for _ in range(RACES):
        others = [one for one in _by_tag(session, subject) if one.digest != referrer.digest]
        _write_tag(session, subject, [*others, referrer])
        if _holds(_by_tag(session, subject), referrer):
            return "tag"
    raise UntrueError(
        f"the registry does not keep the referrers of `{subject}`",
        f"the tag `{fallback_tag(subject)}` was written {RACES} times",
        "if others push referrers of the same image now, push again later",
    )


def _holds(listed: Iterable[Descriptor], referrer: Descriptor) -> bool:
    return any(one.digest == referrer.digest for one in listed)


def _by_api(session: Session, digest: str) -> tuple[Descriptor, ...] | None:
    """None where the registry does not know the API."""
    host, path = session.reference.host, f"v2/{session.repository}/referrers/{digest}"
    url = f"{session.origin}/{path}"
    found: list[Descriptor] = []
    for _ in range(MOST_PAGES):
        answer, data = session.data(_request(session, url, digest), MOST_BYTES)
        if answer.status_code in WITHOUT:
            return None
        found += _members(data, f"referrers of `{digest}`")
        url = _next(session, answer)
        if not url:
            return tuple(found)
    raise RegistryError(f"`{host}` lists referrers of `{digest}` without end")


def _request(session: Session, url: str, digest: str) -> Request:
    return Request(
        "GET",
        url,
        f"cannot list the referrers of `{digest}`",
        frozenset({200}) | WITHOUT,
        session.scope("pull"),
        {"Accept": oci.INDEX},
    )


def _members(data: bytes, what: str) -> tuple[Descriptor, ...]:
    found = read_index(data, what).manifests
    if len(found) > MOST_REFERRERS:
        raise FormatError(f"{what}: more than {MOST_REFERRERS}", hint="remove some of them")
    return found


def _next(session: Session, answer: Answer) -> str:
    """The next page, which is of the registry itself, or ""."""
    link = answer.next_page
    if not link:
        return ""
    url = session.check_url(urljoin(answer.url, link), answer.url)
    if not session.is_own(url):
        raise RegistryError(f"the registry continues its list on `{urlsplit(url).netloc}`")
    return url


def _by_tag(session: Session, digest: str) -> tuple[Descriptor, ...]:
    stored = manifests.get(session, fallback_tag(digest))
    if stored is None:
        return ()
    return _members(stored.data, f"tag `{fallback_tag(digest)}`")


def _write_tag(session: Session, subject: str, members: list[Descriptor]) -> None:
    data = index_bytes(Index(tuple(members)))
    manifests.put(session, fallback_tag(subject), Stored(oci.INDEX, data))
