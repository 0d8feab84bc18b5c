"""Layers to write: one order, one form, whatever the entries come as."""

import io
import random
import tarfile
from pathlib import Path

import pytest

from x07bundle.errors import X07Error
from x07bundle.image.layer import Entry, Span, ordered, tar_chunks


def tar_of(*entries: Entry, time_seconds: int = 50) -> bytes:
    return b"".join(tar_chunks(ordered(entries), time_seconds))


def members(data: bytes) -> list[tarfile.TarInfo]:
    return tarfile.open(fileobj=io.BytesIO(data)).getmembers()


ENTRIES = [
    Entry("b", "file", 0o644, b"1"),
    Entry("a-b/x", "file", 0o600, b"22"),
    Entry("a/x", "symlink", 0o777, target="../b"),
    Entry("a/h", "hardlink", 0o644, target="b"),
    Entry("a", "folder", 0o711),
]


def test_parents_first_by_bytes_and_hard_links_last() -> None:
    names = [member.name for member in members(tar_of(*ENTRIES))]
    assert names == ["a", "a/x", "a-b", "a-b/x", "b", "a/h"]


def test_the_order_of_the_entries_does_not_matter() -> None:
    shuffled = random.Random(7).sample(ENTRIES, len(ENTRIES))
    assert tar_of(*shuffled) == tar_of(*ENTRIES)


def test_what_a_header_says() -> None:
    found = {member.name: member for member in members(tar_of(*ENTRIES))}
    assert (found["a"].mode, found["a-b"].mode, found["a-b/x"].mode) == (0o711, 0o755, 0o600)
    assert {(one.uid, one.gid, one.uname, one.gname, one.mtime) for one in found.values()} == {
        (0, 0, "", "", 50)
    }
    assert found["a"].isdir()
    assert found["a/x"].linkname == "../b"
    assert found["a/h"].islnk()
    assert found["a/h"].linkname == "b"


def test_times_are_at_most_that_of_the_build() -> None:
    entries = [Entry(name, "file", 0o644, time_seconds=at) for name, at in (("a", 9), ("b", 99))]
    assert [member.mtime for member in members(tar_of(*entries))] == [9, 50]


def test_two_blocks_end_it_and_no_more() -> None:
    data = tar_of(Entry("a", "file", 0o644, b"x"))
    assert len(data) == 4 * 512
    assert data.endswith(bytes(1024))


def test_folders_come_from_the_layers_below() -> None:
    below = {"tmp": Entry("tmp", "folder", 0o1777)}
    found = ordered([Entry("tmp/x", "file", 0o644)], below)
    assert found[0] == below["tmp"]


def test_content_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "spool"
    file.write_bytes(b"aabbbcc")
    data = tar_of(Entry("x", "file", 0o644, Span(file, 2, 3)))
    assert data[512 : 512 + 4] == b"bbb\0"


def test_a_file_that_became_shorter(tmp_path: Path) -> None:
    file = tmp_path / "spool"
    file.write_bytes(b"aa")
    with pytest.raises(X07Error, match="ends before `x` does"):
        tar_of(Entry("x", "file", 0o644, Span(file, 0, 3)))


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([Entry("a", "file", 0o644), Entry("a", "folder", 0o755)], "`a` twice"),
        ([Entry("../a", "file", 0o644)], "`../a` is no name"),
        ([Entry("/a", "file", 0o644)], "`/a` is no name"),
        ([Entry("a//b", "file", 0o644)], "is no name"),
        ([Entry("", "folder", 0o755)], "is no name"),
        ([Entry("a", "symlink", 0o777, target="b"), Entry("a/x", "file", 0o644)], "below `a`"),
        ([Entry("a", "hardlink", 0o644, target="b")], "the hard link `a` names `b`"),
    ],
)
def test_refused(entries: list[Entry], words: str) -> None:
    with pytest.raises(X07Error, match=words.replace(".", r"\.")):
        ordered(entries)


def test_nothing_goes_below_a_link_of_a_lower_layer() -> None:
    below = {"lib": Entry("lib", "symlink", 0o777, target="usr/lib")}
    with pytest.raises(X07Error, match="`lib/x` below `lib`, which is a symlink"):
        ordered([Entry("lib/x", "file", 0o644)], below)
