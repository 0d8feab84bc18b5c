"""A stored layer -> its plain tar, counted, hashed and bounded."""

import hashlib
import zlib
from collections.abc import Iterator
from typing import Final

from x07bundle.errors import ToolMissingError
from x07bundle.image.layout import DAMAGED, Blob, DamagedError
from x07bundle.image.oci import (
    ALGORITHM,
    DOCKER_LAYER_GZIP,
    DOCKER_LAYER_TAR,
    LAYER_GZIP,
    LAYER_TAR,
    LAYER_ZSTD,
)
from x07bundle.image.oci_reading import FormatError

CHUNK_BYTES: Final = 1 << 20
MOST_PLAIN_BYTES: Final = 5 << 30
"""Of one layer: a small blob may unpack to any size."""
MOST_ZSTD_WINDOW_BYTES: Final = 1 << 27

PLAIN_TYPES: Final = frozenset({LAYER_TAR, DOCKER_LAYER_TAR})
GZIP_TYPES: Final = frozenset({LAYER_GZIP, DOCKER_LAYER_GZIP})
LAYER_TYPES: Final = PLAIN_TYPES | GZIP_TYPES | {LAYER_ZSTD}


class Plain:
    """What `tar_reader.TarReader` reads. `diff_id` is that of what was read so far."""

    def __init__(self, blob: Blob, media_type: str) -> None:
        """Raises FormatError: layers are of other types."""
        self.what = f"layer `{blob.digest}`"
        self.chunks = _chunks(blob, media_type, self.what)
        self.held = memoryview(b"")
        self.hash = hashlib.sha256()
        self.plain_bytes = 0

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end.

        Raises:
            DamagedError: it does not unpack, or its digest differs.
            FormatError: it unpacks to more than layers have.
        """
        while not self.held:
            chunk = next(self.chunks, None)
            if chunk is None:
                return b""
            self._count(chunk)
            self.held = memoryview(chunk)
        taken = bytes(self.held[:size])
        self.held = self.held[size:]
        return taken

    def diff_id(self) -> str:
        return f"{ALGORITHM}:{self.hash.hexdigest()}"

    def _count(self, chunk: bytes) -> None:
        self.hash.update(chunk)
        self.plain_bytes += len(chunk)
        if self.plain_bytes > MOST_PLAIN_BYTES:
            raise FormatError(f"{self.what} unpacks to more than {MOST_PLAIN_BYTES} bytes")


def _chunks(blob: Blob, media_type: str, what: str) -> Iterator[bytes]:
    if media_type in GZIP_TYPES:
        return _gunzipped(blob, what)
    if media_type == LAYER_ZSTD:
        return _unzstd(blob, what)
    if media_type in PLAIN_TYPES:
        return blob.chunks(CHUNK_BYTES)
    raise FormatError(f"{what} is of a type that layers do not have: `{media_type}`")


def _gunzipped(blob: Blob, what: str) -> Iterator[bytes]:
    """One gzip member after another, as some tools write them."""
    decoder = None
    for packed in blob.chunks(CHUNK_BYTES):
        waiting = packed
        while waiting:
            decoder = decoder or zlib.decompressobj(wbits=31)
            try:
                plain = decoder.decompress(waiting, CHUNK_BYTES)
            except zlib.error as error:
                raise DamagedError(f"{what} is no gzip stream", hint=DAMAGED) from error
            if plain:
                yield plain
            waiting = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
            decoder = None if decoder.eof else decoder
    if decoder is not None:
        yield from _rest(decoder, what)


def _rest(decoder: "zlib._Decompress", what: str) -> Iterator[bytes]:
    """What the decoder kept back because more would not have fitted into a chunk."""
    while plain := decoder.decompress(decoder.unconsumed_tail, CHUNK_BYTES):
        yield plain
    if not decoder.eof:
        raise DamagedError(f"{what} is truncated", hint=DAMAGED)


def _unzstd(blob: Blob, what: str) -> Iterator[bytes]:
    try:
        from zstandard import ZstdDecompressor, ZstdError  # late: most layers are gzip
    except ImportError as error:
        raise ToolMissingError(
            "zstd layers need the Python package `zstandard`", hint="pip install zstandard"
        ) from error
    made = ZstdDecompressor(max_window_size=MOST_ZSTD_WINDOW_BYTES)
    try:
        with made.stream_reader(blob, read_across_frames=True, closefd=False) as stream:  # type: ignore[arg-type]  # it calls `read` alone
            while plain := stream.read(CHUNK_BYTES):
                yield plain
    except ZstdError as error:
        raise DamagedError(f"{what} is no zstd stream", hint=DAMAGED) from error
