"""Frames between this host and `x07-guestd --stream` (docs/reference/guest-stream.md).

Each is a byte for its kind, three zero bytes, a length (u32, little endian), and the payload.
What comes from the guest is foreign: one byte out of place ends the exchange.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

HEAD: Final = struct.Struct("<B3sI")
ZEROS: Final = b"\0\0\0"
MOST_BYTES: Final = 1 << 20
CHUNK_BYTES: Final = 1 << 16
WINDOW_BYTES: Final = 1 << 18
"""Of standard input, which the guest keeps before the program reads it."""
PROTOCOL: Final = "x07.guest.stream@1"

REQUEST, FILES, START, STDIN, STDIN_END, STDOUT_END, WINDOW = range(1, 8)
STDOUT, STDERR, FILES_BACK, ENDED, FAILED, CREDIT = range(1, 7)
END: Final = struct.Struct("<II")
NUMBER: Final = struct.Struct("<I")
SIZE: Final = struct.Struct("<HH")


class Request(NamedTuple):
    """What is run. A limit of 0 is none. `terminal`: its rows and columns, (0, 0) without one.

    `most_seconds`: after them the guest ends by itself.
    `roots`: absolute paths of the guest that are sent back where the program ends well.
    """

    argv: tuple[str, ...]
    env: Sequence[tuple[str, str]]
    workdir: str
    user: tuple[int, int]
    open_files: int = 0
    processes: int = 0
    most_files_bytes: int = 0
    most_seconds: int = 0
    terminal: tuple[int, int] = (0, 0)
    roots: tuple[str, ...] = ()

    def payload(self) -> bytes:
        """Raises ValueError where a text has a NUL."""
        limits = (self.open_files, self.processes, self.most_files_bytes, self.most_seconds)
        variables = [f"{name}={value}" for name, value in self.env]
        lists = (self.roots, self.argv, variables)
        texts = [PROTOCOL, self.workdir, *map(str, (*self.user, *limits, *self.terminal))]
        for each in lists:
            texts += [str(len(each)), *each]
        if any("\0" in text for text in texts):
            raise ValueError("a text of the request has a NUL")
        return b"".join(text.encode("utf-8", "surrogateescape") + b"\0" for text in texts)


class FrameError(ValueError):
    """The guest sent what is no frame."""


def frame(kind: int, payload: bytes | memoryview = b"") -> bytes:
    return HEAD.pack(kind, ZEROS, len(payload)) + payload


class Frames:
    """Cuts what comes in pieces into frames."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    @property
    def is_between(self) -> bool:
        """Whether nothing of a frame has come yet."""
        return not self._bytes

    def feed(self, piece: bytes) -> Iterator[tuple[int, bytes]]:
        """The frames that are whole by now.

        Raises:
            FrameError: it is none of this protocol.
        """
        self._bytes += piece
        while len(self._bytes) >= HEAD.size:
            kind, zeros, length = HEAD.unpack_from(self._bytes)
            if zeros != ZEROS or length > MOST_BYTES or not STDOUT <= kind <= CREDIT:
                raise FrameError("the guest sent what is no frame")
            end = HEAD.size + length
            if len(self._bytes) < end:
                return
            payload = bytes(self._bytes[HEAD.size : end])
            del self._bytes[:end]
            yield kind, payload
