"""Ways out to hosts that a policy does not grant: nothing arrives anywhere, and who takes the guard
out sees it arrive."""

import contextlib
import random
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from tests.unit.runtime import network as net
from tests.unit.runtime.c_program import CProgram, decoded
from tests.unit.runtime.name_server import NameServer, answering, environment
from tests.unit.runtime.network import DEFAULTS, DENIED, FIRST, SHORT, address, error, named, word
from tests.unit.runtime.policies import sandbox

HOST: Final = "127.0.0.1"
WITHOUT: Final = "X07_TEST_WITHOUT_GUARD"


@dataclass
class Arrivals:
    """Who came to a port, by TCP and by UDP."""

    port: int
    count: int = 0
    came: threading.Event = field(default_factory=threading.Event)

    def note(self) -> None:
        self.count += 1
        self.came.set()


@pytest.fixture
def arrivals() -> Iterator[Arrivals]:
    """All addresses of this machine, on one port that nobody is granted."""
    with contextlib.ExitStack() as stack:
        tcp = stack.enter_context(socket.create_server(("", 0)))
        port = tcp.getsockname()[1]
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("", port))
        noted = Arrivals(port)
        for wait in (lambda: tcp.accept()[0].close(), lambda: udp.recv(100)):
            threading.Thread(target=_note, args=(noted, wait), daemon=True).start()
        yield noted
        tcp.shutdown(socket.SHUT_RDWR)
        udp.sendto(b"stop", (HOST, port))


def _note(noted: Arrivals, wait: Callable[[], bytes | None]) -> None:
    with contextlib.suppress(OSError):
        while wait() != b"stop":
            noted.note()


@dataclass
class Sandbox:
    program: CProgram
    folder: Path

    def env(self, hosts: list[str], **fields: object) -> dict[str, str]:
        usual = dict.fromkeys(("NET", "NET_ALLOW_TCP", "NET_ALLOW_UDP", "NET_ALLOW_DNS"), True)
        asked = {"X07_TEST_HOSTS": "/dev/null", "X07_TEST_DNS_PORT": "1"}
        told = {"X07_OS_DENIALS": "stderr"}
        return sandbox(**{**usual, "NET_ALLOW_HOSTS": hosts, **fields}) | asked | told

    def run(self, env: dict[str, str], *requests: tuple[int | bytes, ...]) -> tuple[list[Any], str]:
        """The answers, and the denials as they are told."""
        ran = self.program.run(*requests, env=env)
        assert ran.status == 0, ran.stderr
        return list(decoded(ran.stdout))[:-1], ran.stderr


@pytest.fixture
def sandboxed(c_program: Callable[[str], CProgram], tmp_path: Path) -> Sandbox:
    return Sandbox(c_program("sockets"), tmp_path)


def connect(where: bytes) -> tuple[int | bytes, ...]:
    return (net.CONNECT, where, SHORT)


# -- hosts and ports

