"""Starts that are as one before, on a machine that gives out (stubs/launcher/job.c): there is a
guest with somebody who ends it, or none, and the launcher decides."""

import os
import re
import resource
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from tests.unit.launcher import small_bundle
from tests.unit.launcher.small_bundle import SmallBundle, wait_for
from x07bundle import children
from x07bundle.host import read as read_host
from x07bundle.native import launcher_stub
from x07bundle.native.toolchain import open_toolchain

SOMEBODY: Final = 54_321
"""A user who has no other processes."""
MOST_PROCESSES: Final = 5
FIRST_DESCRIPTORS: Final = range(4, 16)
PIPE_BYTES: Final = 1 << 16
ADOPTED: Final = re.compile(r"run=(?P<run>\d+-\d+) client=\d+ line=\d+ lock=\d+ feed=(-1|\d+)")
ACTOR: Final = """
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static int client(const char *log)
{
    return creat(log, 0600) < 0;
}
static int reaper(const char *self)
{
    static char heard[4096], path[4200], staged[4200];
    size_t size = 0;
    ssize_t got;
    while ((got = read(3, heard + size, sizeof heard - size)) > 0)
        size += (size_t)got;
    snprintf(path, sizeof path, "%s.heard.%d", self, (int)getpid());
    snprintf(staged, sizeof staged, "%s.new", path);
    const int file = creat(staged, 0600);
    return file < 0 || write(file, heard, size) != (ssize_t)size || rename(staged, path) != 0;
}
int main(int count, char **words)
{
    (void)count;
    const char *handed = getenv("X07_ADOPT");
    if (getenv("LOG") != NULL)
        return client(getenv("LOG"));
    if (getenv("X07_REAP") != NULL)
        return reaper(words[1]);
    puts(handed != NULL ? handed : "decide");
    return fflush(stdout);
}
"""
"""The engine's client, the reaper and the launcher proper, which need one descriptor at most."""


@pytest.fixture(scope="module")
def program(x07_cache: Path) -> bytes:
    env = {**os.environ, "X07_CACHE_DIR": str(x07_cache)}
    return launcher_stub.program(open_toolchain(env), "launcher", read_host().arch)


