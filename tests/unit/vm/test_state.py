"""The folder of jobs, the name of its instance, and labels."""

import errno
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.unit.vm.job_process import job_of
from x07bundle.errors import RefusedError, X07Error
from x07bundle.vm import clock as clocks
from x07bundle.vm import labels, state


def opened(root: Path) -> state.State:
    return state.open({state.VARIABLE: str(root)})


def test_where_jobs_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert state.place({"HOME": "/h"}) == Path("/h/.x07/vm/jobs")
    assert state.place({"HOME": "/h", state.VARIABLE: "/s/jobs"}) == Path("/s/jobs")
    assert state.place({state.VARIABLE: "jobs"}) == tmp_path / "jobs"
    own = f"x07-{os.geteuid()}/vm/jobs"
    assert state.place({}) == Path("/tmp", own)
    assert state.place({"HOME": "", "TMPDIR": "/t"}) == Path("/t", own)
    assert state.place({"HOME": "relative", state.VARIABLE: ""}) == Path("/tmp", own)


def test_it_is_made_for_its_user_alone(tmp_path: Path) -> None:
    made = opened(tmp_path / "vm/jobs")
    assert made.root.stat().st_mode & 0o777 == 0o700
    assert re.fullmatch(r"ri-[0-9a-f]{32}", made.instance)
    assert (tmp_path / "vm/runner_instance").read_text() == f"{made.instance}\n"


def test_the_name_of_an_instance_stays(tmp_path: Path) -> None:
    names = {opened(tmp_path / "vm/jobs").instance for _ in range(3)}
    assert len(names) == 1


def test_many_that_begin_together_have_one_name(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = pool.map(lambda _: opened(tmp_path / "vm/jobs").instance, range(32))
        assert len(set(made)) == 1


def test_a_parent_that_others_write_to_has_no_name_of_ours(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o1777)
    (tmp_path / "shared/runner_instance").write_text("ri-of-others\n")
    made = opened(tmp_path / "shared/jobs")
    assert made.instance != "ri-of-others"
    assert opened(tmp_path / "shared/jobs") == made


@pytest.mark.parametrize("text", ["", "two words\n", "x" * 129, "a,b\n"])
def test_a_name_that_cannot_be_a_label(tmp_path: Path, text: str) -> None:
    opened(tmp_path / "vm/jobs")
    (tmp_path / "vm/runner_instance").write_text(text)
    with pytest.raises(X07Error, match="holds no name of an instance"):
        opened(tmp_path / "vm/jobs")


@pytest.mark.parametrize("mode", [0o777, 0o720, 0o702])
def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs").chmod(mode)
    with pytest.raises(X07Error, match="may be written by others"):
        opened(tmp_path / "jobs")


def test_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "jobs").symlink_to(tmp_path / "real")
    with pytest.raises(X07Error, match="is no folder"):
        opened(tmp_path / "jobs")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir(mode=0o700)
    os.chown(tmp_path / "jobs", 12345, -1)
    with pytest.raises(X07Error, match="belongs to another user") as caught:
        opened(tmp_path / "jobs")
    assert caught.value.hint == "set X07_VM_STATE_DIR to another folder"


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(X07Error) as caught:
        opened(tmp_path / "file/jobs")
    assert caught.value.hint == "set X07_VM_STATE_DIR to a folder that you can write"


def test_a_look_makes_nothing(tmp_path: Path) -> None:
    root = tmp_path / "vm/jobs"
    assert state.look({state.VARIABLE: str(root)}) == root
    assert not root.parent.exists()
    opened(root)
    assert state.look({state.VARIABLE: str(root)}) == root


def others_write(root: Path) -> None:
    root.mkdir()
    root.chmod(0o777)


def link(root: Path) -> None:
    root.symlink_to(root.parent)


def below_a_file(root: Path) -> None:
    root.touch()


