"""Streams of TCP and listeners: results, limits, deadlines, and servers that misbehave."""

import contextlib
import resource
import socket
import struct
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.unit.runtime import network as net
from tests.unit.runtime.c_program import CProgram
from tests.unit.runtime.network import DEFAULTS, FIRST, SHORT, address, error, payload, word

HOST = "127.0.0.1"
PLACES = 4096


@pytest.fixture
def program(c_program: Callable[[str], CProgram]) -> CProgram:
    return c_program("sockets")


def connect(port: int, host: str = HOST) -> tuple[int | bytes, ...]:
    return (net.CONNECT, address(host, port), DEFAULTS)


def read(max_bytes: int = 0, caps: bytes = DEFAULTS) -> tuple[int | bytes, ...]:
    return (net.READ, FIRST, max_bytes, caps)


def write(data: bytes, caps: bytes = DEFAULTS) -> tuple[int | bytes, ...]:
    return (net.WRITE, FIRST, data, caps)


# -- what works


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_an_echo(program: CProgram, host: str) -> None:
    bound = "127.0.0.1" if host == "localhost" else host
    with net.serving(net.echo, bound) as port:
        answers = program.answers(
            connect(port, host),
            write(b"hello"),
            (net.WAIT, FIRST, net.READABLE, 5000),
            read(),
            (net.CLOSE, FIRST, net.STREAM),
        )
    assert word(answers[0]) == FIRST
    assert word(answers[1]) == 5
    assert word(answers[2]) & net.READABLE
    assert payload(answers[3]) == b"hello"
    assert answers[4] == 1


def test_a_name_without_an_address_of_the_right_kind(program: CProgram) -> None:
    """`localhost` has two; the one that answers is the second."""
    with net.serving(net.echo, "::1") as port:
        [document] = program.answers(
            connect(port, "localhost"), env={"X07_TEST_HOSTS": "/dev/null"}
        )
    assert word(document) == FIRST


def test_reading_takes_what_is_there(program: CProgram) -> None:
    with net.serving(net.echo) as port:
        answers = program.answers(
            connect(port),
            write(b"abcdef"),
            (net.SLEEP, 100),
            read(4),
            read(0, net.caps(max_read_bytes=1)),
            read(4),
        )
    assert [payload(each) for each in answers[3:]] == [b"abcd", b"e", b"f"]


def test_a_server(program: CProgram) -> None:
    port = net.spare_port()
    heard: list[bytes] = []
    thread = threading.Thread(target=lambda: heard.append(_said_to(port)))
    thread.start()
    answers = program.answers(
        (net.LISTEN, address(HOST, port), DEFAULTS),
        (net.ACCEPT, FIRST, net.caps(io_ms=5000)),
        (net.READ, FIRST + 1, 0, DEFAULTS),
        (net.WRITE, FIRST + 1, b"pong", DEFAULTS),
        (net.CLOSE, FIRST, net.LISTENER),
        (net.ACCEPT, FIRST, DEFAULTS),
    )
    thread.join()
    assert net.opened(answers[0]) == (FIRST, (HOST, port))
    handle, (peer, _) = net.opened(answers[1])
    assert (handle, peer) == (FIRST + 1, HOST)
    assert payload(answers[2]) == b"ping"
    assert word(answers[3]) == 4
    assert heard == [b"pong"]
    assert answers[4] == 1
    assert error(answers[5]) == net.INVALID


def _said_to(port: int) -> bytes:
    for _ in range(500):
        with contextlib.suppress(ConnectionRefusedError):
            return _asked_of(port)
        threading.Event().wait(0.01)
    return b"nobody listened"


def _asked_of(port: int) -> bytes:
    with socket.create_connection((HOST, port)) as client:
        client.sendall(b"ping")
        return client.recv(100)


def test_port_0_is_any_port(program: CProgram) -> None:
    [document] = program.answers((net.LISTEN, address(HOST, 0), DEFAULTS))
    _, (host, port) = net.opened(document)
    assert host == HOST
    assert port > 0


def test_an_address_of_ipv6_is_not_one_of_ipv4(program: CProgram) -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        [document] = program.answers((net.LISTEN, address("::", port), DEFAULTS))
    assert net.opened(document) == (FIRST, ("::", port))


