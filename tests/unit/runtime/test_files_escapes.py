"""Ways out of the roots. Each is closed, and each is open where the guard against it is taken out,
so that no test here passes for another reason (stubs/runtime/src/guard.h)."""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.unit.runtime.c_program import CProgram, Programs
from tests.unit.runtime.file_calls import (
    CAPS,
    CREATE_PARENTS,
    OVERWRITE,
    PLAIN,
    Call,
    Code,
    Files,
    Op,
    Result,
    caps,
)
from tests.unit.runtime.policies import files as policy

WALK = "openat2"
"""Without it: as on a kernel that has no such call."""


def _world(folder: Path) -> None:
    """What the policy grants is in `data` and `out`, what nobody may touch in `secret`."""
    for name in ("data", "out", "secret"):
        (folder / name).mkdir()
        (folder / name / "a").write_bytes(name.encode())


def _state(folder: Path) -> dict[str, bytes]:
    """Everything outside of `out`."""
    paths = [path for name in ("data", "secret") for path in sorted((folder / name).rglob("*"))]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in paths if path.is_file()
    }


@dataclass(frozen=True)
class Escape:
    """`call` may name the folder as `{folder}`; `guards` are those that close it, all of them."""

    name: str
    guards: str
    call: Call
    prepare: Callable[[Path], object] = lambda _folder: None
    refused: Code = Code.POLICY_DENY
    fields: dict[str, Any] = field(default_factory=dict)

    def files(self, program: CProgram, folder: Path, without: str) -> Files:
        env = policy(**{key: _filled(value, folder) for key, value in self.fields.items()})
        return Files(program, folder, {**env, "X07_TEST_WITHOUT_GUARD": without})

    def result(self, files: Files) -> Result:
        """What the call gave; bytes where it was more than an error."""
        before = _state(files.folder)
        ran = files.run(tuple(_filled(word, files.folder) for word in self.call))
        assert ran.status == 0, ran.stderr
        return _first(ran.stdout) if _state(files.folder) == before else b"changed"


def _filled(value: Any, folder: Path) -> Any:  # noqa: ANN401  a policy's fields differ
    if isinstance(value, list):
        return [_filled(item, folder) for item in value]
    return value.replace("{folder}", str(folder)) if isinstance(value, str) else value


def _first(stdout: bytes) -> Result:
    tag, value = stdout[1:5], stdout[5:10]
    failed = tag == bytes(4) and value[:1] == b"i"
    return Code(int.from_bytes(value[1:], "little")) if failed else stdout


def _link(name: str, target: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).symlink_to(target.replace("{folder}", str(folder)))


def _link_to_folder(folder: Path) -> None:
    (folder / "secret/b").mkdir()
    (folder / "out/link").symlink_to("../secret")


def _hard_link(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).hardlink_to(folder / "secret/a")


def _folder(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).mkdir()


