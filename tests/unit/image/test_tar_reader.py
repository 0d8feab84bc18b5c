"""Tars of others: what is read, and what is refused before anybody could write it anywhere."""

import io
import tarfile
from pathlib import Path

import pytest

from tests.unit.image.layouts import member, tar_of
from x07bundle.image.layer import Entry, ordered, tar_chunks
from x07bundle.image.tar_reader import Limits, Member, TarError, TarReader

FILE = member("a")
FOLDER, LINK, HARD = tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


def read(data: bytes, limits: Limits | None = None) -> list[Member]:
    return [found for found, _ in TarReader(io.BytesIO(data), "the tar", limits)]


def header_with(**fields: bytes) -> bytes:
    """The header of an empty file, some of its bytes replaced, its checksum right."""
    places = {"size": 124, "mode": 100, "type": 156, "name": 0}
    header = bytearray(tarfile.TarInfo("a").tobuf(tarfile.USTAR_FORMAT))
    for name, value in fields.items():
        header[places[name] : places[name] + len(value)] = value
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


REFUSED = {
    "leaves the tree": (tar_of(member("../a")), "`../a`, which leaves the tree"),
    "leaves it further down": (tar_of(member("a/../../b")), "which leaves the tree"),
    "absolute": (tar_of(member("/etc/passwd")), "`/etc/passwd`, an absolute name"),
    "twice": (tar_of(FILE, FILE), "`a`, which is there twice"),
    "twice, written otherwise": (tar_of(FILE, member("./a")), "`a`, which is there twice"),
    "link up": (tar_of(member("a/b", LINK, "../../x")), "a link out of the tree, to `../../x`"),
    "absolute link up": (tar_of(member("a", LINK, "/../x")), "a link out of the tree"),
    "link to nothing": (tar_of(member("a", LINK, "")), "a link out of the tree"),
    "below a link": (
        tar_of(member("lib", LINK, "/etc"), member("lib/x")),
        "`lib/x`, below `lib`, which is a symlink",
    ),
    "a link where a folder is": (
        tar_of(member("lib/x"), member("lib", LINK, "/etc")),
        "`lib`, a symlink where a folder is",
    ),
    "below a file": (tar_of(FILE, member("a/b")), "`a/b`, below `a`, which is a file"),
    "hard link out": (tar_of(member("a", HARD, "../x")), "`../x`, which leaves the tree"),
    "hard link to the host": (tar_of(member("a", HARD, "/etc/passwd")), "an absolute name"),
    "hard link to nothing": (tar_of(member("b", HARD, "a")), "a hard link to `a`"),
    "hard link ahead": (tar_of(member("b", HARD, "a"), FILE), "a hard link to `a`"),
    "hard link to a folder": (
        tar_of(member("a", FOLDER), member("b", HARD, "a")),
        "which is no file before it",
    ),
    "character device": (tar_of(member("null", tarfile.CHRTYPE)), "a character device: `null`"),
    "block device": (tar_of(member("sda", tarfile.BLKTYPE)), "a block device: `sda`"),
    "pipe": (tar_of(member("p", tarfile.FIFOTYPE)), "a pipe: `p`"),
    "sparse": (header_with(type=b"S", size=b"00000000000\0") + bytes(1024), "a sparse file: `a`"),
    "unknown type": (header_with(type=b"V") + bytes(1024), "a member of an unknown type"),
    "content of a folder": (
        header_with(type=b"5", size=b"00000000001\0") + bytes(512 + 1024),
        "content where none belongs",
    ),
    "size of letters": (header_with(size=b"00000z00000\0") + bytes(1024), "size is no number"),
    "negative size": (header_with(size=b"\xff" * 12) + bytes(1024), "size is no number"),
    "no end": (header_with(), "is truncated at byte 512"),
    "no content": (header_with(size=b"00000001000\0"), "is truncated"),
    "half a header": (tar_of(FILE)[:300], "is truncated at byte 300"),
    "nothing": (b"", "is truncated at byte 0"),
    "after the end": (tar_of(FILE) + b"x", "something after its end"),
    "checksum": (b"b" + tar_of(FILE)[1:], "a wrong checksum at byte 0"),
    "no tar": (b"x" * 2048, "a wrong checksum at byte 0"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    data, words = REFUSED[case]
    with pytest.raises(TarError) as caught:
        read(data)
    assert words in caught.value.brief
    assert caught.value.brief.startswith("the tar ")


def pax(**records: str) -> bytes:
    info = tarfile.TarInfo("a")
    info.pax_headers = records
    return info.tobuf(tarfile.PAX_FORMAT) + bytes(1024)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (pax(**{"GNU.sparse.realsize": "10737418240"}), "has a sparse file"),
        (pax(path="../../etc/x"), "which leaves the tree"),
        (pax(size="-1"), "a PAX header whose size is none"),
        (pax(path="x" * 5000), "which is no name"),
        (pax(comment="x" * (2 << 20)), "has a header of"),
    ],
    ids=["sparse", "path", "size", "long", "huge"],
)
def test_refused_by_its_pax_header(data: bytes, words: str) -> None:
    with pytest.raises(TarError, match=words.replace(".", r"\.")):
        read(data)


