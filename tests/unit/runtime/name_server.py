"""A name server for tests: what it answers is a table, and what it was asked is kept."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from tests.unit.runtime.network import spare_port

A, CNAME, AAAA = 1, 5, 28
TRUNCATED, NO_SUCH_NAME, REFUSES = 0x0200, 3, 5

UDP_BYTES: Final = 512
STOP: Final = b"stop"

Answer = list[str] | Callable[[int], list[str]]
"""Addresses, or `=NAME` for another name; a function of how often it was asked gives others."""


@dataclass
class NameServer:
    """`spoil` changes a whole answer by UDP; None: there is none."""

    names: Mapping[str, Answer]
    spoil: Callable[[bytes], bytes | None] = lambda message: message
    asked: list[tuple[str, int]] = field(default_factory=list)
    by_tcp: int = 0
    port: int = 0

    def answer(self, query: bytes) -> bytes:
        name, end = _name(query, 12)
        (kind,) = struct.unpack_from(">H", query, end)
        self.asked.append((name, kind))
        items = self.names.get(name.lower())
        if callable(items):
            items = items(sum(one == (name, kind) for one in self.asked))
        records = [] if items is None else list(self._records(name, items, kind))
        code = NO_SUCH_NAME if items is None else 0
        head = struct.pack(">HHHHH", 0x8180 | code, 1, len(records), 0, 0)
        return query[:2] + head + query[12 : end + 4] + b"".join(records)

    def _records(self, name: str, items: list[str], kind: int) -> Iterator[bytes]:
        for item in items:
            if item.startswith("="):
                target = item[1:]
                yield _record(name, CNAME, _labels(target))
                more = self.names.get(target, [])
                if not callable(more) and target != name:
                    yield from self._records(target, more, kind)
                continue
            address = ip_address(item)
            if kind == (A if address.version == 4 else AAAA):
                yield _record(name, kind, address.packed)


def _record(name: str, kind: int, data: bytes) -> bytes:
    return _labels(name) + struct.pack(">HHIH", kind, 1, 60, len(data)) + data


def _labels(name: str) -> bytes:
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def _name(message: bytes, at: int) -> tuple[str, int]:
    parts = []
    while size := message[at]:
        parts.append(message[at + 1 : at + 1 + size].decode())
        at += 1 + size
    return ".".join(parts), at + 1


@contextlib.contextmanager
def answering(server: NameServer, port: int = 0) -> Iterator[NameServer]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
        udp.bind(("127.0.0.1", port or spare_port()))
        server.port = udp.getsockname()[1]
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tcp.bind(("127.0.0.1", server.port))
        tcp.listen()
        threading.Thread(target=_by_udp, args=(server, udp), daemon=True).start()
        threading.Thread(target=_by_tcp, args=(server, tcp), daemon=True).start()
        yield server
        udp.sendto(STOP, udp.getsockname())


def _by_udp(server: NameServer, udp: socket.socket) -> None:
    while True:
        try:
            query, client = udp.recvfrom(UDP_BYTES)
            if query == STOP:
                return
            spoiled = server.spoil(_fitted(server.answer(query)))
            if spoiled is not None:
                udp.sendto(spoiled, client)
        except OSError:
            return


def _fitted(answer: bytes) -> bytes:
    """What UDP carries of it."""
    if len(answer) <= UDP_BYTES:
        return answer
    return answer[:2] + struct.pack(">H", 0x8180 | TRUNCATED) + answer[4:UDP_BYTES]


def _by_tcp(server: NameServer, tcp: socket.socket) -> None:
    while True:
        try:
            client, _ = tcp.accept()
        except OSError:
            return
        with client, contextlib.suppress(OSError):
            server.by_tcp += 1
            (size,) = struct.unpack(">H", client.recv(2))
            answer = server.answer(client.recv(size))
            client.sendall(struct.pack(">H", len(answer)))
            client.sendall(answer)


RESOLV_CONF: Final = "# ours\nsearch example.org\nnameserver 127.0.0.1\noptions ndots:5\n"


def environment(server: NameServer, folder: Path, hosts: str = "") -> dict[str, str]:
    """For a program that asks this server, and knows these hosts."""
    (folder / "hosts").write_text(hosts)
    (folder / "resolv.conf").write_text(RESOLV_CONF)
    return {
        "X07_TEST_HOSTS": str(folder / "hosts"),
        "X07_TEST_RESOLV_CONF": str(folder / "resolv.conf"),
        "X07_TEST_DNS_PORT": str(server.port),
    }
