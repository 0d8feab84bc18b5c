"""`.x07pkg`: what is packed comes back, and everything else is refused."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.project.packages.sources import code_of, write_package
from x07bundle.project.packages import tar
from x07bundle.project.packages.archive import files_of, pack, unpack
from x07bundle.project.packages.failure import PackageError

REFUSED = "X07PKG_DOWNLOAD_FAILED"
PART = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=60)
NAMES = st.lists(PART, min_size=1, max_size=4).map("/".join)


def tarred(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.GNU_FORMAT) -> bytes:
    """What other tools write."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form) as archive:
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = link
    return info


def sealed(header: bytearray) -> bytes:
    """A header with the checksum that it has to have."""
    header[148:156] = b" " * 8
    header[148:156] = b"%07o\0" % sum(header)
    return bytes(header)


@given(st.dictionaries(NAMES, st.binary(max_size=2000), max_size=5))
def test_there_and_back(files: Mapping[str, bytes]) -> None:
    archive = tar.write(files)
    found = {one.name: one.data for one in tar.read(archive)}
    assert found == files
    assert list(found) == sorted(files, key=str.encode)
    with tarfile.open(fileobj=io.BytesIO(archive)) as other:
        assert sorted(other.getnames()) == sorted(files)


def test_the_bytes_of_a_header() -> None:
    archive = tar.write({"a": b"x"})
    assert len(archive) == 4 * 512
    assert archive[100:108] == b"0000644\0"
    assert archive[136:148] == b"00000000000\0"
    assert archive[257:265] == b"ustar  \0"


def test_a_package(tmp_path: Path) -> None:
    folder = write_package(tmp_path / "a", "a", "1.0.0")
    (folder / "ffi/sub").mkdir(parents=True)
    (folder / "ffi/a.c").write_text("int a;")
    (folder / "ffi/sub/b.h").write_text("int b;")
    (folder / "README.md").write_text("not packed")
    archive = pack(folder)
    files = files_of(archive, "a")
    wanted = ["ffi/a.c", "ffi/sub/b.h", "modules/a.x07.json", "x07-package.json"]
    assert sorted(files) == wanted
    unpack(files, tmp_path / "out")
    (folder / "x07-package.json").touch()
    assert pack(tmp_path / "out") == archive == pack(folder)


def test_a_module_that_is_missing(tmp_path: Path) -> None:
    folder = write_package(tmp_path / "a", "a", "1.0.0", modules=["a", "b.c"])
    with pytest.raises(PackageError) as caught:
        pack(folder)
    assert caught.value.code == "X07PKG_PACK_FAILED"
    assert "modules/b/c.x07.json" in caught.value.render()


@pytest.mark.parametrize(
    "name",
    [
        "../a",
        "a/../../b",
        "..",
        ".",
        "./a",
        "a/./b",
        "/etc/passwd",
        "//a",
        "a//b",
        "a/",
        "a\\b",
        "C:/a",
        "a\nb",
        "a\x1b[2Jb",
        "a" * 201,
    ],
)
def test_names_that_lead_elsewhere(name: str, tmp_path: Path) -> None:
    archive = tar.write({name: b"x"})
    assert code_of(lambda: files_of(archive, "a")) == REFUSED


@pytest.mark.parametrize("name", ["../a", "/a", "a/../../b", "./"])
def test_folders_that_lead_elsewhere(name: str) -> None:
    archive = tarred((member(name, tarfile.DIRTYPE), b""))
    assert code_of(lambda: files_of(archive, "a")) == REFUSED


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (tarfile.SYMTYPE, "a symbolic link"),
        (tarfile.LNKTYPE, "a hard link"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.BLKTYPE, "a device"),
        (tarfile.FIFOTYPE, "a fifo"),
        (tarfile.CONTTYPE, "of an unknown type"),
        (b"S", "of an unknown type"),
        (b"x", "of an unknown type"),
        (b"K", "of an unknown type"),
    ],
)
def test_kinds(kind: bytes, words: str) -> None:
    header = bytearray(tar.write({"a": b""})[:512])
    header[156:157] = kind
    archive = sealed(header) + bytes(1024)
    with pytest.raises(PackageError) as caught:
        files_of(archive, "the archive")
    assert caught.value.code == REFUSED
    assert words in caught.value.render()


