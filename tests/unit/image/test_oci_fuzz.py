"""Readers of images under bytes that nobody meant: an answer or an error, nothing else.

X07_FUZZ_IMAGES says how many inputs each kind gets; X07_FUZZ_SEED where they start.
"""

import gzip
import json
import os
import random
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.image.layouts import BASE, blob_file, image_of, made
from x07bundle.errors import X07Error
from x07bundle.image import images, verify
from x07bundle.image.layer import Entry, ordered, tar_chunks
from x07bundle.image.layout import Blob, open_layout
from x07bundle.image.oci import LAYER_GZIP, described
from x07bundle.image.oci_reading import read_config, read_index, read_manifest
from x07bundle.image.steps import Silent
from x07bundle.image.tar_reader import TarReader
from x07bundle.image.unpacking import Plain

COUNT: Final = int(os.environ.get("X07_FUZZ_IMAGES", "400"))
SEED: Final = int(os.environ.get("X07_FUZZ_SEED", "1"))
LONG: Final = Entry("n" * 150 + "/" + "ö" * 60, "file", 0o644, b"long name")
TAR: Final = b"".join(tar_chunks(ordered([*BASE, LONG]), 1_700_000_000))
READERS: Final = (read_manifest, read_index, read_config)
ODD: Final[tuple[Any, ...]] = (
    None,
    True,
    -1,
    2**70,
    "",
    "x",
    [],
    {},
    [[]],
    {"": ""},
    "sha256:",
    1.5,
    "\udc80",
)


class Bytes:
    """What `TarReader` reads, without a way to seek."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def read(self, size: int, /) -> bytes:
        chunk = self.data[self.at : self.at + size]
        self.at += len(chunk)
        return chunk


def mangled(data: bytes, chance: random.Random) -> bytes:
    """A few bytes other, fewer, more, or a piece of it somewhere else."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at, size = chance.randrange(len(made) + 1), chance.randint(1, 40)
        kind = chance.randrange(5)
        if kind == 0:
            made[at : at + size] = chance.randbytes(size)
        elif kind == 1:
            del made[at : at + chance.choice((size, 512))]
        elif kind == 2:
            start = chance.randrange(len(data))
            made[at:at] = data[start : start + chance.choice((size, 512))]
        elif kind == 3:
            made[at : at + 1] = bytes((chance.choice(b"\0\xff/.017 x"),))
        else:
            del made[at:]
    return bytes(made)


def with_right_sums(data: bytes, chance: random.Random) -> bytes:
    """Mangled headers whose checksums hold, so that what is behind them is reached."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        start = chance.randrange(len(made) // 512) * 512
        at = start + chance.choice((0, 100, 108, 116, 124, 136, 156, 157, 257, 345))
        made[at : at + 4] = chance.choice(
            (b"../x", b"\x80\0\0\0", b"7777", b"\xff\xff\xff\xff", b"/a\0x")
        )
        made[start + 156] = chance.choice(b"01234567xgLKSV\0")
        made[start + 148 : start + 156] = b" " * 8
        made[start + 148 : start + 156] = b"%06o\0 " % sum(made[start : start + 512])
    return bytes(made)


@pytest.mark.parametrize("change", [mangled, with_right_sums])
def test_tars(change: Callable[[bytes, random.Random], bytes]) -> None:
    for number in range(COUNT):
        data = change(TAR, random.Random(SEED + number))
        try:
            for member, content in TarReader(Bytes(data), "the tar"):
                names = member.path.split("/")
                assert ".." not in names
                assert names[0]
                assert len(content.all()) == member.size_bytes
        except X07Error:
            pass


def otherwise(value: Any, chance: random.Random) -> Any:  # noqa: ANN401  JSON
    """A document with one member changed, gone or new."""
    if not isinstance(value, dict | list) or not value or chance.random() < 0.2:
        return chance.choice(ODD)
    made = value.copy()
    key = chance.choice(list(made)) if isinstance(made, dict) else chance.randrange(len(made))
    if chance.random() < 0.2:
        del made[key]
    else:
        made[key] = otherwise(made[key], chance)
    return made


def test_documents_with_odd_members(tmp_path: Path) -> None:
    done = made(tmp_path / "image").images[0]
    files = [blob_file(tmp_path / "image", one.digest) for one in (done.manifest, done.config)]
    documents = [json.loads(file.read_bytes()) for file in (*files, tmp_path / "image/index.json")]
    for number in range(COUNT):
        chance = random.Random(SEED + number)
        data = json.dumps(otherwise(chance.choice(documents), chance)).encode()
        for read in READERS:
            refused_or_read(partial(read, data))


def refused_or_read(read: Callable[[], object]) -> None:
    try:
        read()
    except X07Error as error:
        error.render().encode("utf-8", "backslashreplace")


@given(st.binary(max_size=300))
@settings(max_examples=COUNT, deadline=None)
def test_documents_of_any_bytes(data: bytes) -> None:
    for read in READERS:
        refused_or_read(partial(read, data))


def test_whole_layouts(tmp_path: Path) -> None:
    """Archives, and layers whose digests are right."""
    made(tmp_path / "image.tar")
    data = (tmp_path / "image.tar").read_bytes()
    for number in range(COUNT // 4):
        chance = random.Random(SEED + number)
        file = tmp_path / "x.tar"
        file.write_bytes(chance.choice((mangled, with_right_sums))(data, chance))
        refused_or_read(partial(looked_at, file))
        folder = image_of(tmp_path / "layer", mangled(TAR, chance))
        refused_or_read(partial(looked_at, folder))
        shutil.rmtree(folder)
    assert {path.name for path in tmp_path.iterdir()} == {"image.tar", "x.tar"}


def looked_at(path: Path) -> None:
    layout = open_layout(path)
    images.images(layout)
    verify.verify(layout, Silent())


@given(
    st.lists(
        st.tuples(
            st.text("ab/.ö\udcff", min_size=1, max_size=200),
            st.binary(max_size=1200),
            st.integers(0, 0o7777),
        ),
        max_size=8,
    )
)
@settings(max_examples=COUNT // 2, deadline=None)
def test_what_is_written_is_read(rows: list[tuple[str, bytes, int]]) -> None:
    entries = [Entry(path, "file", mode, content) for path, content, mode in rows]
    try:
        wanted = ordered(entries)
    except X07Error:
        return
    data = b"".join(tar_chunks(wanted, 9))
    found = {
        member.path: (member.mode, content.all())
        for member, content in TarReader(Bytes(data), "it")
    }
    assert found == {
        entry.path: (entry.mode, entry.content if entry.kind == "file" else b"") for entry in wanted
    }


def test_streams_that_are_no_gzip(tmp_path: Path) -> None:
    """The blob has its digest; what is wrong is in the stream."""
    packed = gzip.compress(TAR, mtime=0)
    for number in range(COUNT // 4):
        data = mangled(packed, random.Random(SEED + number))
        file = tmp_path / "blob"
        file.write_bytes(data)
        with file.open("rb") as stream:
            refused_or_read(partial(unpacked, Blob(stream, described(LAYER_GZIP, data))))


def unpacked(blob: Blob) -> None:
    plain = Plain(blob, LAYER_GZIP)
    for _ in TarReader(plain, "the tar"):
        pass
