"""Layouts: folders and archives, hostile ones too; what is put where, and what stays."""

import io
import os
import stat
import tarfile
from pathlib import Path

import pytest

from tests.unit.image.layouts import blob_file, copy_of, made, member, opened, tar_of
from x07bundle.errors import OutputError, X07Error
from x07bundle.image.layout import DamagedError, open_layout
from x07bundle.image.layout_writing import check_target, writing
from x07bundle.image.oci import Index
from x07bundle.image.oci_reading import FormatError


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    made(folder / "image")
    made(folder / "image.tar")
    return folder


@pytest.mark.parametrize("name", ["image", "image.tar"])
def test_blobs_are_read(good: Path, name: str) -> None:
    layout, image = opened(good / name)
    for descriptor in (image.manifest.config, *image.manifest.layers):
        with layout.read_blob(descriptor) as blob:
            assert len(b"".join(blob.chunks(100))) == descriptor.size_bytes


def test_folder_and_archive_hold_the_same(good: Path) -> None:
    one, other = (open_layout(good / name) for name in ("image", "image.tar"))
    assert (one.top, set(one.spans), set(one.others)) == (
        other.top,
        set(other.spans),
        {*other.others},
    )


def test_a_blob_that_is_not_there(good: Path, tmp_path: Path) -> None:
    folder = copy_of(good / "image", tmp_path / "x")
    _, image = opened(folder)
    blob_file(folder, image.manifest.layers[0].digest).unlink()
    layout = open_layout(folder)
    with (
        pytest.raises(DamagedError, match="has no blob"),
        layout.read_blob(image.manifest.layers[0]),
    ):
        pass


def test_a_blob_of_another_size(good: Path) -> None:
    layout, image = opened(good / "image")
    longer = image.manifest.config._replace(size_bytes=5)
    with pytest.raises(DamagedError, match="bytes, not 5"):
        layout.document(longer)


def test_a_blob_of_other_bytes(good: Path, tmp_path: Path) -> None:
    folder = copy_of(good / "image", tmp_path / "x")
    _, image = opened(folder)
    file = blob_file(folder, image.manifest.layers[1].digest)
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with open_layout(folder).read_blob(image.manifest.layers[1]) as blob:
        assert blob.read(4) == bytes(data[:4])
        with pytest.raises(DamagedError, match="another digest"):
            list(blob.chunks())


def test_a_file_that_became_shorter_while_it_is_read(good: Path, tmp_path: Path) -> None:
    folder = copy_of(good / "image", tmp_path / "x")
    layout, image = opened(folder)
    os.truncate(blob_file(folder, image.manifest.layers[0].digest), 10)
    with (
        layout.read_blob(image.manifest.layers[0]) as blob,
        pytest.raises(DamagedError, match="truncated"),
    ):
        list(blob.chunks())


def test_a_document_that_is_too_large_is_not_read(good: Path) -> None:
    layout, image = opened(good / "image")
    with pytest.raises(FormatError, match="at most 4194304 are read"):
        layout.document(image.manifest.config._replace(size_bytes=5 << 20))


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_a_folder_with_something_else_in_it(good: Path, tmp_path: Path, kind: str) -> None:
    folder = copy_of(good / "image", tmp_path / "x")
    place = folder / "blobs/sha256" / ("0" * 64)
    if kind == "link":
        place.symlink_to("/etc/passwd")
    else:
        os.mkfifo(place)
    with pytest.raises(FormatError, match="a link or a device"):
        open_layout(folder)


@pytest.mark.parametrize("missing", ["oci-layout", "index.json"])
def test_no_layout(good: Path, tmp_path: Path, missing: str) -> None:
    folder = copy_of(good / "image", tmp_path / "x")
    (folder / missing).unlink()
    with pytest.raises(FormatError, match="is no OCI image layout"):
        open_layout(folder)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is truncated at byte 0"),
        (b"\x1f\x8b\x08", "is compressed as a whole"),
        (tar_of(member("../oci-layout")), "leaves the tree"),
        (tar_of(member("oci-layout"), member("oci-layout")), "twice"),
        (tar_of(member("oci-layout"), content=b"{}"), "is no OCI image layout"),
        (tar_of(member("oci-layout", tarfile.LNKTYPE, "/etc/passwd")), "an absolute name"),
    ],
)
def test_archives_that_are_none(tmp_path: Path, data: bytes, words: str) -> None:
    file = tmp_path / "x.tar"
    file.write_bytes(data)
    with pytest.raises(X07Error) as caught:
        open_layout(file)
    assert words in caught.value.brief


