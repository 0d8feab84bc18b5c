"""The standard streams of a guest, as its engine's client has them.

`Attached`: the caller's own, byte for byte; nothing of ours is between. `Captured`: bytes in, bytes
out up to a cap. `Relayed`: someone of ours speaks with the guest while it runs.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from x07bundle.vm.loop import Loop

READ_BYTES: Final = 1 << 16
CAP_BYTES: Final = 32 << 20


class Attached(NamedTuple):
    """Descriptors of the caller."""

    stdin: int = 0
    stdout: int = 1
    stderr: int = 2


class Captured(NamedTuple):
    """`stdin`: None is the null device. The caps are bytes kept."""

    stdin: bytes | None = None
    stdout_cap: int = CAP_BYTES
    stderr_cap: int = CAP_BYTES


class Wires(NamedTuple):
    """Our ends of the guest's streams: whoever gets them closes them."""

    stdin: int
    stdout: int
    stderr: int


class Relay(Protocol):
    """Speaks with a guest. Its callbacks run in the runner's loop, and never block.

    `begin`: takes the wires, and closes them in the end. It holds stdin open until `is_ready()`, at
    least. `is_over`: after the client's end, whether everything was read. `finish`: the last call.
    """

    def begin(self, wires: Wires, loop: Loop, is_ready: Callable[[], bool]) -> None: ...
    def is_over(self) -> bool: ...
    def finish(self) -> None: ...


class Relayed(NamedTuple):
    relay: Relay


Streams = Attached | Captured | Relayed


class Kept:
    """The first `cap` bytes of a pipe; the rest is read and dropped."""

    def __init__(self, cap: int) -> None:
        self.cap = cap
        self.bytes = bytearray()
        self.is_over = False
        self.has_ended = False

    def watch(self, descriptor: int, loop: Loop) -> None:
        os.set_blocking(descriptor, False)
        loop.when_readable(descriptor, lambda: self._read(descriptor, loop))

    def _read(self, descriptor: int, loop: Loop) -> None:
        try:
            chunk = os.read(descriptor, READ_BYTES)
        except BlockingIOError:
            return
        room = self.cap - len(self.bytes)
        self.is_over = self.is_over or len(chunk) > room
        self.bytes += chunk[:room]
        if not chunk:
            self.has_ended = True
            loop.forget(descriptor)
            os.close(descriptor)


class Feed:
    """Carries bytes, or what comes from a descriptor, into a pipe.

    The pipe's end is held back until `is_ready()`: looked at each time that the loop turns.
    """

    def __init__(
        self, target: int, loop: Loop, is_ready: Callable[[], bool], data: bytes, source: int | None
    ) -> None:
        self.target: int | None = target
        self.loop = loop
        self.is_ready = is_ready
        self.pending = memoryview(data)
        self.source = source
        os.set_blocking(target, False)
        self._watch()

    def is_held(self) -> bool:
        """Nothing more comes, and the end waits for the guest."""
        return self.target is not None and self.source is None and not self.pending

    def turn(self) -> None:
        if self.is_held() and self.is_ready():
            self.close()

    def close(self) -> None:
        self._unwatch()
        if self.target is not None:
            os.close(self.target)
            self.target = None

    def _watch(self) -> None:
        if self.pending and self.target is not None:
            self.loop.when_writable(self.target, self._write)
        elif self.source is not None:
            self.loop.when_readable(self.source, self._read)

    def _unwatch(self) -> None:
        for descriptor in (self.target, self.source):
            if descriptor is not None:
                self.loop.forget(descriptor)

    def _read(self) -> None:
        assert self.source is not None
        self._unwatch()
        chunk = b""
        with contextlib.suppress(OSError):
            chunk = os.read(self.source, READ_BYTES)
        self.pending = memoryview(chunk)
        self.source = self.source if chunk else None
        self._watch()

    def _write(self) -> None:
        assert self.target is not None
        self._unwatch()
        try:
            written = os.write(self.target, self.pending[:READ_BYTES])
            self.pending = self.pending[written:]
        except BlockingIOError:
            pass
        except OSError:
            # Nobody reads it: the guest does not want the rest.
            self.source, self.pending = None, self.pending[:0]
        self._watch()


