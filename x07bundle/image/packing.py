"""Plain bytes -> a compressed blob with both digests, in one pass and bounded memory.

gzip is made in blocks, side by side: the cut is fixed, so the bytes do not depend on how many
processors there are. That a block cannot look back into the one before it costs two bytes of a
thousand. The header is fixed too: no time, no name, system 255 (unknown). What is left is zlib
itself: its own releases give the same bytes (1.2.13 was tried), rewritings such as zlib-ng do not.
`deflate_name` tells by the bytes of a known text which one it is, and the report of a build has it.
The digests of the plain layers (`diff_ids`) never depend on it.
"""

import hashlib
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import IO, Final, Literal, NamedTuple

from x07bundle.errors import ToolMissingError
from x07bundle.image.oci import ALGORITHM, LAYER_GZIP, LAYER_ZSTD

Compression = Literal["gzip", "zstd"]
COMPRESSIONS: Final = ("gzip", "zstd")
MEDIA_TYPES: Final[dict[Compression, str]] = {"gzip": LAYER_GZIP, "zstd": LAYER_ZSTD}

BLOCK_BYTES: Final = 1 << 20
IN_FLIGHT: Final = 8
"""Blocks that wait for their turn: what bounds the memory."""
GZIP_LEVEL: Final = 6
GZIP_HEADER: Final = bytes((0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF))
ZSTD_LEVEL: Final = 9
ZSTD_THREADS: Final = 2
"""Fixed: one thread and several give different bytes, two and more the same."""

PROBE: Final = b"".join(b"%d %x;" % (number, number * number) for number in range(20_000))
PROBE_CRCS: Final = {0x2D3BEDBA: "zlib"}


class Packed(NamedTuple):
    """`digest`, `size_bytes`: of the blob. `diff_id`, `plain_bytes`: of what is in it."""

    digest: str
    size_bytes: int
    diff_id: str
    plain_bytes: int


def pack(
    chunks: Iterable[bytes], out: IO[bytes], compression: Compression, pool: Executor
) -> Packed:
    """Compress into `out`.

    Raises:
        ToolMissingError: zstd, and no Python package for it.
        OSError: `out` cannot be written.
    """
    plain = _Counted(pool)
    stored = _Counted(pool)
    blocks = plain.passing(_blocks(chunks))
    made = _gzip(blocks, pool) if compression == "gzip" else _zstd(blocks)
    for chunk in stored.passing(made):
        out.write(chunk)
    return Packed(stored.digest(), stored.size_bytes, plain.digest(), plain.size_bytes)


def deflate_name() -> str:
    """What made the gzip layers: two builds that name the same give the same bytes."""
    made = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    crc = zlib.crc32(made.compress(PROBE) + made.flush())
    return f"{PROBE_CRCS.get(crc, f'other {crc:08x}')} level {GZIP_LEVEL}"


def zstd_name() -> str:
    """The same for zstd, whose bytes depend on its release."""
    from zstandard import ZSTD_VERSION

    return f"zstd {'.'.join(map(str, ZSTD_VERSION))} level {ZSTD_LEVEL}"


class _Counted:
    """Digest and size of what passes, the hashing beside whatever uses the bytes."""

    def __init__(self, pool: Executor) -> None:
        self.pool = pool
        self.hash = hashlib.sha256()
        self.size_bytes = 0
        self.pending: Future[None] | None = None

    def passing(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._wait()
            self.pending = self.pool.submit(self.hash.update, chunk)
            self.size_bytes += len(chunk)
            yield chunk

    def digest(self) -> str:
        self._wait()
        return f"{ALGORITHM}:{self.hash.hexdigest()}"

    def _wait(self) -> None:
        if self.pending is not None:
            self.pending.result()
            self.pending = None


def _blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks of `BLOCK_BYTES`, the last one shorter and maybe empty."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= BLOCK_BYTES:
            yield bytes(held[:BLOCK_BYTES])
            del held[:BLOCK_BYTES]
    yield bytes(held)


def _gzip(blocks: Iterable[bytes], pool: Executor) -> Iterator[bytes]:
    yield GZIP_HEADER
    waiting: deque[Future[bytes]] = deque()
    crc = size_bytes = 0
    for block in blocks:
        waiting.append(pool.submit(_deflate, block))
        crc, size_bytes = zlib.crc32(block, crc), size_bytes + len(block)
        if len(waiting) == IN_FLIGHT:
            yield waiting.popleft().result()
    for future in waiting:
        yield future.result()
    # An empty last block ends the stream, so that no block has to know whether it is the last.
    yield b"\x03\x00"
    yield crc.to_bytes(4, "little") + (size_bytes & 0xFFFFFFFF).to_bytes(4, "little")


def _deflate(block: bytes) -> bytes:
    """A piece of a deflate stream that ends at a byte and refers to nothing before it."""
    made = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return made.compress(block) + made.flush(zlib.Z_SYNC_FLUSH)


def _zstd(blocks: Iterable[bytes]) -> Iterator[bytes]:
    try:
        from zstandard import ZstdCompressor  # late: only on request
    except ImportError as error:
        raise ToolMissingError(
            "zstd layers need the Python package `zstandard`", hint="pip install zstandard"
        ) from error
    made = ZstdCompressor(
        level=ZSTD_LEVEL, threads=ZSTD_THREADS, write_content_size=False, write_checksum=True
    ).compressobj()
    for block in blocks:
        yield made.compress(block)
    yield made.flush()
