"""The one door to other processes: nothing else imports `subprocess`.

A command is a tuple of words with an environment given in full; no shell, no ambient variables.
The child leads a process group of its own, and the whole group is killed when the leader ends,
when the deadline passes, or when we are interrupted. Output is kept up to a cap; what comes after
it is read and dropped, so that the child never blocks on a full pipe.
"""

import contextlib
import errno
import os
import selectors
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from x07bundle.descendants import ended
from x07bundle.errors import ToolMissingError, X07Error
from x07bundle.rlimits import ResourceLimits, limiter

if TYPE_CHECKING:
    import subprocess

READ_BYTES: Final = 1 << 16
POLL_SECONDS: Final = 0.005
"""How often an exit is looked for where the system cannot wait on a process and a pipe at once."""
DRAIN_TURNS: Final = 200
"""How often an open pipe is looked at after the group was killed (a descendant that left the group
holds it), `POLL_SECONDS` each. No time: a machine that stalls uses that up with nothing read."""
LAST_WORDS_SECONDS: Final = 0.5
"""How long a child has between the signal that tells it of its deadline and the one that kills."""

NO_LIMIT: Final = sys.maxsize
ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals whose handlers raise."""


class Command(NamedTuple):
    """What to run. `stdin` None is the null device. Caps are bytes kept of each stream.

    `wall_signal`: what a child is sent at its deadline that has something to say and to clear away.
    `ends_descendants`: see there.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path | None = None
    stdin: bytes | None = None
    stdout_cap: int = NO_LIMIT
    stderr_cap: int = NO_LIMIT
    wall_ms: int | None = None
    limits: ResourceLimits = ResourceLimits()
    wall_signal: signal.Signals | None = None
    ends_descendants: bool = False

    def __str__(self) -> str:
        """As one would type it."""
        import shlex  # only to show a command

        return shlex.join(self.argv)


class Finished(NamedTuple):
    """How it ended. `exit_status` is the exit code, or 128 + signal."""

    exit_status: int
    signal: int | None
    stdout: bytes
    stderr: bytes
    stdout_over: bool
    stderr_over: bool
    timed_out: bool


def run(command: Command) -> Finished:
    """Run to the end.

    Raises:
        ToolMissingError: there is no such program.
        X07Error: it could not be started.
    """
    with (
        ended(wanted=command.ends_descendants),
        _started(command) as child,
        contextlib.closing(_Exchange(command, child)) as exchange,
    ):
        timed_out = exchange.until_exit()
        if timed_out and command.wall_signal is not None:
            exchange.last_words(command.wall_signal)
        _kill_group(child)
        exchange.drain()
        status = child.wait()
    return Finished(
        exit_status=status if status >= 0 else 128 - status,
        signal=-status if status < 0 else None,
        stdout=bytes(exchange.stdout.kept),
        stderr=bytes(exchange.stderr.kept),
        stdout_over=exchange.stdout.over,
        stderr_over=exchange.stderr.over,
        timed_out=timed_out,
    )


def prepare() -> None:
    """Loads what `run` takes: for those who start something first, and whose own files may be gone
    when they run a command."""
    import subprocess  # noqa: F401


def is_main_thread() -> bool:
    """Who has no `threading` has no other threads."""
    threading = sys.modules.get("threading")
    return threading is None or threading.current_thread() is threading.main_thread()


def find_program(name: str, env: Mapping[str, str]) -> Path | None:
    """The file that `name` means: a path as it stands, or the first match on PATH of `env`."""
    folders = [""] if os.sep in name else env.get("PATH", os.defpath).split(os.pathsep)
    for folder in folders:
        path = Path(folder, name)
        if _is_program(path):
            return path
    return None


def _is_program(path: Path) -> bool:
    """A folder of PATH that this user may not enter, or that cannot be, holds none."""
    try:
        return path.is_file() and os.access(path, os.X_OK)
    except OSError:
        return False


@contextlib.contextmanager
def _started(command: Command) -> "Iterator[subprocess.Popen[bytes]]":
    """The child. Leaving the block by an exception (Ctrl-C) kills its group and reaps it."""
    child: subprocess.Popen[bytes] | None = None
    try:
        with _signals_wait():
            child = _start(command)
        yield child
    except BaseException:
        if child is not None:
            _kill_group(child)
            child.wait()
        raise
    finally:
        for stream in (child.stdin, child.stdout, child.stderr) if child is not None else ():
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


