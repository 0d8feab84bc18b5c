"""Targets on the network as text: every spelling of a host is one host, or none."""

import ipaddress
import random
import socket
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import pytest

from tests.unit.runtime.c_program import CProgram, Programs, Word
from x07bundle.contract import hosts

READ, HOST, URL, ADDRESS, RANGE = range(5)
NO_HOST, HAS_USER, NO_PORT, NO_SCHEME = range(1, 5)
MANY = 4000


@pytest.fixture
def program(c_program: Programs) -> CProgram:
    return c_program("net")


def read(program: CProgram, *requests: Sequence[Word]) -> list[str | int]:
    """The targets as they count, or the numbers of their problems."""
    words = iter(program.answers(*requests, env={}))
    return [problem or _target(words) for problem in words if isinstance(problem, int)]


def _target(words: Iterator[Word]) -> str:
    text, _version = _text(next(words)), next(words)
    return text


def _text(word: Word) -> str:
    assert isinstance(word, bytes)
    return word.decode()


def compare(program: CProgram, operation: int, wanted: Mapping[str, str | int]) -> None:
    found = read(program, *((operation, text.encode()) for text in wanted))
    assert dict(zip(wanted, found, strict=True)) == wanted


# -- host:port


SPELLINGS: Final[dict[str, str | int]] = {
    "example.com:443": "example.com:443",
    "EXAMPLE.Com:443": "example.com:443",
    "example.com.:443": "example.com:443",
    "xn--bcher-kva.example:1": "xn--bcher-kva.example:1",
    "_srv.a-b:65535": "_srv.a-b:65535",
    "cafe:80": "cafe:80",
    "1e3:80": "1e3:80",
    "1.example:080": "1.example:80",
    "127.0.0.1:80": "127.0.0.1:80",
    "127.0.0.1.:80": "127.0.0.1:80",
    "2130706433:80": "127.0.0.1:80",
    "127.1:80": "127.0.0.1:80",
    "127.0.1:80": "127.0.0.1:80",
    "0177.0.0.01:80": "127.0.0.1:80",
    "0x7F.0.0.0x1:80": "127.0.0.1:80",
    "0X7F000001:80": "127.0.0.1:80",
    "017700000001:80": "127.0.0.1:80",
    "010.0.0.1:80": "8.0.0.1:80",
    "0:80": "0.0.0.0:80",
    "[::1]:80": "[::1]:80",
    "[0:0:0:0:0:0:0:1]:80": "[::1]:80",
    "[FE80::A]:80": "[fe80::a]:80",
    "[2001:0db8:0:0:1:0:0:1]:80": "[2001:db8::1:0:0:1]:80",
    "[::ffff:127.0.0.1]:80": "127.0.0.1:80",
    "[::FFFF:7f00:1]:80": "127.0.0.1:80",
    "[0:0:0:0:0:ffff:127.0.0.1]:80": "127.0.0.1:80",
    "[::127.0.0.1]:80": "[::7f00:1]:80",
    "[::]:80": "[::]:80",
}


def test_spellings(program: CProgram) -> None:
    compare(program, READ, SPELLINGS)


