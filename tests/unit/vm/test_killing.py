"""When a guest is gone, and what is done until it is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes import install
from x07bundle.contract.vm_job import KillPlan
from x07bundle.vm import killing
from x07bundle.vm.clock import Clock

NAME = "x07-1-2"


class Hours:
    """A clock that moves when it is slept by."""

    def __init__(self) -> None:
        self.now_ms = 0

    def sleep(self, wait_ms: int) -> None:
        self.now_ms += wait_ms

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now_ms, lambda: self.now_ms, self.sleep)


class Client:
    """One that ends when it was asked so often."""

    def __init__(self, looks: int) -> None:
        self.looks = looks
        self.was_killed = False

    def has_ended(self) -> bool:
        self.looks -= 1
        return self.looks < 0 or self.was_killed

    def kill(self) -> None:
        self.was_killed = True


def plan(folder: Path, probe: str) -> KillPlan:
    log = folder / "log"
    program = install(
        folder, "engine", f'echo "$1" >>"{log}"\ntest "$1" != probe || {{ {probe}; }}'
    )
    words = {name: ((str(program), name),) for name in ("soft", "hard", "cleanup")}
    return KillPlan(**words, probe=(str(program), "probe"), env={"PATH": "/usr/bin:/bin"})


def asked(folder: Path) -> list[str]:
    return (folder / "log").read_text().split()


@pytest.mark.parametrize(
    "said",
    [
        f"Error: No such object: {NAME}",
        f"Error response from daemon: No such container: {NAME}",
        f'Error: no such container "{NAME}"',
        f'ctr: container "{NAME}" in namespace "x07": not found',
        "unknown container",
        "it does not exist",
    ],
)
def test_an_engine_that_does_not_know_it(tmp_path: Path, said: str) -> None:
    assert killing.is_gone(plan(tmp_path, f"echo '{said}' >&2; exit 1"), NAME)


@pytest.mark.parametrize(
    "script",
    [
        "exit 0",
        "echo '[{}]'",
        "exit 1",
        "echo permission denied >&2; exit 1",
        "echo 'dial unix /run/docker.sock: connect: no such file or directory' >&2; exit 1",
        "echo 'ctr: failed to dial: context deadline exceeded: not found' >&2; exit 1",
        "echo 'Cannot connect to the daemon. Is the docker daemon running? not found' >&2; exit 1",
        f"echo 'No such container: {NAME}'; exit 1",
        f"echo 'No such container: {NAME}' >&2; exit 0",
    ],
)
def test_an_engine_that_says_something_else(tmp_path: Path, script: str) -> None:
    assert not killing.is_gone(plan(tmp_path, script), NAME)


def test_an_empty_list_is_an_answer(tmp_path: Path) -> None:
    assert killing.is_gone(plan(tmp_path, "echo '[]'"), NAME)


def test_an_engine_that_is_not_there(tmp_path: Path) -> None:
    gone = plan(tmp_path, "exit 0")
    (tmp_path / "engine").unlink()
    assert not killing.is_gone(gone, NAME)


def test_it_is_killed_until_it_is_gone(tmp_path: Path) -> None:
    count = f'test "$(grep -c probe "{tmp_path}/log")" -lt 3 || {{ echo not found >&2; exit 1; }}'
    assert killing.end(
        killing.Target(plan(tmp_path, count), NAME), killing.NoClient(), Hours().clock, 10_000
    )
    assert asked(tmp_path) == ["cleanup", "probe", *["hard", "cleanup", "probe"] * 2]


def test_a_removal_that_takes_long_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not at first: most take no time, and others are waiting."""
    monkeypatch.setattr(killing, "OPERATION_MS", 300)
    removed = tmp_path / "removed"
    log, script = tmp_path / "log", f'test -e "{removed}" || exit 0; echo not found >&2; exit 1'
    slow = f'test "$1" != cleanup || {{ sleep 1; touch "{removed}"; }}'
    program = install(
        tmp_path, "engine", f'echo "$1" >>"{log}"\n{slow}\ntest "$1" != probe || {{ {script}; }}'
    )
    words = {name: ((str(program), name),) for name in ("soft", "hard", "cleanup")}
    gone = KillPlan(**words, probe=(str(program), "probe"), env={"PATH": "/usr/bin:/bin"})
    assert killing.end(killing.Target(gone, NAME), killing.NoClient(), Hours().clock, 10_000)
    assert asked(tmp_path) == ["cleanup", "probe", "hard", "cleanup", "probe"]


