"""Processes that are started and left to their caller, and those that outlive us.

`process` runs a command to its end; what is started here has descriptors of the caller, and whoever
started it waits for it. No signal is handled while there is a child that nobody knows of yet.
"""

import contextlib
import fcntl
import os
import signal
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple, NoReturn

from x07bundle import process
from x07bundle.errors import ToolMissingError, X07Error

BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
ENDED: Final = ("Z", "X")
START_FIELD: Final = 18
"""Of /proc/PID/stat, counted after the state: when it started, in ticks since the boot."""
PS_WALL_MS: Final = 2000

IGNORED_BY_PYTHON: Final = (signal.SIGPIPE, signal.SIGXFSZ)
IGNORED_WHEN_DETACHED: Final = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE)
"""What ends the process that it is to clean up after."""


class Start(NamedTuple):
    """A command and its streams, which are descriptors of ours.

    `leads_group`: of its own, so that what the terminal sends to ours does not reach it. `folder`:
    what it starts in; None: where we are.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    stdin: int = 0
    stdout: int = 1
    stderr: int = 2
    leads_group: bool = True
    folder: Path | None = None


def start(command: Start) -> int:
    """The process that runs a command now.

    It is spawned, not forked: that copies nothing of us.

    Raises:
        ToolMissingError: there is no such program.
        X07Error: it could not be started.
    """
    program = process.find_program(command.argv[0], command.env)
    if program is None:
        raise ToolMissingError(
            f"program not found: `{command.argv[0]}`", hint="install it, or check PATH"
        )
    with _signals_held(), _clear_of_streams(command) as streams:
        try:
            program = program.absolute()
            with _inside(command.folder):
                return os.posix_spawn(
                    program,
                    command.argv,
                    command.env,
                    file_actions=(*_placed(streams), *_closed(streams)),
                    setsigmask=(),
                    setsigdef=IGNORED_BY_PYTHON,
                    setpgroup=0 if command.leads_group else os.getpgrp(),
                )
        except (OSError, ValueError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise X07Error(
                f"cannot start `{program}`: {reason.lower()}",
                hint="check that it can be executed",
            ) from error


@contextlib.contextmanager
def _inside(folder: Path | None) -> Iterator[None]:
    """We are there for as long as it takes to start a command: spawning has no word for it."""
    if folder is None:
        yield
        return
    here = os.open(".", getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.chdir(folder)
        yield
    finally:
        os.fchdir(here)
        os.close(here)


@contextlib.contextmanager
def _clear_of_streams(command: Start) -> Iterator[tuple[int, int, int]]:
    """The streams of a command, none of which is in the place of another."""
    given = (command.stdin, command.stdout, command.stderr)
    copies: list[int] = []
    try:
        streams = []
        for place, descriptor in enumerate(given):
            if descriptor < len(given) and descriptor != place:
                descriptor = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, len(given))
                copies.append(descriptor)
            streams.append(descriptor)
        yield streams[0], streams[1], streams[2]
    finally:
        for descriptor in copies:
            os.close(descriptor)


def _placed(streams: tuple[int, int, int]) -> Iterator[tuple[int, int, int]]:
    for place, descriptor in enumerate(streams):
        if descriptor != place or not os.get_inheritable(place):
            yield os.POSIX_SPAWN_DUP2, descriptor, place


def _closed(streams: tuple[int, int, int]) -> Iterator[tuple[int, int]]:
    """What our caller left open for us is not for a command of ours."""
    for number in _descriptors():
        with contextlib.suppress(OSError):
            if number >= len(streams) and os.get_inheritable(number):
                yield os.POSIX_SPAWN_CLOSE, number


def _descriptors() -> list[int]:
    with os.scandir("/dev/fd") as entries:
        return [int(entry.name) for entry in entries]


def close_others(kept: Collection[int]) -> None:
    """Closes all open descriptors but these."""
    for number in _descriptors():
        if number not in kept:
            with contextlib.suppress(OSError):
                os.close(number)


def open_closed_streams() -> None:
    """Streams that the caller closed lead nowhere: their numbers must not go to other files."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def detach(serve: Callable[[], None], kept: Collection[int] = ()) -> int:
    """Runs `serve` in a process that is nobody's child, in a session of its own.

    It has no streams, and no descriptors but `kept`. What ends us does not end it. What is given
    back ends in a moment, and is to be waited for then.

    Raises:
        X07Error: there can be no more processes.
    """
    try:
        with _signals_held():
            child = os.fork()
            if child == 0:
                _detached(serve, kept)
    except OSError as error:
        raise X07Error(
            f"cannot start another process: {(error.strerror or '').lower()}",
            hint="end some processes, or raise the limit: `ulimit -u`",
        ) from error
    return child


def _detached(serve: Callable[[], None], kept: Collection[int]) -> NoReturn:
    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        os.chdir("/")
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(nowhere, number)
        close_others({0, 1, 2, *kept})
        _default_signals(IGNORED_WHEN_DETACHED)
        serve()
    finally:
        os._exit(0)


def _default_signals(ignored: Collection[signal.Signals] = ()) -> None:
    """What we handle, and what Python ignores, is as a new program has it. What our caller ignores
    stays so (nohup)."""
    with contextlib.suppress(ValueError):
        signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if number in ignored:
            signal.signal(number, signal.SIG_IGN)
        elif callable(signal.getsignal(number)) or number in IGNORED_BY_PYTHON:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Signals wait for the end of the block; in a child, for what it makes of them."""
    before = signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
    parent = os.getpid()
    try:
        yield
    finally:
        if os.getpid() == parent:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def started_at(pid: int) -> str | None:
    """What tells a process from a later one with the same id; None where there is no such one, or
    where it has ended and nobody has looked yet."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2]
        state, *words = after_name.split()
        boot = BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None if Path("/proc/self").exists() else _asked_start(pid)
    return None if state in ENDED else f"{boot}:{words[START_FIELD]}"


def _asked_start(pid: int) -> str | None:
    """As `started_at`, where there is no /proc."""
    argv = ("ps", "-o", "lstart=", "-p", str(pid))
    try:
        done = process.run(process.Command(argv, {"LC_ALL": "C"}, wall_ms=PS_WALL_MS))
    except X07Error:
        return None
    return done.stdout.decode("utf-8", "replace").strip() or None


def kill(pid: int, started: str | None) -> None:
    """Kills a process, and the group that it leads, if it is the one that started then."""
    if started is None or started_at(pid) != started:
        return
    with contextlib.suppress(OSError):
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)
