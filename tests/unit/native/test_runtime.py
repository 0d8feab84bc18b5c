"""The runtime archive: built once, whole, and the same everywhere."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fakes import install
from tests.unit.native.stub_sources import (
    CC,
    calls,
    forget,
    logging_compiler,
    needs_cc,
    write_stubs,
)
from x07bundle import files
from x07bundle.errors import CompileError, OutputError
from x07bundle.native.flags import CcProfile
from x07bundle.native.runtime import archive
from x07bundle.native.toolchain import open_toolchain, without_cache

pytestmark = [needs_cc, pytest.mark.usefixtures("tool")]

CHILD = """
import sys
sys._MEIPASS = sys.argv[1]
from x07bundle.native.runtime import archive
from x07bundle.native.toolchain import open_toolchain
env = dict(pair.split("=", 1) for pair in sys.argv[2:])
print(archive(open_toolchain(env), "default"))
"""


def compilations(log: Path) -> int:
    return sum(" -c " in f" {line} " for line in calls(log))


def built(env: dict[str, str], cc_profile: CcProfile = "default") -> Path:
    return archive(open_toolchain(env), cc_profile)


def start_child(tool: Path, env: dict[str, str]) -> "subprocess.Popen[str]":
    words = [sys.executable, "-c", CHILD, str(tool), *(f"{k}={v}" for k, v in env.items())]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_built_once(tmp_path: Path) -> None:
    env = logging_compiler(tmp_path, tmp_path / "log")
    first = built(env)
    assert compilations(tmp_path / "log") == 2
    assert built(env) == first
    assert compilations(tmp_path / "log") == 2


def test_a_key_of_its_own_for_flags_sources_and_compiler(tmp_path: Path, tool: Path) -> None:
    env = logging_compiler(tmp_path, tmp_path / "log")
    plain = built(env)
    small = built(env, "size")
    sanitized = archive(open_toolchain(env, sanitizers=("undefined",)), "default")
    (tool / "stubs/runtime/include/x07.h").write_text("int x07_answer(void);int x07_never(void);")
    forget()
    other_header = built(env)
    install(tmp_path / "bin", "cc", f'exec {CC} "$@" ')
    other_compiler = built(env)
    assert len({plain, small, sanitized, other_header, other_compiler}) == 5


@pytest.mark.parametrize("damage", [b"", b"!<arch>\n"])
def test_a_broken_archive_is_built_again(tmp_path: Path, damage: bytes) -> None:
    env = logging_compiler(tmp_path, tmp_path / "log")
    path = built(env)
    whole = path.read_bytes()
    path.write_bytes(damage)
    assert built(env).read_bytes() == whole


def test_the_same_bytes_from_another_folder_user_and_time(tmp_path: Path, tool: Path) -> None:
    env = logging_compiler(tmp_path, tmp_path / "log")
    first = built(env).read_bytes()
    other = write_stubs(tmp_path / "an other folder")
    moved = {**env, "TZ": "Asia/Tokyo", "LANG": "tr_TR.UTF-8", "X07_CACHE_DIR": f"{tmp_path}/c2"}
    before = os.umask(0o077)
    try:
        child = start_child(other, moved)
        out, err = child.communicate(timeout=120)
    finally:
        os.umask(before)
    assert child.returncode == 0, err
    assert Path(out.strip()).read_bytes() == first
    assert str(tmp_path).encode() not in first


def test_no_cache_builds_again_and_leaves_nothing(tmp_path: Path) -> None:
    env = logging_compiler(tmp_path, tmp_path / "log")
    toolchain = open_toolchain(env)
    first = archive(toolchain, "default").read_bytes()
    with without_cache(toolchain) as fresh:
        assert archive(fresh, "default").read_bytes() == first
    assert compilations(tmp_path / "log") == 4
    assert not list(tmp_path.glob("x07bundle-*"))


def test_eight_processes_at_once(tmp_path: Path, tool: Path) -> None:
    env = logging_compiler(tmp_path, tmp_path / "log", before="sleep 0.1")
    children = [start_child(tool, env) for _ in range(8)]
    outputs = [child.communicate(timeout=300) for child in children]
    assert [child.returncode for child in children] == [0] * 8, outputs
    assert len({out for out, _ in outputs}) == 1
    path = Path(outputs[0][0].strip())
    folder = sorted(entry.name for entry in path.parent.iterdir())
    assert folder == [path.name, path.name + ".digest"]
    assert files.fingerprint(path.read_bytes()) == path.with_name(path.name + ".digest").read_text()
    assert not list(tmp_path.glob("x07bundle-*"))


def test_a_killed_builder_leaves_nothing_that_is_in_the_way(tmp_path: Path, tool: Path) -> None:
    """It is killed while it compiles; the next one builds as if it had never been there."""
    hang = f'case "$*" in *" -c "*) test -e {tmp_path}/hang && exec sleep 600;; esac'
    env = logging_compiler(tmp_path, tmp_path / "log", before=hang)
    (tmp_path / "hang").touch()
    child = start_child(tool, env)
    while not compilations(tmp_path / "log"):
        assert child.poll() is None, child.communicate()
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=60)
    (tmp_path / "hang").unlink()
    path = built(env)
    assert built(env) == path
    assert files.fingerprint(path.read_bytes()) == path.with_name(path.name + ".digest").read_text()


def test_without_an_archiver(tmp_path: Path) -> None:
    """Objects are joined into one; unused functions still go."""
    env = logging_compiler(tmp_path, tmp_path / "log")
    for name in ("as", "ld"):
        install(tmp_path / "bin", name, f'exec /usr/bin/{name} "$@"')
    env["PATH"] = str(tmp_path / "bin")
    path = built(env)
    assert path.read_bytes().startswith(b"\x7fELF")


def test_a_source_that_does_not_compile(tmp_path: Path, tool: Path) -> None:
    write_stubs(tool, answer="int x07_answer(void) { return no_such_name; }")
    forget()
    env = logging_compiler(tmp_path, tmp_path / "log")
    with pytest.raises(CompileError, match="failed on the runtime") as caught:
        built(env)
    assert "no_such_name" in (caught.value.details or "")
    assert not list((tmp_path / "cache").glob("runtime/*"))
    assert not list(tmp_path.glob("x07bundle-*"))


def test_a_compiler_that_finds_the_disk_full(tmp_path: Path) -> None:
    script = 'case "$*" in *--version) echo fake; exit 0;; esac\n'
    install(tmp_path / "bin", "cc", script + 'echo "x.s: No space left on device" >&2; exit 1')
    env = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "X07_CACHE_DIR": str(tmp_path / "cache"),
           "TMPDIR": str(tmp_path)}  # fmt: skip
    with pytest.raises(OutputError, match="no space left"):
        built(env)
