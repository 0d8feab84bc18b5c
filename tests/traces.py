"""Which files processes named to the system, as strace saw it."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from subprocess import PIPE
from typing import Final, NamedTuple

OPTIONS: Final = ("-f", "-y", "-s", "4096", "-e", "trace=%file,fchdir")
"""`-y`: descriptors and AT_FDCWD with the paths that they stand for."""
NAME: Final = re.compile(r'(?:(?:AT_FDCWD|\d+)<(/[^<>]*)[^"]*>, )?"((?:[^"\\]|\\.)*)"')
"""A text of a call, and the folder of the descriptor before it."""
OPENED: Final = re.compile(r"(?<= = )\d+<(/[^<>]*)")
PAIRS: Final = ("link", "linkat", "rename", "renameat", "renameat2", "symlink", "symlinkat")
"""Calls with two names. The others have one; what follows it, an attribute say, is none."""


class Traced(NamedTuple):
    """`done`: of the first process. `lines`: a call each, with the process before it."""

    done: subprocess.CompletedProcess[bytes]
    lines: tuple[str, ...]


def trace(
    strace: str, words: tuple[str, ...], env: Mapping[str, str], cwd: Path, notes: Path
) -> Traced:
    """`notes`: what strace writes."""
    done = subprocess.run(
        (strace, *OPTIONS, "-o", str(notes), *words),
        env=env,
        cwd=cwd,
        stdin=PIPE,
        capture_output=True,
        check=False,
    )
    return Traced(done, tuple(notes.read_text().splitlines()))


def paths(lines: tuple[str, ...], cwd: Path) -> set[str]:
    """All that was named, without `.` and `..`, and what an open led to. `cwd`: of the first
    process, and of each until it enters another folder."""
    folders: dict[str, str] = {}
    found: set[str] = set()
    for line in lines:
        process, _, call = line.partition(" ")
        call = call.lstrip().partition(", [")[0]  # no arguments
        named = list(_named(call, folders.get(process, str(cwd))))
        if call.startswith("chdir(") and call.endswith("= 0"):
            folders[process] = named[0]
        if call.startswith("fchdir(") and call.endswith("= 0"):
            folders[process] = call.partition("<")[2].partition(">")[0]
        found.update(named, OPENED.findall(call))
    return found


def _named(call: str, cwd: str) -> Iterator[str]:
    """Of one call. An empty text stands for the descriptor."""
    texts = NAME.findall(call)
    if call.partition("(")[0] not in PAIRS:
        del texts[1:]
    yield from (os.path.normpath(Path(at or cwd) / name) for at, name in texts if name)
