"""A sanitized program that uses the sockets of ext-net as its input says."""

import json
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.bundling import module
from tests.program_build import Workshop
from x07bundle.lang.compiler import compile_entry
from x07bundle.lang.modules import SourceFile
from x07bundle.lang.options import Options
from x07bundle.packages import HERE as PACKAGES
from x07bundle.project.sources import ProjectModules

NET: Final = PACKAGES / "ext-net" / "0.1.11"
SOCKETS: Final = PACKAGES / "ext-sockets-c" / "0.1.6"
ROOTS: Final = (NET / "modules", SOCKETS / "modules")
LIMIT_SECONDS: Final = 60
IMPORTS: Final = (
    *("std.io", "std.net.codec", "std.net.dns", "std.net.err", "std.net.io"),
    *("std.net.tcp", "std.net.tls", "std.net.udp"),
)

Expression = Any
"""x07AST, as JSON."""


def _let(name: str, value: Expression) -> Expression:
    return ["let", name, value]


def _text(text: str) -> Expression:
    return ["bytes.view_lit", text]


def _all(*parts: Expression) -> Expression:
    whole = parts[0]
    for part in parts[1:]:
        whole = ["bytes.concat", whole, part]
    return whole


def _field(text: Expression) -> Expression:
    """Bytes behind their length."""
    return ["begin", _let("part", text),
            ["bytes.concat", ["codec.write_u32_le", ["bytes.len", "part"]], "part"]]  # fmt: skip


CAPS: Final = _let("caps", ["std.net.codec.caps_v1", 5000, 5000, 1 << 20, 1 << 20])
LOOPBACK: Final = ["std.net.codec.addr_ipv4_v1", 127, 0, 0, 1, 0]

STREAMS: Final = [
    "begin",
    CAPS,
    _let("any", LOOPBACK),
    _let("listening", ["std.net.tcp.listen_v1", "any", "caps"]),
    _let("listener", ["std.net.tcp.listen_listener_handle_v1", "listening"]),
    _let("bound", ["std.net.tcp.listen_bound_addr_v1", "listening"]),
    _let("connected", ["std.net.tcp.connect_v1", "bound", "caps"]),
    _let("client", ["std.net.tcp.connect_stream_handle_v1", "connected"]),
    _let("accepted", ["std.net.tcp.accept_v1", "listener", "caps"]),
    _let("server", ["std.net.tcp.accept_stream_handle_v1", "accepted"]),
    _let("peer", ["std.net.tcp.accept_peer_addr_v1", "accepted"]),
    _let("written", ["std.net.tcp.stream_write_v1", "client", _text("one"), "caps"]),
    _let("waited", ["std.net.tcp.stream_wait_v1", "server",
        ["+", ["std.net.tcp.wait_readable_v1"], ["std.net.tcp.wait_writable_v1"]], 5000]),
    _let("got", ["std.net.tcp.stream_read_v1", "server", 0, "caps"]),
    _let("more", ["std.net.io.write_all_v1", "server", _text("two three"), "caps"]),
    _let("ended", ["std.net.tcp.stream_shutdown_v1", "server", ["std.net.tcp.shutdown_write_v1"]]),
    _let("reader", ["std.net.tcp.stream_reader_v1", "client", "caps"]),
    _let("rest", ["std.io.read_all", "reader"]),
    _let("polled", ["std.net.tcp.accept_v1", "listener",
        ["std.net.codec.caps_poll_from_v1", "caps"]]),
    _let("closed", ["+",
        ["+", ["std.net.tcp.stream_close_v1", "client"], ["std.net.tcp.stream_drop_v1", "client"]],
        ["+", ["std.net.tcp.listener_close_v1", "listener"],
            ["std.net.tcp.listener_drop_v1", "listener"]]]),
    _all(
        _field("bound"),
        _field("peer"),
        ["codec.write_u32_le", ["std.net.tcp.stream_write_bytes_written_v1", "written"]],
        ["codec.write_u32_le", ["std.net.tcp.stream_wait_events_v1", "waited"]],
        _field(["std.net.tcp.stream_read_payload_v1", "got"]),
        ["codec.write_u32_le", ["std.net.tcp.stream_write_bytes_written_v1", "more"]],
        ["codec.write_u32_le", "ended"],
        _field("rest"),
        ["codec.write_u32_le", ["std.net.err.err_code_v1", "polled"]],
        ["codec.write_u32_le", "closed"],
    ),
]  # fmt: skip
"""A program that talks with itself."""

MESSAGES: Final = [
    "begin",
    CAPS,
    _let("any", LOOPBACK),
    _let("first", ["std.net.udp.bind_v1", "any", "caps"]),
    _let("second", ["std.net.udp.bind_v1", "any", "caps"]),
    _let("from", ["std.net.udp.bind_sock_handle_v1", "first"]),
    _let("to", ["std.net.udp.bind_sock_handle_v1", "second"]),
    _let("where", ["std.net.udp.bind_bound_addr_v1", "second"]),
    _let("sent", ["std.net.udp.sendto_v1", "from", "where", _text("hello"), "caps"]),
    _let("got", ["std.net.udp.recvfrom_v1", "to", 0, "caps"]),
    _let("again", ["std.net.udp.sendto_v1", "from", "where", _text("again"), "caps"]),
    _let("reader", ["std.net.udp.recv_doc_reader_v1", "to", "caps"]),
    _let("doc", ["io.read", "reader", 1024]),
    _let("sender", ["std.net.udp.recv_from_addr_v1", "got"]),
    _let("closed", ["+", ["std.net.udp.close_v1", "from"], ["std.net.udp.drop_v1", "from"]]),
    _all(
        ["codec.write_u32_le", ["std.net.udp.send_bytes_sent_v1", "sent"]],
        _field(["std.net.udp.recv_payload_v1", "got"]),
        _field(["std.net.udp.recv_payload_v1", "doc"]),
        ["codec.write_u32_le", ["view.eq", "sender",
            ["std.net.udp.bind_bound_addr_v1", "first"]]],
        ["codec.write_u32_le", "closed"],
    ),
]  # fmt: skip

