"""Fixtures that tests of several rooms share, and what the whole suite leaves behind: nothing."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests import terminals, vm_bundles
from tests.fakes import planned_compiler
from tests.program_build import ROOT, Workshop, open_workshop
from tests.vm_bundles import MakeBench

BEFORE: Final = pytest.StashKey[frozenset[str]]()
LEFT: Final = pytest.StashKey[frozenset[str]]()


def pytest_configure() -> None:
    """A session in the background of a shell ignores what keys send, one under `nohup` SIGHUP, and
    all that it starts would: tests send these."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGQUIT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Where programs are built; the processes of one session share it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    sanitize = os.environ.get("X07_SANITIZE") == "1"
    return open_workshop(shared, sanitize=sanitize, cc=os.environ.get("X07_TEST_CC"))


@pytest.fixture(scope="session")
def x07_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache folder of the tool under test; the processes of one session share it."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "x07-cache"


@pytest.fixture(scope="session")
def planned_cc(x07_cache: Path) -> Path:
    """A C compiler for `tests.fakes.plan`."""
    return planned_compiler(x07_cache.parent)


@pytest.fixture
def make_bench(tmp_path: Path, x07_cache: Path) -> MakeBench:
    """Of a VM bundle."""
    return vm_bundles.maker(tmp_path / "bench", x07_cache)


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends, ours first."""
    with terminals.opened() as ends:
        yield ends


# -- a program that is started in the checkout, by oversight, writes its files there


def _names() -> frozenset[str]:
    """What is in the folder of the checkout, but for caches."""
    names = {path.name for path in ROOT.iterdir()}
    return frozenset(name for name in names if name[0] != "." and name != "__pycache__")


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.stash[BEFORE] = _names()


def pytest_sessionfinish(session: pytest.Session) -> None:
    before = session.config.stash[BEFORE]
    left = _names() - before
    session.config.stash[LEFT] = left
    if left and "PYTEST_XDIST_WORKER" not in os.environ:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for name in sorted(config.stash.get(LEFT, ())):
        terminalreporter.write_line(f"FAILED: a test left `{name}` in {ROOT}", red=True)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Long bytes may hold a time or a random signature: processes would name tests differently."""
    return argname if isinstance(val, bytes) and len(val) > 24 else None
