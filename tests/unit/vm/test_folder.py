"""The folder of a job: whose it is, and when it is removed."""

import contextlib
import os
import re
from pathlib import Path

import pytest

from tests.unit.vm.conftest import soon
from x07bundle.errors import OutputError, X07Error
from x07bundle.vm import clock as clocks
from x07bundle.vm import folder, state
from x07bundle.vm.failures import GuestError
from x07bundle.vm.folder import JobFolder, claimed
from x07bundle.vm.state import State


@pytest.fixture
def kept(tmp_path: Path) -> State:
    return state.open({state.VARIABLE: str(tmp_path / "vm/jobs")})


def test_its_name_and_what_is_in_it(kept: State) -> None:
    with folder.opened(kept) as bundle, folder.opened(kept, "build") as build:
        assert re.fullmatch(rf"[0-9]{{13}}-{os.getpid()}", bundle.run_id)
        assert re.fullmatch(rf"[0-9]{{13}}-{os.getpid()}-1-build", build.run_id)
        assert sorted(path.name for path in bundle.path.iterdir()) == ["in", "out"]
        assert bundle.path.stat().st_mode & 0o777 == 0o700
    assert list(kept.root.iterdir()) == []


def test_a_name_that_is_taken_is_left_alone(kept: State) -> None:
    times = iter((1000, 1000, 1001))
    clock = clocks.SYSTEM._replace(unix_ms=lambda: next(times))
    taken = kept.root / f"1000-{os.getpid()}"
    taken.mkdir()
    with folder.opened(kept, clock=clock) as other:
        assert other.run_id == f"1001-{os.getpid()}"
    assert list(kept.root.iterdir()) == [taken]


def test_it_is_locked_while_it_is_open(kept: State) -> None:
    with folder.opened(kept) as opened, claimed(opened.path) as claim:
        assert claim.is_free is False


def failed(kept: State, error: Exception) -> Path:
    """The folder of a job that failed."""
    places = []
    with contextlib.suppress(type(error)), folder.opened(kept) as opened:
        places.append(opened.path)
        fill(opened)
        raise error
    return places[0]


def fill(opened: JobFolder) -> None:
    (opened.path / "bundle").mkdir()
    for path in (opened.inputs, opened.outputs, opened.path / "bundle"):
        (path / "file").touch()


def test_it_is_removed_with_all_that_is_in_it(kept: State) -> None:
    failed(kept, X07Error("no"))
    assert list(kept.root.iterdir()) == []


def test_what_is_kept_of_a_guest_that_could_not_be_started(kept: State) -> None:
    path = failed(kept, GuestError("no"))
    assert sorted(each.name for each in path.iterdir()) == ["done", "out"]
    assert soon(lambda: is_free(path))
    assert path.exists()


def is_free(path: Path) -> bool:
    with claimed(path) as claim:
        return claim.is_free is True


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_state_folder_that_cannot_be_written(kept: State) -> None:
    kept.root.chmod(0o500)
    with pytest.raises(OutputError, match="permission denied"), folder.opened(kept):
        pass


def test_a_state_folder_that_was_removed(kept: State) -> None:
    kept.root.rmdir()
    with pytest.raises(OutputError, match="no such file"), folder.opened(kept):
        pass


def test_a_file_that_cannot_be_put(kept: State) -> None:
    with folder.opened(kept) as opened:
        folder.put(opened.inputs / "name", b"data", 0o755)
        with pytest.raises(OutputError, match=r"cannot write `.*/in/name/deep`: not a directory"):
            folder.put(opened.inputs / "name/deep", b"data", 0o755)
        with pytest.raises(OutputError, match=r"cannot write `.*/in/name/deep`: not a directory"):
            folder.make(opened.inputs / "name/deep")


def test_the_mask_of_the_caller_holds_for_nothing_in_it(kept: State) -> None:
    before = os.umask(0o777)
    try:
        with folder.opened(kept) as opened:
            folder.put(opened.inputs / "name", b"data", 0o755)
            modes = [path.stat().st_mode & 0o777 for path in (opened.inputs, opened.outputs)]
            assert modes == [0o700, 0o700]
            assert (opened.inputs / "name").stat().st_mode & 0o777 == 0o755
    finally:
        os.umask(before)
