"""Clocks, sleep, random bytes, standard streams; and what policies say to them."""

import re
import struct
import subprocess
import time
from pathlib import Path

import pytest

from tests.unit.runtime.c_program import TRAPPED, CProgram, Programs
from tests.unit.runtime.policies import sandbox

INSTANT, ZONE, SLEEP, RANDOM, RANDOM_U64, WRITE_STDERR, FLUSH = range(7)
GET_ENV, NOW, EXIT = 2, 3, 4
"""Of programs/os.c."""

MAX_LINE = 16 << 20


@pytest.fixture
def services(c_program: Programs) -> CProgram:
    return c_program("services")


def words(*numbers: int) -> bytes:
    return struct.pack(f"<{len(numbers)}I", *numbers)


# -- time


def test_the_instant_is_now(services: CProgram) -> None:
    before = time.time_ns()
    [instant] = services.answers((INSTANT,))
    after = time.time_ns()
    assert isinstance(instant, bytes)
    tag, version, seconds, nanoseconds = struct.unpack("<BBQI", instant)
    assert (tag, version) == (1, 1)
    assert before <= seconds * 10**9 + nanoseconds <= after


def test_sleep_takes_its_time(services: CProgram) -> None:
    start = time.monotonic()
    assert services.answers((SLEEP, 30), (SLEEP, 0), (SLEEP, -1), (SLEEP, 1 << 31)) == [1, 1, 0, 0]
    assert time.monotonic() - start >= 0.03


def test_sleep_has_a_limit(services: CProgram) -> None:
    """No longer than the policy says, and not for nothing where it is denied."""
    env = sandbox(TIME=True, TIME_ALLOW_SLEEP=True, TIME_MAX_SLEEP_MS=5)
    asked = ((SLEEP, 5), (SLEEP, 6), (SLEEP, 6000))
    assert services.answers(*asked, env=env) == [1, 0, 0]
    env["X07_TEST_WITHOUT_GUARD"] = "time.max_sleep_ms"
    assert services.answers((SLEEP, 6), env=env) == [1]


@pytest.mark.parametrize(
    ("request_", "refused", "fields", "guards"),
    [
        (INSTANT, struct.pack("<BII", 0, 300, 0), {"TIME": True}, "time.allow_wall_clock"),
        (INSTANT, struct.pack("<BII", 0, 300, 0), {"TIME_ALLOW_WALL_CLOCK": True}, "time.enabled"),
        (ZONE, struct.pack("<BI", 0, 1), {"TIME": True}, "time.allow_local_tzid"),
        (ZONE, struct.pack("<BI", 0, 1), {"TIME_ALLOW_LOCAL_TZID": True}, "time.enabled"),
    ],
)
def test_documents_of_denials(
    services: CProgram, request_: int, refused: bytes, fields: dict[str, bool], guards: str
) -> None:
    env = sandbox(**fields)
    assert services.answers((request_,), env=env) == [refused]
    [granted] = services.answers((request_,), env={**env, "X07_TEST_WITHOUT_GUARD": guards})
    assert isinstance(granted, bytes)
    assert granted[0] == 1


@pytest.mark.parametrize(
    ("request_", "trap", "fields", "field"),
    [
        ((NOW,), "os.time disabled by policy", {"TIME_ALLOW_WALL_CLOCK": True}, "time.enabled"),
        (
            (NOW,),
            "os.time.now_unix_ms disabled by policy",
            {"TIME": True},
            "time.allow_wall_clock",
        ),
        ((EXIT, 0), "os.process disabled by policy", {"PROC_ALLOW_EXIT": True}, "process.enabled"),
        ((EXIT, 0), "os.process.exit disabled by policy", {"PROC": True}, "process.allow_exit"),
        ((GET_ENV, b"A"), "os.env disabled by policy", {"ENV_ALLOW_KEYS": "A"}, "env.enabled"),
        ((GET_ENV, b"A"), "os.env.get key not allowed", {"ENV": True}, "env.allow_keys"),
        (
            (GET_ENV, b"A"),
            "os.env.get key denied",
            {"ENV": True, "ENV_ALLOW_KEYS": "A", "ENV_DENY_KEYS": "B;A"},
            "env.deny_keys",
        ),
    ],
)
def test_traps_of_denials(
    c_program: Programs,
    request_: tuple[int | bytes, ...],
    trap: str,
    fields: dict[str, bool],
    field: str,
) -> None:
    env = sandbox(**fields)
    ran = c_program("os").run(request_, env=env)
    assert (ran.status, ran.last_line) == (TRAPPED, f"{trap} ptr=/solve")
    assert f"{field}" in ran.stderr
    ran = c_program("os").run(request_, env={**env, "X07_TEST_WITHOUT_GUARD": field})
    assert ran.status == 0


@pytest.mark.parametrize("key", ["a", "Aa", "A ", "", ";", "A;B", "A=x", "A\0"])
def test_keys_are_granted_by_every_byte(c_program: Programs, key: str) -> None:
    env = {**sandbox(ENV=True, ENV_ALLOW_KEYS="A;B"), "A": "x", "a": "x", "Aa": "x", "A ": "x"}
    ran = c_program("os").run((GET_ENV, key.encode()), env=env)
    assert ran.last_line == "os.env.get key not allowed ptr=/solve"
    env["X07_TEST_WITHOUT_GUARD"] = "env.allow_keys"
    assert c_program("os").run((GET_ENV, key.encode()), env=env).last_line != ran.last_line


