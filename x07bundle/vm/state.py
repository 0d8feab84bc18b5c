"""Where jobs are kept, and what tells ours from those of others (contract/vm.md §1, §5, §6).

Commands are read from the files in there and run. So nobody else may have made them: a folder or a
file that another user owns or may write to is not used.
"""

import errno
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import files
from x07bundle.errors import OutputError, RefusedError, X07Error
from x07bundle.vm.backends import words

VARIABLE: Final = "X07_VM_STATE_DIR"
DEFAULT: Final = Path(".x07/vm/jobs")
OTHERS_WRITE: Final = 0o022
WRITABLE: Final = "may be written by others"
MENDED: Final = {WRITABLE: ", or `chmod go-w` this one"}
"""The problems of a folder that its owner can mend."""
PRIVATE: Final = 0o700
ELSEWHERE: Final = f"set {VARIABLE} to a folder that you can write"
UNTOLD: Final = "VM jobs are kept there, and engines are told of their folders"
NAMED: Final = f"set {VARIABLE} to a folder whose path is UTF-8, without commas and double quotes"
NOT_OURS: Final = (errno.EACCES, errno.EPERM, errno.EROFS)
FULL: Final = (errno.ENOSPC, errno.EDQUOT)
ROOM: Final = f"free some space there, or set {VARIABLE} to a folder of another file system"

is_instance = re.compile(r"[A-Za-z0-9._:@/+-]{1,128}").fullmatch


class State(NamedTuple):
    """`root`: has a folder for each job. `instance`: the label of all guests that are ours."""

    root: Path
    instance: str


def open(env: Mapping[str, str]) -> State:
    """The state of this user, made where it is missing.

    Raises:
        X07Error: it cannot be made, or others may write to it.
    """
    root = place(env)
    _make(root)
    return State(root, _instance(root))


def place(env: Mapping[str, str]) -> Path:
    """The folder of all jobs: X07_VM_STATE_DIR, else in HOME, else where temporary files go."""
    named = env.get(VARIABLE, "")
    if named:
        return Path(os.path.abspath(named))  # noqa: PTH100  no link of it is followed
    home = env.get("HOME", "")
    if Path(home).is_absolute():
        return Path(home, DEFAULT)
    return Path(env.get("TMPDIR") or "/tmp", f"x07-{os.geteuid()}", *DEFAULT.parts[1:])


def look(env: Mapping[str, str]) -> Path:
    """The folder of all jobs, which may not be there yet. Nothing is made.

    Raises:
        X07Error: `open` would fail, or no job could be kept there.
    """
    root = place(env)
    nearest = next(path for path in (root, *root.parents) if os.path.lexists(path))
    if nearest == root:
        _check(root)
    if not nearest.is_dir():
        raise _unmade(root, NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)))
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise OutputError(f"cannot write `{nearest}`, where VM jobs are kept", hint=ELSEWHERE)
    if _is_full(nearest):
        raise OutputError(f"no space is left in `{nearest}`, where VM jobs are kept", hint=ROOM)
    return root


def _is_full(path: Path) -> bool:
    """Some file systems do not count, and have no blocks at all."""
    found = os.statvfs(path)
    return found.f_blocks > 0 and found.f_bavail == 0


def check_mountable(path: Path) -> None:
    """That a folder of the state can be one of a guest's.

    Raises:
        RefusedError: engines cannot be told of its path.
    """
    try:
        words.check_path(str(path), "host")
    except RefusedError as error:
        raise RefusedError(error.brief, UNTOLD, NAMED) from error
    if not words.is_text(str(path)):
        brief = f"host mount path is not UTF-8: `{words.printable(str(path))}`"
        raise RefusedError(brief, UNTOLD, NAMED)


def output_error(path: Path, error: OSError) -> OutputError:
    """The error for people, of something that cannot be written in the folder of jobs."""
    failure = files.output_error(path, error)
    if error.errno in NOT_OURS:
        return OutputError(failure.brief, failure.details, ELSEWHERE)
    if error.errno in FULL:
        return OutputError(failure.brief, failure.details, ROOM)
    return failure


def _make(root: Path) -> None:
    if folder_problem(root) is None:
        return
    try:
        root.mkdir(PRIVATE, parents=True, exist_ok=True)
    except OSError as error:
        raise _unmade(root, files.why_no_folder(root, error)) from error
    _check(root)


def _unmade(root: Path, error: OSError) -> OutputError:
    failure = files.output_error(root, error)
    brief = f"cannot make the folder of VM jobs: {failure.brief}"
    return OutputError(brief, failure.details, ELSEWHERE)


def _check(root: Path) -> None:
    problem = folder_problem(root)
    if problem is not None:
        raise X07Error(
            f"the folder of VM jobs cannot be used: `{root}` {problem}",
            "it holds commands that end guests, so only you may write there",
            f"set {VARIABLE} to another folder{MENDED.get(problem, '')}",
        )


def folder_problem(path: Path) -> str | None:
    """Why a folder is not to be trusted; None where it is."""
    return problem_of(path, stat.S_IFDIR)


def problem_of(path: Path, kind: int) -> str | None:
    """Why a file of this kind (`stat.S_IFDIR`, `stat.S_IFREG`) is not to be trusted."""
    try:
        found = path.lstat()
    except OSError as error:
        return (error.strerror or str(error)).lower()
    if stat.S_IFMT(found.st_mode) != kind:
        return "is no folder" if kind == stat.S_IFDIR else "is no file"
    if found.st_uid != os.geteuid():
        return "belongs to another user"
    return WRITABLE if found.st_mode & OTHERS_WRITE else None


def instance_file(root: Path) -> Path:
    """Beside the folder of jobs, or in it, where that is not ours."""
    parent = root.parent if folder_problem(root.parent) is None else root
    return parent / "runner_instance"


def _instance(root: Path) -> str:
    path = instance_file(root)
    found = _read_instance(path) or _new_instance(path)
    if found is None:
        raise X07Error(f"`{path}` holds no name of an instance", hint="remove it; it is made anew")
    return found


def _new_instance(path: Path) -> str | None:
    """That of the first of those who make one at the same time."""
    staged = files.beside(path)
    try:
        files.write_new(staged, f"ri-{os.urandom(16).hex()}\n".encode(), 0o600)
        os.link(staged, path)
    except FileExistsError:
        pass
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        staged.unlink(missing_ok=True)
    return _read_instance(path)


def _read_instance(path: Path) -> str | None:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return text if is_instance(text) and problem_of(path, stat.S_IFREG) is None else None
