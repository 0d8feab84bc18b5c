"""What starting a bundle looks at: its own files, its state, the system's libraries, the engine."""

import re
import shutil
import subprocess
from pathlib import Path
from subprocess import PIPE
from typing import Final

import pytest

from tests import traces
from tests.needs import missing
from tests.vm_bundles import MakeBench

SYSTEM: Final = re.compile(
    r"/(lib|lib64|usr/lib|usr/lib64|bin|usr/bin|dev|proc)(/.*)?|/etc/ld\.so\.(cache|preload)"
)
"""Libraries, programs of the engine (a script here), devices, and what the kernel tells."""
MOST_OPENS: Final = 30
PLANTED: Final = (".env", "x07.json", "docker-compose.yml", "sitecustomize.py", "pyvenv.cfg")


@pytest.fixture
def strace(tmp_path: Path) -> str:
    found = shutil.which("strace")
    if found is None:
        missing("no strace on PATH (`make engines`)")
    tried = traces.trace(found, ("/bin/true",), {}, tmp_path, tmp_path / "tried")
    if b"ptrace" in tried.done.stderr:
        pytest.skip("this machine lets nobody trace")
    return found


@pytest.mark.parametrize("starts_before", [0, 1])
def test_no_ambient_inputs(
    starts_before: int, strace: str, make_bench: MakeBench, tmp_path: Path
) -> None:
    """A start that is decided, and one that is as that before."""
    bench = make_bench()
    for name in PLANTED:
        (bench.folder / name).write_text("x")
    variables = bench.env(PYTHONPATH="/nowhere", TZ="Europe/Vienna", LC_ALL="de_AT.UTF-8")
    words = (str(bench.app), "say", "well")
    for _ in range(starts_before):
        subprocess.run(words, env=variables, cwd=bench.folder, stdin=PIPE, check=True)
    done, lines = traces.trace(strace, words, variables, bench.folder, tmp_path / "trace")
    assert done.stdout == b"well", done.stderr
    started = [line for line in lines if f'execve("{bench.app}.vm/runtime' in line]
    # It does not start itself again, to look for libraries; its reaper is another one.
    assert len(started) == 1 + starts_before
    # Modules are not read one by one.
    opened = [line for line in lines if re.search(r"openat\(.*runtime/(launcher|base_)", line)]
    assert len(opened) <= MOST_OPENS * len(started)
    found = traces.paths(lines, bench.folder)
    assert f"{bench.app}.vm/payload" in found  # by a descriptor of its folder
    state, fake = bench.state.parent, bench.docker.engine.folder.parent
    own = tuple(f"{each}/" for each in (f"{bench.app}.vm", state, fake))
    known = {str(bench.app), f"{bench.app}.vm", *map(str, (state, *state.parents))}
    strange = {path for path in found - known if not path.startswith(own)}
    assert [path for path in sorted(strange) if not SYSTEM.fullmatch(path)] == []


OPENS: Final = """\
read -r line <x07.json
cd inner && read -r line <../.env
read -r line </proc/self/cwd/../pyvenv.cfg
test -e sitecustomize.py
"""


def test_names_however_they_are_given(strace: str, tmp_path: Path) -> None:
    """Else the above would be shown nothing."""
    (tmp_path / "inner").mkdir()
    for name in PLANTED:
        (tmp_path / name).write_text("x\n")
    words = ("/bin/sh", "-c", OPENS)
    done, lines = traces.trace(strace, words, {}, tmp_path, tmp_path / "trace")
    assert done.stderr == b""
    named = {path for path in traces.paths(lines, tmp_path) if not SYSTEM.fullmatch(path)}
    opened = {"x07.json", ".env", "pyvenv.cfg", "inner", "inner/sitecustomize.py"}
    assert named - {str(tmp_path)} == {str(tmp_path / name) for name in opened}


CALLS: Final = [
    ('1 openat(AT_FDCWD</work>, "a", O_RDONLY) = 3</work/a>', {"/work/a"}),
    ('1 openat(4</other>, "a/../b", O_RDONLY <unfinished ...>', {"/other/b"}),
    ("1 <... openat resumed>) = 5</real/place>", {"/real/place"}),
    ('1 openat(AT_FDCWD</work>, "/null", O_RDWR) = 3</dev/null<char 1:3>>', {"/null", "/dev/null"}),
    ('1 newfstatat(3</open>, "", {st_mode=S_IFREG|0644, ...}, AT_EMPTY_PATH) = 0', set()),
    ('1 readlink("link", "content", 4096) = 7', {"/cwd/link"}),
    ('1 getxattr("file", "user.name", NULL, 0) = -1 ENODATA (No data available)', {"/cwd/file"}),
    ('1 renameat(3</a>, "x", AT_FDCWD</b>, "y") = 0', {"/a/x", "/b/y"}),
    ('1 rename("x", "/y") = 0', {"/cwd/x", "/y"}),
    ('1 execve("bin/it", ["it", "/argument"], 0x7f /* 3 vars */) = 0', {"/cwd/bin/it"}),
    ('1 stat("a \\" b", 0x7f) = 0', {'/cwd/a \\" b'}),
]


@pytest.mark.parametrize(("call", "named"), CALLS)
def test_what_a_call_names(call: str, named: set[str]) -> None:
    assert traces.paths((call,), Path("/cwd")) == named


def test_names_in_a_folder_that_was_entered() -> None:
    lines = ('1 chdir("in") = 0', '1 access("a", F_OK) = 0', '2 access("a", F_OK) = 0')
    assert traces.paths(lines, Path("/w")) == {"/w/in", "/w/in/a", "/w/a"}
    lines = ("1 fchdir(3</else>) = 0", '1 chdir("no") = -1 ENOENT', '1 access("a", F_OK) = 0')
    assert traces.paths(lines, Path("/w")) == {"/else/no", "/else/a"}
