"""Folders that no guest sees, where files are streamed: not sent, not removed, not written."""

import io
from collections.abc import Callable
from pathlib import Path
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


Answer = Callable[..., io.BytesIO]


@pytest.fixture
def answer(tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """What a guest sends of a root with these files, in which nothing was hidden from it."""

    def packed(*names: str) -> io.BytesIO:
        folder = tmp_path_factory.mktemp("guest")
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()
        sent = stream_files.entries([Mount(str(folder), "/x07/work", writable=True)])
        return io.BytesIO(b"".join(stream_files.packed(sent)))

    return packed


def test_they_are_not_sent(root: Mount) -> None:
    sent = [entry.path for entry in stream_files.entries([root])]
    assert sent == [
        "x07/work", "x07/work/project", "x07/work/project/.x07rc", "x07/work/project/main",
    ]  # fmt: skip


def test_they_stay_where_all_else_was_removed(root: Mount, answer: Answer) -> None:
    stream_files.restore(answer(), [root])
    assert tree(root) == [".x07/jobs", "project/.x07/policies/base"]


@pytest.mark.parametrize("name", [".x07/jobs", "project/.x07/policies/base"])
def test_a_guest_does_not_write_them(root: Mount, answer: Answer, name: str) -> None:
    with pytest.raises(RefusedError) as caught:
        stream_files.restore(answer("project/new", name), [root])
    assert "is where no guest writes" in caught.value.render()
    assert tree(root) == sorted(FILES)


def test_names_that_begin_like_theirs_are_others(root: Mount, answer: Answer) -> None:
    stream_files.restore(answer("project/.x07rc", ".x07y"), [root])
    assert tree(root) == [".x07/jobs", ".x07y", "project/.x07/policies/base", "project/.x07rc"]