@pytest.fixture(scope="module")
def actor(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("actor")
    (folder / "actor.c").write_text(ACTOR)
    subprocess.run(("cc", "-static", "-o", "actor", "actor.c"), cwd=folder, check=True)
    return (folder / "actor").read_bytes()


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that every user can enter."""
    with tempfile.TemporaryDirectory(prefix="x07-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def made(folder: Path, program: bytes, actor: bytes) -> Iterator[SmallBundle]:
    """What it started has ended when its folder is removed."""
    found = small_bundle.make(folder / "a bundle", program, actor)
    (found.folder / "client").unlink()
    (found.folder / "client").write_bytes(actor)
    (found.folder / "client").chmod(0o755)
    yield found
    end_s = time.monotonic() + small_bundle.SOON_SECONDS
    while any(processes(found)) and time.monotonic() < end_s:
        time.sleep(0.01)


def start(made: SmallBundle, before: Callable[[], object], user: int | None = None) -> str:
    """What the launcher proper says."""
    done = subprocess.run(
        (made.app,),
        env=made.env(),
        cwd=made.work,
        input=b"",
        capture_output=True,
        preexec_fn=before,
        user=user,
        group=user,
        extra_groups=[] if user is not None else None,
        check=False,
        timeout=60,
    )
    assert done.returncode in (0, 125), done.stderr
    return done.stdout.decode().rstrip("\n")


def check(made: SmallBundle, said: str) -> bool:
    """Whether a guest was started, and then somebody heard of it; else nothing was."""
    found = ADOPTED.fullmatch(said)
    assert found is not None or said in ("decide", "")
    if found is not None:
        words = [line.partition(" ")[0] for line in heard(made, found["run"])]
        assert words == ["folder", "made", "job", "starting", "client"]
        wait_for(made.log)
    assert made.was_asked() == (found is not None)
    return found is not None


def heard(made: SmallBundle, run: str) -> list[str]:
    """By the reaper of a run; those of others may still be listening."""
    end_s = time.monotonic() + small_bundle.SOON_SECONDS
    while time.monotonic() < end_s:
        for path in made.folder.glob("app.heard.*[0-9]"):
            lines = path.read_text().splitlines()
            if lines[:1] == [f"folder {run}"]:
                return lines
        time.sleep(0.01)
    raise AssertionError("no reaper has heard of it")


def reset(made: SmallBundle) -> None:
    made.log.unlink(missing_ok=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be another user")
def test_processes_run_out(made: SmallBundle) -> None:
    found = []
    for path in (made.folder, *made.folder.rglob("*")):
        os.chown(path, SOMEBODY, SOMEBODY)
    fields = [each for each in made.fields() if each[0] != "situation"]
    ids = f"{SOMEBODY} {SOMEBODY}"
    situation = made.situation(("PATH", "X07_BUNDLE", "X07_VM_STATE_DIR"), made.env(), ids)
    made.note([("situation", situation), *fields])
    os.chown(made.record, SOMEBODY, SOMEBODY)
    for most in range(1, MOST_PROCESSES + 1):
        reset(made)
        limit = partial(resource.setrlimit, resource.RLIMIT_NPROC, (most, most))
        said = start(made, limit, SOMEBODY)
        found.append(check(made, said))
    assert not found[0]
    assert any(found)


def test_descriptors_run_out(made: SmallBundle) -> None:
    made.note(made.fields())
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    found = []
    for most in FIRST_DESCRIPTORS:
        reset(made)
        limit = partial(resource.setrlimit, resource.RLIMIT_NOFILE, (most, hard))
        said = start(made, limit)
        found.append(check(made, said))
    assert found == sorted(found)
    assert (found[0], found[-1]) == (False, True)


def test_files_may_not_grow(made: SmallBundle) -> None:
    made.note(made.fields())
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (1, hard))
    assert start(made, limit) == "decide"
    assert not made.was_asked()


def test_how_children_end_is_not_heard(made: SmallBundle) -> None:
    """SIGCHLD is ignored by whoever started us."""
    made.note(made.fields())
    said = start(made, partial(signal.signal, signal.SIGCHLD, signal.SIG_IGN))
    assert check(made, said)


def test_a_reaper_that_is_killed_before_there_is_a_guest(made: SmallBundle) -> None:
    """Whoever reads what is said for people comes late, so there is time for it."""
    made.note([*made.fields(), ("say", "note: something")])
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    assert os.write(writing, bytes(PIPE_BYTES)) == PIPE_BYTES
    os.set_blocking(writing, True)
    pipe = subprocess.PIPE
    with subprocess.Popen(
        (made.app,), env=made.env(), cwd=made.work, stdin=pipe, stdout=pipe, stderr=writing
    ) as process:
        os.close(writing)
        with os.fdopen(reading, "rb") as said:
            kill_reaper(made, process.pid)
            assert said.read().endswith(b"note: something\n")
        assert process.communicate(timeout=60)[0] == b"decide\n"
    assert not made.was_asked()


def kill_reaper(made: SmallBundle, launcher: int) -> None:
    """It has the job's file in its pipe by then."""
    end_s = time.monotonic() + small_bundle.SOON_SECONDS
    while not any(made.state.glob("*/job.json")) and time.monotonic() < end_s:
        time.sleep(0.01)
    reaper = next(each for each in processes(made) if each != launcher)
    os.kill(reaper, signal.SIGKILL)
    while children.started_at(reaper) is not None:
        time.sleep(0.01)


def processes(made: SmallBundle) -> Iterator[int]:
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words = (place / "cmdline").read_bytes()
        except OSError:
            continue
        if words.startswith(os.fsencode(made.app)):
            yield int(place.name)


def test_files_of_the_bundle_are_gone_when_the_guest_is_there(made: SmallBundle) -> None:
    """The client is asked to end it."""
    client = made.folder / "client"
    runtime = made.folder / "app.vm/runtime"
    client.write_text(
        f"#!/bin/sh\ntrap 'echo asked >\"$LOG\"; exit' TERM\nmv '{runtime}' '{runtime}.gone'\n"
        "for each in $(seq 500); do sleep 0.02; done\n"
    )
    made.note(made.fields())
    done = subprocess.run(
        (made.app,), env=made.env(), cwd=made.work, input=b"", capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (127, b"")
    assert b"cannot be executed" in done.stderr
    wait_for(made.log)
