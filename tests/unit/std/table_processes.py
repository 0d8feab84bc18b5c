"""Calls of the modules about processes, standard streams and random bytes that ask no system."""

import struct
from collections.abc import Iterator, Sequence

from tests.unit.std.calls import Call, Err, Ok
from tests.unit.std.expected import expect
from tests.unit.std.models import u32

REQ, CAPS = "std.os.process.req_v1", "std.os.process.caps_v1"
STDIO, RAND = "std.os.stdio.spec", "std.os.rand.spec"
CODES = ("policy_denied", "invalid_request", "spawn_failed", "timeout", "output_limit")


def _text(data: bytes) -> bytes:
    return u32(len(data)) + data


def _args(*args: bytes) -> bytes:
    """A request that has no more than arguments."""
    return b"\1\0" + u32(len(args)) + b"".join(map(_text, args))


def _variables(*pairs: tuple[bytes, bytes]) -> bytes:
    return u32(len(pairs)) + b"".join(_text(key) + _text(value) for key, value in pairs)


NOTHING = u32(0)
EXE = _args(b"exe")
WITH_VARIABLE = EXE + _variables((b"K", b"v"))
WITH_FOLDER = EXE + NOTHING + _text(b"in")
WHOLE = _args(b"exe", b"arg") + _variables((b"K", b"v")) + _text(b"in") + _text(b"typed")

MALFORMED = (
    b"",
    b"\1\0\1",
    b"\2" + EXE[1:],
    b"\1\1" + EXE[2:],
    b"\1\0" + u32(0),
    b"\1\0" + u32(129) + _text(b"x") * 129,
    b"\1\0" + u32(-1) + _text(b"x"),
    EXE[:-1],
    EXE + b"\0",
    EXE + u32(1),
    EXE + u32(257) + _text(b"") * 514,
    WITH_VARIABLE[:-1],
    WITH_FOLDER[:-1],
    WHOLE[:-1],
    WHOLE + b"\0",
    EXE[:2] + u32(1) + u32(-1) + b"exe",
)


def request_calls() -> Iterator[Call]:
    yield expect(f"{REQ}.new", b"exe", gives=EXE)
    yield expect(f"{REQ}.new", b"", gives=_args(b""))
    yield from _sections()
    for bad in MALFORMED:
        yield expect(f"{REQ}.arg", bad, b"x", gives=bad)
        yield expect(f"{REQ}.env", bad, b"x", b"y", gives=bad)
        yield expect(f"{REQ}.cwd", bad, b"x", gives=bad)
        yield expect(f"{REQ}.stdin", bad, b"x", gives=bad)
        yield expect(f"{REQ}.finish", bad, gives=bad)
        yield expect(f"{REQ}.validate_v1", bad, gives=Err(2))
    yield from _finished()


def _sections() -> Iterator[Call]:
    """Each section on requests that end before it, in it, and behind it."""
    rest = WHOLE[len(_args(b"exe", b"arg")) :]
    yield expect(f"{REQ}.arg", EXE, b"arg", gives=_args(b"exe", b"arg"))
    yield expect(f"{REQ}.arg", WITH_VARIABLE, b"", gives=_args(b"exe", b"") + WITH_VARIABLE[13:])
    yield expect(f"{REQ}.arg", WHOLE, b"x", gives=_args(b"exe", b"arg", b"x") + rest)
    yield expect(f"{REQ}.env", EXE, b"K", b"v", gives=WITH_VARIABLE)
    two = _variables((b"K", b"v"), (b"", b"w"))
    yield expect(f"{REQ}.env", WITH_VARIABLE, b"", b"w", gives=EXE + two)
    yield expect(f"{REQ}.env", WITH_FOLDER, b"K", b"v", gives=WITH_VARIABLE + _text(b"in"))
    yield expect(f"{REQ}.cwd", EXE, b"in", gives=WITH_FOLDER)
    yield expect(f"{REQ}.cwd", WITH_FOLDER, b"another", gives=EXE + NOTHING + _text(b"another"))
    yield expect(f"{REQ}.cwd", WHOLE, b"", gives=_whole(b"", b"typed"))
    yield expect(f"{REQ}.stdin", EXE, b"in", gives=EXE + NOTHING * 2 + _text(b"in"))
    yield expect(f"{REQ}.stdin", WITH_FOLDER, b"\0", gives=WITH_FOLDER + _text(b"\0"))
    yield expect(f"{REQ}.stdin", WHOLE, b"other", gives=_whole(b"in", b"other"))


def _whole(folder: bytes, typed: bytes) -> bytes:
    variables = _variables((b"K", b"v"))
    return _args(b"exe", b"arg") + variables + _text(folder) + _text(typed)