def test_it_is_given_up_in_the_end(tmp_path: Path) -> None:
    hours = Hours()
    assert not killing.end(
        killing.Target(plan(tmp_path, "exit 0"), NAME), killing.NoClient(), hours.clock, 3000
    )
    assert 2000 < hours.now_ms <= 3000


def test_a_client_that_has_not_ended_may_start_it_yet(tmp_path: Path) -> None:
    client = Client(looks=3)
    gone = plan(tmp_path, "echo not found >&2; exit 1")
    assert killing.end(killing.Target(gone, NAME), client, Hours().clock, 10_000)
    assert asked(tmp_path) == ["hard", "hard", "hard", "cleanup", "probe"]
    assert not client.was_killed


@pytest.mark.parametrize(
    ("most_ms", "patience_ms"),
    [
        (3000, 3000),
        (10_000, killing.CLIENT_ENDS_MS),
        (20_000, 10_000),
        (90_000, killing.CLIENT_ENDS_AT_MOST_MS),
    ],
)
def test_a_client_that_never_ends_is_killed(tmp_path: Path, most_ms: int, patience_ms: int) -> None:
    """The later, the more time there is: it may be that a busy engine is starting the guest."""
    client = Client(looks=1000)
    hours = Hours()
    gone = plan(tmp_path, "echo not found >&2; exit 1")
    assert killing.end(killing.Target(gone, NAME), client, hours.clock, most_ms)
    assert client.was_killed
    settled_ms = killing.SETTLES * killing.SETTLE_MS
    assert 0 <= hours.now_ms - settled_ms - patience_ms <= killing.LONGEST_WAIT_MS


def test_a_guest_that_appears_late_is_killed_too(tmp_path: Path) -> None:
    late = f'test "$(grep -c probe "{tmp_path}/log")" -eq 3 || {{ echo not found >&2; exit 1; }}'
    assert killing.end_surely(
        killing.Target(plan(tmp_path, late), NAME), killing.NoClient(), Hours().clock, 10_000
    )
    assert asked(tmp_path).count("cleanup") == 2


def test_a_guest_that_a_killed_client_had_asked_for_is_killed_too(tmp_path: Path) -> None:
    late = f'test "$(grep -c probe "{tmp_path}/log")" -eq 3 || {{ echo not found >&2; exit 1; }}'
    assert killing.end(
        killing.Target(plan(tmp_path, late), NAME), Client(looks=1000), Hours().clock, 30_000
    )
    assert asked(tmp_path).count("cleanup") == 2


@pytest.mark.parametrize("most_ms", [10_000, 3000])
@pytest.mark.parametrize("end", [killing.end, killing.end_surely])
@pytest.mark.parametrize("looks", [0, 2, 1000])
def test_it_is_unwanted_once_its_client_has_ended(
    tmp_path: Path, end: Callable[..., bool], looks: int, most_ms: int
) -> None:
    """Not before: a client may be mounting it. Before it is removed: an engine may be down."""
    inputs = tmp_path / "job/in"
    inputs.mkdir(parents=True)
    down = plan(tmp_path, "echo cannot connect >&2; exit 1")
    install(tmp_path, "engine", f'echo "$1 $(ls {inputs.parent})" >>"{tmp_path}/log"; exit 1')
    target = killing.Target(down, NAME, inputs.parent)
    assert not end(target, Client(looks), Hours().clock, most_ms)
    lines = (tmp_path / "log").read_text().splitlines()
    seen = lines.index("cleanup ")
    assert set(lines[:seen]) == ({"hard in"} if looks else set())
    assert not any(line.endswith(" in") for line in lines[seen:])
