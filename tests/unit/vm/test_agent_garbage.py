"""The agent, built with sanitizers, is told what no host says. It ends, and says why.

It runs as nobody, so that whatever it understands of garbage it may not do.
"""

import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.program_build import ROOT
from tests.unit.native.stub_sources import needs_cc
from tests.unit.vm.hostile_tars import said_checksum
from x07bundle.vm import stream_files
from x07bundle.vm import stream_frames as frames
from x07bundle.vm.job import Mount

pytestmark = [
    needs_cc,
    pytest.mark.skipif(os.uname().sysname != "Linux", reason="Linux agent"),
    pytest.mark.skipif(os.geteuid() != 0, reason="becomes nobody"),
]

NOBODY: Final = 65534
FLAGS: Final = "-std=c11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all".split()
WALL_SECONDS: Final = 20
BYTES: Final = (0, 1, 7, 0x20, 0x2F, 0x30, 0x37, 0x3D, 0x7F, 0x80, 0xFF)
TOLD: Final = (127, 0)


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that nobody may use, which is nobody's."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    (path / "guest").mkdir()
    os.chown(path / "guest", NOBODY, NOBODY)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def agent(place: Path) -> Path:
    sources = sorted((ROOT / "stubs/guestd").glob("*.c"))
    words = ["cc", *FLAGS, *map(str, sources), "-o", str(place / "agent")]
    done = subprocess.run(words, capture_output=True, check=False)
    if b"asan" in done.stderr or b"ubsan" in done.stderr:
        pytest.skip("no sanitizers for the C compiler here")
    assert done.returncode == 0, done.stderr
    return place / "agent"


def told(agent: Path, data: bytes) -> bytes:
    """What it answers, its status being one of its own and not a sanitizer's."""
    done = subprocess.run(
        [agent, "--stream"],
        input=data,
        capture_output=True,
        timeout=WALL_SECONDS,
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        # What it keeps to its end is no leak.
        env={"PATH": "/usr/bin:/bin", "ASAN_OPTIONS": "detect_leaks=0"},
        check=False,
    )
    assert done.stderr == b"", done.stderr.decode("utf-8", "replace")
    assert done.returncode in TOLD
    return done.stdout


def failure(said: bytes) -> str:
    found = [text for kind, text in frames.Frames().feed(said) if kind == frames.FAILED]
    return found[-1].decode("utf-8", "replace") if found else ""


def request(*roots: str) -> bytes:
    variables = (("PATH", "/usr/bin:/bin"),)
    wanted = frames.Request(("/bin/true",), variables, "/", (NOBODY, NOBODY), roots=roots)
    return wanted.payload()


def exchange(payload: bytes, *pieces: bytes) -> bytes:
    """A request, files, and the start."""
    opening = frames.frame(frames.REQUEST, payload)
    files = [frames.frame(frames.FILES, piece) for piece in pieces]
    return b"".join((opening, *files, frames.frame(frames.START)))


@pytest.fixture
def tar(place: Path, tmp_path: Path) -> Iterator[bytes]:
    """Below a folder of nobody's, which is empty again afterwards."""
    (tmp_path / "root/sub").mkdir(parents=True)
    (tmp_path / "root/sub/file").write_bytes(b"x" * 700)
    (tmp_path / "root" / ("n" * 150)).write_bytes(b"long")
    (tmp_path / "root/link").symlink_to("sub")
    mount = Mount(str(tmp_path / "root"), f"{place}/guest/root")
    yield b"".join(stream_files.packed(stream_files.entries((mount,))))
    subprocess.run(["chmod", "-R", "u+rwx", str(place / "guest")], check=True)
    for left in (place / "guest").iterdir():
        shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()


def test_what_is_right(agent: Path, place: Path, tar: bytes) -> None:
    """It is taken, in pieces of any size."""
    assert failure(told(agent, exchange(request(), tar))) == ""
    assert (place / "guest/root/sub/file").read_bytes() == b"x" * 700
    shutil.rmtree(place / "guest/root")
    pieces = [tar[at : at + 7] for at in range(0, len(tar), 7)]
    assert failure(told(agent, exchange(request(), *pieces))) == ""
    assert (place / "guest/root" / ("n" * 150)).read_bytes() == b"long"


