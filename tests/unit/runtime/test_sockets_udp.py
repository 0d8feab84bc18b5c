"""Messages of UDP."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.unit.runtime import network as net
from tests.unit.runtime.c_program import CProgram
from tests.unit.runtime.network import DEFAULTS, FIRST, SHORT, address, error, message, word

HOST = "127.0.0.1"
ANY = (net.BIND, address(HOST, 0), DEFAULTS)


@pytest.fixture
def program(c_program: Callable[[str], CProgram]) -> CProgram:
    return c_program("sockets")


@contextlib.contextmanager
def echoing() -> Iterator[int]:
    """The port of a server that sends each message back, twice."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((HOST, 0))
        threading.Thread(target=_echo, args=(server,), daemon=True).start()
        yield server.getsockname()[1]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"stop", server.getsockname())


def _echo(server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            data, client = server.recvfrom(65536)
            if data == b"stop":
                return
            server.sendto(data, client)
            server.sendto(data, client)


def receive(max_bytes: int = 0, caps: bytes = DEFAULTS) -> tuple[int | bytes, ...]:
    return (net.RECEIVE, FIRST, max_bytes, caps)


@pytest.mark.parametrize("host", [HOST, "localhost"])
def test_messages(program: CProgram, host: str) -> None:
    with echoing() as port:
        send = (net.SEND, FIRST, address(host, port), b"hello", DEFAULTS)
        answers = program.answers(ANY, send, receive(), receive(), receive(0, SHORT))
    handle, (bound, _) = net.opened(answers[0])
    assert (handle, bound) == (FIRST, HOST)
    assert word(answers[1]) == 5
    assert [message(each) for each in answers[2:4]] == [((HOST, port), b"hello")] * 2
    assert error(answers[4]) == net.TIMEOUT


def test_an_empty_message(program: CProgram) -> None:
    with echoing() as port:
        send = (net.SEND, FIRST, address(HOST, port), b"", DEFAULTS)
        answers = program.answers(ANY, send, receive())
    assert message(answers[2]) == ((HOST, port), b"")


def test_a_message_that_is_too_long(program: CProgram) -> None:
    with echoing() as port:
        send = (net.SEND, FIRST, address(HOST, port), b"12345", DEFAULTS)
        limited = net.caps(max_read_bytes=4, max_write_bytes=4)
        too_long = (net.SEND, FIRST, address(HOST, port), b"12345", limited)
        huge = (net.SEND, FIRST, address(HOST, port), b"x" * 65536, DEFAULTS)
        answers = program.answers(ANY, send, receive(4), receive(0, limited), too_long, huge)
    assert [error(each) for each in answers[2:]] == [net.TOO_LARGE] * 4


def test_an_address_of_the_other_kind(program: CProgram) -> None:
    send = (net.SEND, FIRST, address("::1", 9), b"x", DEFAULTS)
    assert error(program.answers(ANY, send)[1]) == net.INVALID


def test_handles(program: CProgram) -> None:
    answers = program.answers(
        ANY,
        (net.CLOSE, FIRST, net.STREAM),
        (net.READ, FIRST, 1, DEFAULTS),
        (net.CLOSE, FIRST, net.DATAGRAMS),
        (net.CLOSE, FIRST, net.DATAGRAMS),
        (net.DROP, FIRST, net.DATAGRAMS),
        receive(),
        (net.SEND, FIRST, address(HOST, 9), b"x", DEFAULTS),
    )
    assert answers[1] == 0
    assert error(answers[2]) == net.INVALID
    assert answers[3:6] == [1, 0, 1]
    assert [error(each) for each in answers[6:]] == [net.INVALID, net.INVALID]


def test_a_reader_of_documents(program: CProgram) -> None:
    """Two messages, then the error that ends it, in pieces of 16 bytes."""
    with echoing() as port:
        send = (net.SEND, FIRST, address(HOST, port), b"hello", DEFAULTS)
        answers = program.answers(ANY, send, (net.MESSAGE_READER, FIRST, SHORT, 16, 8))
    said = b"".join(bytes(each) for each in answers[2:] if isinstance(each, bytes))
    size = (len(said) - 9) // 2
    assert message(said[:size]) == message(said[size : 2 * size]) == ((HOST, port), b"hello")
    assert error(said[2 * size :]) == net.TIMEOUT
    assert answers[-1] == b""
