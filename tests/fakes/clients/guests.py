"""Guests that are processes, and what begins them.

The store has `asked`, a line of JSON for each command; `images`, their names; `root`, the files of
all images; and of each guest a file in `snapshots`, one in `containers` (its labels) and one in
`tasks` (its process). `start_s` says how long a start takes. With `forgets`, clients leave guests
that have ended.
"""

import json
import os
import select
import signal
import stat
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple, NoReturn

PARTS: Final = ("tasks", "containers", "snapshots")
PASSED_ON: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
POLL_SECONDS: Final = 0.01


class Failure(Exception):
    """What is said on stderr, and the exit status."""

    def __init__(self, said: str, status: int = 1) -> None:
        self.said, self.status = said, status


class Given(NamedTuple):
    """The words of a command: options, each with its values, and the rest."""

    options: Mapping[str, list[str]]
    rest: list[str]

    def last(self, option: str, default: str = "") -> str:
        return self.options.get(option, [default])[-1]

    def all(self, option: str) -> list[str]:
        return self.options.get(option, [])


class Guest(NamedTuple):
    store: Path
    name: str

    def part(self, kind: str) -> Path:
        return self.store / kind / self.name

    def is_known(self) -> bool:
        return self.part("containers").exists()

    def remove(self, *kinds: str) -> None:
        for kind in kinds or PARTS:
            self.part(kind).unlink(missing_ok=True)

    def process(self) -> int | None:
        """None: it does not run."""
        try:
            pid = int(self.part("tasks").read_text())
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, ValueError):
            return None
        return pid if state not in "ZX" else None

    def signal(self, number: int, *, all_of_it: bool = False) -> None:
        """Nothing outlives the first process of a guest."""
        pid = self.process()
        if pid is not None:
            every = all_of_it or number == signal.SIGKILL
            (os.killpg if every else os.kill)(pid, number)

    def wait(self, most_s: float) -> None:
        end_s = time.monotonic() + most_s
        while self.process() is not None and time.monotonic() < end_s:
            time.sleep(POLL_SECONDS)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.wait(10)


class Start(NamedTuple):
    """A guest to be. `folders`: of the host, by their paths in the guest. `created`: what there is
    of it before its process. `ready`: the file that tells of that."""

    guest: Guest
    image: str
    argv: list[str]
    labels: list[str]
    variables: Mapping[str, str]
    folders: Mapping[str, str]
    folder: str
    created: tuple[str, ...]
    has_input: bool = True
    loses_end: bool = False
    ready: str = ""

    def behind(self, path: str) -> Path:
        """What a path of the guest is on this machine."""
        for place in sorted(self.folders, key=len, reverse=True):
            if path == place or path.startswith(f"{place}/"):
                return Path(self.folders[place] + path[len(place) :])
        return Path(f"{self.guest.store}/root{path}")

    def create(self, kind: str) -> None:
        labels = dict(pair.split("=", 1) for pair in self.labels)
        self.guest.part(kind).write_text(json.dumps(labels))


class Words(NamedTuple):
    """How an engine says that there is no image, and no program; and its status then."""

    image: str
    image_status: int
    program: str
    program_status: int


def named(store: Path, given: Given, folders: Mapping[str, str], has_input: bool) -> Start:
    """What is to be started, where the name is an option."""
    image, *argv = given.rest
    return Start(
        Guest(store, given.last("--name")), image, argv, given.all("--label"),
        known(given.all("--env")), folders, given.last("--workdir"),
        ("snapshots", "containers"), has_input,
    )  # fmt: skip


def run(start: Start, words: Words) -> int:
    store, guest = start.guest.store, start.guest
    if start.image not in (store / "images").read_text().split():
        raise Failure(words.image.format(start.image), words.image_status)
    for kind in start.created:
        start.create(kind)
    time.sleep(float((store / "start_s").read_text()))
    start.create("containers")
    program = start.behind(start.argv[0])
    if not program.exists():
        guest.remove()
        raise Failure(words.program.format(start.argv[0]), words.program_status)
    status = _begin_and_wait(start, program)
    if not (store / "forgets").exists():
        guest.remove()
    return status


def _begin_and_wait(start: Start, program: Path) -> int:
    """A signal that comes waits until the guest has begun, which gets it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)
    stdin, held = _stdin(start)
    beginning, begun = os.pipe()
    child = os.fork()
    if child == 0:
        _become(start, program, stdin)
    os.close(begun)
    os.read(beginning, 1)
    for number in PASSED_ON:
        signal.signal(number, lambda number, _: os.kill(child, number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
    if start.ready:
        Path(start.ready).write_text(str(child))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    del held
    return code if code >= 0 else 128 - code


def _stdin(start: Start) -> tuple[int, int | None]:
    """`ctr` loses an end of input that comes before the task: then the guest's never ends."""
    if not start.has_input:
        return os.open(os.devnull, os.O_RDONLY), None
    if not (start.loses_end and _has_ended(0)):
        return 0, None
    reading, writing = os.pipe()
    os.write(writing, os.read(0, 1 << 15))
    return reading, writing


def _has_ended(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    is_null = stat.S_ISCHR(os.fstat(descriptor).st_mode) and not os.isatty(descriptor)
    return is_null or any(events & select.POLLHUP for _, events in poll.poll(0))


def _become(start: Start, program: Path, stdin: int) -> NoReturn:
    os.setsid()
    for number in (*PASSED_ON, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
    start.guest.part("tasks").write_text(str(os.getpid()))
    os.dup2(stdin, 0)
    folder = start.behind(start.folder)
    os.chdir(folder if folder.is_dir() else "/")
    env = {"PATH": "/usr/bin:/bin", **start.variables}
    os.execve(program, start.argv, env)


def mounts(given: Given, source: str, target: str) -> dict[str, str]:
    """Folders and files of the host. What is empty, nobody looks into here."""
    found = {}
    for text in given.all("--mount"):
        fields = dict(field.partition("=")[::2] for field in text.split(","))
        if fields["type"] == "bind":
            found[fields[target]] = fields[source]
    return found


def known(variables: list[str]) -> dict[str, str]:
    """Of names alone: the values are the client's."""
    return {key: os.environ[key] for key in variables if key in os.environ}


def labels(guest: Guest) -> dict[str, str]:
    found: dict[str, str] = json.loads(guest.part("containers").read_text())
    return found


def guests(store: Path) -> list[Guest]:
    return [Guest(store, path.name) for path in sorted((store / "containers").iterdir())]


def say(text: str) -> int:
    sys.stdout.write(f"{text}\n")
    return 0
