"""System calls that no policy grants, other ways to make them, and how layers are reported."""

import os
import platform
import re
import sys
from pathlib import Path

import pytest

from tests.program_build import ROOT
from tests.unit.runtime.confinement import OK, SPAWN, Confined, Variables, files, need

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux confines a process"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers are those of x86-64"),
]

FOR_NOBODY = {
    "ptrace": "call 101 0",
    "process_vm_readv": "call 310",
    "process_vm_writev": "call 311",
    "kcmp": "call 312",
    "pidfd_getfd": "call 438 -1 -1",
    "setpriority": "call 141 0 0 5",
    "ioprio_set": "call 251 99",
    "shmget": "call 29",
    "shmat": "call 30 -1",
    "semget": "call 64",
    "msgget": "call 68 0 0",
    "mq_open": "call 240",
    "inotify_add_watch": "call 254 -1",
    "mount": "call 165",
    "umount2": "call 166",
    "pivot_root": "call 155",
    "chroot": "call 161",
    "open_tree": "call 428 -100",
    "fsopen": "call 430",
    "mount_setattr": "call 442 -1",
    "bpf": "call 321 999",
    "keyctl": "call 250 999",
    "add_key": "call 248",
    "userfaultfd": "call 323 0x1000",
    "io_uring_setup": "call 425",
    "io_uring_enter": "call 426 -1",
    "perf_event_open": "call 298",
    "kexec_load": "call 246 0 99",
    "init_module": "call 175",
    "finit_module": "call 313 -1",
    "delete_module": "call 176",
    "open_by_handle_at": "call 304 -1",
    "name_to_handle_at": "call 303 -1",
    "quotactl": "call 179",
    "swapon": "call 167",
    "reboot": "call 169",
    "settimeofday": "call 164 0 1",
    "clock_settime": "call 227 99",
    "setns": "call 308 -1",
    "unshare": "call 272 0",
    "personality": "call 135 0xffffffff",
    "fanotify_init": "call 300 0xffff",
    "memfd_create": "call 319",
    "memfd_secret": "call 447 0xff",
    "mknod": "call 133",
    "link": "call 86",
    "symlink": "call 88",
    "chown": "call 92",
    "setxattr": "call 188",
    "iopl": "call 172 4",
    "modify_ldt": "call 154 99",
}
FREE_FOR_ALL = (
    "ptrace", "kcmp", "mount", "chroot", "keyctl", "add_key", "process_vm_readv", "pidfd_getfd",
    "unshare", "personality", "memfd_create", "name_to_handle_at", "mknod", "link", "symlink",
    "chown", "setxattr", "modify_ldt", "setpriority", "ioprio_set", "shmget", "shmat", "semget",
    "msgget", "mq_open", "inotify_add_watch",
)  # fmt: skip
"""Those that the kernel refuses nobody without a look at the arguments."""

NO_FILTER = "seccomp,landlock,capabilities"
EVERYTHING = {
    **files(["/"], ["/"], ALLOW_MKDIR="1", ALLOW_REMOVE="1", ALLOW_RENAME="1"),
    **SPAWN,
    "NET": "1",
    "NET_ALLOW_TCP": "1",
    "NET_ALLOW_UDP": "1",
    "NET_ALLOW_DNS": "1",
    "NET_ALLOW_HOSTS": "127.0.0.1:1",
}


@pytest.mark.parametrize("grants", [{}, EVERYTHING], ids=["nothing", "everything"])
def test_calls_for_nobody(confined: Confined, grants: dict[str, str]) -> None:
    need(confined, "seccomp")
    answers = confined.answers(*FOR_NOBODY.values(), grants=grants)
    assert dict(zip(FOR_NOBODY, answers, strict=True)) == dict.fromkeys(FOR_NOBODY, "EPERM")


@pytest.mark.parametrize("name", FREE_FOR_ALL)
def test_they_are_refused_by_the_filter(confined: Confined, name: str) -> None:
    [answer] = confined.answers(FOR_NOBODY[name], without=NO_FILTER)
    assert answer != "EPERM"


def test_clone3_is_not_there_so_that_libraries_use_clone(confined: Confined) -> None:
    need(confined, "seccomp")
    assert confined.answers("call 435") == ("ENOSYS",)
    assert confined.answers("call 435", without="seccomp") == ("EINVAL",)


def test_other_tables_of_calls(confined: Confined) -> None:
    """getpid by the numbers of x32; a number that is nobody's; getpid by those of i386."""
    need(confined, "seccomp")
    words = ("call 0x40000027", "call 100000", "call 470", "foreign x")
    assert confined.answers(*words, grants=EVERYTHING) == ("ENOSYS",) * 4
    free = confined.attempt("foreign x", without="seccomp")
    if free.status != 0:
        pytest.skip("this kernel has no entry for i386")
    assert free.answers == (OK,)


