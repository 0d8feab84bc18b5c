"""What tests of sockets say to `programs/sockets.c`, and the servers that it talks with."""

import contextlib
import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from tests.unit.runtime.c_program import Word

(
    LOOK_UP, CONNECT, LISTEN, ACCEPT, READ, WRITE, WAIT, SHUTDOWN, CLOSE, DROP, BIND, SEND, RECEIVE,
    READER, MESSAGE_READER, OPEN_MANY, SLEEP, REPORT,
) = range(18)  # fmt: skip
STREAM, LISTENER, DATAGRAMS = 1, 2, 3
READABLE, WRITABLE, HANGUP = 1, 2, 4
DENIED, INVALID, TIMEOUT, TOO_LARGE, DNS, FAILED, TLS, INTERNAL = range(1, 9)

FIRST: Final = 1 << 12
"""The handle of the first socket; the next ones count on."""

DEFAULTS: Final = b""
Address = IPv4Address | IPv6Address


def caps(
    connect_ms: int = 0, io_ms: int = 0, max_read_bytes: int = 0, max_write_bytes: int = 0
) -> bytes:
    return struct.pack("<6I", 1, connect_ms, io_ms, max_read_bytes, max_write_bytes, 0)


SHORT: Final = caps(connect_ms=200, io_ms=200)


# -- addresses


def spare_port() -> int:
    """A port that is free for TCP and UDP, and that the system gives to nobody by itself."""
    while True:
        port = random.randrange(12_000, 32_000)
        with (
            contextlib.suppress(OSError),
            socket.socket() as streams,
            socket.socket(type=socket.SOCK_DGRAM) as messages,
        ):
            streams.bind(("127.0.0.1", port))
            messages.bind(("127.0.0.1", port))
            return port


def address(host: str, port: int) -> bytes:
    """NetAddrV1: an address where the text is one, else a name."""
    try:
        found = ip_address(host)
    except ValueError:
        return named(host, port)
    return struct.pack("<III", 1, 1 if found.version == 4 else 2, port) + found.packed


def named(host: str, port: int) -> bytes:
    return struct.pack("<IIII", 1, 3, port, len(host)) + host.encode()


def read_address(data: bytes) -> tuple[str, int]:
    version, tag, port = struct.unpack_from("<III", data)
    assert version == 1
    assert len(data) == 12 + {1: 4, 2: 16}[tag]
    return str(ip_address(data[12:])), port


# -- documents


def error(document: Word) -> int:
    """The code of an error document."""
    assert isinstance(document, bytes)
    ok, code, zero = struct.unpack("<BII", document)
    assert (ok, zero) == (0, 0)
    return int(code)


def behind_prefix(document: Word) -> bytes:
    assert isinstance(document, bytes)
    assert document[:4] == b"\1\1\0\0", f"code {document[1]}"
    return document[4:]


def word(document: Word) -> int:
    (number,) = struct.unpack("<I", behind_prefix(document))
    return int(number)


def payload(document: Word) -> bytes:
    data, rest = taken(behind_prefix(document))
    assert rest == b""
    return data


def taken(data: bytes) -> tuple[bytes, bytes]:
    """Bytes behind their length, and what is behind them."""
    (size,) = struct.unpack_from("<I", data)
    return data[4 : 4 + size], data[4 + size :]


def opened(document: Word) -> tuple[int, tuple[str, int]]:
    """A handle and an address."""
    data = behind_prefix(document)
    where, rest = taken(data[4:])
    assert rest == b""
    return struct.unpack_from("<I", data)[0], read_address(where)


def message(document: Word) -> tuple[tuple[str, int], bytes]:
    where, rest = taken(behind_prefix(document))
    data, rest = taken(rest)
    assert rest == b""
    return read_address(where), data


def found(document: Word) -> list[tuple[str, int]]:
    data = behind_prefix(document)
    (count,), data = struct.unpack_from("<I", data), data[4:]
    addresses = []
    for _ in range(count):
        one, data = taken(data)
        addresses.append(read_address(one))
    assert data == b""
    return addresses


# -- servers

Talk = Callable[[socket.socket], None]


@contextlib.contextmanager
def serving(talk: Talk, host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """The port of a server that talks with each client in a thread of its own, and hangs up."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listener:
        thread = threading.Thread(target=_accept, args=(listener, talk), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, talk: Talk) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_talk, args=(client, talk), daemon=True).start()


def _talk(client: socket.socket, talk: Talk) -> None:
    with client, contextlib.suppress(OSError):
        talk(client)


def echo(client: socket.socket) -> None:
    while data := client.recv(65536):
        client.sendall(data)


def silence(client: socket.socket) -> None:
    client.recv(1)


def drip(client: socket.socket) -> None:
    for byte in b"slow":
        time.sleep(0.05)
        client.sendall(bytes([byte]))


def half_close(client: socket.socket) -> None:
    """Says all that it has to say, and goes on listening."""
    client.sendall(b"done")
    client.shutdown(socket.SHUT_WR)
    echoed = client.recv(65536)
    assert echoed == b"heard"
    client.recv(1)


def reset(client: socket.socket) -> None:
    client.recv(1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def endless(client: socket.socket) -> None:
    while True:
        client.sendall(b"x" * 65536)
