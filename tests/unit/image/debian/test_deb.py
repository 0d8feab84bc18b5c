"""Packages that are well made, and those that are refused before anything of them is used."""

import gzip
import itertools
import lzma
import shutil
import sys
import tarfile
import tracemalloc
from pathlib import Path

import pytest
import zstandard

from tests.unit.image.debian.making import (
    ENV,
    TIME_SECONDS,
    ar,
    control,
    deb,
    folder,
    hard,
    link,
    member,
    tar,
)
from x07bundle.errors import ToolMissingError, X07Error
from x07bundle.image.debian import deb as debs
from x07bundle.image.debian.deb import MAX_DATA_BYTES
from x07bundle.image.debian.unpacking import Unpacked
from x07bundle.image.layer import Entry, Span

SOUND = (folder("./usr"), member("./usr/a", content=b"one", mode=0o755), link("./usr/b", "a"))


def read(data: bytes, tmp_path: Path) -> debs.Package:
    """The only files that there are after reading it: the package itself, and what is large."""
    file = tmp_path / "package"
    file.write_bytes(data)
    try:
        return debs.read(file, ENV, "the package `a1` 1.0", tmp_path / "large")
    finally:
        assert {path.name for path in tmp_path.iterdir()} <= {"package", "large"}


@pytest.mark.parametrize("packed", ["xz", "gz"])
def test_what_it_holds(packed: str, tmp_path: Path) -> None:
    found = read(deb("a1", *SOUND, packed=packed).data, tmp_path)
    assert found.fields["package"] == "a1"
    assert found.control.startswith(b"Package: a1\n")
    assert found.entries == (
        Entry("usr", "folder", 0o755, time_seconds=TIME_SECONDS),
        Entry("usr/a", "file", 0o755, b"one", time_seconds=TIME_SECONDS),
        Entry("usr/b", "symlink", 0o777, target="a", time_seconds=TIME_SECONDS),
    )


def test_long_names_and_links(tmp_path: Path) -> None:
    long = "usr/" + "long-" * 60
    found = read(deb("a1", member(f"./{long}", content=b"x"), link("./l", long)).data, tmp_path)
    assert [entry.path for entry in found.entries] == [long, "l"]
    assert found.entries[1].target == long


def test_nobody_else_runs_it(tmp_path: Path) -> None:
    found = read(deb("a1", member("./su", mode=0o6755), folder("./tmp", 0o1777)).data, tmp_path)
    assert [entry.mode for entry in found.entries] == [0o755, 0o1777]


def zstd_package(data: bytes) -> bytes:
    sound = tar(member("./control", content=control("a1", "1", {})))
    return ar(
        (b"debian-binary", b"2.0\n"),
        (b"control.tar.zst", zstandard.compress(sound)),
        (b"data.tar.zst", data),
    )


@pytest.mark.parametrize("is_by_library", [True, False])
def test_zstd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_by_library: bool) -> None:
    if not is_by_library and shutil.which("zstd") is None:
        pytest.skip("no zstd to unpack with")
    if not is_by_library:
        monkeypatch.setitem(sys.modules, "zstandard", None)
    packed = zstandard.compress(tar(*SOUND))
    assert len(read(zstd_package(packed), tmp_path).entries) == 3
    for wrong in (zstandard.compress(PLAIN)[:-20], b"x" * 100):
        with pytest.raises(X07Error, match=r"damaged|ends too early"):
            read(zstd_package(wrong), tmp_path)


def test_more_after_zstd(tmp_path: Path) -> None:
    with pytest.raises(X07Error, match="something comes after its end"):
        read(zstd_package(zstandard.compress(tar(*SOUND)) + b"more"), tmp_path)