@contextlib.contextmanager
def _signals_wait() -> Iterator[None]:
    """Signals are handled when the block ends.

    The exception of a handler in the middle of a start would leave a child that nobody knows.
    Handlers run in the main thread and are changed there only.
    """
    if not is_main_thread():
        yield
        return
    found = {number: signal.getsignal(number) for number in ENDING}
    handlers = {number: handler for number, handler in found.items() if callable(handler)}
    came: list[int] = []
    for number in handlers:
        signal.signal(number, lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for late in came:
            signal.raise_signal(late)


def _start(command: Command) -> "subprocess.Popen[bytes]":
    import subprocess  # see `prepare`

    try:
        hook = limiter(command.limits)
        if hook is None:
            return _open(command, None)
        with warnings.catch_warnings():
            # The hook only calls setrlimit, which is safe after a fork with threads around.
            warnings.simplefilter("ignore", DeprecationWarning)
            return _open(command, hook)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise _start_error(command, error) from error


def _open(command: Command, hook: Callable[[], None] | None) -> "subprocess.Popen[bytes]":
    import subprocess  # see `prepare`

    return subprocess.Popen(
        command.argv,
        stdin=subprocess.DEVNULL if command.stdin is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=command.cwd,
        env=dict(command.env),
        process_group=0,
        preexec_fn=hook,
        bufsize=0,
    )


def _start_error(command: Command, error: Exception) -> X07Error:
    program = command.argv[0]
    code = error.errno if isinstance(error, OSError) else None
    if code == errno.ENOENT and not (command.cwd and not command.cwd.is_dir()):
        return ToolMissingError(
            f"program not found: `{program}`", hint="install it, or check the path"
        )
    if code in (errno.EACCES, errno.ENOEXEC):
        return _not_executable(program, os.strerror(code).lower())
    return X07Error(f"cannot start `{program}`: {error}")


def _not_executable(program: str, reason: str) -> X07Error:
    hint = "it must be an executable file for this machine"
    with contextlib.suppress(OSError):
        if os.statvfs(program).f_flag & os.ST_NOEXEC:
            reason += ", its file system is mounted noexec"
            hint = "use a folder where programs may be started; X07_CACHE_DIR is that of the tool"
    return X07Error(f"cannot execute `{program}`: {reason}", hint=hint)


def _kill_group(child: "subprocess.Popen[bytes]") -> None:
    """Kill what is left of the group, and the leader, which may have joined another. Before it is
    reaped: until then its id is ours."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.kill()


class _Kept:
    """The first `cap` bytes of a stream."""

    def __init__(self, cap: int) -> None:
        self.cap = cap
        self.kept = bytearray()
        self.over = False

    def take(self, chunk: bytes) -> None:
        room = self.cap - len(self.kept)
        self.over = self.over or len(chunk) > room
        self.kept += chunk[:room]


class _Exchange:
    """The three pipes of a child and its exit, in one selector. Holds the selector and a pidfd."""

    def __init__(self, command: Command, child: "subprocess.Popen[bytes]") -> None:
        self.child = child
        self.stdout = _Kept(command.stdout_cap)
        self.stderr = _Kept(command.stderr_cap)
        self.input = memoryview(command.stdin or b"")
        self.deadline = _deadline(command.wall_ms)
        self.selector = selectors.DefaultSelector()
        self.exit_descriptor = pidfd(child.pid)
        self._register()

    def _register(self) -> None:
        for stream, sink in ((self.child.stdout, self.stdout), (self.child.stderr, self.stderr)):
            if stream is not None:
                os.set_blocking(stream.fileno(), False)
                self.selector.register(stream, selectors.EVENT_READ, sink)
        if self.child.stdin is not None:
            os.set_blocking(self.child.stdin.fileno(), False)
            self.selector.register(self.child.stdin, selectors.EVENT_WRITE)
        if self.exit_descriptor is not None:
            self.selector.register(self.exit_descriptor, selectors.EVENT_READ)

    def until_exit(self) -> bool:
        """Feed and read until the leader ends; true when the deadline passed first."""
        while not self._exited():
            left = self.deadline - time.monotonic()
            if left <= 0:
                return True
            wait = left if self.exit_descriptor is not None else min(left, POLL_SECONDS)
            self._turn(wait)
        return False

    def last_words(self, signal_number: signal.Signals) -> None:
        """What the leader does about a signal, for a moment."""
        self.child.send_signal(signal_number)
        self.deadline = time.monotonic() + LAST_WORDS_SECONDS
        self.until_exit()

    def drain(self) -> None:
        """Read what the pipes still hold."""
        self._forget_exit()
        for _ in range(DRAIN_TURNS):
            if not self.selector.get_map():
                return
            self._turn(POLL_SECONDS)

    def close(self) -> None:
        self._forget_exit()
        self.selector.close()

    def _forget_exit(self) -> None:
        if self.exit_descriptor is not None:
            self.selector.unregister(self.exit_descriptor)
            os.close(self.exit_descriptor)
            self.exit_descriptor = None

    def _exited(self) -> bool:
        """Whether the leader has ended. Leaves it unreaped where the system allows."""
        if not hasattr(os, "waitid"):
            return self.child.poll() is not None
        state = os.waitid(os.P_PID, self.child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return state is not None

    def _turn(self, wait_seconds: float) -> None:
        # epoll counts in milliseconds and refuses more than about 24 days.
        for key, _ in self.selector.select(min(wait_seconds, 86_400.0)):
            if key.fileobj is self.child.stdin:
                self._feed(self.child.stdin)
            elif isinstance(key.data, _Kept):
                self._read(key.fd, key.fileobj, key.data)

    def _feed(self, stream: IO[bytes]) -> None:
        try:
            written = os.write(stream.fileno(), self.input[:READ_BYTES])
            self.input = self.input[written:]
        except BlockingIOError:
            return
        except OSError:
            # The child closed its end: it does not want the rest.
            self.input = self.input[:0]
        if not self.input:
            self.selector.unregister(stream)
            stream.close()

    def _read(self, descriptor: int, stream: object, sink: _Kept) -> None:
        try:
            chunk = os.read(descriptor, READ_BYTES)
        except BlockingIOError:
            return
        sink.take(chunk)
        if not chunk:
            self.selector.unregister(stream)  # type: ignore[arg-type]


def _deadline(wall_ms: int | None) -> float:
    return float("inf") if wall_ms is None else time.monotonic() + wall_ms / 1000


def pidfd(pid: int) -> int | None:
    """A descriptor that becomes readable when the process ends; None where there is none."""
    if sys.platform != "linux":
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None