def _file(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(b"found")


def _fifo(name: str) -> Callable[[Path], None]:
    return lambda folder: os.mkfifo(folder / name)


def _socket(folder: Path) -> None:
    """Bound by a short name: that of a socket has few bytes."""
    before = Path.cwd()
    os.chdir(folder)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("data/socket")
    os.chdir(before)


LINKS = {"FS_ALLOW_SYMLINKS": True}
BY_NAME = "spelling,hidden,roots,beneath"

ESCAPES = [
    # -- by name
    Escape("parent", BY_NAME, (Op.READ_ALL, "../secret/a", CAPS), refused=Code.BAD_PATH),
    Escape("parent-later", BY_NAME, (Op.READ_ALL, "x/../../secret/a", CAPS),
           _folder("data/x"), Code.BAD_PATH),
    Escape("parent-write", BY_NAME, (Op.WRITE_ALL, "../secret/a", b"", PLAIN),
           refused=Code.BAD_PATH),
    Escape("parent-mkdirs", BY_NAME, (Op.MKDIRS, "../secret/b", CAPS), refused=Code.BAD_PATH),
    Escape("absolute", "roots,beneath", (Op.READ_ALL, "{folder}/secret/a", CAPS)),
    Escape("absolute-write", "roots,beneath", (Op.WRITE_ALL, "{folder}/secret/a", b"", PLAIN)),
    Escape("absolute-stat", "roots,beneath", (Op.STAT, "{folder}/secret/a", CAPS)),
    Escape("absolute-remove", "roots,beneath", (Op.REMOVE_FILE, "{folder}/secret/a", CAPS)),
    Escape("absolute-remove-all", "roots,beneath", (Op.REMOVE_DIR_ALL, "{folder}/secret", CAPS)),
    Escape("absolute-stream", "roots,beneath", (Op.OPEN_READ, "{folder}/secret/a", CAPS)),
    Escape("rename-from-what-is-read", "roots,beneath",
           (Op.RENAME, "{folder}/data/a", "{folder}/out/b", CAPS)),
    Escape("rename-to-secret", "roots,beneath",
           (Op.RENAME, "{folder}/out/a", "{folder}/secret/a", CAPS)),
    Escape("nul", "spelling", (Op.READ_ALL, "data/a\0.txt", CAPS), refused=Code.BAD_PATH),
    # -- through links
    Escape("link-in-the-middle", "beneath", (Op.READ_ALL, "data/link/a", CAPS),
           _link("data/link", "../secret"), Code.SYMLINK_DENIED),
    Escape("link-at-the-end", "beneath", (Op.READ_ALL, "data/link", CAPS),
           _link("data/link", "../secret/a"), Code.SYMLINK_DENIED),
    Escape("link-in-the-middle-allowed", "beneath", (Op.READ_ALL, "data/link/a", CAPS),
           _link("data/link", "../secret"), fields=LINKS),
    Escape("link-at-the-end-allowed", "beneath", (Op.READ_ALL, "data/link", CAPS),
           _link("data/link", "../secret/a"), fields=LINKS),
    Escape("absolute-link-allowed", "beneath", (Op.READ_ALL, "data/link", CAPS),
           _link("data/link", "{folder}/secret/a"), fields=LINKS),
    Escape("absolute-link-inside-allowed", "beneath", (Op.READ_ALL, "data/link", CAPS),
           _link("data/link", "{folder}/data/a"), fields=LINKS),
    Escape("link-written", "beneath", (Op.WRITE_ALL, "out/link", b"", PLAIN),
           _link("out/link", "../secret/a"), Code.SYMLINK_DENIED),
    Escape("link-appended", "beneath", (Op.APPEND_ALL, "out/link", b"x", PLAIN),
           _link("out/link", "../secret/a"), Code.SYMLINK_DENIED),
    Escape("link-to-nothing-written", "beneath", (Op.WRITE_ALL, "out/link", b"", PLAIN),
           _link("out/link", "../secret/new"), fields=LINKS),
    Escape("link-atomic-write", "beneath", (Op.WRITE_ALL, "out/link/b", b"", CAPS),
           _link("out/link", "../secret"), Code.SYMLINK_DENIED),
    Escape("link-mkdirs", "beneath", (Op.MKDIRS, "out/link/b", CAPS),
           _link("out/link", "../secret"), fields=LINKS),
    Escape("link-parents", "beneath", (Op.WRITE_ALL, "out/link/b/c", b"",
                                       caps(CREATE_PARENTS | OVERWRITE)),
           _link("out/link", "../secret"), fields=LINKS),
    Escape("link-remove", "beneath", (Op.REMOVE_FILE, "out/link/a", CAPS),
           _link("out/link", "../secret"), Code.SYMLINK_DENIED),
    Escape("link-remove-all", "beneath", (Op.REMOVE_DIR_ALL, "out/link/b", CAPS),
           _link_to_folder,
           Code.SYMLINK_DENIED),
    Escape("link-rename-from", "beneath", (Op.RENAME, "out/link/a", "out/b", CAPS),
           _link("out/link", "../secret"), fields=LINKS),
    Escape("link-rename-to", "beneath", (Op.RENAME, "out/a", "out/link/a", CAPS),
           _link("out/link", "../secret"), fields=LINKS),
    Escape("link-stat", "beneath", (Op.STAT, "data/link/a", CAPS),
           _link("data/link", "../secret"), Code.SYMLINK_DENIED),
    Escape("link-stream-read", "beneath", (Op.OPEN_READ, "data/link", CAPS),
           _link("data/link", "../secret/a"), Code.SYMLINK_DENIED),
    Escape("link-stream-write", "beneath", (Op.OPEN_WRITE, "out/link", PLAIN),
           _link("out/link", "../secret/a"), Code.SYMLINK_DENIED),
    Escape("link-listed", "beneath", (Op.LIST, "data/link", CAPS),
           _link("data/link", "../secret"), fields=LINKS),
    Escape("link-walked", "beneath", (Op.WALK, "data/link", "*", CAPS),
           _link("data/link", "../secret"), Code.SYMLINK_DENIED),
    Escape("proc-root", "beneath", (Op.READ_ALL, "/proc/self/root{folder}/secret/a", CAPS),
           fields={**LINKS, "FS_READ_ROOTS": ["/proc"]}),
    Escape("proc-folder", "beneath", (Op.READ_ALL, "/proc/self/cwd/secret/a", CAPS),
           fields={**LINKS, "FS_READ_ROOTS": ["/proc"]}),
    Escape("proc-program", "beneath", (Op.OPEN_READ, "/proc/self/exe", CAPS),
           fields={**LINKS, "FS_READ_ROOTS": ["/proc"]}),
    # -- by another name
    Escape("hard-link", "names", (Op.READ_ALL, "data/b", CAPS), _hard_link("data/b")),
    Escape("hard-link-written", "names", (Op.WRITE_ALL, "out/b", b"x", PLAIN),
           _hard_link("out/b")),
    Escape("hard-link-appended", "names", (Op.APPEND_ALL, "out/b", b"x", PLAIN),
           _hard_link("out/b")),
    Escape("hard-link-stream", "names", (Op.OPEN_WRITE, "out/b", PLAIN), _hard_link("out/b")),
    Escape("hidden", "hidden", (Op.READ_ALL, "data/.a", CAPS), _file("data/.a")),
    Escape("hidden-capital", "hidden", (Op.READ_ALL, "data/.A", CAPS), _file("data/.A")),
    Escape("hidden-without-width", "hidden", (Op.READ_ALL, "data/\u200c.a", CAPS),
           _file("data/\u200c.a")),
    Escape("hidden-wide", "hidden", (Op.READ_ALL, "data/\uff0ea", CAPS), _file("data/\uff0ea")),
    # -- what is no file
    Escape("fifo", "regular", (Op.READ_ALL, "data/fifo", CAPS), _fifo("data/fifo"),
           Code.UNSUPPORTED),
    Escape("fifo-stream", "regular", (Op.OPEN_READ, "data/fifo", CAPS), _fifo("data/fifo"),
           Code.UNSUPPORTED),
    Escape("device", "regular", (Op.OPEN_READ, "/dev/zero", CAPS), refused=Code.UNSUPPORTED,
           fields={"FS_READ_ROOTS": ["/dev"]}),
    Escape("device-written", "regular", (Op.APPEND_ALL, "/dev/zero", b"x", PLAIN),
           refused=Code.UNSUPPORTED, fields={"FS_WRITE_ROOTS": ["/dev"]}),
]  # fmt: skip


@pytest.fixture
def program(c_program: Programs, tmp_path: Path) -> CProgram:
    _world(tmp_path)
    return c_program("files")


@pytest.mark.parametrize("escape", ESCAPES, ids=lambda escape: escape.name)
def test_there_is_no_way_out(program: CProgram, tmp_path: Path, escape: Escape) -> None:
    escape.prepare(tmp_path)
    for without in ("", WALK):
        assert escape.result(escape.files(program, tmp_path, without)) is escape.refused, without
    result = escape.result(escape.files(program, tmp_path, escape.guards))
    assert isinstance(result, bytes), result


NAMED = [escape for escape in ESCAPES if "," in escape.guards]


@pytest.mark.parametrize("escape", NAMED, ids=lambda escape: escape.name)
def test_one_guard_is_enough_where_there_are_several(
    program: CProgram, tmp_path: Path, escape: Escape
) -> None:
    """What is refused another way may be refused by another code."""
    escape.prepare(tmp_path)
    guards = escape.guards.split(",")
    for kept in guards:
        without = ",".join(guard for guard in guards if guard != kept)
        result = escape.result(escape.files(program, tmp_path, without))
        assert isinstance(result, Code), kept


# -- walks


@pytest.mark.parametrize("pattern", ["**", "link/*", "*/*"])
def test_a_walk_does_not_go_through_a_link(program: CProgram, tmp_path: Path, pattern: str) -> None:
    (tmp_path / "data/link").symlink_to("../secret")
    (tmp_path / "secret/b").write_bytes(b"")
    for fields in ({}, LINKS):
        for without, leaks in (("", False), (WALK, False), ("walk-links", True)):
            env = {**policy(**fields), "X07_TEST_WITHOUT_GUARD": without}
            result = Files(program, tmp_path, env)(Op.WALK, "data", pattern, CAPS)
            assert isinstance(result, bytes)
            assert (b"link/b" in result) == leaks


def test_links_to_files_outside_are_not_walked_to(program: CProgram, tmp_path: Path) -> None:
    (tmp_path / "data/link").symlink_to("../secret/a")
    for without, leaks in (("", False), (WALK, False), ("beneath", True)):
        env = {**policy(**LINKS), "X07_TEST_WITHOUT_GUARD": without}
        result = Files(program, tmp_path, env)(Op.WALK, "data", "**", caps(1))
        assert isinstance(result, bytes)
        assert (b"link" in result) == leaks


# -- names of sockets, of the older heads, and long ones


def test_a_socket_is_no_file(program: CProgram, tmp_path: Path) -> None:
    _socket(tmp_path)
    files = Files(program, tmp_path, policy())
    assert files(Op.READ_ALL, "data/socket", CAPS) is Code.UNSUPPORTED


def test_a_fifo_is_not_waited_for(program: CProgram, tmp_path: Path) -> None:
    """Opened for writing, one without a reader would wait for ever."""
    os.mkfifo(tmp_path / "out/fifo")
    files = Files(program, tmp_path, policy())
    for call in ((Op.WRITE_ALL, "out/fifo", b"x", PLAIN), (Op.OPEN_WRITE, "out/fifo", PLAIN)):
        assert files(*call) is Code.UNSUPPORTED


OLD = [
    ("../secret/a", "spelling,hidden,beneath", lambda _: None),
    ("folder/../../secret/a", "spelling,hidden,beneath", _folder("data/folder")),
    ("link", "beneath", _link("data/link", "../secret/a")),
    ("folder/a", "beneath", _link("data/folder", "../secret")),
    ("hard", "names", _hard_link("data/hard")),
    (".hidden", "hidden", _file("data/.hidden")),
    (".X07_a", "spelling,hidden", _file("data/.X07_a")),
    ("fifo", "regular", _fifo("data/fifo")),
]


@pytest.mark.parametrize(("path", "guards", "prepare"), OLD)
def test_read_file_finds_no_way_out(
    program: CProgram, tmp_path: Path, path: str, guards: str, prepare: Callable[[Path], object]
) -> None:
    prepare(tmp_path)
    for without, leaks in (("", False), (WALK, False), (guards, True)):
        env = {**policy(), "X07_TEST_WITHOUT_GUARD": without}
        ran = Files(program, tmp_path, env).run((Op.READ_FILE, path))
        assert (ran.status == 0) == leaks, ran.stderr


def test_a_long_path_meets_its_end(program: CProgram, tmp_path: Path) -> None:
    """Without the guard the sanitizer finds a write beyond the end."""
    call = (Op.READ_ALL, "x" * 20_000, CAPS)
    assert Files(program, tmp_path, {})(*call) is Code.BAD_PATH
    assert Files(program, tmp_path, policy())(*call) is Code.BAD_PATH
    ran = Files(program, tmp_path, {"X07_TEST_WITHOUT_GUARD": "long"}).run(call)
    assert "AddressSanitizer" in ran.stderr


def test_a_deep_path_meets_its_end(program: CProgram, tmp_path: Path) -> None:
    for without in ("", WALK):
        env = {**policy(), "X07_TEST_WITHOUT_GUARD": without}
        files = Files(program, tmp_path, env)
        assert files(Op.READ_ALL, "data" + "/x" * 2045, CAPS) is Code.NOT_FOUND
