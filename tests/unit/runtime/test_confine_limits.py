"""Limits of a policy, each told by its field; without their guard there is none."""

import signal
import sys

import pytest

from tests.unit.runtime.confinement import OK, SPAWN, Attempts, Confined, Variables, files

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of them")

OVER_TIME = 124


def _told(ran: Attempts, field: str, value: int) -> bool:
    return ran.stderr == f"limit exceeded: {field}={value}\n"


def test_memory(confined: Confined) -> None:
    limit: Variables = {"X07_OS_LIMITS_MEM_BYTES": str(64 << 20)}
    ran = confined.attempt("memory 1", "memory 100", **limit)
    assert ran.answers == (OK, "ENOMEM")
    assert _told(ran, "limits.mem_bytes", 64 << 20)
    assert ran.report["limit_exceeded"] == {"field": "limits.mem_bytes", "value": 64 << 20}
    free = confined.attempt("memory 100", without="rlimits", **limit)
    assert (free.answers, free.stderr) == ((OK,), "")


def test_descriptors(confined: Confined) -> None:
    ran = confined.attempt("descriptors x", X07_OS_LIMITS_FDS="9")
    assert ran.answers == ("EMFILE",)
    assert _told(ran, "limits.fds", 9)
    assert "limit_exceeded" not in confined.attempt(X07_OS_LIMITS_FDS="9").report


def test_descriptors_without_the_limit(confined: Confined) -> None:
    """The seventh of those that are open is the eighth read of `/dev/null`."""
    words = ("read /dev/null",)
    assert confined.attempt(*words, X07_OS_LIMITS_FDS="3").answers == ("EMFILE",)
    free = confined.attempt(*words, without="rlimits", X07_OS_LIMITS_FDS="3")
    assert free.answers == (OK,)


def test_file_size(confined: Confined) -> None:
    (confined.folder / "out").mkdir()
    grants = {**files([], ["out"]), "FS_MAX_WRITE_BYTES": "100000"}
    ran = confined.attempt("bytes out/a", grants=grants)
    assert ran.answers == ("EFBIG",)
    assert _told(ran, "fs.max_write_bytes", 100000)
    assert (confined.folder / "out" / "a").stat().st_size == 100000
    assert confined.answers("bytes out/a", grants=grants, without="rlimits") == (OK,)


def test_processor_time(confined: Confined) -> None:
    ran = confined.attempt("work x", X07_OS_LIMITS_CPU_MS="10")
    assert (ran.status, ran.answers) == (OVER_TIME, ())
    assert _told(ran, "limits.cpu_ms", 10)


def test_processor_time_without_the_limit(confined: Confined) -> None:
    """Another limit ends the work."""
    limits: Variables = {"X07_OS_LIMITS_CPU_MS": "10", "X07_OS_LIMITS_WALL_MS": "1500"}
    ran = confined.attempt("work x", without="rlimits", KEEPS_TIME="1", **limits)
    assert (ran.status, ran.answers) == (OVER_TIME, ())
    assert _told(ran, "limits.wall_ms", 1500)


def test_time_without_the_limit(confined: Confined) -> None:
    """Another limit ends the work."""
    limits: Variables = {"X07_OS_LIMITS_CPU_MS": "10", "X07_OS_LIMITS_WALL_MS": "50"}
    ran = confined.attempt("work x", without="wall", KEEPS_TIME="1", **limits)
    assert _told(ran, "limits.cpu_ms", 10)


def test_time(confined: Confined) -> None:
    limit: Variables = {"X07_OS_LIMITS_WALL_MS": "50", "KEEPS_TIME": "1"}
    ran = confined.attempt("time x", **limit)
    assert (ran.status, ran.answers) == (OVER_TIME, ())
    assert _told(ran, "limits.wall_ms", 50)


def test_time_of_who_does_not_listen(confined: Confined) -> None:
    limit: Variables = {"X07_OS_LIMITS_WALL_MS": "10", "KEEPS_TIME": "1"}
    assert confined.attempt("deaf x", **limit).status == -signal.SIGKILL


@pytest.mark.parametrize("call", ["alarm", "setitimer", "timer_settime", "timer_delete"])
def test_nobody_takes_the_time_back(confined: Confined, call: str) -> None:
    words = {"alarm": 37, "setitimer": 38, "timer_settime": 223, "timer_delete": 226}
    limit: Variables = {"X07_OS_LIMITS_WALL_MS": "60000", "KEEPS_TIME": "1"}
    assert confined.attempt(f"call {words[call]} 0", **limit).answers == ("EPERM",)
    assert confined.attempt(f"call {words[call]} 0").answers != ("EPERM",)


def test_time_that_a_runner_keeps(confined: Confined) -> None:
    ran = confined.attempt("read /dev/null", X07_OS_LIMITS_WALL_MS="1")
    assert (ran.status, ran.answers) == (0, (OK,))


def test_processes(unprivileged: Confined) -> None:
    """The limit is of those that the program adds, whatever else its user runs."""
    grants = {**SPAWN, "PROC_ALLOW_EXECS": "/bin/true"}
    ran = unprivileged.attempt("bomb 40", grants=grants, X07_OS_LIMITS_PROCS="4")
    assert ran.answers == ("EAGAIN",)
    assert _told(ran, "limits.procs", 4)
    free = unprivileged.attempt(
        "bomb 40", grants=grants, without="rlimits", X07_OS_LIMITS_PROCS="4"
    )
    assert free.answers == (OK,)


def test_threads(unprivileged: Confined) -> None:
    """Where there are no processes the limit is not sharp, but there is one."""
    many = "threads 2000"
    assert unprivileged.attempt(many, X07_OS_LIMITS_PROCS="4").answers == ("EAGAIN",)
    free = unprivileged.attempt(many, without="rlimits", X07_OS_LIMITS_PROCS="4")
    assert free.answers == (OK,)


def test_core_dumps(confined: Confined) -> None:
    """getrlimit(RLIMIT_CORE) is asked for by the shell that the program starts."""
    grants = {**SPAWN, "PROC_ALLOW_EXECS": "/bin/sh;script"}
    (confined.folder / "script").write_text('#!/bin/sh\n[ "$(ulimit -Hc)" = 0 ]\n')
    (confined.folder / "script").chmod(0o755)
    assert confined.attempt("spawn script", grants=grants).answers == (OK,)