def test_a_bomb_of_zstd(tmp_path: Path) -> None:
    """Never more of it is unpacked than one slice gives."""
    bomb = zstandard.compress(bytes(MAX_DATA_BYTES + (1 << 20)))
    tracemalloc.start()
    try:
        with pytest.raises(X07Error, match="cannot unpack"):
            read(zstd_package(bomb), tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


def test_no_zstd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    data = ar((b"debian-binary", b"2.0\n"), (b"control.tar.zst", b"x"), (b"data.tar.zst", b"x"))
    file = tmp_path / "package"
    file.write_bytes(data)
    with pytest.raises(ToolMissingError) as caught:
        debs.read(file, {"PATH": str(tmp_path)}, "it", tmp_path / "large")
    assert "`zstd` is missing" in caught.value.brief


HOSTILE = {
    "leads up": [member("./../a")],
    "leads up within": [member("./usr/../../a")],
    "absolute": [member("/etc/passwd")],
    "a link out": [link("./a", "../b")],
    "a link far out": [link("./usr/a", "/../../b")],
    "below a link": [link("./usr", "/tmp"), member("./usr/a")],
    "below a file": [member("./usr"), member("./usr/a")],
    "a hard link to a file outside": [hard("./a", "/etc/passwd")],
    "a hard link up": [hard("./a", "../etc/passwd")],
    "a hard link to nothing": [hard("./a", "./b")],
    "a hard link to what comes later": [hard("./a", "./b"), member("./b")],
    "a hard link to a folder": [folder("./b"), hard("./a", "./b")],
    "a hard link to a link": [link("./b", "/etc/passwd"), hard("./a", "./b")],
    "a block device": [member("./a", tarfile.BLKTYPE)],
    "a character device": [member("./a", tarfile.CHRTYPE)],
    "a pipe": [member("./a", tarfile.FIFOTYPE)],
    "a sparse file": [member("./a", tarfile.GNUTYPE_SPARSE)],
    "of no known kind": [member("./a", b"Z")],
    "a name twice": [member("./a"), member("./a")],
    "a file and a folder": [folder("./a"), member("./a")],
    "a folder and a link": [folder("./a"), member("./a/b"), link("./a", "b")],
}


@pytest.mark.parametrize("members", HOSTILE.values(), ids=HOSTILE)
def test_hostile(members: list[tuple[tarfile.TarInfo, bytes]], tmp_path: Path) -> None:
    with pytest.raises(X07Error) as caught:
        read(deb("a1", *members).data, tmp_path)
    assert "the package `a1` 1.0" in caught.value.brief


def test_ten_gigabytes_in_a_small_package(tmp_path: Path) -> None:
    """Zeros by the chunk: the data is never in memory, here or there."""
    packer = lzma.LZMACompressor(preset=0)
    info, _ = member("./a")
    info.size = 10 << 30
    packed = packer.compress(info.tobuf(tarfile.GNU_FORMAT))
    packed += packer.compress(bytes(64 << 20)) + packer.flush()
    with pytest.raises(X07Error, match="holds more than"):
        read(_with_data(b"data.tar.xz", packed), tmp_path)


def test_more_than_it_says_is_never_unpacked() -> None:
    chunks = itertools.repeat(b"x" * 100)
    with pytest.raises(X07Error, match="holds more than 1000 bytes"):
        Unpacked(chunks, 1000, "it").read(1 << 30)


def _with_data(name: bytes, packed: bytes) -> bytes:
    text = gzip.compress(tar(member("./control", content=control("a1", "1.0", {}))))
    return ar((b"debian-binary", b"2.0\n"), (b"control.tar.gz", text), (name, packed))


PLAIN = tar(*SOUND)


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        (b"data.tar.xz", lzma.compress(PLAIN)[:-30]),
        (b"data.tar.xz", lzma.compress(PLAIN) + b"more"),
        (b"data.tar.xz", b"not xz"),
        (b"data.tar.xz", b""),
        (b"data.tar.gz", gzip.compress(PLAIN)[:-3]),
        (b"data.tar.gz", gzip.compress(PLAIN) + gzip.compress(PLAIN)),
        (b"data.tar.gz", gzip.compress(PLAIN[:700])),
        (b"data.tar.gz", gzip.compress(PLAIN + b"x" * 512)),
        (b"data.tar.gz", gzip.compress(b"\1" + PLAIN[1:])),
        (b"data.tar.bz2", b"BZh"),
        (b"data.tar", PLAIN[:1000]),
        (b"data.zip", PLAIN),
    ],
)
def test_damaged_data(name: bytes, packed: bytes, tmp_path: Path) -> None:
    with pytest.raises(X07Error, match=r"the package `a1` 1\.0"):
        read(_with_data(name, packed), tmp_path)


SOUND_DEB = deb("a1", *SOUND).data


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "does not begin as an archive"),
        (b"!<thin>\n" + SOUND_DEB[8:], "does not begin as an archive"),
        (SOUND_DEB[:40], "ends within the header"),
        (SOUND_DEB[:-1], "ends within `data.tar.xz`"),
        (SOUND_DEB.replace(b"2.0\n", b"3.0\n"), "format that is not known"),
        (SOUND_DEB.replace(b"`\n", b"'\n", 1), "no header of a member"),
        (SOUND_DEB.replace(b"4         `\n", b"-4        `\n", 1), "no header of a member"),
        (SOUND_DEB.replace(b"debian-binary ", b"../debian-bin "), "no header of a member"),
        (ar((b"debian-binary", b"2.0\n"), (b"debian-binary", b"2.0\n")), "twice"),
        (ar((b"debian-binary", b"2.0\n")), "other parts"),
        (ar((b"data.tar.xz", b""), (b"control.tar.xz", b"")), "other parts"),
        (ar(*((b"_%d" % number, b"") for number in range(40))), "more than 16 members"),
    ],
)
def test_damaged_archive(data: bytes, why: str, tmp_path: Path) -> None:
    with pytest.raises(X07Error, match=why):
        read(data, tmp_path)


def test_without_control(tmp_path: Path) -> None:
    other = gzip.compress(tar(link("./control", "b")))
    data = ar((b"debian-binary", b"2.0\n"), (b"control.tar.gz", other), (b"data.tar", PLAIN))
    with pytest.raises(X07Error, match="`control` is missing"):
        read(data, tmp_path)


def test_a_package_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(X07Error, match="no such file"):
        debs.read(tmp_path / "nothing", ENV, "it", tmp_path / "large")


def test_large_contents_are_kept_in_a_file(tmp_path: Path) -> None:
    small, large = b"s" * debs.LARGE_BYTES, b"l" * (debs.LARGE_BYTES + 1)
    contents = {"./a": large, "./b": small, "./c": large}
    made = deb("a1", *(member(name, content=content) for name, content in contents.items()))
    entries = {entry.path: entry for entry in read(made.data, tmp_path).entries}
    kept = Span(tmp_path / "large", len(large), len(large))
    assert (entries["b"].content, entries["c"].content) == (small, kept)
    assert [entries[name].read() for name in "abc"] == [large, small, large]
