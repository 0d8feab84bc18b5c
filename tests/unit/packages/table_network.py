"""Calls of ext-net's functions that ask no system: documents are made and read."""

from collections.abc import Iterable, Iterator

from tests.unit.runtime import network as net
from tests.unit.std.calls import Argument, Call, Value
from tests.unit.std.models import u32

V4 = net.address("192.0.2.1", 80)
V6 = net.address("2001:db8::1", 443)
NAME = net.named("a.test", 8080)
PREFIX = b"\1\1\0\0"
FAILED = b"\0" + u32(6) + u32(0)
CODES = {
    "policy_denied": 1,
    "invalid_req": 2,
    "timeout": 3,
    "too_large": 4,
    "dns": 5,
    "connect": 6,
    "tls": 7,
    "internal": 8,
}


def _text(data: bytes) -> bytes:
    return u32(len(data)) + data


def _caps(*numbers: int) -> bytes:
    return b"".join(map(u32, (1, *numbers, 0)))


DEFAULTS = _caps(30000, 30000, 1048576, 1048576)


def expect(function: str, cases: Iterable[tuple[tuple[Argument, ...], Value]]) -> Iterator[Call]:
    """A call for each pair of arguments and what it must return."""
    return (Call(function, args, value) for args, value in cases)


def address_calls() -> Iterator[Call]:
    codec = "std.net.codec"
    yield from expect(f"{codec}.addr_ipv4_v1", [((192, 0, 2, 1, 80), V4)])
    six = V6[12:]
    yield from expect(f"{codec}.addr_ipv6_v1", [((six, 443), V6)])
    yield from expect(f"{codec}.addr_dns_v1", [((b"a.test", 8080), NAME)])
    for tag, name in ((1, "ipv4"), (2, "ipv6"), (3, "dns")):
        yield from expect(f"{codec}.addr_tag_{name}_v1", [((), tag)])
    parts: dict[str, tuple[Value, ...]] = {
        "addr_tag_v1": (1, 2, 3, 0),
        "addr_port_v1": (80, 443, 8080, 0),
        "addr_ipv4_bytes_v1": (bytes([192, 0, 2, 1]), b"", b"", b""),
        "addr_ipv6_bytes_v1": (b"", six, b"", b""),
        "addr_dns_name_v1": (b"", b"", b"a.test", b""),
    }
    for name, expected in parts.items():
        cases = zip((V4, V6, NAME, b""), expected, strict=True)
        yield from expect(f"{codec}.{name}", [((where,), value) for where, value in cases])
    yield from expect(f"{codec}.addr_ipv4_bytes_v1", [((V4[:-1],), b""), ((V4 + b"x",), b"")])
    yield from expect(f"{codec}.addr_dns_name_v1", [((NAME[:-1],), b"")])


def caps_calls() -> Iterator[Call]:
    codec, caps = "std.net.codec", _caps(1, 2, 3, 4)
    yield from expect(f"{codec}.caps_v1", [((1, 2, 3, 4), caps)])
    yield from expect(f"{codec}.caps_default_v1", [((), DEFAULTS)])
    yield from expect(f"{codec}.caps_poll_from_v1", [((caps,), _caps(1, 1, 3, 4))])
    fields = ("connect_timeout_ms", "io_timeout_ms", "max_read_bytes", "max_write_bytes")
    for number, name in enumerate(fields):
        yield from expect(f"{codec}.caps_{name}_v1", [((caps,), number + 1), ((b"",), 0)])
    yield from expect(f"{codec}.u32_at", [((caps, 4), 1), ((caps, 21), 0), ((b"", 0), 0)])
    strings = [((b"x" + _text(b"ab"), 1), b"ab"), ((u32(3) + b"ab", 0), b""), ((b"abc", 0), b"")]
    yield from expect(f"{codec}.str_at", [*strings, ((u32(0xFFFFFFFF), 0), b"")])


def error_calls() -> Iterator[Call]:
    err = "std.net.err"
    for name, code in CODES.items():
        yield from expect(f"{err}.code_{name}_v1", [((), code)])
        yield from expect(f"{err}.make_doc_v1", [((code,), b"\0" + u32(code) + u32(0))])
    failed = [((FAILED,), 1), ((PREFIX + u32(1),), 0), ((b"",), 1)]
    yield from expect(f"{err}.is_err_doc_v1", failed)
    codes = [((FAILED,), 6), ((PREFIX + u32(1),), 0), ((b"",), 8), ((b"\0\1",), 8)]
    yield from expect(f"{err}.err_code_v1", codes)


def reading_calls() -> Iterator[Call]:
    """Readers of documents, each with an error document, too."""
    one, opened = PREFIX + u32(9), PREFIX + u32(9) + _text(V4)
    words = {
        "tcp.connect_stream_handle_v1": one,
        "tcp.listen_listener_handle_v1": opened,
        "tcp.accept_stream_handle_v1": opened,
        "tcp.stream_write_bytes_written_v1": one,
        "tcp.stream_wait_events_v1": one,
        "tls.connect_stream_handle_v1": one,
        "udp.bind_sock_handle_v1": opened,
        "udp.send_bytes_sent_v1": one,
    }
    for name, document in words.items():
        yield from expect(f"std.net.{name}", [((document,), 9), ((FAILED,), 0), ((b"",), 0)])
    message = PREFIX + _text(V4) + _text(b"hello")
    texts = {
        "tcp.listen_bound_addr_v1": (opened, V4),
        "tcp.accept_peer_addr_v1": (opened, V4),
        "tcp.stream_read_payload_v1": (PREFIX + _text(b"some"), b"some"),
        "udp.bind_bound_addr_v1": (opened, V4),
        "udp.recv_from_addr_v1": (message, V4),
        "udp.recv_payload_v1": (message, b"hello"),
    }
    for name, (document, expected) in texts.items():
        cases = [((document,), expected), ((FAILED,), b""), ((document[:-1],), b"")]
        yield from expect(f"std.net.{name}", cases if "from" not in name else cases[:2])


def look_up_calls() -> Iterator[Call]:
    found = PREFIX + u32(2) + _text(V4) + _text(V6)
    yield from expect("std.net.dns.count_v1", [((found,), 2), ((FAILED,), 0), ((b"",), 0)])
    addresses = [((found, 0), V4), ((found, 1), V6), ((found, 2), b""), ((FAILED, 0), b"")]
    yield from expect("std.net.dns.addr_at_v1", addresses)


def tls_calls() -> Iterator[Call]:
    config = u32(1) + u32(1) + _text(b"a.test") + u32(0)
    yield from expect("std.net.tls.client_cfg_v1", [((1, b"a.test"), config)])
    verifies = [((config,), 1), ((u32(1) + u32(0) + u32(0) + u32(0),), 0), ((b"",), 1)]
    yield from expect("std.net.tls.client_cfg_verify_peer_v1", verifies)
    yield from expect("std.net.tls.client_cfg_sni_v1", [((config,), b"a.test"), ((b"",), b"")])


def number_calls() -> Iterator[Call]:
    names = ("shutdown_read", "shutdown_write", "shutdown_both")
    waits = ("wait_readable", "wait_writable", "wait_hangup")
    for pairs in (zip(names, (0, 1, 2), strict=True), zip(waits, (1, 2, 4), strict=True)):
        for name, number in pairs:
            yield from expect(f"std.net.tcp.{name}_v1", [((), number)])