def test_links_of_other_tools() -> None:
    """A link, then a file through it."""
    link = member("modules", tarfile.SYMTYPE, "/etc")
    archive = tarred((link, b""), (member("modules/passwd"), b"x"))
    assert code_of(lambda: files_of(archive, "a")) == REFUSED


def test_archives_of_other_tools() -> None:
    names = ["x07-package.json", "modules/" + "a" * 150]
    for form in (tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT):
        folder = (member("modules", tarfile.DIRTYPE), b"")
        files = [(member(name), name.encode()) for name in names]
        archive = tarred(folder, *(files if form == tarfile.GNU_FORMAT else files[:1]), form=form)
        found = files_of(archive, "a")
        assert all(found[name] == name.encode() for name in found)


@pytest.mark.parametrize(
    "names",
    [("a", "a"), ("a", "A"), ("a", "a/b"), ("a/b", "a"), ("A/b", "a")],
)
def test_two_of_one_place(names: tuple[str, str]) -> None:
    archive = tarred(*((member(name), b"x") for name in names))
    assert code_of(lambda: files_of(archive, "a")) == REFUSED


def test_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    header = bytearray(tar.write({"a": b""})[:512])
    header[124:136] = b"77777777777\0"
    assert code_of(lambda: files_of(sealed(header) + bytes(1024), "a")) == REFUSED
    header[124:136] = b"\x80" + b"\xff" * 11
    assert code_of(lambda: files_of(sealed(header) + bytes(1024), "a")) == REFUSED
    many = tar.write({str(count): b"" for count in range(tar.MAX_MEMBERS + 1)})
    assert code_of(lambda: files_of(many, "a")) == REFUSED
    archive = tar.write({"a": bytes(5000)})
    assert code_of(lambda: files_of(archive, "a")) is None
    monkeypatch.setattr("x07bundle.project.packages.archive.MAX_ARCHIVE_BYTES", len(archive) - 1)
    assert code_of(lambda: files_of(archive, "a")) == REFUSED


def test_a_damaged_header() -> None:
    archive = bytearray(tar.write({"a": b"x"}))
    archive[0] ^= 3
    with pytest.raises(PackageError, match="no package archive") as caught:
        files_of(bytes(archive), "a")
    assert "its checksum is wrong" in caught.value.render()


def test_the_size_of_one_member(monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tar.write({"a": bytes(600)})
    monkeypatch.setattr(tar, "MAX_MEMBER_BYTES", 600)
    assert code_of(lambda: files_of(archive, "a")) is None
    monkeypatch.setattr(tar, "MAX_MEMBER_BYTES", 599)
    assert code_of(lambda: files_of(archive, "a")) == REFUSED


def test_bytes_after_the_end() -> None:
    archive = tar.write({"a": b"x"})
    assert code_of(lambda: files_of(archive + bytes(512), "a")) is None
    assert code_of(lambda: files_of(archive + b"x", "a")) == REFUSED


@pytest.mark.parametrize("cut", [0, 1, 511, 512, 513, 1024, 1535])
def test_an_archive_that_ends_early(cut: int) -> None:
    archive = tar.write({"a": bytes(600)})[:cut]
    assert code_of(lambda: files_of(archive, "a")) == REFUSED


@given(st.data())
def test_any_change(data: st.DataObject) -> None:
    """Bytes changed anywhere, checksums right or wrong: a package's files, or the one error."""
    archive = bytearray(tar.write({"a": b"hello", "b/" + "c" * 120: bytes(700)}))
    for _ in range(data.draw(st.integers(1, 4))):
        archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        archive[:512] = sealed(archive[:512])
    assert code_of(lambda: files_of(bytes(archive), "a")) in (None, REFUSED)


@given(st.binary(max_size=3000))
def test_any_bytes(data: bytes) -> None:
    assert code_of(lambda: files_of(data, "a")) in (None, REFUSED)
