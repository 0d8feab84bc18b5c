"""Where a process may start (contract/policy.md §6.3): below the roots of the policy alone."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.runtime.c_program import CProgram, Programs
from tests.unit.runtime.process_policies import SHELL, policy, run
from tests.unit.runtime.processes import DENIED, FAILED, Done, Error, request


@pytest.fixture
def process(c_program: Programs) -> CProgram:
    return c_program("process")


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    for name in ("jobs/in", "jobs/.hidden", "other"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "jobs" / "out").symlink_to(tmp_path / "other")
    (tmp_path / "jobs" / "inside").symlink_to("in")
    return tmp_path


def in_folder(process: CProgram, folders: Path, cwd: str, **fields: Any) -> object:  # noqa: ANN401
    """Where the process finds itself, below the folder of the test; or the denial's field."""
    env = policy(PROC_ALLOW_CWD=True, PROC_ALLOW_CWD_ROOTS=["jobs"], **fields)
    asked = request(SHELL, "-c", "pwd -P", cwd=cwd)
    done, told = run(process, env, asked, cwd=folders)
    if told:
        assert done == Error(DENIED)
        return told[0]["field"], told[0]["target"]
    assert isinstance(done, Done), done
    return Path(done.stdout.decode().strip()).relative_to(folders.resolve()).as_posix()


def test_folders_below_the_roots(process: CProgram, folders: Path) -> None:
    for cwd, wanted in (
        ("jobs", "jobs"),
        ("jobs/in", "jobs/in"),
        (f"{folders}/jobs/in", "jobs/in"),
        ("jobs/inside", "jobs/in"),
    ):
        assert in_folder(process, folders, cwd) == wanted


@pytest.mark.parametrize(
    ("cwd", "field"),
    [
        (".", "process.allow_cwd_roots"),
        ("other", "process.allow_cwd_roots"),
        ("/etc", "process.allow_cwd_roots"),
        ("/", "process.allow_cwd"),
        ("jobs/../other", "process.allow_cwd"),
        ("jobs/.hidden", "fs.deny_hidden"),
        ("jobs/out", "process.allow_cwd_roots"),
    ],
)
def test_folders_elsewhere(process: CProgram, folders: Path, cwd: str, field: str) -> None:
    assert in_folder(process, folders, cwd) == (field, cwd)


def test_a_link_out_of_the_roots_is_what_the_guard_is_for(process: CProgram, folders: Path) -> None:
    env = policy(PROC_ALLOW_CWD=True, PROC_ALLOW_CWD_ROOTS=["jobs"])
    env["X07_TEST_WITHOUT_GUARD"] = "beneath"
    done, told = run(process, env, request(SHELL, "-c", "pwd -P", cwd="jobs/out"), cwd=folders)
    assert (done, told) == (Done(0, f"{folders.resolve()}/other\n".encode()), [])


def test_a_folder_that_is_not_there(process: CProgram, folders: Path) -> None:
    env = policy(PROC_ALLOW_CWD=True, PROC_ALLOW_CWD_ROOTS=["jobs"])
    asked = request("/bin/true", cwd="jobs/missing")
    assert run(process, env, asked, cwd=folders) == (Error(FAILED), [])
