"""Speaks with `x07-guestd --stream` while a guest runs (docs/reference/guest-stream.md).

The guest's standard streams carry frames: the job's files and standard input one way, the program's
output, what it left in its folders, and how it ended the other way. Nothing here blocks: what a
reader is not ready for is kept, and while too much is kept no more is read of the guest.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

from x07bundle.vm import stream_frames as frames
from x07bundle.vm.loop import Loop
from x07bundle.vm.streams import Attached, Captured, Wires

READ_BYTES: Final = 1 << 16
SURE_BYTES: Final = 4096
"""So much a pipe takes at once when it takes anything (`PIPE_BUF`)."""
MOST_KEPT_BYTES: Final = 1 << 20
MOST_SAID_BYTES: Final = 1 << 16


class Outlet:
    """Bytes for a descriptor of the caller, which stays as blocking as it was."""

    def __init__(self, descriptor: int, loop: Loop) -> None:
        self.descriptor = descriptor
        self.loop = loop
        self.kept = bytearray()
        self.is_closed = False
        self.problem: OSError | None = None

    def put(self, data: bytes) -> None:
        if self.is_closed:
            return
        if not self.kept:
            self.loop.when_writable(self.descriptor, self._write)
        self.kept += data

    def flush(self) -> None:
        """Writes the rest, however long it takes."""
        self.loop.forget(self.descriptor)
        while self.kept:
            self._write_some()

    def _write(self) -> None:
        self._write_some()
        if not self.kept:
            self.loop.forget(self.descriptor)

    def _write_some(self) -> None:
        try:
            written = os.write(self.descriptor, self.kept[:SURE_BYTES])
            del self.kept[:written]
        except BlockingIOError:
            pass
        except OSError as error:
            # Nobody reads it, or there is no room for it.
            self.problem = error
            self.is_closed = True
            self.kept.clear()


class Bucket:
    """The first `cap` bytes."""

    def __init__(self, cap: int) -> None:
        self.cap = cap
        self.kept = bytearray()
        self.is_over = False

    def put(self, data: bytes) -> None:
        room = self.cap - len(self.kept)
        self.is_over = self.is_over or len(data) > room
        self.kept += data[:room]

    def flush(self) -> None:
        """All of it is here."""


class Exchange:
    """A `Relay`: one program in one guest.

    `status`: how it ended; None until it has. `failure`: of the guest's agent. `has_begun`: the
    program did something. `is_whole`: all that it left came back. `said`: by the engine's client on
    stderr.
    """

    def __init__(
        self,
        request: bytes,
        files: Iterator[bytes],
        streams: Attached | Captured,
        spool: Path,
        most_files_bytes: int,
    ) -> None:
        self.outgoing = self._opening(request, files)
        self.streams = streams
        self.spool_path = spool
        self.most_files_bytes = most_files_bytes
        self.status: int | None = None
        self.failure: str | None = None
        self.has_begun = False
        self.is_whole = False
        self._has_told_end = False
        self.said = Bucket(MOST_SAID_BYTES)
        self._frames = frames.Frames()
        self._pending = memoryview(b"")
        self._credit = frames.WINDOW_BYTES
        self._input: int | None = None
        self._input_ended = False
        self._spool: IO[bytes] | None = None
        self._spool_bytes = 0
        self._is_reading = False
        self._is_broken = False

    # -- the runner's side

    def begin(self, wires: Wires, loop: Loop, is_ready: Callable[[], bool]) -> None:
        """Takes the wires. Standard input is held until the guest says that it has ended, so
        `is_ready` is not needed."""
        del is_ready
        self.wires = wires
        self.loop = loop
        for descriptor in wires:
            os.set_blocking(descriptor, False)
        self.stdout, self.stderr = self._sinks()
        self._open_input()
        loop.when_readable(wires.stderr, self._hear)
        self._read_more()
        self._write_more()

    def is_over(self) -> bool:
        """Nothing more comes of the guest, and its readers have all of it."""
        outlets = [sink for sink in (self.stdout, self.stderr) if isinstance(sink, Outlet)]
        return self._is_broken and not any(outlet.kept for outlet in outlets)

    def finish(self) -> None:
        """The client has ended: what is still in the pipes, then the end of all."""
        for descriptor in self.wires:
            self.loop.forget(descriptor)
        if self._input is not None:
            self.loop.forget(self._input)
        with contextlib.suppress(BlockingIOError):
            while not self._is_broken and self._take():
                pass
        with contextlib.suppress(OSError):
            self.said.put(os.read(self.wires.stderr, READ_BYTES))
        for descriptor in self.wires:
            os.close(descriptor)
        self.stdout.flush()
        self.stderr.flush()
        if self._spool is not None:
            self._spool.close()

    @property
    def unwritten(self) -> OSError | None:
        """Why its standard output could not be written."""
        return self.stdout.problem if isinstance(self.stdout, Outlet) else None

    # -- to the guest

    def _opening(self, request: bytes, files: Iterator[bytes]) -> Iterator[bytes]:
        yield frames.frame(frames.REQUEST, request)
        for piece in files:
            for start in range(0, len(piece), frames.CHUNK_BYTES):
                yield frames.frame(frames.FILES, piece[start : start + frames.CHUNK_BYTES])
        yield frames.frame(frames.START)

    def _write_more(self) -> None:
        self.loop.forget(self.wires.stdin)
        if self._pending:
            self.loop.when_writable(self.wires.stdin, self._write)
        elif not self._is_broken:
            self._listen_to_input()

    def _write(self) -> None:
        try:
            written = os.write(self.wires.stdin, self._pending)
            self._pending = self._pending[written:]
        except BlockingIOError:
            pass
        except OSError:
            self._is_broken = True
            self._pending = memoryview(b"")
        if not self._pending and not self._is_broken:
            self._pending = memoryview(self._next())
        self._write_more()

    def _next(self) -> bytes:
        piece = next(self.outgoing, b"")
        if not piece and self.unwritten is not None and not self._has_told_end:
            self._has_told_end = True
            piece = frames.frame(frames.STDOUT_END)
        return piece

    def output_ended(self) -> None:
        """The program hears that nobody takes its standard output, as it would natively."""
        if not self._pending and not self._is_broken:
            if self._input is not None:
                self.loop.forget(self._input)
            self._pending = memoryview(self._next())
            self._write_more()

    # -- standard input

    def _open_input(self) -> None:
        given = self.streams.stdin
        self._pending = memoryview(next(self.outgoing))
        if isinstance(given, int):
            self._input = given if _is_open(given) else None
        self._input_data = given if isinstance(given, bytes) else b""

    def _listen_to_input(self) -> None:
        """What the guest has room for, of what the caller has."""
        if self._input_ended or self._credit <= 0:
            return
        if self._input is not None:
            self.loop.forget(self._input)
            self.loop.when_readable(self._input, self._read_input)
            return
        piece = self._input_data[: min(self._credit, frames.CHUNK_BYTES)]
        self._input_data = self._input_data[len(piece) :]
        self._send_input(piece)

    def _read_input(self) -> None:
        assert self._input is not None
        self.loop.forget(self._input)
        piece = b""
        with contextlib.suppress(OSError):
            piece = os.read(self._input, min(self._credit, frames.CHUNK_BYTES))
        self._send_input(piece)

    def _send_input(self, piece: bytes) -> None:
        self._credit -= len(piece)
        self._input_ended = not piece
        kind = frames.STDIN if piece else frames.STDIN_END
        self._pending = memoryview(frames.frame(kind, piece))
        self._write_more()

    # -- from the guest

    def _read_more(self) -> None:
        """Reads of the guest, unless too much of it waits for a reader."""
        outlets = [sink for sink in (self.stdout, self.stderr) if isinstance(sink, Outlet)]
        kept = sum(len(outlet.kept) for outlet in outlets)
        wanted = kept < MOST_KEPT_BYTES and not self._is_broken
        if wanted != self._is_reading:
            self._is_reading = wanted
            if wanted:
                self.loop.when_readable(self.wires.stdout, self._read)
            else:
                self.loop.forget(self.wires.stdout)

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._is_broken = not self._take()
        self._read_more()

    def _take(self) -> bool:
        """Whether more may come. Raises BlockingIOError: not yet."""
        piece = os.read(self.wires.stdout, READ_BYTES)
        try:
            for kind, payload in self._frames.feed(piece):
                self._take_frame(kind, payload)
        except frames.FrameError as error:
            self.failure = self.failure or str(error)
            return False
        return bool(piece)

    def _take_frame(self, kind: int, payload: bytes) -> None:
        if kind == frames.STDOUT:
            self.stdout.put(payload)
        elif kind == frames.STDERR:
            self.stderr.put(payload)
        elif kind == frames.FILES_BACK:
            self._keep_files(payload)
        elif kind == frames.CREDIT and len(payload) == frames.NUMBER.size:
            self._give(frames.NUMBER.unpack(payload)[0])
        elif kind == frames.ENDED and len(payload) == frames.END.size:
            self.status, is_short = frames.END.unpack(payload)
            self.is_whole = not is_short and self._spool_bytes <= self.most_files_bytes
        elif kind == frames.FAILED:
            self.failure = payload.decode("utf-8", "replace")
        else:
            raise frames.FrameError("the guest sent a frame that is too short")
        self.has_begun = self.has_begun or kind != frames.FAILED

    def _give(self, credit: int) -> None:
        was_empty = self._credit <= 0
        self._credit = min(self._credit + credit, frames.WINDOW_BYTES)
        if was_empty and not self._pending:
            self._write_more()

    def _keep_files(self, payload: bytes) -> None:
        """Of a guest that sends more than it was told, the rest is let go."""
        self._spool_bytes += len(payload)
        if self._spool is None:
            self._spool = self.spool_path.open("wb")
        if self._spool_bytes <= self.most_files_bytes:
            self._spool.write(payload)

    def _hear(self) -> None:
        """The client's own words: the program's come in frames."""
        try:
            piece = os.read(self.wires.stderr, READ_BYTES)
        except BlockingIOError:
            return
        self.said.put(piece)
        if not piece:
            self.loop.forget(self.wires.stderr)

    def _sinks(self) -> tuple[Outlet | Bucket, Outlet | Bucket]:
        given = self.streams
        if isinstance(given, Captured):
            return Bucket(given.stdout_cap), Bucket(given.stderr_cap)
        return _Flowing(given.stdout, self), _Flowing(given.stderr, self)


class _Flowing(Outlet):
    """An outlet that lets the guest go on when there is room again."""

    def __init__(self, descriptor: int, exchange: Exchange) -> None:
        super().__init__(descriptor, exchange.loop)
        self.exchange = exchange
        self.is_closed = not _is_open(descriptor)

    def _write(self) -> None:
        super()._write()
        if self.exchange.unwritten is not None:
            self.exchange.output_ended()
        self.exchange._read_more()


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
