"""What tests of processes speak: requests, capabilities, documents (contract/os-modules.md §3)."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SPAWN_CAPTURE, SPAWN_PIPED, RUN, TRY_JOIN, JOIN = range(5)
STDOUT_READ, STDERR_READ, STDIN_WRITE, STDIN_CLOSE = range(10, 14)
TAKE_EXIT, JOIN_EXIT, READ_ALL, READ_FIRST = range(14, 18)
TRY_WAIT, KILL, DROP, WAIT = range(20, 24)
SLEEP, EXIT, TRAP, STORM, COMPUTE, FLUSH, RAISE, RUN_MANY, REPORT = range(30, 39)

DENIED, INVALID, FAILED, TIMEOUT, OUTPUT_LIMIT = range(1, 6)

FIRST: Final = 1 << 16 | 1
"""The handle of the first process. Those of the next ones follow."""
SECOND: Final = FIRST + 1


def text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<I", len(data)) + data


def request(
    *args: str | bytes,
    env: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    cwd: str | Path = "",
    stdin: bytes = b"",
) -> bytes:
    pairs = list(env.items()) if isinstance(env, Mapping) else list(env)
    parts = [struct.pack("<BBI", 1, 0, len(args)), *map(text, args)]
    parts += [struct.pack("<I", len(pairs))]
    parts += [text(key) + text(value) for key, value in pairs]
    return b"".join([*parts, text(str(cwd)), text(stdin)])


def shell(script: str, *args: str, stdin: bytes = b"") -> bytes:
    return request("/bin/sh", "-c", script, *args, stdin=stdin)


def caps(
    stdout: int = 1 << 20, stderr: int = 1 << 20, timeout_ms: int = 0, total: int = 0
) -> bytes:
    return struct.pack("<BIIII", 1, stdout, stderr, timeout_ms, total)


CAPS: Final = caps()


@dataclass(frozen=True)
class Done:
    """The document of a process that ended."""

    exit_code: int
    stdout: bytes = b""
    stderr: bytes = b""


@dataclass(frozen=True)
class Error:
    code: int


def document(data: object) -> Done | Error:
    assert isinstance(data, bytes)
    if data[0] == 0:
        assert len(data) == 9
        code, zero = struct.unpack_from("<II", data, 1)
        assert zero == 0
        return Error(code)
    version, exit_code, flags, stdout_len = struct.unpack_from("<BIII", data, 1)
    assert (version, flags) == (1, 0)
    stdout = data[14 : 14 + stdout_len]
    (stderr_len,) = struct.unpack_from("<I", data, 14 + stdout_len)
    stderr = data[18 + stdout_len :]
    assert len(stderr) == stderr_len
    return Done(exit_code, stdout, stderr)


def negative(code: int) -> int:
    """How an i32 below zero looks in an answer."""
    return (1 << 32) - code