COMMANDS = {
    "F_SETOWN": "call 72 0 8",
    "F_SETOWN_EX": "call 72 0 15",
    "TIOCSTI": "call 16 0 0x5412",
    "TIOCLINUX": "call 16 0 0x541C",
    "FIOSETOWN": "call 16 0 0x8901",
    "SIOCSPGRP": "call 16 0 0x8902",
    "FS_IOC_SETFLAGS": "call 16 0 0x40086602",
    "FS_IOC32_SETFLAGS": "call 16 0 0x40046602",
    "FS_IOC_FSSETXATTR": "call 16 0 0x401C5820",
}
"""Signals by way of the kernel, input of a terminal, attributes of files."""


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_for_nobody(confined: Confined, name: str) -> None:
    need(confined, "seccomp")
    assert confined.answers(COMMANDS[name], grants=EVERYTHING) == ("EPERM",)
    assert confined.answers(COMMANDS[name], without="seccomp") != ("EPERM",)


def test_other_commands(confined: Confined) -> None:
    """TCGETS, F_GETFD."""
    need(confined, "seccomp")
    assert "EPERM" not in confined.answers("call 16 0 0x5401", "call 72 0 1")


@pytest.mark.parametrize("call", ["302 {} 7", "203 {} 0 0"], ids=["prlimit64", "sched_setaffinity"])
def test_limits_of_other_processes(confined: Confined, call: str) -> None:
    need(confined, "seccomp")
    own, other = (f"call {call.format(pid)}" for pid in (0, os.getpid()))
    [answer] = confined.answers(own, grants=SPAWN)
    assert confined.answers(own, other, grants=SPAWN) == (answer, "EPERM")
    assert answer != "EPERM"
    assert confined.answers(other, without=NO_FILTER) == (answer,)


def test_what_every_program_needs_is_there(confined: Confined) -> None:
    """getpid, clock_gettime, getrandom, sched_yield, madvise, futex, prctl."""
    needs = ("39", "228 1", "318", "24", "28", "202 0 1", "157 3")
    answers = confined.answers(*(f"call {words}" for words in needs))
    assert not {"EPERM", "ENOSYS", "EACCES"} & set(answers)


HEADERS = (
    Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    Path("/usr/include/asm-generic/unistd.h"),
)
CALLS = ROOT / "stubs" / "runtime" / "src" / "confine_calls.c"


def _names(header: Path) -> dict[str, str]:
    pattern = r"#define __NR(?:3264)?_(\w+)\s+(\d+)$"
    return {number: name for name, number in re.findall(pattern, header.read_text(), re.MULTILINE)}


@pytest.mark.skipif(not all(path.exists() for path in HEADERS), reason="no headers of Linux here")
def test_both_numbers_of_a_call_mean_the_same() -> None:
    x86_64, arm64 = map(_names, HEADERS)
    pairs = re.findall(r"CALL\((\d+), (-?\d+)\)", CALLS.read_text())
    assert len(pairs) > 100
    names = {(x86_64[one], arm64[other]) for one, other in pairs if other != "-1"}
    assert [pair for pair in names if len(set(pair)) > 1] == []


# -- layers

NAMES = ["no_new_privs", "capabilities", "landlock", "seccomp", "rlimits"]


def test_layers_are_reported(confined: Confined) -> None:
    layers = confined.attempt().layers
    assert list(layers) == NAMES
    for layer in layers.values():
        assert list(layer) == ["in_force", "detail"]
    assert layers["no_new_privs"]["in_force"]
    if layers["landlock"]["in_force"]:
        assert layers["landlock"]["detail"].startswith("abi ")


def test_layers_that_were_not_asked_for(confined: Confined) -> None:
    ran = confined.attempt("read /etc/passwd", "fork 0", X07_OS_LAYERS="rlimits")
    assert [name for name in NAMES if ran.in_force(name)] == ["rlimits"]
    assert ran.answers == (OK, OK)


@pytest.mark.parametrize("name", ["landlock", "seccomp", "capabilities", "rlimits"])
def test_a_required_layer(confined: Confined, name: str) -> None:
    need(confined, name)
    assert confined.attempt(X07_OS_REQUIRE_LAYERS=name).status == 0
    ran = confined.attempt(
        "read /etc/passwd", without=name, X07_OS_REQUIRE_LAYERS=f"rlimits,{name}"
    )
    assert (ran.status, ran.answers) == (125, ())
    first, hint = ran.stderr.splitlines()
    assert first.startswith(f"x07: the layer `{name}` is required and not in force here")
    assert hint.startswith("hint: ")


def test_a_required_layer_is_asked_for(confined: Confined) -> None:
    need(confined, "seccomp")
    ran = confined.attempt(X07_OS_LAYERS="", X07_OS_REQUIRE_LAYERS="no_new_privs,seccomp")
    assert [name for name in NAMES if ran.in_force(name)] == ["no_new_privs", "seccomp"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [("X07_OS_REQUIRE_LAYERS", "landlok"), ("X07_OS_LAYERS", "x"), ("X07_OS_LIMITS_FDS", "many")],
)
def test_an_environment_that_makes_no_sense(confined: Confined, variable: str, value: str) -> None:
    given: Variables = {variable: value}
    ran = confined.attempt("read /etc/passwd", **given)
    assert (ran.status, ran.answers) == (125, ())
    assert variable in ran.stderr
    assert "hint: " in ran.stderr


def test_who_has_no_power_is_confined_as_well(unprivileged: Confined) -> None:
    need(unprivileged, "seccomp")
    ran = unprivileged.attempt("fork 0", "call 165", grants=files(["."]))
    assert ran.answers == ("EPERM", "EPERM")
    assert ran.in_force("no_new_privs")