def test_no_head_tells_the_monotonic_clock() -> None:
    """time.allow_monotonic would have to be asked by one that does."""
    sources = Path(__file__).parents[3] / "stubs" / "runtime" / "src"
    users = [path.name for path in sorted(sources.glob("*.c")) if _uses_monotonic(path)]
    assert [name for name in users if name.startswith("os_")] == []


def _uses_monotonic(path: Path) -> bool:
    code = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    return "CLOCK_MONOTONIC" in code or "now_ms" in code


# -- random bytes


def test_random_bytes(services: CProgram) -> None:
    usual = words(1, 65536, 0)
    answers = services.answers(
        (RANDOM, 65536, usual), (RANDOM, 0, usual), (RANDOM_U64, usual), (RANDOM_U64, usual)
    )
    assert answers[0] == answers[2] == answers[4] == 1
    large, none, first, second = answers[1::2]
    assert isinstance(large, bytes)
    assert len(large) == 65536
    assert len(set(large)) == 256
    assert none == b""
    assert isinstance(first, bytes)
    assert len(first) == 8
    assert first != second


@pytest.mark.parametrize(
    ("count", "caps", "code"),
    [
        (65537, words(1, 0, 0), 60205),
        (65537, words(1, 1 << 20, 0), 60205),
        (11, words(1, 10, 0), 60205),
        (-1, words(1, 0, 0), 60205),
        (1, words(1, 10, 1), 60204),
        (1, words(0, 10, 0), 60204),
        (1, words(1, 10), 60204),
        (1, words(1, 10, 0, 0), 60204),
    ],
)
def test_random_bytes_that_are_refused(
    services: CProgram, count: int, caps: bytes, code: int
) -> None:
    assert services.answers((RANDOM, count, caps)) == [0, code]


# -- standard streams


def read_lines(program: CProgram, data: bytes, most: int = 0) -> list[bytes | int]:
    """Lines, and errors as numbers; the end is left out."""
    done = subprocess.run(
        [program.path, str(most)], input=data, capture_output=True, timeout=60, check=True
    )
    found: list[bytes | int] = []
    rest = done.stdout
    while rest:
        head, _, rest = rest.partition(b":")
        number = int(head[1:])
        line = rest[:number] if head[:1] == b"l" else b""
        found.append(line if head[:1] == b"l" else number)
        rest = rest[len(line) :]
    assert found.pop() == 60121
    return found


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"\n", [b""]),
        (b"one\ntwo\r\n\r\nfour", [b"one", b"two", b"", b"four"]),
        (b"a\rb\r\r\nend\r", [b"a\rb\r", b"end\r"]),
        (b"\0\xff\n", [b"\0\xff"]),
        (b"x" * 8191 + b"\r\n" + b"y" * 20000, [b"x" * 8191, b"y" * 20000]),
    ],
)
def test_lines(c_program: Programs, data: bytes, lines: list[bytes]) -> None:
    assert read_lines(c_program("lines"), data) == lines


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"12345\n", [b"12345"]),
        (b"12345\r\n", [b"12345"]),
        (b"12345\r", [60116]),
        (b"123456\nnext\n", [60116, b"next"]),
        (b"1234\r\r\r\nnext", [60116, b"next"]),
        (b"x" * 100_000 + b"\nnext", [60116, b"next"]),
        (b"123456", [60116]),
    ],
)
def test_lines_that_are_too_long_are_skipped(
    c_program: Programs, data: bytes, lines: list[bytes | int]
) -> None:
    assert read_lines(c_program("lines"), data, 5) == lines


def test_the_longest_line(c_program: Programs) -> None:
    longest = b"x" * MAX_LINE
    data = longest + b"\n" + longest + b"x\n"
    assert read_lines(c_program("lines"), data, 1 << 30) == [longest, 60116]


def test_output_that_cannot_be_written(c_program: Programs) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [c_program("lines").path], input=b"x\n", stdout=full, timeout=60, check=False
        )
    assert done.returncode == 115


def test_input_that_cannot_be_read(c_program: Programs, tmp_path: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" <"$1"', str(c_program("lines").path), str(tmp_path)],
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == b"e60115:"


def test_standard_error(services: CProgram) -> None:
    asked = ((WRITE_STDERR, b"some text", words(1, 0, 9, 0)), (FLUSH,))
    ran = services.run(*asked)
    assert ran.stderr == "some text"
    assert services.answers(*asked) == [1, 9, 1, 0, 1, 0]


@pytest.mark.parametrize(
    ("size", "caps", "code"),
    [
        (10, words(1, 0, 9, 0), 60116),
        (MAX_LINE + 1, words(1, 0, 0, 0), 60116),
        (MAX_LINE + 1, words(1, 0, 1 << 30, 0), 60116),
        (1, words(1, 0, 9, 2), 60104),
        (1, words(3, 0, 9, 0), 60104),
        (1, b"", 60104),
    ],
)
def test_output_that_is_refused(services: CProgram, size: int, caps: bytes, code: int) -> None:
    ran = services.run((WRITE_STDERR, bytes(size), caps))
    assert ran.stderr == ""
    assert services.answers((WRITE_STDERR, bytes(size), caps)) == [0, code]
