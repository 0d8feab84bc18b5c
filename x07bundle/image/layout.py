"""OCI image layouts to read: a folder, or an uncompressed tar of one.

Standard library only. Every blob is checked against its digest while it is read; nothing is taken
from a layout before.
"""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, NamedTuple

from x07bundle.errors import RefusedError, X07Error
from x07bundle.files import open_file
from x07bundle.image.layer import Span
from x07bundle.image.oci import ALGORITHM, Descriptor, Index
from x07bundle.image.oci_reading import DIGEST, FormatError, read_index, read_version
from x07bundle.image.tar_reader import TarReader

VERSION_FILE: Final = "oci-layout"
INDEX_FILE: Final = "index.json"
BLOBS: Final = f"blobs/{ALGORITHM}"
MOST_DOCUMENT_BYTES: Final = 4 << 20
"""What registries take of a manifest, at most."""
GZIP_MAGIC: Final = b"\x1f\x8b"
DAMAGED: Final = "the image is damaged; build it or get it again"


class DamagedError(RefusedError):
    """Bytes that are not those of their digest, or not there."""


class Blob:
    """The bytes of a blob, as `read` and `chunks` give them; the last one only when all fit.

    Reading to the end is what checks it.
    """

    def __init__(self, stream: IO[bytes], descriptor: Descriptor) -> None:
        self.stream = stream
        self.digest = descriptor.digest
        self.left = descriptor.size_bytes
        self.hash = hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        """Raises DamagedError: at the end, the digest differs; or the end came too early."""
        chunk = self.stream.read(min(size, self.left))
        if not chunk and self.left and size:
            raise DamagedError(f"blob `{self.digest}` is truncated", hint=DAMAGED)
        self.hash.update(chunk)
        self.left -= len(chunk)
        if not self.left and f"{ALGORITHM}:{self.hash.hexdigest()}" != self.digest:
            raise DamagedError(f"blob `{self.digest}` has another digest", hint=DAMAGED)
        return chunk

    def chunks(self, size: int = 1 << 20) -> Iterator[bytes]:
        """Raises as `read` does, for an empty blob too."""
        while chunk := self.read(size):
            yield chunk


class Layout(NamedTuple):
    """`top`: index.json. `spans`: digest to the place of the blob. `others`: names of files beside
    them that no layout needs, to their places.
    """

    path: Path
    top: Index
    spans: Mapping[str, Span]
    others: Mapping[str, Span]

    @contextmanager
    def read_blob(self, descriptor: Descriptor) -> Iterator[Blob]:
        """Raises DamagedError: it is not there, or has another size."""
        span = self.spans.get(descriptor.digest)
        if span is None:
            raise DamagedError(
                f"`{self.path}` has no blob `{descriptor.digest}`",
                f"it is named as {descriptor.media_type}",
                DAMAGED,
            )
        if span.size_bytes != descriptor.size_bytes:
            size = f"{span.size_bytes} bytes, not {descriptor.size_bytes}"
            raise DamagedError(f"blob `{descriptor.digest}` has {size}", hint=DAMAGED)
        with open_file(span.file) as stream:
            stream.seek(span.offset_bytes)
            yield Blob(stream, descriptor)

    def document(self, descriptor: Descriptor) -> bytes:
        """A blob that is JSON, whole.

        Raises:
            DamagedError: as `read_blob`, and when its digest differs.
            FormatError: it is too large for what it is.
        """
        if descriptor.size_bytes > MOST_DOCUMENT_BYTES:
            size = f"{descriptor.size_bytes} bytes, at most {MOST_DOCUMENT_BYTES} are read"
            raise FormatError(f"blob `{descriptor.digest}` has {size}", hint=DAMAGED)
        with self.read_blob(descriptor) as blob:
            return b"".join(blob.chunks())


def open_layout(path: Path) -> Layout:
    """Reads the index, and where each blob is; no blob.

    Raises:
        X07Error: it is no layout, or cannot be read.
    """
    files = _files_of_folder(path) if path.is_dir() else _files_of_archive(path)
    if not files.keys() >= {VERSION_FILE, INDEX_FILE}:
        raise _no_layout(path)
    read_version(small_file(path, files.pop(VERSION_FILE)))
    top = read_index(small_file(path, files.pop(INDEX_FILE)))
    spans = {digest: span for name, span in files.items() if (digest := _digest(name))}
    others = {name: span for name, span in files.items() if not _digest(name)}
    return Layout(path, top, spans, others)


def _no_layout(path: Path) -> FormatError:
    return FormatError(
        f"`{path}` is no OCI image layout: it has no `{VERSION_FILE}` and `{INDEX_FILE}`",
        hint="name the folder or the .tar that `x07 image build --out` made",
    )


def _digest(name: str) -> str:
    """The digest that a blob's name says, or ""."""
    folder, _, digits = name.rpartition("/")
    digest = f"{ALGORITHM}:{digits}"
    return digest if folder == BLOBS and DIGEST.fullmatch(digest) else ""


def _files_of_folder(root: Path) -> dict[str, Span]:
    """Names to places. Links are not followed: a blob is in its layout.

    Raises:
        FormatError: it is no layout, and nobody knows how large then; or there is something in it
            that is neither a file nor a folder.
    """
    if not all(os.path.lexists(root / name) for name in (VERSION_FILE, INDEX_FILE)):
        raise _no_layout(root)
    files: dict[str, Span] = {}
    folders = [root]
    while folders:
        folder = folders.pop()
        for entry in _listed(folder):
            status = entry.stat(follow_symlinks=False)
            path = Path(entry.path)
            if stat.S_ISDIR(status.st_mode):
                folders.append(path)
            elif stat.S_ISREG(status.st_mode):
                files[path.relative_to(root).as_posix()] = Span(path, 0, status.st_size)
            else:
                problem = "it is a link or a device, which no layout has"
                raise FormatError(f"`{path}`: {problem}", hint=DAMAGED)
    return files


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise X07Error(f"cannot read `{folder}`: {(error.strerror or '').lower()}") from error


def _files_of_archive(path: Path) -> dict[str, Span]:
    """Raises TarError, X07Error."""
    with open_file(path) as stream:
        magic = stream.read(len(GZIP_MAGIC))
        if magic == GZIP_MAGIC:
            raise FormatError(
                f"`{path}` is compressed as a whole, which not every loader reads",
                hint="unpack it with `gunzip` first",
            )
        stream.seek(0)
        return {
            member.path: Span(path, member.offset_bytes, member.size_bytes)
            for member, _ in TarReader(stream, f"`{path}`")
            if member.kind == "file"
        }


def small_file(path: Path, span: Span) -> bytes:
    """A file of the layout at `path` that has no digest.

    Raises:
        FormatError: it is too large for what it is.
    """
    if span.size_bytes > MOST_DOCUMENT_BYTES:
        raise FormatError(f"`{path}`: a document has {span.size_bytes} bytes", hint=DAMAGED)
    with open_file(span.file) as stream:
        stream.seek(span.offset_bytes)
        return stream.read(span.size_bytes)