NONE: Final[dict[str, str | int]] = {
    "": NO_HOST,
    ":80": NO_HOST,
    ".:80": NO_HOST,
    "a..b:80": NO_HOST,
    ".a:80": NO_HOST,
    "a..:80": NO_HOST,
    "*.example.com:80": NO_HOST,
    "a b:80": NO_HOST,
    "a\0b:80": NO_HOST,
    "bücher.example:80": NO_HOST,
    "\uff11\uff12\uff17.0.0.1:80": NO_HOST,
    "127\u30020.0.1:80": NO_HOST,
    "%31.example:80": NO_HOST,
    "a/b:80": NO_HOST,
    "10.0.0.0/8:80": NO_HOST,
    "256.0.0.1:80": NO_HOST,
    "4294967296:80": NO_HOST,
    "127.0.0.0x:80": NO_HOST,
    "127.0.0.08:80": NO_HOST,
    "1.2.3.4.5:80": NO_HOST,
    "1..2:80": NO_HOST,
    "example.1:80": NO_HOST,
    "::1:80": NO_HOST,
    "[::1:80": NO_HOST,
    "[::1]80": NO_HOST,
    "[::1].:80": NO_HOST,
    "[::1.]:80": NO_HOST,
    "[fe80::1%eth0]:80": NO_HOST,
    "[127.0.0.1]:80": NO_HOST,
    "[localhost]:80": NO_HOST,
    "[]:80": NO_HOST,
    "[:::]:80": NO_HOST,
    "[1:2:3:4:5:6:7]:80": NO_HOST,
    "[1:2:3:4:5:6:7:8:9]:80": NO_HOST,
    "[::1::]:80": NO_HOST,
    "[::12345]:80": NO_HOST,
    "[::256.0.0.1]:80": NO_HOST,
    "a" * 64 + ":80": NO_HOST,
    "a." * 128 + ":80": NO_HOST,
    "user@example.com:80": HAS_USER,
    "example.com:80@evil.example:80": HAS_USER,
    "@example.com:80": HAS_USER,
    "example.com": NO_PORT,
    "example.com:": NO_PORT,
    "example.com:0": NO_PORT,
    "example.com:00000": NO_PORT,
    "example.com:65536": NO_PORT,
    "example.com:000080": NO_PORT,
    "example.com:4294967376": NO_PORT,
    "example.com:+80": NO_PORT,
    "example.com:80:80": NO_PORT,
    "example.com:8o": NO_PORT,
}


def test_what_is_none(program: CProgram) -> None:
    compare(program, READ, NONE)


# -- hosts and ports of their own, addresses in bytes


@pytest.mark.parametrize(
    ("host", "port", "target"),
    [
        ("Example.com.", 1, "example.com:1"),
        ("::1", 1, "[::1]:1"),
        ("[::1]", 1, "[::1]:1"),
        ("0x7f.1", 1, "127.0.0.1:1"),
        ("a:80", 1, NO_HOST),
        ("a@b", 1, NO_HOST),
        ("a", 0, NO_PORT),
        ("a", 65_536, NO_PORT),
        ("a", 0xFFFFFFFF, NO_PORT),
    ],
)
def test_hosts(program: CProgram, host: str, port: int, target: str | int) -> None:
    assert read(program, (HOST, host.encode(), port)) == [target]


@pytest.mark.parametrize("port", [0, 1, 0xFFFFFFFF])
def test_addresses_in_bytes(program: CProgram, port: int) -> None:
    """Port 0 and ports that are none are kept, for the policy to refuse."""
    known = ("10.0.0.1", "fd00::1", "::ffff:10.0.0.1", "1111:2222:3333:4444:5555:6666:7777:8888")
    packed = [ipaddress.ip_address(address).packed for address in known]
    assert read(program, *((ADDRESS, address, port) for address in packed)) == [
        f"10.0.0.1:{port}",
        f"[fd00::1]:{port}",
        f"10.0.0.1:{port}",
        f"[1111:2222:3333:4444:5555:6666:7777:8888]:{port}",
    ]


# -- URLs


URLS: Final[dict[str, str | int]] = {
    "http://example.com": "example.com:80",
    "HTTPS://Example.COM/path": "example.com:443",
    "https://example.com:8443?x=@": "example.com:8443",
    "http://example.com#@other": "example.com:80",
    "http://[::1]:8080/": "[::1]:8080",
    "http://2130706433/": "127.0.0.1:80",
    "http://granted.example:80@evil.example/": HAS_USER,
    "http://evil.example\\@granted.example/": NO_HOST,
    "http://granted.example\\.evil.example/": NO_HOST,
    "http://exa\tmple.com/": NO_HOST,
    "http://example.com\r\nHost: x/": NO_HOST,
    "http://example.com/a b": NO_HOST,
    "http://ex%61mple.com/": NO_HOST,
    "http://bücher.example/": NO_HOST,
    "http:///path": NO_HOST,
    "http://example.com:/": NO_PORT,
    "http://example.com:0/": NO_PORT,
    "http:example.com": NO_SCHEME,
    "file:///etc/passwd": NO_SCHEME,
    "ftp://example.com/": NO_SCHEME,
    "gopher://example.com/": NO_SCHEME,
    " http://example.com/": NO_SCHEME,
    "example.com": NO_SCHEME,
    "": NO_SCHEME,
}


