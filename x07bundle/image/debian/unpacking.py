"""Compressed bytes -> a stream that never gives more than it may, and says when it is damaged."""

import zlib
from collections.abc import Iterator, Mapping
from lzma import FORMAT_XZ, LZMADecompressor, LZMAError
from typing import Final, Protocol

from x07bundle import process
from x07bundle.errors import ToolMissingError, X07Error

READ_BYTES: Final = 1 << 18
MEMORY_BYTES: Final = 256 << 20
"""For the dictionary of xz: that of its highest level takes a quarter."""
SLICE_BYTES: Final = 256
"""Of zstd, at a time: four bytes may stand for 128 KiB, and its decoder gives all that it has."""
WALL_MS: Final = 300_000


class Unpacked:
    """Bytes as they come out; not more than `most_bytes` in all."""

    def __init__(self, chunks: Iterator[bytes], most_bytes: int, where: str) -> None:
        self._chunks = chunks
        self._waiting = bytearray()
        self._left_bytes = most_bytes
        self._most_bytes = most_bytes
        self.where = where

    def read(self, count: int) -> bytes:
        """So many bytes, or all that are left.

        Raises:
            X07Error: they are damaged, end too early, or are too many.
            OSError: the packed ones cannot be read.
        """
        while len(self._waiting) < count:
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            self._left_bytes -= len(chunk)
            if self._left_bytes < 0:
                raise wrong(self.where, f"it holds more than {self._most_bytes} bytes")
            self._waiting += chunk
        taken = bytes(self._waiting[:count])
        del self._waiting[:count]
        return taken


def unpacked(
    packed: Iterator[bytes], ending: str, most_bytes: int, env: Mapping[str, str], where: str
) -> Unpacked:
    """`ending`: of the name: `.xz`, `.gz`, `.zst`, or nothing. `where` names it in errors.

    Raises:
        X07Error: nothing here unpacks that.
        ToolMissingError: it is `.zst`, and there is neither the package `zstandard` nor `zstd`.
    """
    if ending == "":
        return Unpacked(packed, most_bytes, where)
    if ending == ".gz":
        return Unpacked(_inflated(packed, where), most_bytes, where)
    if ending == ".xz":
        xz = LZMADecompressor(FORMAT_XZ, memlimit=MEMORY_BYTES)
        return Unpacked(_decoded(packed, xz, LZMAError, where), most_bytes, where)
    if ending == ".zst":
        return Unpacked(_zst(packed, most_bytes, env, where), most_bytes, where)
    raise wrong(where, f"`{ending}` is packed in a way that is not known here")


class _Decoder(Protocol):
    """What decoders of the standard library are like, that of gzip aside."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def _decoded(
    packed: Iterator[bytes], decoder: _Decoder, error: type[Exception], where: str
) -> Iterator[bytes]:
    while not decoder.eof:
        given = next(packed, None) if decoder.needs_input else b""
        if given is None:
            raise wrong(where, "it ends too early")
        try:
            chunk = decoder.decompress(given, READ_BYTES)
        except (error, MemoryError) as cause:
            raise wrong(where, "its bytes are damaged") from cause
        if chunk:
            yield chunk
    _refuse_more(decoder.unused_data, packed, where)


def _inflated(packed: Iterator[bytes], where: str) -> Iterator[bytes]:
    decoder = zlib.decompressobj(wbits=31)
    while not decoder.eof:
        given = decoder.unconsumed_tail or next(packed, None)
        if given is None:
            raise wrong(where, "it ends too early")
        try:
            chunk = decoder.decompress(given, READ_BYTES)
        except zlib.error as cause:
            raise wrong(where, "its bytes are damaged") from cause
        if chunk:
            yield chunk
    _refuse_more(decoder.unused_data, packed, where)


def _refuse_more(rest: bytes, packed: Iterator[bytes], where: str) -> None:
    if rest or next(packed, b""):
        raise wrong(where, "something comes after its end")


def _zst(
    packed: Iterator[bytes], most_bytes: int, env: Mapping[str, str], where: str
) -> Iterator[bytes]:
    try:
        from zstandard import ZstdDecompressor, ZstdError  # late: few packages are packed so
    except ImportError:
        yield from _by_program(b"".join(packed), most_bytes, env, where)
        return
    decoder = ZstdDecompressor(max_window_size=MEMORY_BYTES).decompressobj()
    slices = _slices(packed)
    while not decoder.eof:
        given = next(slices, None)
        if given is None:
            raise wrong(where, "it ends too early")
        try:
            chunk = decoder.decompress(given)
        except (ZstdError, MemoryError) as cause:
            raise wrong(where, "its bytes are damaged") from cause
        if chunk:
            yield chunk
    _refuse_more(decoder.unused_data, slices, where)


def _slices(packed: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in packed:
        for start in range(0, len(chunk), SLICE_BYTES):
            yield chunk[start : start + SLICE_BYTES]


def _by_program(
    packed: bytes, most_bytes: int, env: Mapping[str, str], where: str
) -> Iterator[bytes]:
    program = process.find_program("zstd", env)
    if program is None:
        raise ToolMissingError(
            f"`zstd` is missing, which {where} is packed with",
            hint="`pip install zstandard`, or `apt-get install zstd`",
        )
    command = process.Command(
        (str(program), "-d", "-c", "-q"),
        {"LC_ALL": "C"},
        stdin=packed,
        stdout_cap=most_bytes + 1,
        stderr_cap=READ_BYTES,
        wall_ms=WALL_MS,
    )
    finished = process.run(command)
    if finished.exit_status:
        said = finished.stderr.decode("utf-8", "replace").strip()
        raise X07Error(f"cannot unpack {where}: its bytes are damaged", said)
    yield finished.stdout


def wrong(where: str, why: str) -> X07Error:
    return X07Error(
        f"cannot unpack {where}: {why}", hint="it is not what a distribution makes; do not use it"
    )