def test_nothing_is_there(tmp_path: Path) -> None:
    with pytest.raises(X07Error, match="no such file"):
        open_layout(tmp_path / "none")


@pytest.mark.parametrize("name", ["image", "image.tar"])
def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, name: str) -> None:
    made(tmp_path / name)
    before = open_layout(tmp_path / name).top
    with pytest.raises(RuntimeError, match="half way"):
        write_half(tmp_path / name)
    assert open_layout(tmp_path / name).top == before
    assert [path.name for path in tmp_path.iterdir()] == [name]


def write_half(target: Path) -> None:
    with writing(target) as writer:
        writer.add("a/b", b"data")
        raise RuntimeError("half way")


def test_an_archive_takes_no_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "x.tar").mkdir()
    with pytest.raises(OutputError, match="is a directory"):
        check_target(tmp_path / "x.tar")


@pytest.mark.parametrize("name", ["image", "image.tar"])
def test_a_layout_is_replaced(tmp_path: Path, name: str) -> None:
    made(tmp_path / name)
    with writing(tmp_path / name) as writer:
        writer.finish(Index(()), None)
    assert open_layout(tmp_path / name).top == Index(())
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "image").mkdir()
    made(tmp_path / "image")
    open_layout(tmp_path / "image")


@pytest.mark.parametrize("name", ["work", "work.tar", "folder"])
def test_nothing_else_is_replaced(tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    if name == "folder":
        target.mkdir()
    thesis = target / "thesis" if name == "folder" else target
    thesis.write_text("years")
    with pytest.raises(OutputError, match="is there, and is no image layout"):
        made(target)
    assert thesis.read_text() == "years"


@pytest.mark.parametrize("name", ["node", "node.tar"])
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_nodes_are_neither_read_nor_replaced(tmp_path: Path, name: str, kind: str) -> None:
    """Reading a pipe would wait for a writer that never comes."""
    target = tmp_path / name
    try:
        type_of_node = stat.S_IFIFO if kind == "pipe" else stat.S_IFCHR
        os.mknod(target, type_of_node | 0o600, os.makedev(1, 3) if kind == "device" else 0)
    except PermissionError:
        pytest.skip("making a device needs root")
    before = target.lstat()
    with pytest.raises(OutputError, match="it is a device, a pipe or a socket"):
        check_target(target)
    with pytest.raises(OutputError, match="it is a device, a pipe or a socket"):
        made(target)
    with pytest.raises(X07Error, match="it is a device, a pipe or a socket"):
        open_layout(target)
    assert target.lstat() == before
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_empty_file_is_taken(tmp_path: Path) -> None:
    """As mktemp makes it."""
    (tmp_path / "image.tar").touch()
    made(tmp_path / "image.tar")
    open_layout(tmp_path / "image.tar")


@pytest.mark.parametrize("old", ["image", "image.tar"])
def test_of_a_link_to_a_layout_the_link_is_replaced(tmp_path: Path, old: str) -> None:
    """Nothing stays beside it, and what it led to is as it was."""
    made(tmp_path / old)
    (tmp_path / "link").symlink_to(old)
    with writing(tmp_path / "link") as writer:
        writer.finish(Index(()), None)
    assert open_layout(tmp_path / "link").top == Index(())
    assert open_layout(tmp_path / old).top != Index(())
    assert {path.name for path in tmp_path.iterdir()} == {old, "link"}


def test_an_archive_of_another_name_is_replaced(tmp_path: Path) -> None:
    made(tmp_path / "image.tar")
    (tmp_path / "image.tar").rename(tmp_path / "image")
    made(tmp_path / "image")
    assert (tmp_path / "image").is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["image"]


def test_a_folder_that_is_no_layout_is_not_searched(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    os.mkfifo(tmp_path / "deep/pipe")
    with pytest.raises(FormatError, match="is no OCI image layout"):
        open_layout(tmp_path)


def test_an_archive_in_any_order_with_dots(good: Path, tmp_path: Path) -> None:
    """As `tar -C image -cf image.tar .` makes it."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        archive.add(good / "image", arcname=".")
    file = tmp_path / "x.tar"
    file.write_bytes(data.getvalue())
    assert open_layout(file).top == open_layout(good / "image").top