def test_a_global_header_is_refused_unless_it_is_a_comment() -> None:
    def archive(key: str) -> bytes:
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w", pax_headers={key: "x"}) as made:
            made.addfile(tarfile.TarInfo("a"))
        return data.getvalue()

    assert [found.path for found in read(archive("comment"))] == ["a"]
    with pytest.raises(TarError, match="global PAX header"):
        read(archive("path"))


@pytest.mark.parametrize(
    "records", [b"8 path=a\n", b"99 path=a\n", b"path=a\n", b"0 a=\n", b"\xff"]
)
def test_records_that_are_none(records: bytes) -> None:
    header = header_with(type=b"x", size=b"%011o\0" % len(records))
    with pytest.raises(TarError, match="a PAX header that is none"):
        read(header + records.ljust(512, b"\0") + header_with() + bytes(1024))


def test_limits() -> None:
    data = tar_of(FILE, member("b"), content=b"x" * 600)
    assert len(read(data, Limits(members=2, content_bytes=1200))) == 2
    with pytest.raises(TarError, match="holds more than 1199 bytes"):
        read(data, Limits(content_bytes=1199))
    with pytest.raises(TarError, match="more than 1 members"):
        read(data, Limits(members=1))


def test_ten_gigabytes_that_are_not_there() -> None:
    size = b"\x80" + (10 << 30).to_bytes(11, "big")
    with pytest.raises(TarError, match="holds more than"):
        read(header_with(size=size) + bytes(1024))


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_reads_what_python_writes(form: int) -> None:
    long = "" if form == tarfile.USTAR_FORMAT else "n" * 180
    names = ["a", "b/" + "x" * 90 + long, "./c/d"]
    links = [member("s", LINK, "b/" + "x" * 90 + long), member("h", HARD, "a")]
    data = tar_of(*map(member, names), *links, content=b"12345", form=form)
    found = [
        (one.path, one.kind, one.target, content.all())
        for one, content in TarReader(io.BytesIO(data), "the tar")
    ]
    assert found == [
        *((name.removeprefix("./"), "file", "", b"12345") for name in names),
        ("s", "symlink", names[1], b""),
        ("h", "hardlink", "a", b""),
    ]


def test_content_is_where_the_member_says(tmp_path: Path) -> None:
    file = tmp_path / "x.tar"
    file.write_bytes(tar_of(FILE, member("b"), content=b"content"))
    with file.open("rb") as stream:
        places = [found.offset_bytes for found, _ in TarReader(stream, "the tar")]
    assert [file.read_bytes()[place : place + 7] for place in places] == [b"content"] * 2


def test_extended_attributes_and_names_that_are_no_text() -> None:
    info = tarfile.TarInfo("a")
    info.pax_headers = {"SCHILY.xattr.user.x": "1"}
    (found,) = read(info.tobuf(tarfile.PAX_FORMAT) + bytes(1024))
    assert found.extended["SCHILY.xattr.user.x"] == b"1"
    entries = ordered([Entry("n\udcff", "file", 0o644)])
    (other,) = read(b"".join(tar_chunks(entries, 0)))
    assert other.path == "n\udcff"
