"""A containerd that answers as a test wants, in the bytes of HTTP/2, gRPC and Protocol Buffers, and
a program that asks it what the launcher asks.
"""

import contextlib
import socket
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from tests.program_build import ROOT, WARNINGS, compiler
from x07bundle.native.launcher_stub import FLAGS, PROGRAMS

SOURCES: Final = ROOT / "stubs/launcher"
MAIN: Final = str(ROOT / "tests/unit/launcher/containerd_question.c")
PLAIN: Final = (*(name for name in PROGRAMS["launcher"] if name != "launcher.c"), MAIN)
"""The linker leaves out what is not needed, as it does for launchers."""
HOSTED: Final = (
    *("containerd.c", "http2.c", "protobuf.c", "buffer.c", "sockets.c", "text.c"),
    *(str(ROOT / "tests/unit/launcher/hosted_system.c"), MAIN),
)
SANITIZERS: Final = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FAILED: Final = "exitcode=99"
"""A status of its own for sanitizers: theirs would be an answer."""
LONGEST_S: Final = 60

NAMESPACE: Final = "x07"
NAME: Final = "x07.local/guest@sha256:1f"
DIGEST: Final = "sha256:" + "0123456789abcdef" * 4
OTHER: Final = DIGEST[:-1] + "e"
MOST_FRAME_BYTES: Final = 1 << 14

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY = range(8)
WINDOW_UPDATE, CONTINUATION, UNKNOWN = 8, 9, 0x20
END_STREAM, ACK, END_HEADERS, PADDED = 1, 1, 4, 8
CONNECTION, STREAM = 0, 1

FIRST_HEADERS: Final = bytes.fromhex("885f8b1d75d0620d263d4c4d6564")
"""`:status: 200` and `content-type: application/grpc`, as containerd writes them."""
TRAILERS: Final = bytes.fromhex("40889acac8b21234da8f01304089") + bytes(12)
"""Those of a call that went well begin in this way."""


def frame(kind: int, payload: bytes = b"", flags: int = 0, stream: int = STREAM) -> bytes:
    """RFC 9113 §4.1."""
    head = bytes((kind, flags)) + stream.to_bytes(4, "big")
    return len(payload).to_bytes(3, "big") + head + payload


def number(value: int) -> bytes:
    """Seven bits in each byte, the lowest first."""
    more, last = value >> 7, value & 0x7F
    return bytes((last,)) if more == 0 else bytes((last | 0x80,)) + number(more)


def field(key: int, value: bytes | str | int) -> bytes:
    if isinstance(value, int):
        return number(key << 3) + number(value)
    data = value.encode() if isinstance(value, str) else value
    return number(key << 3 | 2) + number(len(data)) + data


def target(digest: str = DIGEST) -> bytes:
    kind = "application/vnd.oci.image.manifest.v1+json"
    return field(1, kind) + field(2, digest) + field(3, 229_888)


def image(name: str = NAME, digest: str = DIGEST, labels: bytes = b"") -> bytes:
    """With the two times that containerd adds."""
    times = field(7, field(1, 1_763_727_999)) + field(8, field(1, 1_763_728_000))
    return field(1, name) + labels + field(3, target(digest)) + times


def message(response: bytes) -> bytes:
    """One of gRPC: it is not compressed."""
    return b"\0" + len(response).to_bytes(4, "big") + response


RIGHT: Final = message(field(1, image()))
START: Final = frame(SETTINGS, bytes.fromhex("000500004000"), stream=CONNECTION) + frame(
    HEADERS, FIRST_HEADERS, END_HEADERS
)
END: Final = frame(HEADERS, TRAILERS, END_HEADERS | END_STREAM)
PINGED: Final = frame(PING, b"12345678", stream=CONNECTION)
REFUSED: Final = frame(HEADERS, FIRST_HEADERS + TRAILERS, END_HEADERS | END_STREAM)


def answer(body: bytes = RIGHT) -> bytes:
    return START + frame(DATA, body) + END


def build(folder: Path, *, is_sanitized: bool = False) -> Path:
    """The program that asks, as launchers are compiled or with sanitizers."""
    program = folder / ("sanitized" if is_sanitized else "plain")
    kind = ("-O1", *SANITIZERS) if is_sanitized else ("-Wpedantic", *FLAGS)
    sources = HOSTED if is_sanitized else PLAIN
    words = (compiler(), *WARNINGS, *kind, "-I.", *sources, "-o", str(program))
    subprocess.run(words, cwd=SOURCES, check=True)
    return program


class Heard(NamedTuple):
    """`has`: what the program found. `told`: all that it sent."""

    has: bool
    told: bytes


class Containerd(NamedTuple):
    program: Path
    path: str
    listener: socket.socket

    def ask(
        self,
        pieces: Iterable[bytes],
        *,
        namespace: str = NAMESPACE,
        name: str = NAME,
        digest: str = DIGEST,
        stays: bool = False,
    ) -> Heard:
        """What is sent goes in these pieces, then nothing more comes; or the connection `stays`."""
        with started(self.program, self.path, namespace, name, digest) as child:
            connection, _ = self.listener.accept()
            with connection:
                connection.settimeout(LONGEST_S)
                with contextlib.suppress(ConnectionError):
                    for piece in pieces:
                        connection.sendall(piece)
                    if not stays:
                        connection.shutdown(socket.SHUT_WR)
                told = _rest(connection)
            return Heard(found(child), told)

    def has(self, *pieces: bytes) -> bool:
        return self.ask(pieces).has


def started(program: Path, *words: str) -> subprocess.Popen[bytes]:
    env = {"ASAN_OPTIONS": FAILED, "UBSAN_OPTIONS": FAILED}
    pipe = subprocess.PIPE
    return subprocess.Popen((program, *words), env=env, stdin=pipe, stdout=pipe, stderr=pipe)


def found(child: subprocess.Popen[bytes]) -> bool:
    """Of a program that says nothing, and has no other status than an answer."""
    stdout, stderr = child.communicate(timeout=LONGEST_S)
    assert (stdout, stderr) == (b"", b"")
    assert child.returncode in (0, 1)
    return child.returncode == 0


def has(program: Path, *words: str) -> bool:
    """Where nobody answers."""
    with started(program, *words) as child:
        return found(child)


def _rest(connection: socket.socket) -> bytes:
    """What comes until the other end closes; it may do so with bytes that it has not read."""
    told = b""
    with contextlib.suppress(ConnectionError):
        while data := connection.recv(1 << 16):
            told += data
    return told


@contextmanager
def listening(program: Path, path: str) -> Iterator[Containerd]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        listener.settimeout(LONGEST_S)
        yield Containerd(program, path, listener)