REST: Final = ["view.slice", "input", 1, ["-", ["view.len", "input"], 1]]

LOOK_UP: Final = [
    "begin",
    CAPS,
    _let("doc", ["std.net.dns.lookup_v1", REST, 80, "caps"]),
    ["if", ["std.net.err.is_err_doc_v1", "doc"], ["return", "doc"], 0],
    _let("out", ["codec.write_u32_le", ["std.net.dns.count_v1", "doc"]]),
    ["for", "i", 0, ["+", ["std.net.dns.count_v1", "doc"], 1],
        ["set", "out", ["bytes.concat", "out",
            _field(["std.net.dns.addr_at_v1", "doc", "i"])]]],
    "out",
]  # fmt: skip


def over_tls(config: bytes, where: bytes, data: bytes, *, says_all: bool = True) -> bytes:
    """What OVER_TLS takes. `says_all`: the end is announced before anything is read."""
    fields = b"".join(struct.pack("<I", len(each)) + each for each in (config, where, data))
    return fields + struct.pack("<I", says_all)


OVER_TLS: Final = [
    "begin",
    CAPS,
    _let("rest", ["view.to_bytes", REST]),
    _let("config", ["std.net.codec.str_at", "rest", 0]),
    _let("at", ["+", 4, ["bytes.len", "config"]]),
    _let("where", ["std.net.codec.str_at", "rest", "at"]),
    _let("data", ["std.net.codec.str_at", "rest", ["+", ["+", "at", 4], ["bytes.len", "where"]]]),
    _let("doc", ["std.net.tls.connect_v1", "where", "config", "caps"]),
    ["if", ["std.net.err.is_err_doc_v1", "doc"], ["return", "doc"], 0],
    _let("stream", ["std.net.tls.connect_stream_handle_v1", "doc"]),
    _let("put", ["std.net.io.write_all_v1", "stream", "data", "caps"]),
    ["if", ["std.net.err.is_err_doc_v1", "put"], ["return", "put"], 0],
    ["if", ["std.net.codec.u32_at", "rest", ["-", ["bytes.len", "rest"], 4]],
        ["std.net.tcp.stream_shutdown_v1", "stream", ["std.net.tcp.shutdown_write_v1"]], 0],
    _let("out", ["vec_u8.with_capacity", 0]),
    _let("more", 1),
    ["while", "more", ["begin",
        _let("waited", ["std.net.tcp.stream_wait_v1", "stream", 1, 5000]),
        _let("got", ["std.net.tcp.stream_read_v1", "stream", 1000, "caps"]),
        ["if", ["std.net.err.is_err_doc_v1", "got"], ["return", "got"], 0],
        _let("piece", ["std.net.tcp.stream_read_payload_v1", "got"]),
        ["set", "more", ["bytes.len", "piece"]],
        ["set", "out", ["vec_u8.extend_bytes", "out", "piece"]],
        0]],
    ["std.net.tcp.stream_close_v1", "stream"],
    ["vec_u8.into_bytes", "out"],
]  # fmt: skip

VERBS: Final = {"streams": STREAMS, "messages": MESSAGES, "look up": LOOK_UP, "tls": OVER_TLS}
"""What the first byte of the input chooses, in this order."""


def _choice() -> Expression:
    chosen: Expression = ["bytes.empty"]
    for number, body in reversed(list(enumerate(VERBS.values()))):
        chosen = ["if", ["=", ["view.get_u8", "input", 0], number], body, chosen]
    return chosen


def build(workshop: Workshop) -> Path:
    source = SourceFile("main", json.dumps(module(_choice(), imports=list(IMPORTS))).encode())
    compiled = compile_entry(source, ProjectModules(ROOTS, "run-os"), Options())
    assert compiled.c_source is not None, compiled.diagnostics
    foreign = [str(path) for path in sorted((SOCKETS / "ffi").glob("*.c"))]
    flags = (*foreign, "-lssl", "-lcrypto")
    return workshop.build("socket_program", compiled.c_source, flags)


def run(program: Path, verb: str, data: bytes, variables: Mapping[str, str]) -> bytes:
    """The output; the sanitizers and the balance of memory have nothing to say."""
    sent = bytes([list(VERBS).index(verb)]) + data
    done = subprocess.run(
        [program],
        input=struct.pack("<I", len(sent)) + sent,
        capture_output=True,
        check=False,
        env=dict(variables),
        timeout=LIMIT_SECONDS,
    )
    assert done.returncode == 0, done.stderr.decode()
    metrics = json.loads(done.stderr.decode().splitlines()[-1])
    assert metrics["mem_stats"]["live_bytes"] == 0
    return done.stdout[4:]
