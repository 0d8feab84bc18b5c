"""The programs of stubs/launcher: what compilers say of them, and the digests that they make."""

import hashlib
import os
import pty
import random
import shutil
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests import terminals
from tests.program_build import ROOT, WARNINGS, compiler
from x07bundle.host import read as read_host
from x07bundle.native import launcher_stub, launcher_within
from x07bundle.native.launcher_stub import FLAGS, PROGRAMS, Name
from x07bundle.native.toolchain import open_toolchain

SOURCES: Final = ROOT / "stubs/launcher"
MOST_BYTES: Final = 100 << 10
STTY: Final = shutil.which("stty") or "/usr/bin/stty"
THERE: Final = "/"
"""What a guest looks for that is wanted."""
DIGEST: Final = ("sha256.c", "sha256_processor.c")


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("cc", ["gcc", "clang", "musl-gcc"])
def test_no_warning_and_no_library(cc: str, name: Name, tmp_path: Path) -> None:
    if shutil.which(cc) is None:
        pytest.skip(f"no {cc} here")
    program = tmp_path / "program"
    command = (cc, *WARNINGS, "-Wpedantic", *FLAGS, *PROGRAMS[name], "-o", str(program))
    done = subprocess.run(command, cwd=SOURCES, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert program.stat().st_size < MOST_BYTES
    elf = program.read_bytes()
    assert b"ld-linux" not in elf
    assert b"libc" not in elf


def test_every_source_belongs_to_a_program() -> None:
    used = {source for sources in PROGRAMS.values() for source in sources}
    used |= set(launcher_within.PROGRAM)
    assert used == {path.name for path in SOURCES.glob("*.c")}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_same_bytes_again(name: Name, tmp_path: Path) -> None:
    made = []
    for number in range(2):
        env = {**os.environ, "X07_CACHE_DIR": str(tmp_path / f"cache {number}")}
        env["TMPDIR"] = str(tmp_path / f"temporary {number}")
        Path(env["TMPDIR"]).mkdir()
        machine = read_host().arch
        made.append(launcher_stub.program(open_toolchain(env), name, machine))
        assert launcher_stub.program(open_toolchain(env), name, machine) == made[-1]
    assert made[0] == made[1]
    assert str(tmp_path).encode() not in made[0]


@pytest.fixture(scope="module")
def sha256(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("sha256") / "sha256"
    sources = [str(SOURCES / name) for name in DIGEST]
    main = str(Path(__file__).with_name("sha256_main.c"))
    words = (compiler(), *WARNINGS, "-O2", "-fsanitize=address,undefined", f"-I{SOURCES}")
    subprocess.run((*words, *sources, main, "-o", str(program)), check=True)
    return program


@pytest.mark.parametrize("kind", ["plain", "fast"])
def test_digests(sha256: Path, kind: str) -> None:
    chance = random.Random(3)
    for size in (0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 1000, 300_000):
        data = chance.randbytes(size)
        done = subprocess.run((sha256, kind), input=data, capture_output=True, check=True)
        assert done.stdout.decode() == hashlib.sha256(data).hexdigest(), size


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("starter")
    toolchain = open_toolchain({**os.environ, "X07_CACHE_DIR": str(folder / "cache")})
    (folder / "starter").write_bytes(launcher_stub.program(toolchain, "starter", read_host().arch))
    (folder / "starter").chmod(0o755)
    return folder / "starter"


def test_the_starter(starter: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    program = ("/bin/sh", "-c", 'echo "$0 $1 $X"; exit 9', "a", "b")
    done = subprocess.run((starter, THERE, mark, *program), capture_output=True, env={"X": "x"})
    assert (done.returncode, done.stdout, has_ended(mark)) == (9, b"a b x\n", True)
    again = subprocess.run((starter, THERE, mark, *program), capture_output=True)
    assert (again.returncode, again.stdout) == (127, b"")
    mark.unlink()
    missing = subprocess.run((starter, THERE, mark, tmp_path / "missing"), capture_output=True)
    assert (missing.returncode, mark.exists()) == (127, False)
    assert subprocess.run((starter,), capture_output=True).returncode == 127
    assert subprocess.run((starter, THERE, mark), capture_output=True).returncode == 127


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("is_first", [True, False])
def test_signals_reach_what_the_starter_started(
    starter: Path, tmp_path: Path, number: signal.Signals, is_first: bool
) -> None:
    """Also where it is the first process, whose own signals the kernel drops."""
    own = ("unshare", "--pid", "--fork", "--kill-child") if is_first else ()
    if is_first and os.geteuid() != 0:
        pytest.skip("only root makes a namespace of processes")
    script = "echo $PPID; exec sleep 600"
    words = (*own, starter, THERE, tmp_path / "mark", "/bin/sh", "-c", script)
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert (process.stdout.readline() == b"1\n") == is_first
        os.kill(_last_but_one(process.pid), number)
        assert process.wait(timeout=30) == 128 + number


@pytest.mark.parametrize("is_first", [True, False])
def test_a_guest_that_nobody_wants_ends(starter: Path, tmp_path: Path, is_first: bool) -> None:
    """With all that is in it. Its mark is not that of a program that has ended."""
    own = ("unshare", "--pid", "--fork", "--kill-child") if is_first else ()
    if is_first and os.geteuid() != 0:
        pytest.skip("only root makes a namespace of processes")
    wanted, mark = tmp_path / "wanted", tmp_path / "mark"
    wanted.touch()
    script = f"trap '' TERM; {'/bin/sleep 600 &' if is_first else ''} echo here; sleep 600"
    words = (*own, starter, wanted, mark, "/bin/sh", "-c", script)
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"here\n"
        time.sleep(1.2)  # it has looked twice
        assert process.poll() is None
        wanted.unlink()
        assert process.wait(timeout=30) == 128 + signal.SIGKILL
        if is_first:
            assert process.stdout.read() == b""
    assert mark.exists()
    assert not has_ended(mark)


def test_what_cannot_be_looked_at_is_there(starter: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    wanted = tmp_path / "file/wanted"
    words = (starter, wanted, tmp_path / "mark", "/bin/sh", "-c", "sleep 1.2; exit 4")
    assert subprocess.run(words).returncode == 4


def _last_but_one(pid: int) -> int:
    """The process whose child has no children: the starter's."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    below = Path(f"/proc/{children[0]}/task/{children[0]}/children").read_text().split()
    return _last_but_one(int(children[0])) if below else pid


SHOW: Final = 'printf "%s|" "$0" "$@" "$A" "$B"'


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (b"\0-c\0SHOW\0x\0", b"x|1||"),
        (b"B=\xff\0\0-c\0SHOW\0\xfe\0\0a b\0", b"\xfe||a b|1|\xff|"),
        (b"B=2\0C=3\0\0-c\0SHOW\0x\0", b"x|1|2|"),
    ],
)
def test_words_that_are_no_text(starter: Path, tmp_path: Path, words: bytes, said: bytes) -> None:
    (tmp_path / "words").write_bytes(words.replace(b"SHOW", SHOW.encode()))
    command = (starter, "--words", tmp_path / "words", THERE, tmp_path / "mark", "/bin/sh")
    done = subprocess.run(command, capture_output=True, env={"A": "1"})
    assert (done.returncode, done.stdout) == (0, said)
    assert has_ended(tmp_path / "mark")


@pytest.mark.parametrize("words", [None, b"", b"\0-c\0exit"])
def test_words_that_cannot_be_read(starter: Path, tmp_path: Path, words: bytes | None) -> None:
    if words is not None:
        (tmp_path / "words").write_bytes(words)
    command = (starter, "--words", tmp_path / "words", THERE, tmp_path / "mark", "/bin/sh")
    assert subprocess.run(command, capture_output=True).returncode == 127
    assert not (tmp_path / "mark").exists()


def has_ended(mark: Path) -> bool:
    return mark.stat().st_mode & 0o777 == 0o700


def test_the_mark_of_a_program_that_has_not_ended(starter: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    done = subprocess.run((starter, THERE, mark, "/bin/ls", "-l", mark), capture_output=True)
    assert done.stdout.startswith(b"-rw-------")
    assert has_ended(mark)


@pytest.mark.parametrize(("script", "status"), [("exit 0", 0), ("exit 9", 9), ("kill -9 $$", 137)])
def test_the_mark_has_the_exit_status(
    starter: Path, tmp_path: Path, script: str, status: int
) -> None:
    mark = tmp_path / "mark"
    subprocess.run((starter, THERE, mark, "/bin/sh", "-c", script), check=False)
    assert mark.stat().st_mtime_ns == status * 10**9


def test_a_mark_that_the_program_removed_is_made_again(starter: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    assert subprocess.run((starter, THERE, mark, "/bin/rm", mark)).returncode == 0
    assert has_ended(mark)


def test_a_program_that_was_killed(starter: Path, tmp_path: Path) -> None:
    words = (starter, THERE, tmp_path / "mark", "/bin/sh", "-c", "kill -9 $$")
    assert subprocess.run(words).returncode == 128 + signal.SIGKILL


@contextmanager
def sizeless() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal, ours first."""
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


def test_the_size_of_a_terminal_may_come_late(starter: Path, tmp_path: Path) -> None:
    """Engines set it when the guest is there already."""
    words = (starter, THERE, tmp_path / "mark", STTY, "size")
    with (
        sizeless() as (ours, theirs),
        subprocess.Popen(words, stdin=theirs, stdout=subprocess.PIPE) as process,
    ):
        assert process.stdout is not None
        while not (tmp_path / "mark").exists():
            pass
        termios.tcsetwinsize(ours, (33, 77))
        assert process.stdout.read() == b"33 77\n"


@pytest.mark.parametrize(("key", "number"), [(b"\x03", signal.SIGINT), (b"\x1c", signal.SIGQUIT)])
def test_a_key_that_comes_before_the_program(
    starter: Path, tmp_path: Path, key: bytes, number: signal.Signals
) -> None:
    """The starter waits for the terminal's size then, and the program is not there to hear it."""
    with sizeless() as (ours, theirs):
        words = (sys.executable, "-c", terminals.TAKE, starter, THERE, tmp_path / "mark")
        with subprocess.Popen(
            (*words, "/bin/sleep", "600"), stdin=theirs, start_new_session=True
        ) as process:
            while not (tmp_path / "mark").exists():
                pass
            os.write(ours, key)
            assert process.wait(timeout=60) == 128 + number


def test_a_terminal_without_a_size(starter: Path, tmp_path: Path) -> None:
    with sizeless() as (_, theirs):
        words = (starter, THERE, tmp_path / "mark", STTY, "size")
        assert subprocess.run(words, stdin=theirs, timeout=30).returncode == 0
