"""One blob from a registry into a file: gone on with where it stopped, checked by its digest.

What came so far is in `HEX.part`; a process that is killed leaves it, and the next one asks for the
rest. A whole blob is renamed to `HEX`.
"""

import hashlib
import os
from pathlib import Path
from typing import IO, Final

from x07bundle.files import output_error, sha256_file
from x07bundle.image.oci import Descriptor
from x07bundle.registry.failure import (
    InterruptedTransferError,
    RegistryError,
    UntrueError,
)
from x07bundle.registry.session import Request, Session
from x07bundle.registry.transport import Answer, chunks
from x07bundle.registry.watching import Transfer

READ_BYTES: Final = 1 << 20
PARTIAL: Final = 206
NO_RANGE: Final = 416
DAMAGED: Final = (
    "the registry, or a proxy before it, has damaged the blob; it has to be pushed again"
)


def blob_file(folder: Path, digest: str) -> Path:
    return folder / digest.rpartition(":")[2]


def download(session: Session, wanted: Descriptor, folder: Path, transfer: Transfer) -> str:
    """Get a blob into `folder`; what became of it: "there", "resumed" or "pulled".

    Raises:
        RegistryError: it cannot be had.
        UntrueError: its bytes are not those of its digest.
        OutputError: it cannot be written.
    """
    file = blob_file(folder, wanted.digest)
    if file.is_file() and f"sha256:{sha256_file(file)}" == wanted.digest:
        return "there"
    part = file.with_suffix(".part")
    try:
        with part.open("ab") as stream:
            before = _Received(session, wanted, stream, transfer).all()
        part.replace(file)
    except OSError as error:
        raise output_error(part, error) from error
    return "resumed" if before else "pulled"


class _Received:
    """The bytes of one blob so far: hashed and in a file."""

    def __init__(
        self, session: Session, wanted: Descriptor, stream: IO[bytes], transfer: Transfer
    ) -> None:
        self.session, self.wanted, self.stream, self.transfer = session, wanted, stream, transfer
        self.hash = hashlib.sha256()
        self.size_bytes = 0

    def all(self) -> int:
        """Receives to the end; how many bytes had been there before.

        What an earlier process left may be wrong: then it is got again, once, from the beginning.
        """
        before = self._hash_what_is_there()
        self._receive()
        if before and not self._is_right():
            self._forget()
            before = 0
            self._receive()
        if not self._is_right():
            self._forget()
            found = f"{self.wanted.size_bytes} bytes were expected"
            raise UntrueError(f"`{self.wanted.digest}` has wrong bytes", found, DAMAGED)
        return before

    def _is_right(self) -> bool:
        return f"sha256:{self.hash.hexdigest()}" == self.wanted.digest

    def _hash_what_is_there(self) -> int:
        with Path(self.stream.name).open("rb") as stream:
            while chunk := stream.read(READ_BYTES):
                self._count(chunk)
        if self.size_bytes > self.wanted.size_bytes:
            self._forget()
        return self.size_bytes

    def _count(self, chunk: bytes) -> None:
        self.hash.update(chunk)
        self.size_bytes += len(chunk)
        self.transfer.moved(self.size_bytes)

    def _forget(self) -> None:
        self.stream.flush()
        os.ftruncate(self.stream.fileno(), 0)
        self.hash, self.size_bytes = hashlib.sha256(), 0

    def _receive(self) -> None:
        """Attempts count anew when bytes came."""
        attempt, start = 0, self.size_bytes
        while self.size_bytes < self.wanted.size_bytes:
            try:
                self._receive_once()
            except InterruptedTransferError as error:
                self.stream.flush()
                attempt = 1 if self.size_bytes > start else attempt + 1
                start = self.size_bytes
                self.session.wait_after(error, attempt)

    def _receive_once(self) -> None:
        with self.session.once(self._request()) as answer:
            if answer.status_code == NO_RANGE:
                self._forget()
                raise InterruptedTransferError("the registry could not go on where it stopped")
            self._fit(answer)
            for chunk in chunks(answer):
                if self.size_bytes + len(chunk) > self.wanted.size_bytes:
                    self._forget()
                    size = f"more than {self.wanted.size_bytes} bytes"
                    raise UntrueError(f"`{self.wanted.digest}` has {size}", hint=DAMAGED)
                self.stream.write(chunk)
                self._count(chunk)
        if self.size_bytes < self.wanted.size_bytes:
            size = f"{self.size_bytes} of {self.wanted.size_bytes} bytes"
            raise InterruptedTransferError(f"`{self.wanted.digest}` ended after {size}")

    def _request(self) -> Request:
        session, digest = self.session, self.wanted.digest
        range_header = {"Range": f"bytes={self.size_bytes}-"} if self.size_bytes else {}
        return Request(
            "GET",
            session.url(session.urls.get_blob_url(digest)),
            f"cannot get the blob `{digest}` of `{session.reference.name}`",
            frozenset({200, PARTIAL, NO_RANGE}) if self.size_bytes else frozenset({200}),
            session.scope("pull"),
            range_header,
        )

    def _fit(self, answer: Answer) -> None:
        """A whole answer begins anew; a part has to be the one that was asked for."""
        if answer.status_code == 200:
            if self.size_bytes:
                self._forget()
            return
        start = answer.headers.get("Content-Range", "").partition("-")[0].strip()
        if start != f"bytes {self.size_bytes}":
            raise RegistryError("the registry sent another part of the blob than was asked for")
