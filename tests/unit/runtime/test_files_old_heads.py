"""os.fs.read_file and os.fs.write_file in a sandbox: traps, and denials in words."""

import errno
import os

import pytest

from tests.unit.runtime.c_program import TRAPPED
from tests.unit.runtime.file_calls import Op, Sandbox
from tests.unit.runtime.policies import denials


def test_older_heads_are_relative_to_each_root(sandbox: Sandbox) -> None:
    fs = sandbox(FS_READ_ROOTS=["data", "secret"], FS_WRITE_ROOTS=["out"])
    (fs.folder / "secret/b").write_bytes(b"b")
    results = fs.results(
        (Op.READ_FILE, "a"),
        (Op.READ_FILE, "data/a"),
        (Op.READ_FILE, "secret/a"),
        (Op.READ_FILE, "b"),
        (Op.WRITE_FILE, "c", b"first"),
        (Op.WRITE_FILE, "out/c", b"new"),
    )
    assert results == [b"data", b"data", b"secret", b"b", 0, 0]
    assert (fs.folder / "out/c").read_bytes() == b"new"
    assert fs.names("out") == ["a", "c"]


OLD = [(Op.READ_FILE, "read_file", ()), (Op.WRITE_FILE, "write_file", (b"data",))]


@pytest.mark.parametrize(("op", "name", "rest"), OLD)
def test_older_heads_trap(sandbox: Sandbox, op: Op, name: str, rest: tuple[bytes, ...]) -> None:
    head = f"os.fs.{name}"
    traps = {
        ("a", "FS"): (
            "os.fs disabled by policy",
            f"{head} of `a`: fs.enabled is false; grant: set fs.enabled to true",
        ),
        ("a", "THREADS_MAX_BLOCKING"): (
            "os.threads.blocking disabled by policy",
            (
                f"{head} of `a`: 1 is more than threads.max_blocking (0); "
                "grant: raise threads.max_blocking to 1"
            ),
        ),
        (".env", "X"): (
            f"{head} hidden path denied",
            (
                f"{head} of `.env`: it is hidden, and fs.deny_hidden is true; "
                "grant: set fs.deny_hidden to false"
            ),
        ),
    }
    for (path, variable), (message, words) in traps.items():
        ran = sandbox(**{variable: 0}).run((op, path, *rest))
        assert ran.status == TRAPPED
        assert ran.stderr.splitlines() == [
            f"  denied: {words}",
            "  in main.solve",
            f"{message} ptr=/solve",
        ]


@pytest.mark.parametrize(("op", "name", "rest"), OLD)
@pytest.mark.parametrize("path", ["", "/etc/passwd", "../a", "a/../b", "./a", "a\\b", ".x07_a"])
def test_older_heads_take_safe_paths(
    sandbox: Sandbox, op: Op, name: str, rest: tuple[bytes, ...], path: str
) -> None:
    ran = sandbox().run((op, path, *rest))
    assert (ran.status, ran.last_line) == (TRAPPED, f"os.fs.{name} unsafe path ptr=/solve")
    assert "denied" not in ran.stderr


def test_read_file_of_what_no_root_has(sandbox: Sandbox) -> None:
    ran = sandbox(FS_READ_ROOTS=["out", "data"]).run((Op.READ_FILE, "secret/a"))
    assert ran.status == TRAPPED
    assert ran.stderr.splitlines() == [
        (
            "  denied: os.fs.read_file of `secret/a`: not under fs.read_roots; "
            'grant: add "secret/a" to fs.read_roots'
        ),
        "  in main.solve",
        "os.fs.read_file open failed path=data/secret/a ptr=/solve",
    ]
    none = sandbox(FS_READ_ROOTS=[]).run((Op.READ_FILE, "secret/a"))
    assert none.last_line == "os.fs.read_file open failed path=secret/a ptr=/solve"
    missing = sandbox().run((Op.READ_FILE, "data/missing"))
    assert missing.stderr.splitlines() == [
        "  in main.solve",
        "os.fs.read_file open failed path=data/missing ptr=/solve",
    ]


def test_read_file_shows_no_path_as_it_is(sandbox: Sandbox) -> None:
    """A line of its own, or what a terminal obeys."""
    said = sandbox().run((Op.READ_FILE, "data/a\n  in main.other\nend \x1b[31m"))
    assert said.stderr.splitlines() == [
        "  in main.solve",
        r"os.fs.read_file open failed path=data/a\x0a  in main.other\x0aend \x1b[31m ptr=/solve",
    ]


def test_read_file_has_a_limit(sandbox: Sandbox) -> None:
    ran = sandbox(FS_MAX_READ_BYTES=3).run((Op.READ_FILE, "a"))
    assert ran.stderr.splitlines()[0] == (
        "  denied: os.fs.read_file of `a`: 4 is more than fs.max_read_bytes (3); "
        "grant: raise fs.max_read_bytes to 4"
    )
    assert ran.last_line == "os.fs.read_file too large path=data/a ptr=/solve"


def test_write_file_gives_an_errno(sandbox: Sandbox) -> None:
    fs = sandbox(FS_MAX_WRITE_BYTES=3)
    (fs.folder / "out/link").symlink_to("a")
    (fs.folder / "out/folder").mkdir()
    os.mkfifo(fs.folder / "out/fifo")
    calls = [
        (Op.WRITE_FILE, "out/b", b"1234"),
        (Op.WRITE_FILE, "out/link", b"x"),
        (Op.WRITE_FILE, "out/folder", b"x"),
        (Op.WRITE_FILE, "out/fifo", b"x"),
        (Op.WRITE_FILE, "out/no/b", b"x"),
        (Op.WRITE_FILE, "secret/b", b"x"),
    ]
    assert fs.results(*calls) == [
        *(errno.EFBIG, errno.EACCES, errno.EISDIR, errno.EACCES, errno.ENOENT, errno.ENOENT)
    ]
    assert [(denial["target"], denial["field"]) for denial in denials(fs.run(*calls))] == [
        ("out/b", "fs.max_write_bytes"),
        ("out/link", "fs.allow_symlinks"),
        ("out/fifo", "fs.write_roots"),
        ("secret/b", "fs.write_roots"),
    ]
    none = sandbox(FS_WRITE_ROOTS=[])
    assert none(Op.WRITE_FILE, "a", b"x") == errno.EACCES