END: Final = bytes(1024)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no request"),
        (b"\1\0\0", "no request"),
        (frames.frame(frames.START), "no request"),
        (b"\1\1\0\0\0\0\0\0", "no frame"),
        (frames.HEAD.pack(1, b"\0\0\0", (1 << 20) + 1), "no frame"),
        (exchange(b""), "cut short"),
        (exchange(b"x07.guest.stream@2\0"), "another protocol"),
        (exchange(b"x07.guest.stream@1\0/\0"), "cut short"),
        (exchange(b"x07.guest.stream@1\0/\0" + b"x\0" * 8), "no number"),
        (exchange(b"x07.guest.stream@1\0/\0" + b"1\0" * 8 + b"99999999999\0"), "cut short"),
        (exchange(b"x07.guest.stream@1\0/\0" + b"1\0" * 8 + b"0\0" * 3), "no program"),
        (exchange(request()[:-1], END), "cut short"),
        (frames.frame(frames.REQUEST, request()), "before it said to start"),
        (exchange(request()), "cut short"),
        (exchange(request(), END[:512]), "cut short"),
        (exchange(request(), b"x" * 512, END), "no tar"),
    ],
)
def test_garbage(agent: Path, data: bytes, why: str) -> None:
    assert why in failure(told(agent, data))


def patched(tar: bytes, at: int, data: bytes) -> bytes:
    """Another first header, whose checksum is right."""
    return said_checksum(tar[:at] + data + tar[at + len(data) : 512]) + tar[512:]


@pytest.mark.parametrize(
    ("at", "data", "why"),
    [
        (0, b"/", "leads elsewhere"),
        (0, b"../", "leads elsewhere"),
        (0, b"a/../b\0", "leads elsewhere"),
        (0, b"a/..\0", "leads elsewhere"),
        (156, b"1", "no file, folder or link"),
        (156, b"3", "no file, folder or link"),
        (156, b"6", "no file, folder or link"),
        (156, b"g", "no file, folder or link"),
        (156, b"L", "no file, folder or link"),
        (156, b"S", "no file, folder or link"),
        (156, b"x", "no length that can be"),
        (124, b"00000001000\0", "no tar"),
    ],
)
def test_a_header(agent: Path, tar: bytes, at: int, data: bytes, why: str) -> None:
    assert why in failure(told(agent, exchange(request(), patched(tar, at, data))))


def record(text: bytes) -> bytes:
    """A header of pax with these bytes, and no more."""
    head = bytearray(512)
    head[0:3], head[100:108], head[156:157] = b"pax", b"0000644\0", b"x"
    head[124:136], head[257:265] = b"%011o\0" % len(text), b"ustar\x0000"
    return said_checksum(bytes(head)) + text + bytes(-len(text) % 512)


@pytest.mark.parametrize(
    "text",
    [
        b"x",
        b"12 path=a",
        b"9 path=ab",
        b"9999999999999999999999 path=a\n",
        b"4 path=a\n",
        b"0 \n",
        b"-1 path=a\n",
        b"10 path a\n",
        b"2 \n" * 100,
        b"6000 path=" + b"a" * 5989 + b"\n",
    ],
)
def test_a_record(agent: Path, text: bytes) -> None:
    said = failure(told(agent, exchange(request(), record(text) + END)))
    assert "broken" in said or "too long" in said


@pytest.mark.parametrize("seed", range(12))
def test_any_bytes_of_a_tar(agent: Path, place: Path, tar: bytes, seed: int) -> None:
    """Checksums are mostly right, and what leads below the folder does so still."""
    chance = random.Random(seed)
    kept = len(f"{place}/guest/"[1:])
    for _ in range(8):
        data = bytearray(tar)
        for _ in range(chance.randint(1, 5)):
            start = 512 * chance.randrange(len(data) // 512)
            data[start + chance.randrange(kept, 512)] = chance.choice(BYTES)
            if chance.random() < 0.7:
                block = bytes(data[start : start + 512])
                data[start : start + 512] = said_checksum(block)
        told(agent, exchange(request(), bytes(data[: chance.randint(1, len(data))]), END))


@pytest.mark.parametrize("seed", range(12))
def test_any_bytes_of_frames(agent: Path, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(8):
        payload = bytearray(request("/proc/self/fdinfo"))
        for _ in range(chance.randint(0, 4)):
            payload[chance.randrange(len(payload))] = chance.choice(BYTES)
        data = bytearray(exchange(bytes(payload), END) + frames.frame(frames.STDIN, b"some"))
        for _ in range(chance.randint(0, 2)):
            data[chance.randrange(len(data))] = chance.choice(BYTES)
        told(agent, bytes(data[: chance.randint(1, len(data))]))


def test_more_input_than_the_window(agent: Path) -> None:
    """While the program does not read: refused, and the program gone."""
    variables = (("PATH", "/usr/bin:/bin"),)
    wanted = frames.Request(("/bin/sleep", "5"), variables, "/", (NOBODY, NOBODY))
    chunk = frames.frame(frames.STDIN, bytes(1 << 16))
    said = told(agent, exchange(wanted.payload(), END) + chunk * 20)
    assert "than the window" in failure(said)
