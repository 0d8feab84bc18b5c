"""Calls of files v1 in a program of the runtime's tests, and their results."""

import os
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Final

from tests.unit.runtime.c_program import CProgram, Ran, Word, decoded
from tests.unit.runtime.policies import files


class Op(IntEnum):
    """What programs/files.c serves."""

    READ_ALL = 0
    WRITE_ALL = 1
    APPEND_ALL = 2
    MKDIRS = 3
    REMOVE_FILE = 4
    REMOVE_DIR_ALL = 5
    RENAME = 6
    STAT = 7
    LIST = 8
    WALK = 9
    READ_FILE = 10
    WRITE_FILE = 11
    REPORT = 12
    OPEN_READ = 20
    OPEN_WRITE = 21
    READ_SOME = 22
    WRITE_SOME = 23
    CLOSE = 24
    CLOSE_READ = 25
    DROP = 26
    DROP_READ = 27


class Code(IntEnum):
    """contract/os-modules.md §4"""

    POLICY_DENY = 60001
    DISABLED = 60002
    BAD_PATH = 60003
    BAD_CAPS = 60004
    BAD_HANDLE = 60005
    NOT_FOUND = 60010
    ALREADY_EXISTS = 60011
    NOT_DIR = 60012
    IS_DIR = 60013
    PERMISSION = 60014
    IO = 60015
    TOO_LARGE = 60016
    TOO_MANY_ENTRIES = 60017
    DEPTH_EXCEEDED = 60018
    SYMLINK_DENIED = 60019
    UNSUPPORTED = 60020


ALLOW_SYMLINKS, ALLOW_HIDDEN, CREATE_PARENTS, OVERWRITE, ATOMIC = 1, 2, 4, 8, 16

MISSING, FILE, FOLDER, LINK, OTHER = range(5)

Result = bytes | int
"""An ok value: bytes, or a number. An error is a `Code`."""


def caps(
    flags: int = CREATE_PARENTS | OVERWRITE | ATOMIC,
    *,
    read: int = 16 << 20,
    write: int = 16 << 20,
    entries: int = 10_000,
    depth: int = 64,
) -> bytes:
    """FsCapsV1; the usual ones are those of caps_default_v1."""
    return struct.pack("<6I", 1, read, write, entries, depth, flags)


CAPS: Final = caps()
PLAIN: Final = caps(OVERWRITE)
"""Neither folders are made, nor files written beside."""

Call = tuple[str | bytes | int, ...]
UNTAGGED: Final = (Op.READ_FILE, Op.WRITE_FILE, Op.DROP, Op.DROP_READ)
"""Heads whose value is no result."""


def encoded(*words: str | bytes | int) -> tuple[Word, ...]:
    return tuple(os.fsencode(word) if isinstance(word, str) else word for word in words)


@dataclass(frozen=True)
class Files:
    """The program, where it runs, and under which policy."""

    program: CProgram
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)

    def run(self, *calls: Call) -> Ran:
        """With a report of the denials at the end."""
        requests = [encoded(*call) for call in calls]
        return self.program.run(*requests, (Op.REPORT,), env=self.env, cwd=self.folder)

    def results(self, *calls: Call) -> list[Result]:
        ran = self.run(*calls)
        assert ran.status == 0, ran.stderr
        *words, live_bytes = decoded(ran.stdout)
        assert live_bytes == 0
        return _results([Op(int(call[0])) for call in calls], words)

    def make(self, *names: str) -> None:
        """Files that hold their names."""
        for name in names:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(name.encode())

    def names(self, folder: str = ".") -> list[str]:
        return sorted(path.name for path in (self.folder / folder).iterdir())

    def __call__(self, *call: str | bytes | int) -> Result:
        [result] = self.results(call)
        return result


Sandbox = Callable[..., Files]
"""Files under the usual policy, but for the fields that are given."""

ALLOWING: Final = files(FS_READ_ROOTS=["."], FS_WRITE_ROOTS=["."], DENY_HIDDEN=False)
WAYS: Final[Mapping[str, Mapping[str, str]]] = {
    "anywhere": {},
    "sandboxed": ALLOWING,
    # As on a kernel without openat2.
    "walked": {**ALLOWING, "X07_TEST_WITHOUT_GUARD": "openat2"},
}


def _results(ops: list[Op], words: list[Word]) -> list[Result]:
    rest = iter(words)
    results = []
    for op in ops:
        tag = 1 if op in UNTAGGED else next(rest)
        value = next(rest)
        results.append(value if tag else Code(int(value)))
    return results