SPELLINGS: Final = {
    "another address": lambda port: address("127.0.0.2", port),
    "decimal": lambda port: named("2130706433", port),
    "octal": lambda port: named("0177.0.0.1", port),
    "hexadecimal": lambda port: named("0x7f.1", port),
    "IPv4-mapped": lambda port: address("::ffff:127.0.0.1", port),
    "IPv4-mapped text": lambda port: named("[::ffff:7f00:1]", port),
    "IPv4-mapped in dots": lambda port: named("::FFFF:127.0.0.1", port),
    "unspecified": lambda port: address("0.0.0.0", port),
    "a name of this machine": lambda port: named("LocalHost", port),
    "a name with a trailing dot": lambda port: named("localhost.", port),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_connection_to_what_is_not_granted(
    sandboxed: Sandbox, arrivals: Arrivals, spelling: str
) -> None:
    """The port is granted for another host, and the host for another port."""
    env = sandboxed.env([f"192.0.2.1:{arrivals.port}", f"{HOST}:1", "localhost:1"])
    where = SPELLINGS[spelling](arrivals.port)
    [document], said = sandboxed.run(env, connect(where))
    assert error(document) == DENIED
    assert "x07: denied: std.net.tcp.connect_v1 of `" in said
    assert f'"ports":[{arrivals.port}]}} to net.allow_hosts' in said
    assert arrivals.count == 0
    [document], _ = sandboxed.run({**env, WITHOUT: "net-hosts"}, connect(where))
    assert word(document) == FIRST
    assert arrivals.came.wait(5)


@pytest.mark.parametrize("spelling", ["decimal", "octal", "hexadecimal", "IPv4-mapped",
                                      "IPv4-mapped text", "IPv4-mapped in dots"])  # fmt: skip
def test_what_is_granted_is_in_every_spelling(
    sandboxed: Sandbox, arrivals: Arrivals, spelling: str
) -> None:
    env = sandboxed.env([f"{HOST}:{arrivals.port}"])
    [document], _ = sandboxed.run(env, connect(SPELLINGS[spelling](arrivals.port)))
    assert word(document) == FIRST


@pytest.mark.parametrize(
    "where", [named("user@127.0.0.1", 80), named("127.0.0.1", 0), named("127.0.0.1", 65536)]
)
def test_no_host_at_all(sandboxed: Sandbox, where: bytes) -> None:
    [document], said = sandboxed.run(sandboxed.env(["127.0.0.1:80"]), connect(where))
    assert error(document) == DENIED
    assert "denied: std.net.tcp.connect_v1 of `" in said


@pytest.mark.parametrize("field", ["NET", "NET_ALLOW_TCP"])
def test_switches(sandboxed: Sandbox, arrivals: Arrivals, field: str) -> None:
    env = sandboxed.env([f"{HOST}:{arrivals.port}"], **{field: False})
    [document], said = sandboxed.run(env, connect(address(HOST, arrivals.port)))
    assert error(document) == DENIED
    assert " to true\n" in said
    assert arrivals.count == 0


def test_no_bytes_are_an_address_by_chance(sandboxed: Sandbox) -> None:
    """Whatever is said to be an address, or capabilities: the sanitizers watch."""
    chance = random.Random(11)
    likely = [struct.pack("<I", number) for number in (0, 1, 2, 3, 4, 16, 80, 65535, 0xFFFFFFFF)]

    def some() -> bytes:
        words = b"".join(chance.choices(likely, k=chance.randrange(9)))
        return words + chance.randbytes(chance.randrange(20))

    def whole() -> bytes:
        tag, port = chance.choice(((1, 4), (2, 16))), chance.choice((0, 80, 65536))
        return struct.pack("<III", 1, tag[0], port) + chance.randbytes(tag[1])

    heads = [net.CONNECT, net.LISTEN, net.BIND]
    asks = [(chance.choice(heads), chance.choice((some, whole))(), some()) for _ in range(3000)]
    answers, _ = sandboxed.run(sandboxed.env([]), *asks)
    assert {error(each) for each in answers} == {DENIED, net.INVALID}


# -- names


def test_no_look_up_of_what_is_not_granted(sandboxed: Sandbox) -> None:
    """The question itself would tell something to whoever answers it."""
    server = NameServer({"secret.test": ["192.0.2.1"]})
    env = sandboxed.env(["granted.test:80"])
    asks = [(net.LOOK_UP, b"secret.test", 80, SHORT), connect(named("secret.test", 80)),
            (net.LOOK_UP, b"granted.test", 81, SHORT)]  # fmt: skip
    with answering(server):
        env |= environment(server, sandboxed.folder)
        answers, _ = sandboxed.run(env, *asks)
        assert [error(each) for each in answers] == [DENIED] * 3
        assert server.asked == []
        sandboxed.run({**env, WITHOUT: "net-hosts"}, asks[0])
    assert server.asked != []


def test_no_look_up_without_the_switch(sandboxed: Sandbox) -> None:
    server = NameServer({"granted.test": [HOST]})
    env = sandboxed.env(["granted.test:80"], NET_ALLOW_DNS=False)
    with answering(server):
        env |= environment(server, sandboxed.folder)
        answers, said = sandboxed.run(env, connect(named("granted.test", 80)))
    assert error(answers[0]) == DENIED
    assert "set net.allow_dns to true" in said
    assert server.asked == []


def test_an_address_that_nobody_is_granted_by_name(sandboxed: Sandbox, arrivals: Arrivals) -> None:
    """0.0.0.0 reaches this machine; that a name says so is no grant."""
    server = NameServer({"granted.test": ["0.0.0.0"]})
    env = sandboxed.env([f"granted.test:{arrivals.port}"])
    ask = connect(named("granted.test", arrivals.port))
    with answering(server):
        env |= environment(server, sandboxed.folder)
        [document], said = sandboxed.run(env, ask)
        assert error(document) == DENIED
        assert "the name resolves to 0.0.0.0, which no name grants" in said
        assert arrivals.count == 0
        for guard in ("net-resolved", "net-special"):
            [document], _ = sandboxed.run({**env, WITHOUT: guard}, ask)
            assert word(document) == FIRST


def test_one_of_two_addresses(sandboxed: Sandbox, arrivals: Arrivals) -> None:
    """The one that is not granted is left out, wherever it stands."""
    server = NameServer({"granted.test": ["169.254.169.254", HOST]})
    env = sandboxed.env([f"granted.test:{arrivals.port}"])
    with answering(server):
        env |= environment(server, sandboxed.folder)
        answers, said = sandboxed.run(
            env,
            connect(named("granted.test", arrivals.port)),
            (net.LOOK_UP, b"granted.test", arrivals.port, SHORT),
        )
        assert word(answers[0]) == FIRST
        assert net.found(answers[1]) == [(HOST, arrivals.port)]
        assert "the name resolves to 169.254.169.254" in said
        open_up = {**env, WITHOUT: "net-resolved"}
        answers, _ = sandboxed.run(open_up, (net.LOOK_UP, b"granted.test", arrivals.port, SHORT))
    assert ("169.254.169.254", arrivals.port) in net.found(answers[0])


def test_a_name_whose_address_changes(sandboxed: Sandbox, arrivals: Arrivals) -> None:
    """What was decided on is what is connected to: it is looked up once for each connection, and
    what it says the next time is decided on again."""

    def moving(times: int) -> list[str]:
        return [HOST] if times == 1 else ["0.0.0.0"]

    server = NameServer({"moves.test": moving})
    env = sandboxed.env([f"moves.test:{arrivals.port}"])
    ask = connect(named("moves.test", arrivals.port))
    with answering(server):
        env |= environment(server, sandboxed.folder)
        answers, _ = sandboxed.run(env, ask, ask)
    assert word(answers[0]) == FIRST
    assert error(answers[1]) == DENIED
    assert len(server.asked) == 4
    assert arrivals.came.wait(5)
    assert arrivals.count == 1


def test_an_address_that_was_looked_up_is_no_grant(sandboxed: Sandbox) -> None:
    """A name grants its addresses for the connection that it was named for."""
    server = NameServer({"granted.test": [HOST]})
    env = sandboxed.env(["granted.test:9"])
    with answering(server):
        env |= environment(server, sandboxed.folder)
        answers, _ = sandboxed.run(
            env, (net.LOOK_UP, b"granted.test", 9, SHORT), connect(address(HOST, 9))
        )
    assert net.found(answers[0]) == [(HOST, 9)]
    assert error(answers[1]) == DENIED


# -- listening


@pytest.mark.parametrize("operation", [net.LISTEN, net.BIND])
def test_no_listener_where_none_is_granted(sandboxed: Sandbox, operation: int) -> None:
    port = net.spare_port()
    env = sandboxed.env([f"{HOST}:{port - 1},{port}", f"192.0.2.1:{port + 1}"])
    asks = [
        (operation, address(HOST, port + 1), DEFAULTS),
        (operation, address("0.0.0.0", port), DEFAULTS),
        (operation, address("::", port), DEFAULTS),
        (operation, address(HOST, 0), DEFAULTS),
    ]
    answers, said = sandboxed.run(env, *asks)
    assert [error(each) for each in answers] == [DENIED] * 4
    assert said.count("x07: denied: ") == 4
    answers, _ = sandboxed.run({**env, WITHOUT: "net-hosts"}, asks[1])
    assert net.opened(answers[0]) == (FIRST, ("0.0.0.0", port))
    answers, _ = sandboxed.run(env, (operation, address(HOST, port), DEFAULTS))
    assert net.opened(answers[0]) == (FIRST, (HOST, port))


@pytest.mark.parametrize("operation", [net.LISTEN, net.BIND])
def test_no_listener_by_name(sandboxed: Sandbox, operation: int) -> None:
    port = net.spare_port()
    env = sandboxed.env([f"localhost:{port}"])
    ask = (operation, named("localhost", port), DEFAULTS)
    answers, said = sandboxed.run(env, ask)
    assert error(answers[0]) == DENIED
    assert "programs listen on addresses" in said
    answers, _ = sandboxed.run({**env, WITHOUT: "net-server"}, ask)
    assert error(answers[0]) == DENIED, "the address that it has is asked for again"
    answers, _ = sandboxed.run({**env, WITHOUT: "net-server,net-bound"}, ask)
    assert net.opened(answers[0])[0] == FIRST


# -- messages


def test_no_message_to_what_is_not_granted(sandboxed: Sandbox, arrivals: Arrivals) -> None:
    own = net.spare_port()
    env = sandboxed.env([f"{HOST}:{own}"])
    bind = (net.BIND, address(HOST, own), DEFAULTS)
    send = (net.SEND, FIRST, address(HOST, arrivals.port), b"x", DEFAULTS)
    answers, said = sandboxed.run(env, bind, send)
    assert error(answers[1]) == DENIED
    assert "denied: std.net.udp.sendto_v1 of `" in said
    assert arrivals.count == 0
    answers, _ = sandboxed.run({**env, WITHOUT: "net-hosts"}, bind, send)
    assert word(answers[1]) == 1
    assert arrivals.came.wait(5)


def test_no_messages_without_the_switch(sandboxed: Sandbox, arrivals: Arrivals) -> None:
    env = sandboxed.env([f"{HOST}:{arrivals.port}"], NET_ALLOW_UDP=False)
    answers, said = sandboxed.run(env, (net.BIND, address(HOST, arrivals.port), DEFAULTS))
    assert error(answers[0]) == DENIED
    assert "set net.allow_udp to true" in said
