"""What a program can no longer do once it is confined, by raw system calls, as linked C code makes
them; and what its policy still lets it do. Each refusal is gone where its guard is taken out."""

import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.runtime import confinement
from tests.unit.runtime.confinement import (
    NOTHING,
    OK,
    SPAWN,
    TCP,
    Confined,
    files,
    need,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux confines a process")

# -- files


@pytest.fixture
def tree(confined: Confined) -> Path:
    """Three folders with a file each, in the working folder."""
    for name in ("in", "out", "secret"):
        (confined.folder / name).mkdir()
        (confined.folder / name / "a").write_bytes(b"a")
    return confined.folder


LANDLOCK = "landlock"


def test_files_below_the_roots_and_no_others(confined: Confined, tree: Path) -> None:
    need(confined, LANDLOCK)
    grants = files(["in"], [tree / "out"])
    words = ("read in/a", "list in", "write out/a", "write out/new")
    assert confined.answers(*words, grants=grants) == (OK,) * 4
    refused = ("read secret/a", "list secret", "write in/a", "write secret/new", "read out/a")
    assert confined.answers(*refused, grants=grants) == ("EACCES",) * 5
    assert confined.answers(*refused, grants=grants, without=LANDLOCK) == (OK,) * 5


def test_a_link_leads_to_what_is_granted_there(confined: Confined, tree: Path) -> None:
    need(confined, LANDLOCK)
    (tree / "in" / "link").symlink_to(tree / "secret" / "a")
    words = ("read in/link", "read in/../secret/a", "read /proc/self/root/etc/passwd")
    assert confined.answers(*words, grants=files(["in"])) == ("EACCES",) * 3
    assert confined.answers(*words, grants=files(["in"]), without=LANDLOCK) == (OK,) * 3


@pytest.mark.usefixtures("tree")
def test_without_files_nothing_opens(confined: Confined) -> None:
    need(confined, LANDLOCK)
    words = ("read in/a", "write out/a", "read /etc/passwd", "read /dev/null")
    assert confined.answers(*words) == ("EACCES", "EACCES", "EACCES", OK)
    off = {**files(["."], ["."]), "FS": "0"}
    assert confined.answers(*words, grants=off) == ("EACCES", "EACCES", "EACCES", OK)


@pytest.mark.usefixtures("tree")
def test_without_landlock_a_program_without_files_opens_none(confined: Confined) -> None:
    need(confined, "seccomp")
    assert confined.answers("read in/a", without="landlock") == ("EACCES",)
    assert confined.answers("read in/a", without="landlock,seccomp") == (OK,)


@pytest.mark.parametrize(
    ("word", "switch"),
    [
        ("mkdir out/new", "ALLOW_MKDIR"),
        ("unlink out/a", "ALLOW_REMOVE"),
        ("rename out/a", "ALLOW_RENAME"),
    ],
)
def test_changes_of_folders_need_their_switch(
    confined: Confined, tree: Path, word: str, switch: str
) -> None:
    need(confined, "seccomp")
    others = {"ALLOW_MKDIR", "ALLOW_REMOVE", "ALLOW_RENAME"} - {switch}
    grants = files([], ["out"], **dict.fromkeys(others, "1"))
    assert confined.answers(word, grants=grants) == ("EPERM",)
    assert confined.answers(word, grants=grants, without="seccomp,landlock") == (OK,)
    shutil.rmtree(tree / "out")
    (tree / "out").mkdir()
    (tree / "out" / "a").touch()
    assert confined.answers(word, grants=files([], ["out"], **{switch: "1"})) == (OK,)


@pytest.mark.usefixtures("tree")
def test_who_may_remove_may_list_what_there_is_to_remove(confined: Confined) -> None:
    need(confined, LANDLOCK)
    for removes, listed in (("0", "EACCES"), ("1", OK)):
        grants = files(["in"], ["out"], ALLOW_REMOVE=removes)
        answers = confined.answers("list out", "list secret", "read out/a", grants=grants)
        assert answers == (listed, "EACCES", "EACCES")


def test_a_write_root_that_is_not_there_is_made_where_folders_may_be(confined: Confined) -> None:
    grants = files([], ["new/out"], ALLOW_MKDIR="1")
    assert confined.answers("write new/out/a", grants=grants) == (OK,)
    assert confined.answers("write other/a", grants=files([], ["other"])) == ("ENOENT",)


@pytest.mark.usefixtures("tree")
def test_write_roots_that_are_not_there_are_counted(confined: Confined) -> None:
    need(confined, LANDLOCK)
    found = confined.attempt(grants=files(["gone"], ["out", "gone/a", "new.txt"]))
    assert found.layers[LANDLOCK]["detail"].endswith("; write roots not there, and not made: 2")
    assert (
        "not there" not in confined.attempt(grants=files(["."], ["out"])).layers[LANDLOCK]["detail"]
    )


@pytest.mark.usefixtures("tree")
def test_modes_of_files_are_nobodys(confined: Confined) -> None:
    need(confined, "seccomp")
    grants = files(["."], ["."])
    assert confined.answers("chmod secret/a", grants=grants) == ("EPERM",)
    assert confined.answers("chmod secret/a", grants=grants, without="seccomp") == (OK,)


def test_descriptors_that_were_left_open_are_closed(confined: Confined, tmp_path: Path) -> None:
    with (tmp_path / "open").open("w") as file:
        number = file.fileno()
        word = f"descriptor {number}"
        assert confined.attempt(word, keep=[number]).answers == ("EBADF",)
        assert confined.attempt(word, keep=[number], without="descriptors").answers == (OK,)
    assert confined.answers("descriptor 0", "descriptor 1", "descriptor 2") == (OK,) * 3


def test_threads_that_were_there_before(confined: Confined) -> None:
    """Older kernels confine one thread alone: then the layer is not said to be in force."""
    need(confined, LANDLOCK)
    abi = int(confined.attempt().layers[LANDLOCK]["detail"].split()[1].rstrip(";"))
    found = confined.attempt("read /etc/passwd", EARLY_THREAD="1")
    assert found.answers == ("EACCES",)
    assert found.in_force(LANDLOCK) == (abi >= 8)
    assert ("threads" in found.layers[LANDLOCK]["detail"]) == (abi < 8)


# -- the network

SOCKETS = {
    "tcp": "socket 2:1:0",
    "tcp of ipv6": "socket 10:1:6",
    "udp": "socket 2:2:0",
    "local": "socket 1:1:0",
    "raw": "socket 2:3:1",
    "ping": "socket 2:2:1",
    "multipath tcp": "socket 2:1:262",
    "netlink": "socket 16:3:0",
    "packet": "socket 17:3:768",
    "alg": "socket 38:5:0",
    "vsock": "socket 40:1:0",
}
HOSTS = {"NET_ALLOW_HOSTS": "127.0.0.1:1"}


@pytest.mark.parametrize(
    ("grants", "granted"),
    [
        (NOTHING, ()),
        ({"NET": "1", "NET_ALLOW_UDP": "1"}, ()),
        ({**TCP, "NET": "0", **HOSTS}, ()),
        ({**TCP, **HOSTS}, ("tcp", "tcp of ipv6")),
        ({"NET": "1", "NET_ALLOW_UDP": "1", **HOSTS}, ("udp",)),
        ({"NET": "1", "NET_ALLOW_DNS": "1", **HOSTS}, ("tcp", "tcp of ipv6", "udp")),
        ({"DB": "1", "DB_PG": "1", "DB_NET_ALLOW_PORTS": "5432"}, ("tcp", "tcp of ipv6")),
    ],
)
def test_sockets(confined: Confined, grants: confinement.Grants, granted: tuple[str, ...]) -> None:
    need(confined, "seccomp")
    answers = confined.answers(*SOCKETS.values(), grants=grants)
    allowed = {name for name, one in zip(SOCKETS, answers, strict=True) if one != "EPERM"}
    assert allowed == set(granted)


def test_sockets_without_the_filter(confined: Confined) -> None:
    answers = confined.answers(*SOCKETS.values(), without="seccomp,capabilities")
    allowed = {name for name, one in zip(SOCKETS, answers, strict=True) if one == OK}
    assert {"tcp", "udp", "local", "netlink"} <= allowed


@pytest.fixture
def port() -> Iterator[int]:
    """Somebody listens there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def _hosts(*hosts: str) -> confinement.Grants:
    return {**TCP, "NET_ALLOW_HOSTS": ";".join(hosts)}


def test_connections_go_to_the_ports_of_the_policy(confined: Confined, port: int) -> None:
    need(confined, LANDLOCK, least_abi=4)
    word = f"connect {port}"
    assert confined.answers(word, grants=_hosts(f"example.org:1,{port}")) == (OK,)
    assert confined.answers(word, grants=_hosts("example.org:1,2")) == ("EACCES",)
    others = _hosts("example.org:1,2")
    assert confined.answers(word, grants=others, without=LANDLOCK) == (OK,)


def test_a_connection_on_the_way_is_none(confined: Confined, port: int) -> None:
    need(confined, "seccomp")
    word = f"fast_open {port}"
    assert confined.answers(word, grants=_hosts("example.org:1")) == ("EPERM",)
    off = "seccomp,landlock"
    assert confined.answers(word, grants=_hosts("example.org:1"), without=off) != ("EPERM",)


def test_who_has_no_address_of_its_own_does_not_listen(confined: Confined) -> None:
    need(confined, "seccomp")
    for name in ("example.org:80", "cafe:80", "4.face:80", "127.1:80", "no-port"):
        assert confined.answers("listen x", grants=_hosts(name)) == ("EPERM",)
    for address in ("127.0.0.1:80", "a.b:80;fd00::/8:80", "[::]:80", "10.0.0.1-10.0.0.2:80"):
        assert confined.answers("listen x", grants=_hosts(address)) == (OK,)
    assert confined.answers("listen x", grants=_hosts("a.b:80"), without="seccomp") == (OK,)


def test_ports_to_bind(confined: Confined) -> None:
    need(confined, LANDLOCK, least_abi=4)
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    word = f"bind {free}"
    assert confined.answers(word, grants=_hosts(f"127.0.0.1:{free}")) == (OK,)
    assert confined.answers(word, grants=_hosts(f"example.org:{free}")) == ("EACCES",)
    assert confined.answers(word, grants=_hosts("127.0.0.1:1")) == ("EACCES",)
    assert confined.answers(word, grants=_hosts("127.0.0.1:1"), without=LANDLOCK) == (OK,)


# -- processes

TRUE = shutil.which("true") or "/bin/true"
FALSE = shutil.which("false") or "/bin/false"
PROCESSES = ("fork 0", f"exec {FALSE}", f"exec_descriptor {FALSE}", "fork 10000000")


def test_without_processes_nobody_leaves_the_group(confined: Confined) -> None:
    """setpgid and setsid; the leader of a group has no new session, but the same group."""
    need(confined, "seccomp")
    words = ("call 109 0 0", "call 112")
    assert confined.answers(*words) == ("EPERM", "EPERM")
    assert confined.answers(words[0], without="seccomp") == (OK,)
    assert confined.answers(words[1], without="seccomp") == (OK,)


def test_a_process_that_was_started_stays_in_its_group(confined: Confined) -> None:
    need(confined, "seccomp")
    words = ("child 112", "child 109 0 0")
    assert confined.answers(*words, grants=SPAWN) == ("EPERM", "EPERM")
    for without in ("group", "seccomp"):
        assert confined.answers(*words, grants=SPAWN, without=without) == (OK, OK)


@pytest.mark.parametrize("off", ["PROC", "PROC_ALLOW_SPAWN", "PROC_ALLOW_EXEC"])
def test_without_processes_none_starts(confined: Confined, off: str) -> None:
    need(confined, "seccomp")
    grants = {**SPAWN, "PROC_ALLOW_EXECS": FALSE, off: "0"}
    assert confined.answers(*PROCESSES, grants=grants) == ("EPERM",) * 4
    assert confined.answers("fork 0", grants=grants, without="seccomp") == (OK,)
    ended = confined.attempt(f"exec {FALSE}", grants=grants, without="seccomp,landlock")
    assert (ended.status, ended.answers) == (1, ())


def test_programs_of_the_policy_start_and_no_others(confined: Confined) -> None:
    need(confined, LANDLOCK)
    grants = {**SPAWN, "PROC_ALLOW_EXECS": TRUE}
    words = (f"spawn {TRUE}", f"spawn {FALSE}", f"exec_descriptor {FALSE}", "fork 10000000")
    expected = (OK, "EACCES", "EACCES", "EPERM")
    assert confined.answers(*words, grants=grants) == expected
    assert confined.answers(words[1], grants=grants, without=LANDLOCK) == ("EPERM",)  # status 1


def test_a_prefix_stands_for_its_folder(confined: Confined, tmp_path: Path) -> None:
    need(confined, LANDLOCK)
    for folder in ("deps/x07", "deps/x07-evil"):
        (tmp_path / folder).mkdir(parents=True)
        shutil.copy(TRUE, tmp_path / folder / "tool")
    words = ("spawn deps/x07/tool", "spawn deps/x07-evil/tool")
    grants = {**SPAWN, "PROC_ALLOW_EXEC_PREFIXES": "deps/x07/"}
    assert confined.answers(*words, grants=grants) == (OK, "EACCES")
    assert confined.answers(*words, grants=grants, without=LANDLOCK) == (OK, OK)


def test_an_interpreter_is_a_program_too(confined: Confined, tmp_path: Path) -> None:
    need(confined, LANDLOCK)
    (tmp_path / "script").write_text("#!/bin/sh\nexit 0\n")
    (tmp_path / "script").chmod(0o755)
    script = {**SPAWN, "PROC_ALLOW_EXECS": "script"}
    both = {**SPAWN, "PROC_ALLOW_EXECS": "script;/bin/sh"}
    assert confined.answers("spawn script", grants=script) == ("EACCES",)
    assert confined.answers("spawn script", grants=both) == (OK,)
    assert confined.answers("spawn script", grants=script, without=LANDLOCK) == (OK,)


def test_threads(confined: Confined) -> None:
    need(confined, "seccomp")
    assert confined.answers("threads 1") == (OK,)
    assert confined.answers("threads 1", grants={"THREADS": "0"}) != (OK,)
    assert confined.answers("threads 1", grants={"THREADS": "0"}, without="seccomp") == (OK,)


def test_signals_stay_within(confined: Confined) -> None:
    need(confined, "seccomp")
    word = f"signal {os.getpid()}"
    assert confined.answers(word, "signal 0") == ("EPERM", "EPERM")
    assert confined.answers(word, "signal 0", without="seccomp,landlock,capabilities") == (OK, OK)


def test_signals_of_a_program_with_processes_stay_within(confined: Confined) -> None:
    need(confined, LANDLOCK, least_abi=6)
    word = f"signal {os.getpid()}"
    assert confined.answers(word, grants=SPAWN) == ("EPERM",)
    assert confined.answers(word, grants=SPAWN, without="landlock,capabilities") == (OK,)
