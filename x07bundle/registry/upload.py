"""One blob to a registry: not at all where it is, mounted from another repository, or sent.

Large ones go in chunks. After a break the registry is asked how far it got; where it goes on is
kept, so that the next process can go on as well. A registry that forgot gets the blob anew.
"""

import os
import re
from collections.abc import Callable, Iterator
from typing import IO, Final, NamedTuple
from urllib.parse import quote

from x07bundle.image.layout import Layout
from x07bundle.image.oci import Descriptor
from x07bundle.registry.failure import (
    InterruptedTransferError,
    RegistryError,
    StatusError,
    UntrueError,
)
from x07bundle.registry.session import Request, Session
from x07bundle.registry.together import beside
from x07bundle.registry.transport import Answer, Body, chunks
from x07bundle.registry.unfinished import Unfinished
from x07bundle.registry.watching import Transfer

CHUNK_BYTES: Final = 16 << 20
MOST_CHUNK_BYTES: Final = 1 << 30
RESTARTS: Final = 4
"""How often a blob is begun anew because the registry lost its upload."""
TAIL_BYTES: Final = 1 << 16
RANGE: Final = re.compile(r"(?:bytes=)?(\d{1,19})-(\d{1,19})")
BROKEN: Final = (
    "the registry, or the store behind it, loses what it is given: tell those who run it"
)


class Part:
    """A span of an open file as the body of a request."""

    def __init__(
        self, stream: IO[bytes], start: int, size_bytes: int, transfer: Transfer, at: int
    ) -> None:
        stream.seek(start)
        self.stream, self.left, self.size_bytes = stream, size_bytes, size_bytes
        self.transfer, self.at = transfer, at

    def __len__(self) -> int:
        return self.size_bytes

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read(1 << 18):
            yield chunk

    def read(self, count: int = -1, /) -> bytes:
        wanted = self.left if count < 0 else min(count, self.left)
        chunk = self.stream.read(wanted)
        self.left -= len(chunk)
        self.transfer.moved(self.at + self.size_bytes - self.left)
        return chunk


class Place(NamedTuple):
    """Where an upload goes on: at a URL, after so many bytes. `chunk_bytes`: of its pieces."""

    url: str
    sent_bytes: int
    chunk_bytes: int = CHUNK_BYTES


class _LostError(Exception):
    """The registry does not know the upload any more."""


