"""What starting a bundle looks at: its own files, its state, the system's libraries, the engine."""

import re
import shutil
import subprocess
from pathlib import Path
from subprocess import PIPE
from typing import Final

import pytest

from tests.vm_bundles import MakeBench

SYSTEM: Final = re.compile(
    r"/(lib|lib64|usr/lib|usr/lib64|bin|usr/bin|dev|proc)(/.*)?|/etc/ld\.so\.(cache|preload)"
)
"""Libraries, programs of the engine (a script here), devices, and what the kernel tells."""
PATHS: Final = re.compile(r'"(/[^"]*)"')


@pytest.mark.parametrize("starts_before", [0, 1])
def test_no_ambient_inputs(starts_before: int, make_bench: MakeBench, tmp_path: Path) -> None:
    """A start that is decided, and one that is as that before."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("no strace on PATH (`make engines`)")
    bench = make_bench()
    for name in (".env", "x07.json", "docker-compose.yml", "sitecustomize.py", "pyvenv.cfg"):
        (bench.folder / name).write_text("x")
    variables = bench.env(PYTHONPATH="/nowhere", TZ="Europe/Vienna", LC_ALL="de_AT.UTF-8")
    for _ in range(starts_before):
        words = (bench.app, "say", "well")
        subprocess.run(words, env=variables, cwd=bench.folder, stdin=PIPE, check=True)
    trace = tmp_path / "trace"
    options = ("-f", "-s", "4096", "-o", str(trace), "-e", "trace=%file")
    done = subprocess.run(
        (strace, *options, str(bench.app), "say", "well"),
        env=variables,
        cwd=bench.folder,
        stdin=PIPE,
        capture_output=True,
        check=False,
    )
    if b"ptrace" in done.stderr:
        pytest.skip("this machine lets nobody trace")
    assert done.stdout == b"well", done.stderr
    calls = [line.partition("[")[0] for line in trace.read_text().splitlines()]  # no arguments
    found = {path for call in calls for path in PATHS.findall(call)}
    started = [call for call in calls if "execve(" in call and f"{bench.app}.vm/runtime" in call]
    # It does not start itself again, to look for libraries; its reaper is another one.
    assert len(started) == 1 + starts_before
    state, fake = bench.state.parent, bench.docker.engine.folder.parent
    own = tuple(f"{each}/" for each in (f"{bench.app}.vm", state, fake))
    known = {str(bench.app), f"{bench.app}.vm", *map(str, (state, *state.parents))}
    strange = {path for path in found - known if not path.startswith(own)}
    assert [path for path in sorted(strange) if not SYSTEM.fullmatch(path)] == []