# -- servers that misbehave


def test_a_slow_server(program: CProgram) -> None:
    with net.serving(net.drip) as port:
        answers = program.answers(connect(port), *[read(1)] * 5)
    assert [payload(each) for each in answers[1:]] == [b"s", b"l", b"o", b"w", b""]


def test_a_half_closing_server(program: CProgram) -> None:
    with net.serving(net.half_close) as port:
        answers = program.answers(connect(port), read(), read(), write(b"heard"))
    assert payload(answers[1]) == b"done"
    assert payload(answers[2]) == b""
    assert word(answers[3]) == 5


def test_a_resetting_server(program: CProgram) -> None:
    with net.serving(net.reset) as port:
        answers = program.answers(connect(port), write(b"x"), read(), write(b"y"), write(b"z"))
    assert error(answers[2]) == net.FAILED
    assert error(answers[4]) == net.FAILED


def test_an_endless_server(program: CProgram) -> None:
    with net.serving(net.endless) as port:
        answers = program.answers(connect(port), read(100), *[read(1 << 26)] * 20)
    assert payload(answers[1]) == b"x" * 100
    assert all(1 <= len(payload(each)) <= 1 << 16 for each in answers[2:])


def test_a_server_that_takes_nothing(program: CProgram) -> None:
    """What it took is told, and then that it takes no more."""
    much = b"x" * (8 << 20)
    roomy = net.caps(io_ms=100, max_write_bytes=len(much))
    with _never_reads() as port:
        answers = program.answers(connect(port), *[write(much, roomy)] * 8)
    assert 0 < word(answers[1]) < len(much)
    assert error(answers[-1]) == net.TIMEOUT


@contextlib.contextmanager
def _never_reads() -> Iterator[int]:
    with socket.create_server((HOST, 0)) as listener:
        yield listener.getsockname()[1]


# -- deadlines


def test_a_silent_server(program: CProgram) -> None:
    with net.serving(net.silence) as port:
        answers = program.answers(
            connect(port), read(0, SHORT), (net.WAIT, FIRST, net.READABLE, 100)
        )
    assert [error(each) for each in answers[1:]] == [net.TIMEOUT, net.TIMEOUT]


def test_nobody_comes(program: CProgram) -> None:
    answers = program.answers((net.LISTEN, address(HOST, 0), DEFAULTS), (net.ACCEPT, FIRST, SHORT))
    assert error(answers[1]) == net.TIMEOUT


def test_a_server_that_does_not_answer(program: CProgram) -> None:
    with _full() as port:
        [document] = program.answers((net.CONNECT, address(HOST, port), SHORT))
    assert error(document) == net.TIMEOUT


