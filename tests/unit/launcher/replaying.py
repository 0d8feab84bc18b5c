"""What the executable of a bundle does with a start record (stubs/launcher/job.c), in Python:
`python -m tests.unit.launcher.replaying RECORD OPTIONS -- APP ARGUMENTS`.

No condition is looked at. The process becomes the launcher. Options are `NAME=VALUE` words:
`signal`, a number, comes before there is a handler; `after` is a file that is waited for before
that; `reaper=none` starts none; `dies=yes` ends the process where it would become the launcher;
`patience`, in milliseconds, is what the launcher has with an engine.
"""

import fcntl
import os
import signal
import sys
import time
from pathlib import Path
from typing import Final, NoReturn

from tests.unit.launcher.benches import MAIN, VEIL

PATIENCE: Final = (
    "from x07bundle.vm import runner; "
    "runner.DOUBT_MS = runner.ANSWER_MS = runner.CLEANUP_MS = {0}; "
)
HELD: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class Record:
    """Fields by their words, with the holes filled for this run."""

    def __init__(self, data: bytes, now_ms: int) -> None:
        first, *rest, last, end = data.split(b"\0")
        assert (first, last, end) == (b"x07.launcher.start@0.1.0", b"end", b"")
        self.fields = [field.partition(b" ")[::2] for field in rest]
        self.run_id = f"{now_ms}-{os.getpid()}-1"
        self.created_ms = now_ms
        self.deadline_ms = now_ms + int(self.one("wall"))

    def every(self, word: str) -> list[bytes]:
        return [value for found, value in self.fields if found == word.encode()]

    def one(self, word: str) -> bytes:
        (found,) = self.every(word)
        return found

    def filled(self, value: bytes) -> bytes:
        values = {b"R": self.run_id, b"C": str(self.created_ms), b"D": str(self.deadline_ms)}
        for letter, text in values.items():
            value = value.replace(b"\x01" + letter, text.encode())
        assert b"\x01" not in value
        return value


def main(record_path: Path, options: dict[str, str], words: list[str]) -> None:
    record = Record(record_path.read_bytes(), time.time_ns() // 1_000_000)
    sidecar = Path(f"{words[0]}.vm")
    folder = record_path.parent / record.run_id
    signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
    line = _reaper(record_path.parent, words[0], options)
    lock = _fill(record, sidecar, folder, line)
    for note in record.every("say"):
        os.write(2, note + b"\n")
    os.write(line, b"starting\n")
    client, feed = _client(record, folder, words[1:])
    os.write(line, f"client {client}\n".encode())
    _wait(options)
    if "signal" in options:
        os.kill(os.getpid(), int(options["signal"]))
    if "dies" in options:
        os._exit(99)
    for descriptor in (line, lock, feed):
        if descriptor >= 0:
            os.set_inheritable(descriptor, True)
    handed = {
        "run": record.run_id, "client": client, "line": line, "lock": lock, "feed": feed,
    }  # fmt: skip
    text = " ".join(f"{name}={value}" for name, value in handed.items())
    _become(words, b"X07_ADOPT", text.encode(), options.get("patience", ""))


def _become(words: list[str], role: bytes, value: bytes, patience: str = "") -> NoReturn:
    env = {**os.environb, role: value}
    main = f"{PATIENCE.format(patience)}{MAIN}" if patience else MAIN
    os.execve(sys.executable, (sys.executable, "-c", main, *words), env)


def _reaper(root: Path, app: str, options: dict[str, str]) -> int:
    """The line to it."""
    hearing, telling = os.pipe()
    if options.get("reaper") == "none":
        os.set_inheritable(hearing, True)  # somebody has to be able to listen
        return telling
    child = os.fork()
    if child == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)
        os.close(telling)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        os.set_inheritable(hearing, True)
        _become([app], b"X07_REAP", b"%d %s" % (hearing, os.fsencode(root)))
    os.close(hearing)
    os.waitpid(child, 0)
    return telling


def _fill(record: Record, sidecar: Path, folder: Path, line: int) -> int:
    os.write(line, f"folder {record.run_id}\n".encode())
    folder.mkdir(0o700)
    os.write(line, b"made\n")
    lock = os.open(folder, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_SH)
    for name in ("in", "out", "bundle"):
        (folder / name).mkdir(0o700)
    for value in record.every("copy"):
        source, mode, target = value.decode().split("\x01")
        (folder / target).write_bytes((sidecar / source).read_bytes())
        (folder / target).chmod(int(mode, 8))
    (folder / "job.json").write_bytes(record.filled(record.one("job")))
    os.write(line, b"job " + record.filled(record.one("line")) + b"\n")
    return lock


def _client(record: Record, folder: Path, arguments: list[str]) -> tuple[int, int]:
    """Its process, and the pipe that is its input; -1: it has ours."""
    reading, feed = os.pipe() if record.every("ready") else (0, -1)
    words = [record.filled(word) for word in record.every("argument")]
    here = Path.cwd()
    os.chdir(folder)
    client = os.posix_spawn(
        record.one("program"),
        [*words, *(os.fsencode(word) for word in arguments)],
        _variables(record),
        file_actions=[(os.POSIX_SPAWN_DUP2, reading, 0)] if reading else [],
        setpgroup=0,
        setsigmask=(),
        setsigdef=(signal.SIGPIPE,),
    )
    os.chdir(here)
    if reading:
        os.close(reading)
    return client, feed


def _variables(record: Record) -> dict[bytes, bytes]:
    given = {bytes([name[0] ^ VEIL]) + name[1:]: value for name, value in os.environb.items()}
    passed = {name: given[name] for name in record.every("pass") if name in given}
    fixed = [value.partition(b"=") for value in record.every("variable")]
    return {**{name: value for name, _, value in fixed}, **passed}


def _wait(options: dict[str, str]) -> None:
    while "after" in options and not Path(options["after"]).exists():
        time.sleep(0.01)


if __name__ == "__main__":
    end = sys.argv.index("--")
    given = dict(word.split("=", 1) for word in sys.argv[2:end])
    main(Path(sys.argv[1]), given, sys.argv[end + 1 :])