class Joined(NamedTuple):
    """A pipe that is a client's standard input, whose end is held back until a file is there."""

    target: int
    ready_file: str


class Ends(NamedTuple):
    """What the client gets, and what of it is closed when the client has it."""

    stdin: int
    stdout: int
    stderr: int
    given: tuple[int, ...]


class Connection(NamedTuple):
    """The client's streams and what is kept of them here. `feed`: where stdin is carried."""

    ends: Ends
    feed: Feed | None = None
    stdout: Kept | None = None
    stderr: Kept | None = None
    relay: Relay | None = None

    def is_over(self) -> bool:
        """Whether all of the client's output was read, after its end."""
        outputs = all(kept is None or kept.has_ended for kept in (self.stdout, self.stderr))
        return outputs and (self.relay is None or self.relay.is_over())


@contextlib.contextmanager
def connected(
    streams: Streams, loop: Loop, ready_file: str | None, has_input: bool
) -> Iterator[Connection]:
    """The streams of a client, while the block lasts."""
    ready = _readiness(ready_file)
    connection = _connect(streams, loop, ready, ready_file is not None, has_input)
    try:
        yield connection
    finally:
        if connection.feed is not None:
            connection.feed.close()


@contextlib.contextmanager
def joined(loop: Loop, feed: Joined | None) -> Iterator[Connection]:
    """The caller's streams, which a client has already, while the block lasts."""
    carried = None
    if feed is not None:
        carried = Feed(feed.target, loop, _readiness(feed.ready_file), b"", 0)
    try:
        yield Connection(Ends(0, 1, 2, ()), carried)
    finally:
        if carried is not None:
            carried.close()


def _readiness(ready_file: str | None) -> Callable[[], bool]:
    return Path(ready_file).exists if ready_file is not None else lambda: True


def _connect(
    streams: Streams, loop: Loop, ready: Callable[[], bool], is_held: bool, has_input: bool
) -> Connection:
    if isinstance(streams, Attached):
        return _attach(streams, loop, ready, is_held, has_input)
    return (
        _capture(streams, loop, ready, is_held)
        if isinstance(streams, Captured)
        else _relay(streams.relay, loop, ready)
    )


def _attach(
    streams: Attached, loop: Loop, ready: Callable[[], bool], is_held: bool, has_input: bool
) -> Connection:
    if is_held and not (has_input and os.isatty(streams.stdin)):
        reading, writing = os.pipe()
        feed = Feed(writing, loop, ready, b"", streams.stdin if has_input else None)
        return Connection(Ends(reading, streams.stdout, streams.stderr, (reading,)), feed)
    if has_input:
        return Connection(Ends(*streams, ()))
    nowhere = _nowhere()
    return Connection(Ends(nowhere, streams.stdout, streams.stderr, (nowhere,)))


def _capture(streams: Captured, loop: Loop, ready: Callable[[], bool], is_held: bool) -> Connection:
    stdout, stderr = Kept(streams.stdout_cap), Kept(streams.stderr_cap)
    outputs = os.pipe(), os.pipe()
    stdout.watch(outputs[0][0], loop)
    stderr.watch(outputs[1][0], loop)
    feed = None
    if streams.stdin is None and not is_held:
        stdin = _nowhere()
    else:
        stdin, writing = os.pipe()
        feed = Feed(writing, loop, ready, streams.stdin or b"", None)
    given = (stdin, outputs[0][1], outputs[1][1])
    return Connection(Ends(*given, given), feed, stdout, stderr)


def _relay(relay: Relay, loop: Loop, ready: Callable[[], bool]) -> Connection:
    stdin, stdout, stderr = os.pipe(), os.pipe(), os.pipe()
    relay.begin(Wires(stdin[1], stdout[0], stderr[0]), loop, ready)
    given = (stdin[0], stdout[1], stderr[1])
    return Connection(Ends(*given, given), relay=relay)


def _nowhere() -> int:
    return os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