@contextlib.contextmanager
def _full() -> Iterator[int]:
    """A listener whose queue has room for nobody."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((HOST, 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


# -- errors


def test_nobody_listens(program: CProgram) -> None:
    with socket.socket() as spare:
        spare.bind((HOST, 0))
        [document] = program.answers(connect(spare.getsockname()[1]))
    assert error(document) == net.FAILED


def test_an_address_that_is_taken(program: CProgram) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        [document] = program.answers((net.LISTEN, address(HOST, port), DEFAULTS))
    assert error(document) == net.FAILED


@pytest.mark.parametrize(
    "where",
    [
        b"",
        b"\1\0\0\0",
        struct.pack("<III", 2, 1, 80) + bytes(4),
        struct.pack("<III", 1, 4, 80) + bytes(4),
        struct.pack("<III", 1, 1, 80) + bytes(3),
        struct.pack("<III", 1, 2, 80) + bytes(4),
        struct.pack("<III", 1, 1, 65536) + bytes(4),
        struct.pack("<IIII", 1, 3, 80, 9) + b"short",
        struct.pack("<IIII", 1, 3, 80, 0xFFFFFFFF) + b"a",
        net.named("", 80),
        net.named("a b", 80),
        net.named("a\0b", 80),
        net.named("user@host", 80),
        net.named("localhost", 0),
        net.named("localhost", 65536),
        net.named("256.1.1.1", 80),
    ],
)
def test_no_address(program: CProgram, where: bytes) -> None:
    [document] = program.answers((net.CONNECT, where, DEFAULTS))
    assert error(document) == net.INVALID


@pytest.mark.parametrize(
    "limits",
    [
        net.caps(connect_ms=600_001),
        net.caps(io_ms=600_001),
        net.caps(max_read_bytes=(1 << 26) + 1),
        net.caps(max_write_bytes=(1 << 26) + 1),
        struct.pack("<6I", 2, 0, 0, 0, 0, 0),
    ],
)
def test_no_capabilities(program: CProgram, limits: bytes) -> None:
    answers = program.answers(
        (net.CONNECT, address(HOST, 1), limits), (net.LISTEN, address(HOST, 0), limits)
    )
    assert [error(each) for each in answers] == [net.INVALID, net.INVALID]


def test_more_than_may_be_written(program: CProgram) -> None:
    with net.serving(net.echo) as port:
        answers = program.answers(connect(port), write(b"12345", net.caps(max_write_bytes=4)))
    assert error(answers[1]) == net.TOO_LARGE


def test_events_that_are_none(program: CProgram) -> None:
    with net.serving(net.echo) as port:
        answers = program.answers(
            connect(port),
            (net.WAIT, FIRST, 0, 1),
            (net.WAIT, FIRST, 8, 1),
            (net.WAIT, FIRST, 1, 600_001),
        )
    assert [error(each) for each in answers[1:]] == [net.INVALID] * 3


# -- handles


def test_handles(program: CProgram) -> None:
    with net.serving(net.echo) as port:
        answers = program.answers(
            connect(port),
            (net.CLOSE, FIRST, net.LISTENER),
            (net.DROP, FIRST, net.LISTENER),
            (net.SHUTDOWN, FIRST, 3),
            (net.SHUTDOWN, FIRST, 1),
            (net.CLOSE, FIRST, net.STREAM),
            (net.CLOSE, FIRST, net.STREAM),
            (net.DROP, FIRST, net.STREAM),
            (net.SHUTDOWN, FIRST, 1),
            (net.CLOSE, 0, net.STREAM),
            (net.DROP, 0, net.STREAM),
            (net.DROP, FIRST + 1, net.STREAM),
            read(),
            write(b"x"),
        )
    assert answers[1:12] == [0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0]
    assert [error(each) for each in answers[12:]] == [net.INVALID, net.INVALID]


def test_a_closed_handle_names_nothing_that_comes_later(program: CProgram) -> None:
    """There are places for 4096, and they are taken again once all of them were."""
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < PLACES + 100:
        pytest.skip("the system gives no process so many descriptors")
    many = (net.OPEN_MANY, address(HOST, 0), PLACES + 4)
    close = (net.CLOSE, FIRST, net.DATAGRAMS)
    again = (net.CLOSE, 2 * FIRST, net.DATAGRAMS)
    drop = (net.DROP, FIRST, net.DATAGRAMS)
    assert program.answers(many, close, many, close, drop, again) == [PLACES, 1, 1, 0, 1, 1]


def test_shutting_down_ends_what_the_other_side_reads(program: CProgram) -> None:
    with net.serving(net.echo) as port:
        answers = program.answers(connect(port), write(b"all"), (net.SHUTDOWN, FIRST, 1), read(),
                                  read(), (net.WAIT, FIRST, net.HANGUP, 5000))  # fmt: skip
    assert payload(answers[3]) == b"all"
    assert payload(answers[4]) == b""
    assert word(answers[5]) & net.HANGUP


# -- readers


def test_a_stream_as_a_reader(program: CProgram) -> None:
    with net.serving(net.drip) as port:
        answers = program.answers(connect(port), (net.READER, FIRST, DEFAULTS, 1, 5))
    assert answers[1:] == [b"s", b"l", b"o", b"w", b""]


def test_a_reader_that_waits_too_long(program: CProgram) -> None:
    with net.serving(net.silence) as port:
        trap = program.trap(connect(port), (net.READER, FIRST, SHORT, 1, 1))
    assert trap == "io.read failed ptr=/solve"
