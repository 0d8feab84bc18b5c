"""Not one packet leaves a sandbox for what is not granted: what programs try is watched in a
network of their own (namespace.py)."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.bundling import Tool, module
from tests.live import namespace
from tests.live.namespace import ECHO_PORT, Seen, in_network
from tests.program_build import Workshop
from tests.unit.runtime import c_program
from tests.unit.runtime import network as net
from tests.unit.runtime.c_program import Word, decoded, encoded
from tests.unit.runtime.network import DENIED, FIRST, SHORT, address, error, named, word
from tests.unit.runtime.policies import sandbox
from x07bundle.packages import HERE as PACKAGES

pytestmark = pytest.mark.skipif(namespace.why_not() is not None, reason=str(namespace.why_not()))

WITHOUT: Final = {"X07_TEST_WITHOUT_GUARD": "net-hosts"}
HIDDEN: Final = "192.0.2.1"

Request = tuple[int | bytes, ...]

ATTEMPTS: Final[dict[str, Request]] = {
    "an address": (net.CONNECT, address(HIDDEN, 80), SHORT),
    "the port of another": (net.CONNECT, address(HIDDEN, ECHO_PORT), SHORT),
    "another port": (net.CONNECT, address("127.0.0.1", 80), SHORT),
    "IPv4-mapped": (net.CONNECT, address(f"::ffff:{HIDDEN}", 80), SHORT),
    "decimal": (net.CONNECT, named("3221225985", 80), SHORT),
    "octal": (net.CONNECT, named("0300.0.2.1", 80), SHORT),
    "hexadecimal": (net.CONNECT, named("0xc0000201", 80), SHORT),
    "a name": (net.CONNECT, named("secret.test", 80), SHORT),
    "a look-up": (net.LOOK_UP, b"secret.test", 80, SHORT),
    "a message to a name server": (net.BIND, address("127.0.0.1", 4444), SHORT),
}


@pytest.fixture(scope="module")
def program(sanitized: Workshop) -> Path:
    return c_program.build(sanitized, "sockets").path


def grants(*hosts: str, **fields: Any) -> dict[str, str]:  # noqa: ANN401  fields differ
    usual = dict.fromkeys(("NET", "NET_ALLOW_TCP", "NET_ALLOW_UDP", "NET_ALLOW_DNS"), True)
    return sandbox(**{**usual, "NET_ALLOW_HOSTS": list(hosts), **fields})


def tried(program: Path, env: dict[str, str], *requests: Request) -> tuple[list[Word], Seen]:
    data = b"".join(encoded(each) for request in requests for each in request)
    seen = in_network([str(program)], data, env)
    assert seen.status == 0, seen.stderr
    return list(decoded(seen.stdout))[:-1], seen


def test_no_packet_for_what_is_not_granted(program: Path) -> None:
    env = grants(f"granted.test:{ECHO_PORT}", f"127.0.0.1:{ECHO_PORT}")
    answers, seen = tried(program, env, *ATTEMPTS.values())
    assert [error(each) for each in answers] == [DENIED] * len(ATTEMPTS)
    assert seen.packets == ()


@pytest.mark.parametrize("attempt", [name for name in ATTEMPTS if "message" not in name])
def test_without_the_guard_there_are_packets(program: Path, attempt: str) -> None:
    _, seen = tried(program, grants("granted.test:1") | WITHOUT, ATTEMPTS[attempt])
    assert seen.packets != ()


def test_messages(program: Path) -> None:
    """Neither to a host, nor to the name server by hand."""
    own = (net.BIND, address("127.0.0.1", ECHO_PORT), SHORT)
    sends = [(net.SEND, FIRST, address(host, 53), b"question", SHORT)
             for host in ("127.0.0.1", HIDDEN)]  # fmt: skip
    env = grants(f"127.0.0.1:{ECHO_PORT}")
    answers, seen = tried(program, env, own, *sends)
    assert [error(each) for each in answers[1:]] == [DENIED, DENIED]
    assert seen.packets == ()
    _, seen = tried(program, env | WITHOUT, own, *sends)
    assert seen.packets != ()


def test_of_two_addresses_one_is_reached(program: Path) -> None:
    """The name is asked for, and 169.254.169.254, which it names first, gets nothing."""
    env = grants(f"partly.test:{ECHO_PORT}")
    ask = (net.CONNECT, named("partly.test", ECHO_PORT), SHORT)
    answers, seen = tried(program, env, ask)
    assert word(answers[0]) == FIRST
    assert any(f"127.0.0.1.{ECHO_PORT}" in line for line in seen.packets)
    assert not any("169.254.169.254." in line for line in seen.packets)
    open_up = env | {"X07_TEST_WITHOUT_GUARD": "net-resolved"}
    _, seen = tried(program, open_up, ask)
    assert any("169.254.169.254." in line for line in seen.packets)


# -- bundles, with the kernel's layers

TRIES: Final = (
    ("granted.test", ECHO_PORT),
    ("secret.test", 80),
    (HIDDEN, 80),
    ("granted.test", 80),
)


def _try(host: str, port: int) -> Any:  # noqa: ANN401  expressions are JSON
    """The code of a connection, as one byte; a hello is sent where there is one."""
    return ["begin",
        ["let", "caps", ["std.net.codec.caps_default_v1"]],
        ["let", "where", ["std.net.codec.addr_dns_v1", ["bytes.view_lit", host], port]],
        ["let", "doc", ["std.net.tcp.connect_v1", "where", "caps"]],
        ["std.net.io.write_all_v1", ["std.net.tcp.connect_stream_handle_v1", "doc"],
            ["bytes.view_lit", "hello"], "caps"],
        ["bytes1", ["std.net.err.err_code_v1", "doc"]]]  # fmt: skip


@pytest.fixture
def tool(tmp_path: Path, x07_cache: Path) -> Tool:
    made = Tool(tmp_path, x07_cache)
    assert made("init").returncode == 0
    return made


@pytest.fixture
def bundle(tool: Tool) -> Callable[..., Path]:
    def make(*flags: str) -> Path:
        whole: Any = ["bytes.empty"]
        for host, port in TRIES:
            whole = ["bytes.concat", whole, _try(host, port)]
        imports = ["std.net.codec", "std.net.err", "std.net.io", "std.net.tcp"]
        source = tool.folder / "tries.x07.json"
        source.write_text(json.dumps(module(whole, imports=imports)))
        roots = [PACKAGES / f"{name}/modules" for name in ("ext-net/0.1.11", "ext-sockets-c/0.1.6")]
        words = [word for root in roots for word in ("--module-root", str(root))]
        done = tool("bundle", "--program", str(source), "--out", "tries", *words, *flags)
        assert done.returncode == 0, done.stderr.decode()
        return tool.folder / "tries"

    return make


def test_a_bundle_under_all_layers(tool: Tool, bundle: Callable[..., Path]) -> None:
    """It looks up a name without net.allow_udp, and nothing else passes."""
    made = tool("policy", "init", "--template", "http-client")
    assert made.returncode == 0, made.stderr.decode()
    program = bundle(
        *("--world", "run-os-sandboxed", "--sandbox-backend", "os"),
        *("--i-accept-weaker-isolation", "--allow-host", f"granted.test:{ECHO_PORT}"),
        *("--policy", ".x07/policies/base/http-client.sandbox.base.policy.json"),
    )
    seen = in_network([str(program)], b"", {})
    assert (seen.status, seen.stdout) == (0, bytes([0, DENIED, DENIED, DENIED]))
    asked = [line for line in seen.packets if "A?" in line or "AAAA?" in line]
    assert len(asked) == 4, "two questions, each with its answer"
    assert all("granted.test" in line for line in asked)
    assert not any(HIDDEN in line or "secret" in line for line in seen.packets)
    open_to_all = in_network([str(bundle())], b"", {})
    assert any(HIDDEN in line for line in open_to_all.packets)


def test_what_this_machine_shows(program: Path) -> None:
    """The watching itself works: an echo is seen."""
    done = subprocess.run([program], input=b"", capture_output=True, check=False, env={})
    assert done.returncode == 0
    _, seen = tried(program, {}, (net.CONNECT, address("127.0.0.1", ECHO_PORT), SHORT))
    assert any(f"127.0.0.1.{ECHO_PORT}" in line for line in seen.packets)
