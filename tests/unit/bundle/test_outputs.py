"""Outputs appear together, or not at all; whether they can is known before."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from x07bundle.bundle.outputs import Output, check, place, staged
from x07bundle.errors import OutputError


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_all_of_them_appear_with_their_folders(tmp_path: Path) -> None:
    program, report = tmp_path / "dist" / "app", tmp_path / "out" / "deep" / "report.json"
    place([Output(program, b"program", 0o777), Output(report, b"{}")])
    assert program.read_bytes() == b"program"
    assert os.access(program, os.X_OK)
    assert report.read_bytes() == b"{}"
    assert not os.access(report, os.X_OK)
    assert everything(tmp_path) == ["dist", "dist/app", "out", "out/deep", "out/deep/report.json"]


def test_the_umask_holds(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        place([Output(tmp_path / "app", b"program", 0o777)])
    finally:
        os.umask(before)
    assert (tmp_path / "app").stat().st_mode & 0o777 == 0o700


def test_one_that_fails_leaves_none(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    outputs = [Output(tmp_path / "dist" / "app", b"program"), Output(tmp_path / "taken", b"")]
    with pytest.raises(OutputError) as caught:
        place(outputs)
    assert "taken" in caught.value.brief
    assert everything(tmp_path) == ["taken"]


def test_what_appears_with_them_fails(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="no bundle"),
        staged([Output(tmp_path / "out/report.json", b"{}"), Output(tmp_path / "attest", b"{}")]),
    ):
        raise OutputError("no bundle")
    assert everything(tmp_path) == []


def test_what_was_there_stays_when_one_fails(tmp_path: Path) -> None:
    (tmp_path / "app").write_bytes(b"old")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError):
        place([Output(tmp_path / "app", b"new"), Output(tmp_path / "file" / "report.json", b"")])
    assert (tmp_path / "app").read_bytes() == b"old"
    assert everything(tmp_path) == ["app", "file"]


def test_a_file_is_replaced_and_its_readers_keep_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "app"
    path.write_bytes(b"old")
    with path.open("rb") as reader:
        place([Output(path, b"new", 0o777)])
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"


# -- before there is anything to write


def below_a_file(folder: Path) -> Path:
    (folder / "file").write_bytes(b"")
    return folder / "file/deep/app"


def a_folder(folder: Path) -> Path:
    (folder / "app").mkdir()
    return folder / "app"


def a_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "app")
    return folder / "app"


def below_a_broken_link(folder: Path) -> Path:
    (folder / "link").symlink_to("nowhere")
    return folder / "link/app"


def below_a_loop(folder: Path) -> Path:
    (folder / "loop").symlink_to("loop")
    return folder / "loop/app"


def too_long(folder: Path) -> Path:
    return folder / ("x" * 300)


IN_THE_WAY = [
    (below_a_file, "not a directory"),
    (a_folder, "is a directory"),
    (a_pipe, "a device, a pipe or a socket"),
    (below_a_broken_link, "no such file or directory"),
    (below_a_loop, "too many levels of symbolic links"),
    (too_long, "file name too long"),
]


@pytest.mark.parametrize(("spoil", "words"), IN_THE_WAY)
def test_what_is_in_the_way(tmp_path: Path, spoil: Callable[[Path], Path], words: str) -> None:
    path = spoil(tmp_path)
    before = everything(tmp_path)
    with pytest.raises(OutputError) as caught:
        check([tmp_path / "fine", path])
    assert caught.value.brief.startswith(f"cannot write `{path}`: ")
    assert words in caught.value.brief
    assert caught.value.hint
    assert everything(tmp_path) == before


def test_what_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "app").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path)
    check([tmp_path / "app", tmp_path / "new/deep/app", tmp_path / "link/other", Path("app")])
    assert everything(tmp_path) == ["app", "link"]
