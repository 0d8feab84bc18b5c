"""Compression: the same bytes however the input comes and however many work at it."""

import gzip
import hashlib
import io
import random
import zlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
import zstandard

from x07bundle.image.packing import (
    BLOCK_BYTES,
    Compression,
    Packed,
    deflate_name,
    pack,
    zstd_name,
)

DATA = random.Random(3).randbytes(300_000) * 5 + b"text and more text, " * 90_000


def packed(chunks: Iterable[bytes], compression: Compression, workers: int) -> tuple[Packed, bytes]:
    out = io.BytesIO()
    with ThreadPoolExecutor(workers) as pool:
        return pack(chunks, out, compression, pool), out.getvalue()


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_one_blob_for_one_content(compression: Compression) -> None:
    results = {
        packed(cut(DATA, size), compression, workers)
        for size, workers in ((len(DATA), 1), (7_001, 2), (BLOCK_BYTES, 5))
    }
    assert len(results) == 1


@pytest.mark.parametrize("size", [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, len(DATA)])
def test_gzip_is_read_by_others(size: int) -> None:
    found, blob = packed([DATA[:size]], "gzip", 2)
    assert gzip.decompress(blob) == DATA[:size]
    assert found == Packed(
        f"sha256:{hashlib.sha256(blob).hexdigest()}",
        len(blob),
        f"sha256:{hashlib.sha256(DATA[:size]).hexdigest()}",
        size,
    )


def test_zstd_is_read_by_others() -> None:
    found, blob = packed(cut(DATA, 70_000), "zstd", 2)
    assert zstandard.ZstdDecompressor().decompressobj().decompress(blob) == DATA
    assert found.diff_id == f"sha256:{hashlib.sha256(DATA).hexdigest()}"


def test_the_header_says_nothing_of_this_machine() -> None:
    _, blob = packed([b"x"], "gzip", 1)
    assert blob[:10] == bytes.fromhex("1f8b08000000000000ff")


def test_blocks_cost_little() -> None:
    _, blob = packed([DATA], "gzip", 2)
    assert len(blob) < len(zlib.compress(DATA, 6)) * 1.01


def test_what_packed_it_is_named() -> None:
    assert deflate_name().endswith("level 6")
    assert zstd_name().startswith("zstd 1.")
