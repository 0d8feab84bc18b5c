"""Look-ups: the file of hosts, name servers, and answers of all kinds."""

import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.runtime import network as net
from tests.unit.runtime.c_program import CProgram
from tests.unit.runtime.name_server import (
    AAAA,
    REFUSES,
    A,
    NameServer,
    answering,
    environment,
)
from tests.unit.runtime.network import DEFAULTS, DNS, TIMEOUT, error, found

NAMES = {
    "one.test": ["192.0.2.1"],
    "both.test": ["2001:db8::1", "192.0.2.1", "192.0.2.2"],
    "alias.test": ["=middle.test"],
    "middle.test": ["=both.test"],
    "loop.test": ["=loop.test"],
    "none.test": [],
    "many.test": [f"192.0.2.{number}" for number in range(100)],
    "mapped.test": ["192.0.2.1", "::ffff:192.0.2.1"],
}


@pytest.fixture
def program(c_program: Callable[[str], CProgram]) -> CProgram:
    return c_program("sockets")


def look_up(name: str, port: int = 80, caps: bytes = DEFAULTS) -> tuple[int | bytes, ...]:
    return (net.LOOK_UP, name.encode(), port, caps)


def asked(
    program: CProgram, server: NameServer, folder: Path, name: str, caps: bytes = DEFAULTS
) -> bytes:
    with answering(server):
        [document] = program.answers(
            look_up(name, 80, caps), env=environment(server, folder, HOSTS)
        )
    assert isinstance(document, bytes)
    return document


HOSTS = """
# a comment
192.0.2.77   Hosts.test  hosts-alias.test # and more
2001:db8::77 hosts.test
bad          broken.test
192.0.2.78   last.test"""


@pytest.mark.parametrize(
    ("name", "addresses"),
    [
        ("one.test", ["192.0.2.1"]),
        ("ONE.test.", ["192.0.2.1"]),
        ("both.test", ["192.0.2.1", "192.0.2.2", "2001:db8::1"]),
        ("alias.test", ["192.0.2.1", "192.0.2.2", "2001:db8::1"]),
        ("mapped.test", ["192.0.2.1"]),
        ("many.test", [f"192.0.2.{number}" for number in range(64)]),
        ("hosts.test", ["192.0.2.77", "2001:db8::77"]),
        ("hosts-alias.test", ["192.0.2.77"]),
        ("last.test", ["192.0.2.78"]),
        ("localhost", ["127.0.0.1", "::1"]),
        ("a.localhost", ["127.0.0.1", "::1"]),
        ("192.0.2.9", ["192.0.2.9"]),
        ("0xC0000209", ["192.0.2.9"]),
        ("2001:DB8::9", ["2001:db8::9"]),
    ],
)
def test_addresses(program: CProgram, tmp_path: Path, name: str, addresses: list[str]) -> None:
    document = asked(program, NameServer(NAMES), tmp_path, name)
    assert found(document) == [(each, 80) for each in addresses]


@pytest.mark.parametrize("name", ["none.test", "unknown.test", "loop.test", "broken.test", "one"])
def test_no_addresses(program: CProgram, tmp_path: Path, name: str) -> None:
    assert error(asked(program, NameServer(NAMES), tmp_path, name)) == DNS


def test_a_name_is_asked_for_as_it_stands(program: CProgram, tmp_path: Path) -> None:
    server = NameServer({"one.example.org": ["192.0.2.1"]})
    assert error(asked(program, server, tmp_path, "one")) == DNS
    assert sorted(set(server.asked)) == [("one", A), ("one", AAAA)]


@pytest.mark.parametrize("name", ["hosts.test", "localhost", "127.1", "::1"])
def test_nobody_is_asked_for_what_is_known(program: CProgram, tmp_path: Path, name: str) -> None:
    server = NameServer(NAMES)
    asked(program, server, tmp_path, name)
    assert server.asked == []


def test_an_answer_that_is_cut_is_had_by_tcp(program: CProgram, tmp_path: Path) -> None:
    server = NameServer(NAMES)
    assert len(found(asked(program, server, tmp_path, "many.test"))) == 64
    assert server.by_tcp == 1