@pytest.mark.parametrize("made", [others_write, link, below_a_file])
def test_a_look_says_what_opening_says(tmp_path: Path, made: Callable[[Path], None]) -> None:
    made(tmp_path / "jobs")
    root = tmp_path / "jobs" / "more" if made is below_a_file else tmp_path / "jobs"
    with pytest.raises(X07Error) as looked:
        state.look({state.VARIABLE: str(root)})
    with pytest.raises(X07Error) as refused:
        opened(root)
    assert looked.value.render() == refused.value.render()


@pytest.mark.parametrize("root", ["jobs", "jobs/of/mine"])
def test_a_folder_that_is_not_written(
    tmp_path: Path, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may write anywhere, as root may, is told by the system alone."""
    (tmp_path / "jobs").mkdir(mode=0o700)
    monkeypatch.setattr(os, "access", lambda path, _: path != tmp_path / "jobs")
    with pytest.raises(X07Error, match="where VM jobs are kept") as caught:
        state.look({state.VARIABLE: str(tmp_path / root)})
    assert caught.value.hint == "set X07_VM_STATE_DIR to a folder that you can write"


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.EROFS, "set X07_VM_STATE_DIR to a folder that you can write"),
        (errno.EACCES, "set X07_VM_STATE_DIR to a folder that you can write"),
        (errno.ENOSPC, state.ROOM),
        (errno.EIO, "check the path and the file system, then try again"),
    ],
)
def test_what_keeps_a_job_from_being_written(tmp_path: Path, number: int, hint: str) -> None:
    error = state.output_error(tmp_path, OSError(number, os.strerror(number)))
    assert error.hint == hint


def test_labels_of_a_job() -> None:
    job = job_of("1-2", (), 1000)._replace(created_unix_ms=5, deadline_unix_ms=1005)
    assert list(labels.of(job, "docker", "ri-1").items()) == [
        ("io.x07.backend", "vm.docker"),
        ("io.x07.created_unix_ms", "5"),
        ("io.x07.deadline_unix_ms", "1005"),
        ("io.x07.image_digest", f"sha256:{'0' * 64}"),
        ("io.x07.job_id", "1-2"),
        ("io.x07.run_id", "1-2"),
        ("io.x07.runner_instance", "ri-1"),
        ("io.x07.schema", "1"),
    ]


@pytest.mark.parametrize("value", ["", "a b", "a,b", "a=b", "ü", "x" * 4096])
def test_a_value_that_cannot_be_a_label(value: str) -> None:
    job = job_of("1-2", (), 1000)._replace(labels={"io.x07.more": value})
    with pytest.raises(X07Error, match="the label"):
        labels.of(job, "docker", "ri-1")


@pytest.mark.parametrize(
    ("text", "deadline"),
    [
        ("1", 1),
        ("0", None),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("9" * 17, None),
        ("\u0661", None),
    ],
)
def test_deadlines_of_labels(text: str, deadline: int | None) -> None:
    assert labels.deadline_unix_ms({labels.DEADLINE: text}) == deadline


@pytest.mark.parametrize(
    ("now_ms", "left_ms"), [(100, 900), (600, 400), (1000, 0), (5000, 0), (-9000, 900)]
)
def test_a_deadline_never_comes_later_than_it_was_set(now_ms: int, left_ms: int) -> None:
    clock = clocks.SYSTEM._replace(unix_ms=lambda: now_ms)
    assert clocks.left_ms(clock, 100, 1000) == left_ms


@pytest.mark.parametrize("name", ["a,b", 'a"b', "a\nb", os.fsdecode(b"a\xff")])
def test_a_folder_that_engines_cannot_be_told_of(tmp_path: Path, name: str) -> None:
    with pytest.raises(RefusedError, match="host mount path") as caught:
        state.check_mountable(tmp_path / name)
    assert str(caught.value.hint).startswith("set X07_VM_STATE_DIR to a folder")
    state.check_mountable(tmp_path / "größe")