def _finished() -> Iterator[Call]:
    for unfinished, missing in ((EXE, 3), (WITH_VARIABLE, 2), (WITH_FOLDER, 1), (WHOLE, 0)):
        finished = unfinished + NOTHING * missing
        yield expect(f"{REQ}.finish", unfinished, gives=finished)
        yield expect(f"{REQ}.validate_v1", finished, gives=Ok(0))
        wanted = Err(2) if missing else Ok(0)
        yield expect(f"{REQ}.validate_v1", unfinished, gives=wanted)


def caps_calls() -> Iterator[Call]:
    whole = struct.pack("<BIIII", 1, 10, 20, 30, 40)
    yield expect(f"{CAPS}.finish", 10, 20, 30, 40, gives=whole)
    yield expect(f"{CAPS}.finish", -1, 0, 0, 0, gives=struct.pack("<BIIII", 1, 0xFFFFFFFF, 0, 0, 0))
    for caps, wanted in (
        (whole, Ok(0)),
        (whole + b"more", Ok(0)),
        (whole[:-1], Err(2)),
        (b"\0" + whole[1:], Err(2)),
        (b"", Err(2)),
    ):
        yield expect(f"{CAPS}.validate_v1", caps, gives=wanted)


# -- documents

DONE = struct.pack("<BBII", 1, 1, 7, 3) + _text(b"out") + _text(b"error")
ERROR = struct.pack("<BII", 0, 4, 0)


def document_calls(module: str) -> Iterator[Call]:
    """Of `std.os.process`, and of the module that exports the same."""
    for number, code in enumerate(CODES, 1):
        yield expect(f"{module}.code_{code}", gives=number)
    for doc in (ERROR, b"", ERROR[:3]):
        yield expect(f"{module}.is_err", doc, gives=1)
        yield expect(f"{module}.err_code", doc, gives=4 if doc == ERROR else 0)
        yield from _parts(module, doc, b"", (0, 0, 0), b"", b"")
    yield expect(f"{module}.is_err", DONE, gives=0)
    yield expect(f"{module}.err_code", DONE, gives=0)
    yield from _parts(module, DONE, DONE[1:], (1, 7, 3), b"out", b"error")
    yield from _parts(module, DONE[:-2], DONE[1:-2], (1, 7, 3), b"out", b"err")
    yield from _parts(module, DONE[:16], DONE[1:16], (1, 7, 3), b"ou", b"")
    yield from _parts(module, DONE[:9], DONE[1:9], (1, 7, 0), b"", b"")
    yield from _parts(module, b"\1", b"", (0, 0, 0), b"", b"")
    huge = DONE[:10] + u32(-8) + DONE[14:]
    yield from _parts(module, huge, huge[1:], (1, 7, 3), huge[14:], b"")


def _parts(
    module: str, doc: bytes, rest: bytes, numbers: Sequence[int], out: bytes, err: bytes
) -> Iterator[Call]:
    yield expect(f"{module}.get_bytes", doc, gives=rest)
    yield expect(f"{module}.get_view", doc, gives=rest)
    for name, number in zip(("ver", "exit_code", "flags"), numbers, strict=True):
        yield expect(f"{module}.resp_{name}", doc, gives=number)
    yield expect(f"{module}.resp_stdout", doc, gives=out)
    yield expect(f"{module}.resp_stderr", doc, gives=err)


# -- streams and random bytes


def spec_calls() -> Iterator[Call]:
    stdio = struct.pack("<4I", 1, 8388608, 8388608, 0)
    rand = struct.pack("<3I", 1, 65536, 0)
    yield expect(f"{STDIO}.caps_default_v1", gives=stdio)
    yield expect(f"{STDIO}.caps_pack_v1", 5, 6, 7, gives=struct.pack("<4I", 1, 5, 6, 7))
    yield expect(f"{RAND}.caps_default_v1", gives=rand)
    yield expect(f"{RAND}.caps_pack_v1", 5, 6, gives=struct.pack("<3I", 1, 5, 6))
    words = ("version", "max_read_bytes", "max_write_bytes", "flags")
    for number, name in enumerate(words, 1):
        yield expect(f"{STDIO}.caps_{name}_v1", struct.pack("<4I", 1, 2, 3, 4), gives=number)
    for number, name in enumerate(("version", "max_bytes_per_call", "flags"), 1):
        yield expect(f"{RAND}.caps_{name}_v1", struct.pack("<3I", 1, 2, 3), gives=number)
    common = {"disabled": 1, "policy_deny": 2, "bad_caps": 4, "io": 15}
    for name, code in {**common, "too_large": 16, "eof": 21}.items():
        yield expect(f"{STDIO}.err_{name}_v1", gives=60100 + code)
    for name, code in {**common, "bad_arg": 5}.items():
        yield expect(f"{RAND}.err_{name}_v1", gives=60200 + code)
