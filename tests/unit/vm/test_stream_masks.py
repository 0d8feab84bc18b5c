"""Folders that no guest sees, where files are streamed: not sent, not removed, not written."""

import io
import tarfile
from pathlib import Path, PurePath
from typing import Final

import pytest

from x07bundle.errors import RefusedError
from x07bundle.vm import stream_files
from x07bundle.vm.job import Mount

FILES: Final = (".x07/jobs", "project/.x07/policies/base", "project/main", "project/.x07rc")


@pytest.fixture
def root(tmp_path: Path) -> Mount:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return Mount(str(tmp_path), "/x07/work", True, (".x07", "project/.x07"))


def tree(mount: Mount) -> list[str]:
    found = Path(mount.host).rglob("*")
    return sorted(str(path.relative_to(mount.host)) for path in found if path.is_file())


def answer(*names: str) -> io.BytesIO:
    """Empty files, and the folders (`/`) before them, as the agent sends them."""
    data = b"".join(header(name) for name in ("/", *names))
    return io.BytesIO(data + bytes(2 * tarfile.BLOCKSIZE))


def header(name: str) -> bytes:
    """The agent puts no `/` behind names of folders, as Python does."""
    info = tarfile.TarInfo(f"x07/work/{name}".rstrip("/"))
    block = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    block[156:157] = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
    block[148:156] = b" " * 8
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block)


def test_they_are_not_sent(root: Mount) -> None:
    sent = [entry.path for entry in stream_files.entries([root])]
    assert sent == [
        "x07/work", "x07/work/project", "x07/work/project/.x07rc", "x07/work/project/main",
    ]  # fmt: skip


def test_they_stay_where_all_else_was_removed(root: Mount) -> None:
    stream_files.restore(answer(), [root])
    assert tree(root) == [".x07/jobs", "project/.x07/policies/base"]


@pytest.mark.parametrize("name", [".x07/jobs", "project/.x07/policies/base"])
def test_a_guest_does_not_write_them(root: Mount, name: str) -> None:
    parents = [f"{parent}/" for parent in reversed(PurePath(name).parents) if parent.name]
    with pytest.raises(RefusedError) as caught:
        stream_files.restore(answer(*parents, name), [root])
    assert "is where no guest writes" in caught.value.render()
    assert tree(root) == sorted(FILES)


def test_names_that_begin_like_theirs_are_others(root: Mount) -> None:
    stream_files.restore(answer("project/", "project/.x07rc", ".x07y"), [root])
    assert tree(root) == [".x07/jobs", ".x07y", "project/.x07/policies/base", "project/.x07rc"]