def test_urls(program: CProgram) -> None:
    compare(program, URL, URLS)


# -- against others who read such texts


def texts(seed: int, pieces: Sequence[str], most: int) -> list[str]:
    choose = random.Random(seed)
    return ["".join(choose.choices(pieces, k=choose.randint(1, most))) for _ in range(MANY)]


def test_numbers_as_inet_aton_reads_them(program: CProgram) -> None:
    pieces = ("0", "1", "7", "8", "255", "256", "65535", "4294967295", "0x", "f", "F", ".", ".")
    known = [text for text in texts(1, pieces, 8) if hosts.NUMBER.fullmatch(_last_label(text))]
    found = read(program, *((HOST, text.encode(), 80) for text in known))
    assert found == [_by_inet_aton(text) for text in known]
    assert MANY // 20 < sum(one != NO_HOST for one in found) < len(known) - MANY // 20


def _last_label(text: str) -> str:
    return text.lower().removesuffix(".").rpartition(".")[2]


def _by_inet_aton(text: str) -> str | int:
    try:
        packed = socket.inet_aton(text.removesuffix("."))
    except OSError:
        return NO_HOST
    return f"{socket.inet_ntoa(packed)}:80"


def test_addresses_of_ipv6_as_python_reads_them(program: CProgram) -> None:
    pieces = (
        "0",
        "0",
        "1",
        "ffff",
        "a0b",
        "12345",
        "g",
        ":",
        ":",
        ":",
        "::",
        "1.2.3.4",
        "01.2.3.4",
    )
    known = [text for text in texts(2, pieces, 14) if ":" in text]
    known += [_grouped(seed) for seed in range(MANY)]
    found = read(program, *((HOST, text.encode(), 80) for text in known))
    assert found == [_by_python(text) for text in known]
    assert MANY // 20 < sum(one != NO_HOST for one in found) < len(known) - MANY // 20


def _grouped(seed: int) -> str:
    choose = random.Random(seed)
    groups = [choose.choice(("0", "0", "0", "ffff", "1")) for _ in range(choose.randint(7, 8))]
    return ":".join(groups[:5]) + choose.choice((":", "::")) + ":".join(groups[5:])


def _by_python(text: str) -> str | int:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return NO_HOST
    mapped = address.ipv4_mapped
    return f"{mapped}:80" if mapped else f"[{address.compressed}]:80"


def test_entries_as_the_loader_reads_them(program: CProgram) -> None:
    """What the loader takes, the runtime reads alike; what it refuses grants nothing there."""
    numbers = ("10", "0", "255", "8", "33", "0x", "1.2.3.4", "10.0.0.0", "/12", "::1", "ffff")
    signs = (".", ".", "/", "-", ":", "::", "[", "]", "_", " ", "*", "é")
    pieces = (*numbers, *signs, "a", "b", "A", "::ffff:1.2.3.4")
    known = [text for text in texts(3, pieces, 6) if len(text) < 200]
    found = ranges(program, known)
    assert found == [_by_loader(text) for text in known]
    assert MANY // 20 < sum(one is not None for one in found) < len(known) - MANY // 20


Hosts = hosts.Interval | str | None


def ranges(program: CProgram, known: Sequence[str]) -> list[Hosts]:
    words = iter(program.answers(*((RANGE, text.encode()) for text in known), env={}))
    return [_range(words) if is_read else None for is_read in words]


def _range(words: Iterator[Word]) -> Hosts:
    version, name, first, last = (next(words) for _ in range(4))
    if version == 0:
        return _text(name)
    assert isinstance(version, int)
    assert isinstance(first, bytes)
    assert isinstance(last, bytes)
    return hosts.Interval(version, int.from_bytes(first), int.from_bytes(last))


def _by_loader(text: str) -> Hosts:
    if hosts.problem(text) is not None:
        return None
    return hosts.interval(text) or hosts.key(text)