class Upload:
    """One blob on its way."""

    def __init__(
        self,
        session: Session,
        layout: Layout,
        blob: Descriptor,
        unfinished: Unfinished,
        transfer: Transfer,
    ) -> None:
        self.session, self.layout, self.blob = session, layout, blob
        self.unfinished, self.transfer = unfinished, transfer
        self.was_resumed = False
        self.checked: Callable[[], None] = lambda: None

    def push(self, mount_from: tuple[str, ...]) -> str:
        """What became of it: "there", "mounted", "resumed" or "pushed".

        Raises:
            RegistryError: the registry does not take it.
            UntrueError: it says that it did, and has something else.
        """
        if self.is_there():
            self.unfinished.forget(self.blob.digest)
            return "there"
        for repository in mount_from:
            if self._mount(repository):
                self._read_back()
                return "mounted"
        with beside(lambda: _check(self.layout, self.blob)) as self.checked:
            self._send()
        self._read_back()
        self.unfinished.forget(self.blob.digest)
        return "resumed" if self.was_resumed else "pushed"

    def is_there(self) -> bool:
        session = self.session
        with session.ask(
            Request(
                "HEAD",
                self._blob_url,
                f"cannot look for the blob `{self.blob.digest}`",
                frozenset({200, 404}),
                session.scope("pull", "push"),
            )
        ) as answer:
            size = answer.headers.get("Content-Length", str(self.blob.size_bytes))
            return answer.status_code == 200 and size == str(self.blob.size_bytes)

    @property
    def _blob_url(self) -> str:
        return self.session.url(self.session.urls.get_blob_url(self.blob.digest))

    def _mount(self, repository: str) -> bool:
        """An upload that was begun in its place is cancelled by the registry in time."""
        query = f"mount={quote(self.blob.digest)}&from={quote(repository, safe='')}"
        url = f"{self.session.url(self.session.urls.upload_blob_url())}?{query}"
        own, other = (
            self.session.scope("pull", "push"),
            self.session.scope("pull", repository=repository),
        )
        what = f"cannot mount the blob `{self.blob.digest}` from `{repository}`"
        request = Request(
            "POST", url, what, frozenset({201, 202, 400, 401, 403, 404, 405}), own + other
        )
        with self.session.ask(request) as answer:
            return answer.status_code == 201 and self.is_there()

    def _send(self) -> None:
        place = self._known_place()
        for _ in range(RESTARTS):
            try:
                self._send_from(place or self._begin())
                return
            except _LostError:
                self.unfinished.forget(self.blob.digest)
                self.was_resumed = False
                place = None
        raise RegistryError(
            f"the registry loses the upload of `{self.blob.digest}` again and again", hint=BROKEN
        )

    def _known_place(self) -> Place | None:
        """Where an earlier process stopped, as the registry says."""
        url = self.unfinished.find(self.blob.digest)
        if not url:
            return None
        try:
            place = self.session.patiently(lambda: self._asked(Place(url, 0)))
        except (_LostError, RegistryError):
            return None
        self.was_resumed = place.sent_bytes > 0
        return place

    def _begin(self) -> Place:
        session = self.session
        url = session.url(session.urls.upload_blob_url())
        what = f"cannot begin the upload of `{self.blob.digest}` to `{session.reference.name}`"
        expected, scopes = frozenset({202}), session.scope("pull", "push")
        empty = {"Content-Length": "0"}
        with session.ask(Request("POST", url, what, expected, scopes, empty)) as answer:
            least = answer.headers.get("OCI-Chunk-Min-Length", "0")
            chunk = int(least) if least.isdecimal() and len(least) < 19 else 0
            place = self._location(answer, 0)
        return place._replace(chunk_bytes=min(max(chunk, CHUNK_BYTES), MOST_CHUNK_BYTES))

    def _location(self, answer: Answer, sent_bytes: int) -> Place:
        """Where the answer says that the upload goes on. It is kept for the next process."""
        url = self.session.check_url(answer.headers.get("Location", ""), answer.url)
        self.unfinished.keep(self.blob.digest, url)
        return Place(url, sent_bytes)

    def _send_from(self, place: Place) -> None:
        """Attempts count anew when the registry got further.

        Every second time that the registry answers with an error it gets the same again without
        being asked how far it got: one that fails in a rhythm is not met at the same beat.

        Raises:
            _LostError: it is to be begun anew.
        """
        attempt = 0
        further: Place | None = place
        while further is not None:
            place = further
            try:
                further, attempt = self._next(place), 0
            except InterruptedTransferError as error:
                attempt += 1
                self.session.wait_after(error, attempt)
                is_asked = attempt % 2 == 1 or not error.was_answered
                further = self._where(place) if is_asked else place
                is_further = further is not None and further.sent_bytes > place.sent_bytes
                attempt = 0 if is_further else attempt

    def _next(self, place: Place) -> Place | None:
        """Where it goes on after a chunk; None after the last one."""
        if place.sent_bytes < self.blob.size_bytes - place.chunk_bytes:
            return self._patch(place)
        self._finish(place)
        return None

    def _patch(self, place: Place) -> Place:
        size = min(place.chunk_bytes, self.blob.size_bytes - place.sent_bytes)
        end = place.sent_bytes + size
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Range": f"{place.sent_bytes}-{end - 1}",
        }
        with self._sent("PATCH", place.url, place.sent_bytes, size, headers, 202) as answer:
            if _end(answer.headers.get("Range", "")) != end:
                raise _LostError
            return self._location(answer, end)._replace(chunk_bytes=place.chunk_bytes)

    def _finish(self, place: Place) -> None:
        """The rest, and the digest of all, which has to be ours by then. Raises DamagedError."""
        self.checked()
        separator = "&" if "?" in place.url else "?"
        url = f"{place.url}{separator}digest={quote(self.blob.digest)}"
        size = self.blob.size_bytes - place.sent_bytes
        headers = {"Content-Type": "application/octet-stream"}
        if place.sent_bytes and size:
            headers["Content-Range"] = f"{place.sent_bytes}-{self.blob.size_bytes - 1}"
        try:
            self._sent("PUT", url, place.sent_bytes, size, headers, 201).close()
        except StatusError as error:
            if error.status in (400, 404, 416):
                raise _LostError from error
            raise

    def _sent(
        self, method: str, url: str, start: int, size: int, headers: dict[str, str], status: int
    ) -> Answer:
        """Raises InterruptedTransferError, _LostError (by status), RegistryError."""
        with self.layout.spans[self.blob.digest].file.open("rb") as stream:
            answer = self.session.once(
                Request(
                    method,
                    url,
                    f"cannot push the blob `{self.blob.digest}`",
                    frozenset({status, 404, 416}) if method == "PATCH" else frozenset({status}),
                    self.session.scope("pull", "push"),
                    headers,
                    lambda: self._part(stream, start, size),
                )
            )
        if answer.status_code != status:
            answer.close()
            raise _LostError
        return answer

    def _part(self, stream: IO[bytes], start: int, size: int) -> Body | bytes:
        """No body is no stream: the HTTP library would send that in chunks."""
        offset = self.layout.spans[self.blob.digest].offset_bytes + start
        return Part(stream, offset, size, self.transfer, start) if size else b""

    def _where(self, place: Place) -> Place | None:
        """None: the blob is there, and only the answer was lost. Raises _LostError."""
        try:
            further = self.session.patiently(lambda: self._asked(place))
        except _LostError:
            if self.is_there():
                return None
            raise
        self.was_resumed = self.was_resumed or further.sent_bytes > 0
        return further

    def _asked(self, place: Place) -> Place:
        """How far the registry got. Raises _LostError: it does not know the upload."""
        what = f"cannot ask how far the upload of `{self.blob.digest}` got"
        expected, scopes = frozenset({204, 400, 404, 410, 416}), self.session.scope("pull", "push")
        url = self.session.check_url(place.url, self.session.origin)
        with self.session.once(Request("GET", url, what, expected, scopes)) as answer:
            if answer.status_code != 204:
                raise _LostError
            end = _end(answer.headers.get("Range", ""))
            if end > self.blob.size_bytes:
                raise _LostError
            if not answer.headers.get("Location"):
                return place._replace(url=url, sent_bytes=end)
            return self._location(answer, end)._replace(chunk_bytes=place.chunk_bytes)

    def _read_back(self) -> None:
        """Its size and its last bytes, or all of it where it is small.

        Raises:
            UntrueError: it is not there, or is something else.
        """
        if not self.session.eventually(lambda: self.session.patiently(self._is_kept)):
            raise UntrueError(
                f"the registry took the blob `{self.blob.digest}`, and does not have it",
                hint=BROKEN,
            )

    def _is_kept(self) -> bool:
        start = max(self.blob.size_bytes - TAIL_BYTES, 0)
        what = f"cannot read back the blob `{self.blob.digest}`"
        range_header = {"Range": f"bytes={start}-"} if start else {}
        expected, scopes = frozenset({200, 206, 404, 416}), self.session.scope("pull", "push")
        request = Request("GET", self._blob_url, what, expected, scopes, range_header)
        with self.session.once(request) as answer:
            if answer.status_code in (404, 416) or not self._has_size(answer):
                return False
            first = start if answer.status_code == 206 else 0
            expected_bytes = _span(self.layout, self.blob, first, self.blob.size_bytes - start)
            found = _first(answer, len(expected_bytes))
        if found != expected_bytes:
            raise UntrueError(
                f"the registry took the blob `{self.blob.digest}`, and has other bytes", hint=BROKEN
            )
        return True

    def _has_size(self, answer: Answer) -> bool:
        """Whether the whole, of which this may be a part, has our size, where it is said."""
        whole = answer.headers.get("Content-Length")
        if answer.status_code == 206:
            whole = answer.headers.get("Content-Range").rpartition("/")[2]
        return not whole.isdecimal() or int(whole[:19]) == self.blob.size_bytes


def _end(header: str) -> int:
    """How many bytes a `Range: 0-N` says are there. `0-0` may mean none or one: then none, which is
    sent again; a registry that has one refuses the whole, and the upload is begun anew."""
    match = RANGE.fullmatch(header.strip())
    if match is None or match[1] != "0":
        return 0
    return int(match[2]) + 1 if int(match[2]) else 0


def _check(layout: Layout, blob: Descriptor) -> None:
    """Raises DamagedError: our own bytes are not those of the digest."""
    with layout.read_blob(blob) as content:
        for _ in content.chunks():
            pass


def _span(layout: Layout, blob: Descriptor, start: int, size: int) -> bytes:
    place = layout.spans[blob.digest]
    with place.file.open("rb") as stream:
        stream.seek(place.offset_bytes + start, os.SEEK_SET)
        return stream.read(size)


def _first(answer: Answer, size: int) -> bytes:
    """The first bytes of a body; the rest is left."""
    found = bytearray()
    for chunk in chunks(answer):
        found += chunk
        if len(found) >= size:
            break
    return bytes(found[:size])