def test_one_kind_of_address_is_enough(program: CProgram, tmp_path: Path) -> None:
    """Some servers leave questions about IPv6 without an answer."""

    def no_six(message: bytes) -> bytes | None:
        return None if b"\0" + struct.pack(">H", AAAA) in message[12:] else message

    document = asked(program, NameServer(NAMES, no_six), tmp_path, "both.test")
    assert found(document) == [("192.0.2.1", 80), ("192.0.2.2", 80)]


def test_the_next_server_is_asked(program: CProgram, tmp_path: Path) -> None:
    """Nobody answers at the first."""
    server = NameServer(NAMES)
    with answering(server):
        env = environment(server, tmp_path)
        servers = "nameserver 127.0.0.3\nnameserver 127.0.0.1\n"
        (tmp_path / "resolv.conf").write_text(servers)
        [document] = program.answers(look_up("one.test"), env=env)
    assert found(document) == [("192.0.2.1", 80)]


# -- answers that are none


def _other_id(message: bytes) -> bytes:
    return bytes([message[0] ^ 1]) + message[1:]


def _other_question(message: bytes) -> bytes:
    return message.replace(b"\3one", b"\3two")


def _a_question(message: bytes) -> bytes:
    return message[:2] + b"\1\0" + message[4:]


def _nothing(message: bytes) -> None:
    assert message


@pytest.mark.parametrize("spoil", [_other_id, _other_question, _a_question, _nothing])
def test_it_is_waited_for_the_answer(
    program: CProgram, tmp_path: Path, spoil: Callable[[bytes], bytes | None]
) -> None:
    server = NameServer(NAMES, spoil)
    assert error(asked(program, server, tmp_path, "one.test", net.SHORT)) == TIMEOUT


def test_a_server_that_refuses(program: CProgram, tmp_path: Path) -> None:
    def refused(message: bytes) -> bytes:
        return message[:2] + struct.pack(">H", 0x8180 | REFUSES) + message[4:]

    assert error(asked(program, NameServer(NAMES, refused), tmp_path, "one.test")) == DNS


def test_no_server_at_all(program: CProgram, tmp_path: Path) -> None:
    server = NameServer(NAMES)
    with answering(server):
        pass
    [document] = program.answers(look_up("one.test"), env=environment(server, tmp_path))
    assert error(document) == DNS


def test_records_of_others_are_no_answer(program: CProgram, tmp_path: Path) -> None:
    """An address that comes along for another name is not taken for that of this one."""

    def smuggle(message: bytes) -> bytes:
        extra = b"\5other\4test\0" + struct.pack(">HHIH", A, 1, 60, 4) + bytes([192, 0, 2, 66])
        return message[:6] + struct.pack(">H", message[7] + 1) + message[8:] + extra

    document = asked(program, NameServer(NAMES, smuggle), tmp_path, "one.test")
    assert found(document) == [("192.0.2.1", 80)]


def test_broken_answers_do_no_harm(program: CProgram, tmp_path: Path) -> None:
    """Any byte may be another one, and any answer may be cut; the sanitizers watch."""
    chance = random.Random(7)

    def broken(message: bytes) -> bytes:
        data = bytearray(message)
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(12, len(data))] = chance.choice((0, 1, 63, 64, 192, 255))
        return bytes(data[: chance.randrange(12, len(data) + 1)])

    server = NameServer(NAMES, broken)
    quick = net.caps(connect_ms=20)
    with answering(server):
        requests = [look_up(name, 80, quick) for name in list(NAMES) * 12]
        answers = program.answers(*requests, env=environment(server, tmp_path))
    assert len(answers) == len(requests)


def test_a_pointer_that_leads_to_itself(program: CProgram, tmp_path: Path) -> None:
    def knot(message: bytes) -> bytes:
        owner = struct.pack(">H", 0xC000 | len(message))
        return (
            message[:7] + b"\2" + message[8:] + owner + struct.pack(">HHIH", A, 1, 60, 4) + b"ABCD"
        )

    document = asked(program, NameServer({"one.test": []}, knot), tmp_path, "one.test")
    assert error(document) == DNS


# -- names that are none


@pytest.mark.parametrize(
    "name", ["", "a b", "a..b", ".", "a" * 64, "x." * 130 + "test", "1.2.3.4.5"]
)
def test_no_name(program: CProgram, tmp_path: Path, name: str) -> None:
    server = NameServer(NAMES)
    assert error(asked(program, server, tmp_path, name)) in {net.INVALID, DNS}
    assert server.asked == []
