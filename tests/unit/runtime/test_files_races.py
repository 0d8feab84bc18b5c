"""Names that change places with links while a program opens them."""

from dataclasses import replace

import pytest

from tests.unit.runtime.exchanges import exchanging
from tests.unit.runtime.file_calls import CAPS, PLAIN, Call, Code, Files, Op, Result, Sandbox

ROUNDS = 10_000


def _race(files: Files) -> list[Result]:
    """Rounds of reading `a` and writing `b`: folders and files change places with links to those
    of `secret`."""
    folder = files.folder
    (folder / "secret/b").write_bytes(b"secret")
    (folder / "out/b").write_bytes(b"out")
    for name, file in (("data", "a"), ("out", "b")):
        (folder / name / "folder").mkdir()
        (folder / name / "folder" / file).write_bytes(b"data")
        (folder / name / "folder-link").symlink_to("../secret")
        (folder / name / "link").symlink_to(f"../secret/{file}")
    pairs = [
        (folder / name / left, folder / name / right)
        for name, file in (("data", "a"), ("out", "b"))
        for left, right in (("folder", "folder-link"), (file, "link"))
    ]
    calls: list[Call] = []
    for _ in range(ROUNDS // 4):
        calls += [
            (Op.READ_ALL, "data/folder/a", CAPS),
            (Op.READ_ALL, "data/a", CAPS),
            (Op.WRITE_ALL, "out/folder/b", b"data", PLAIN),
            (Op.WRITE_ALL, "out/b", b"data", PLAIN),
        ]
    with exchanging(*pairs):
        return files.results(*calls)


@pytest.mark.parametrize("allowed", [False, True])
@pytest.mark.parametrize("without", ["", "openat2"])
def test_a_race_is_not_won(sandbox: Sandbox, without: str, *, allowed: bool) -> None:
    files = _without(sandbox(FS_ALLOW_SYMLINKS=allowed), without)
    results = _race(files)
    assert {result for result in results if isinstance(result, bytes)} == {b"data"}
    assert (files.folder / "secret/b").read_bytes() == b"secret"
    codes = {result for result in results if isinstance(result, Code)}
    assert codes, "nothing was raced for"


def test_a_race_is_won_without_the_guard(sandbox: Sandbox) -> None:
    files = _without(sandbox(), "beneath")
    assert b"secret" in _race(files)
    assert (files.folder / "secret/b").read_bytes() == b"data"


def _without(files: Files, guard: str) -> Files:
    return replace(files, env={**files.env, "X07_TEST_WITHOUT_GUARD": guard})
