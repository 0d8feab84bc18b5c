"""Programs that use TCP, UDP, look-ups and TLS of ext-net, under sanitizers."""

import contextlib
import json
import socket
import ssl
import struct
import subprocess
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.bundling import Tool, module
from tests.live import socket_program
from tests.live.certificates import Authority
from tests.needs import missing
from tests.program_build import Workshop
from tests.unit.runtime import network as net
from tests.unit.runtime.c_program import NO_ENVIRONMENT
from tests.unit.runtime.network import DENIED, INVALID, TLS, address, error, named
from tests.unit.runtime.policies import sandbox

Talk = Callable[[ssl.SSLSocket], None]


@pytest.fixture(scope="module")
def program(sanitized: Workshop) -> Path:
    headers = (*Path("/usr/include").glob("openssl/ssl.h"),)
    if not headers:
        missing("no headers of OpenSSL (`apt-get install libssl-dev`)")
    return socket_program.build(sanitized)


class Fields:
    """Numbers and bytes, one after another."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def number(self) -> int:
        (number,) = struct.unpack_from("<I", self.data)
        self.data = self.data[4:]
        return int(number)

    def text(self) -> bytes:
        text, self.data = net.taken(self.data)
        return text


def test_streams(program: Path) -> None:
    said = Fields(socket_program.run(program, "streams", b"", {}))
    bound, peer = net.read_address(said.text()), net.read_address(said.text())
    assert (bound[0], peer[0]) == ("127.0.0.1", "127.0.0.1")
    assert bound[1] != peer[1]
    assert said.number() == 3
    assert said.number() == net.READABLE | net.WRITABLE
    assert said.text() == b"one"
    assert (said.number(), said.number()) == (9, 1)
    assert said.text() == b"two three"
    assert said.number() == net.TIMEOUT
    assert said.number() == 4
    assert said.data == b""


def test_messages(program: Path) -> None:
    said = Fields(socket_program.run(program, "messages", b"", {}))
    assert said.number() == 5
    assert (said.text(), said.text()) == (b"hello", b"again")
    assert (said.number(), said.number()) == (1, 2)


def test_look_ups(program: Path) -> None:
    env = {"X07_TEST_HOSTS": "/dev/null"}
    said = Fields(socket_program.run(program, "look up", b"localhost", env))
    assert said.number() == 2
    assert [net.read_address(said.text()) for _ in range(2)] == [("127.0.0.1", 80), ("::1", 80)]
    assert said.text() == b""
    assert error(socket_program.run(program, "look up", b"a b", env)) == INVALID


# -- TLS


def echo(client: ssl.SSLSocket) -> None:
    """All that comes, once nothing more does."""
    whole = b""
    while data := client.recv(65536):
        whole += data
    client.sendall(whole)
    client.unwrap().close()


def cut_off(client: ssl.SSLSocket) -> None:
    """Ends as an attacker would: without saying so."""
    client.recv(65536)
    client.sendall(b"half of it")
    client.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def serving(context: ssl.SSLContext, talk: Talk = echo) -> Iterator[int]:
    def greet(client: socket.socket) -> None:
        with contextlib.suppress(ssl.SSLError), context.wrap_socket(client, True) as secure:
            talk(secure)

    with net.serving(greet) as port:
        yield port


class Trust:
    def __init__(self, program: Path, authority: Authority) -> None:
        self.program = program
        self.variables = {"X07_CA_FILE": str(authority.file), "X07_TEST_HOSTS": "/dev/null"}

    def ask(
        self,
        where: bytes,
        config: bytes = b"",
        data: bytes = b"hello",
        env: Mapping[str, str] = NO_ENVIRONMENT,
    ) -> bytes:
        sent = socket_program.over_tls(config, where, data)
        return socket_program.run(self.program, "tls", sent, {**self.variables, **env})


def config(name: str, verify: int = 1) -> bytes:
    return struct.pack("<III", 1, verify, len(name)) + name.encode() + struct.pack("<I", 0)


@pytest.fixture
def trust(program: Path, authority: Authority) -> Trust:
    return Trust(program, authority)


def test_an_echo(trust: Trust, authority: Authority) -> None:
    with serving(authority.context("DNS:localhost")) as port:
        assert trust.ask(named("localhost", port)) == b"hello"
        assert trust.ask(named("LOCALHOST.", port), config("localhost")) == b"hello"
        assert trust.ask(address("127.0.0.1", port), config("localhost")) == b"hello"


def test_much(trust: Trust, authority: Authority) -> None:
    data = bytes(range(256)) * 2000
    with serving(authority.context("DNS:localhost")) as port:
        assert trust.ask(named("localhost", port), data=data) == data


def test_an_address_in_the_certificate(trust: Trust, authority: Authority) -> None:
    with serving(authority.context("IP:127.0.0.1")) as port:
        where = address("127.0.0.1", port)
        assert trust.ask(where, config("127.0.0.1")) == b"hello"
        assert error(trust.ask(where, config("localhost"))) == TLS
        assert error(trust.ask(where)) == INVALID
        assert error(trust.ask(where, config(""))) == INVALID


def test_a_wildcard(trust: Trust, authority: Authority) -> None:
    with serving(authority.context("DNS:*.host.localhost")) as port:
        assert trust.ask(named("a.host.localhost", port)) == b"hello"
        assert error(trust.ask(named("host.localhost", port))) == TLS
        assert error(trust.ask(named("b.a.host.localhost", port))) == TLS


def test_another_name(trust: Trust, authority: Authority) -> None:
    with serving(authority.context("DNS:other.test")) as port:
        where = named("localhost", port)
        assert error(trust.ask(where)) == TLS
        assert trust.ask(where, config("localhost", verify=0)) == b"hello"
        assert trust.ask(address("127.0.0.1", port), config("", verify=0)) == b"hello"


def test_another_authority(trust: Trust, authority: Authority) -> None:
    """Neither is there one to trust, nor does OpenSSL find one by its own variables."""
    with serving(authority.context("DNS:localhost")) as port:
        where = named("localhost", port)
        assert error(trust.ask(where, env={"X07_CA_FILE": "/dev/null"})) == TLS
        assert error(trust.ask(where, env={"X07_CA_FILE": "/nowhere"})) == TLS
        own = {"SSL_CERT_FILE": str(authority.file), "SSL_CERT_DIR": str(authority.folder)}
        assert error(trust.ask(where, env={"X07_CA_FILE": "", **own})) == TLS


def test_old_versions(trust: Trust, authority: Authority) -> None:
    context = authority.context("DNS:localhost")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with serving(context) as port:
        assert error(trust.ask(named("localhost", port))) == TLS


def test_an_end_that_nobody_said(trust: Trust, authority: Authority) -> None:
    with serving(authority.context("DNS:localhost"), cut_off) as port:
        assert error(trust.ask(named("localhost", port))) == TLS


def test_no_tls_at_all(trust: Trust) -> None:
    with net.serving(net.drip) as port:
        assert error(trust.ask(named("localhost", port))) == TLS


def test_a_server_that_says_nothing(trust: Trust) -> None:
    done = threading.Event()

    def wait(_: socket.socket) -> None:
        done.wait(30)

    with net.serving(wait) as port:
        assert error(trust.ask(named("localhost", port))) == net.TIMEOUT
        done.set()


@pytest.mark.parametrize(
    "bad",
    [
        b"x",
        struct.pack("<IIII", 2, 1, 0, 0),
        struct.pack("<IIII", 1, 1, 1, 0),
        struct.pack("<IIII", 1, 1, 0xFFFFFFFF, 0),
        config("a b"),
        config("a" * 1025),
        config("localhost") + b"\0",
    ],
)
def test_no_configuration(trust: Trust, bad: bytes) -> None:
    assert error(trust.ask(named("localhost", 1), bad)) == INVALID


def test_a_policy(trust: Trust, authority: Authority) -> None:
    usual = dict.fromkeys(("NET", "NET_ALLOW_TCP", "NET_ALLOW_DNS"), True)
    with serving(authority.context("DNS:localhost")) as port:
        where = named("localhost", port)
        granted = sandbox(**usual, NET_ALLOW_HOSTS=[f"localhost:{port}"])
        assert trust.ask(where, env=granted) == b"hello"
        other = sandbox(**usual, NET_ALLOW_HOSTS=[f"localhost:{port + 1}"])
        assert error(trust.ask(where, env=other)) == DENIED
        plain = {**other, "X07_TEST_WITHOUT_GUARD": "net-hosts"}
        assert trust.ask(where, env=plain) == b"hello"


# -- bundles, with the kernel's layers


def _says_hello(port: int) -> socket_program.Expression:
    return ["begin",
        ["let", "caps", ["std.net.codec.caps_default_v1"]],
        ["let", "where", ["std.net.codec.addr_dns_v1", ["bytes.view_lit", "localhost"], port]],
        ["let", "doc", ["std.net.tls.connect_v1", "where", ["bytes.view_lit", ""], "caps"]],
        ["if", ["std.net.err.is_err_doc_v1", "doc"], ["return", "doc"], 0],
        ["let", "stream", ["std.net.tls.connect_stream_handle_v1", "doc"]],
        ["std.net.io.write_all_v1", "stream", ["bytes.view_lit", "hello"], "caps"],
        ["std.net.tcp.stream_shutdown_v1", "stream", ["std.net.tcp.shutdown_write_v1"]],
        ["let", "got", ["std.net.tcp.stream_read_v1", "stream", 0, "caps"]],
        ["std.net.tcp.stream_read_payload_v1", "got"]]  # fmt: skip


@pytest.fixture
def tool(tmp_path: Path, x07_cache: Path) -> Tool:
    made = Tool(tmp_path, x07_cache)
    assert made("init").returncode == 0
    return made


def bundled(tool: Tool, template: str, solve: socket_program.Expression, *hosts: str) -> Path:
    """A program under the policy of a template, which grants hosts besides."""
    assert tool("policy", "init", "--template", template).returncode == 0
    roots = [word for root in socket_program.ROOTS for word in ("--module-root", str(root))]
    source = module(solve, imports=list(socket_program.IMPORTS))
    (tool.folder / "program.x07.json").write_text(json.dumps(source))
    made = tool(
        *("bundle", "--program", "program.x07.json", "--out", "program", *roots),
        *("--world", "run-os-sandboxed", "--sandbox-backend", "os"),
        *("--policy", f".x07/policies/base/{template}.sandbox.base.policy.json"),
        *("--i-accept-weaker-isolation", *(w for host in hosts for w in ("--allow-host", host))),
    )
    assert made.returncode == 0, made.stderr.decode()
    return tool.folder / "program"


def test_tls_under_all_layers(tool: Tool, authority: Authority) -> None:
    """What TLS needs of the system is there: certificates, random bytes, the time."""
    with serving(authority.context("DNS:localhost")) as port:
        program = bundled(tool, "http-client", _says_hello(port), f"localhost:{port}")
        trusts = {"X07_CA_FILE": str(authority.file)}
        done = subprocess.run(
            [program], cwd=tool.folder, env=trusts, capture_output=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"hello", b"")
        others = subprocess.run(
            [program], cwd=tool.folder, env={}, capture_output=True, check=False
        )
        assert error(others.stdout) == TLS


def _serves(port: int) -> socket_program.Expression:
    return ["begin",
        ["let", "caps", ["std.net.codec.caps_default_v1"]],
        ["let", "where", ["std.net.codec.addr_ipv4_v1", 127, 0, 0, 1, port]],
        ["let", "listening", ["std.net.tcp.listen_v1", "where", "caps"]],
        ["let", "listener", ["std.net.tcp.listen_listener_handle_v1", "listening"]],
        ["let", "accepted", ["std.net.tcp.accept_v1", "listener", "caps"]],
        ["let", "stream", ["std.net.tcp.accept_stream_handle_v1", "accepted"]],
        ["let", "got", ["std.net.tcp.stream_read_v1", "stream", 0, "caps"]],
        ["let", "heard", ["std.net.tcp.stream_read_payload_v1", "got"]],
        ["std.net.io.write_all_v1", "stream", "heard", "caps"],
        "heard"]  # fmt: skip


def test_a_server_under_all_layers(tool: Tool) -> None:
    port = net.spare_port()
    program = bundled(tool, "web-service", _serves(port), f"127.0.0.1:{port}")
    with subprocess.Popen([program], cwd=tool.folder, env={}, stdout=subprocess.PIPE) as server:
        assert _asked(port, b"over here") == b"over here"
        assert server.stdout is not None
        assert server.stdout.read() == b"over here"
        assert server.wait() == 0


def _asked(port: int, data: bytes) -> bytes:
    """What a server answers, once it listens."""
    for _ in range(500):
        with contextlib.suppress(ConnectionRefusedError):
            return _said(port, data)
        threading.Event().wait(0.01)
    return b"nobody listens"


def _said(port: int, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(data)
        return client.recv(100)


def test_a_program_without_sockets_carries_none(tool: Tool) -> None:
    program = bundled(tool, "http-client", ["bytes.lit", "hello"])
    assert b"/etc/hosts" in program.read_bytes(), "the sandbox names it"
    tool.bundle("plain", "--profile", "os")
    assert b"nameserver" not in program.read_bytes()
    assert b"/etc/hosts" not in (tool.folder / "plain").read_bytes()
