"""`x07 init --template web-service` and `http-client`: bundled, and used. The service is a server
of std.net.http.server, so what it makes of requests, good and bad, is shown here, too."""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.bundling import ACCEPTED, Tool, is_alive
from tests.live.http_server import PATTERN, Server
from tests.unit.native.stub_sources import needs_cc

pytestmark = [pytest.mark.live, needs_cc]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    return int(port)


def made(folder: Path, cache: Path, template: str) -> Tool:
    tool = Tool(folder, cache, ACCEPTED)
    done = tool("init", "--template", template)
    assert done.returncode == 0, done.stderr.decode()
    return tool


def bundled(tool: Tool, grant: str) -> Path:
    tool.bundle("dist/app", "--sandbox-backend", "os", "--allow-host", grant)
    return tool.folder / "dist/app"


# -- the client


def test_the_client_fetches(server: Server, tmp_path: Path, x07_cache: Path) -> None:
    program = bundled(made(tmp_path, x07_cache, "http-client"), server.grant)
    found = subprocess.run(
        [program, server.url("/body")], cwd=program.parent, capture_output=True, check=True
    )
    assert found.stdout == PATTERN[:5]
    refused = subprocess.run(
        [program, "http://127.0.0.1:1/"], cwd=program.parent, capture_output=True, check=False
    )
    assert (refused.returncode, refused.stdout) == (1, b"http_error_code=1\n")
    bare = subprocess.run([program], cwd=program.parent, capture_output=True, check=False)
    assert b"usage" not in bare.stderr


# -- the service


class Service:
    """It serves until the test is over."""

    def __init__(self, program: Path, port: int, *words: str) -> None:
        self.program = program
        self.port = port
        self.process = subprocess.Popen(
            [program, *words], env={"PORT": str(port)}, cwd=program.parent, stdout=subprocess.PIPE
        )

    def connect(self) -> socket.socket:
        """A connection, as soon as somebody listens."""
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=20)
            except ConnectionRefusedError:
                assert self.process.poll() is None

    def says(self, sent: bytes, *more: bytes) -> bytes:
        """All that it answers."""
        with self.connect() as stream:
            for data in (sent, *more):
                stream.sendall(data)
            stream.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: stream.recv(65536), b""))

    def status(self, sent: bytes) -> int:
        """0: it closed without an answer."""
        said = self.says(sent)
        return int(said.split(b" ")[1]) if said else 0


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, x07_cache: Path) -> Iterator[Service]:
    port = free_port()
    tool = made(tmp_path_factory.mktemp("service"), x07_cache, "web-service")
    started = Service(bundled(tool, f"127.0.0.1:{port}"), port)
    yield started
    started.process.send_signal(signal.SIGKILL)
    started.process.wait()
    assert started.process.stdout is not None
    started.process.stdout.close()
    assert not is_alive(started.process.pid)


HEALTH: Final = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"


def test_an_answer_is_whole(service: Service) -> None:
    lines = ("HTTP/1.1 200 OK", "content-type: text/plain", "content-length: 3")
    assert service.says(HEALTH) == ("\r\n".join((*lines, "connection: close", "", "ok\n"))).encode()


def test_a_body_comes_back(service: Service) -> None:
    head = b"POST /echo HTTP/1.0\r\nContent-Length: 100000\r\n\r\n"
    body = os.urandom(100000)
    assert service.says(head, body[:7], body[7:]).endswith(b"\r\n\r\n" + body)


def test_a_head_that_comes_byte_by_byte(service: Service) -> None:
    assert service.says(*(bytes([each]) for each in HEALTH)).endswith(b"ok\n")


def test_what_follows_a_request_is_left(service: Service) -> None:
    assert service.says(HEALTH + HEALTH).count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /nothing HTTP/1.1\r\n\r\n", 404),
        (b"GET /health HTTP/1.1\r\nContent-Length: 0\r\ncontent-length: 0\r\n\r\n", 200),
        (b"GET /health\r\n\r\n", 400),
        (b"GET  /health HTTP/1.1\r\n\r\n", 400),
        (b"GET /health HTTP/2.0\r\n\r\n", 400),
        (b"G(T /health HTTP/1.1\r\n\r\n", 400),
        (b" /health HTTP/1.1\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nX : a\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nnothing\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nX: a\r\n folded\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nX: a\nY: b\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nX: a\0\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (b"GET /health HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nContent-Length: 1 1\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n", 413),
        (b"GET /health HTTP/1.1\r\nContent-Length: 10\r\n\r\nshort", 400),
        (b"GET /health HT", 400),
        (b"GET /" + b"a" * (1048576 - 5), 413),
        (b"", 0),
    ],
)
def test_requests(sent: bytes, status: int, service: Service) -> None:
    assert service.status(sent) == status
    assert service.status(HEALTH) == 200


def test_a_client_that_goes_away(service: Service) -> None:
    with service.connect() as stream:
        stream.sendall(b"GET /")
    assert service.status(HEALTH) == 200


def test_a_port_that_is_not_granted(service: Service) -> None:
    other = subprocess.run(
        [service.program, "1"],
        cwd=service.program.parent,
        env={"PORT": str(free_port()), "X07_OS_DENIALS": "stderr"},
        capture_output=True,
        check=False,
    )
    assert other.stdout == b"listen_error_code=1\n"


def test_it_ends_when_it_has_served_enough(tmp_path: Path, x07_cache: Path) -> None:
    made(tmp_path, x07_cache, "web-service").bundle("dist/app", "--profile", "os")
    for count, said in ((1, b"1 request served\n"), (2, b"2 requests served\n")):
        started = Service(tmp_path / "dist/app", free_port(), str(count))
        assert [started.status(HEALTH) for _ in range(count)] == [200] * count
        assert started.process.communicate(timeout=20)[0] == said


def test_variables_of_the_policy(tmp_path: Path, x07_cache: Path) -> None:
    made(tmp_path, x07_cache, "web-service")
    manifest = json.loads((tmp_path / "x07.json").read_text())
    assert manifest["default_profile"] == "sandbox"
    policy = json.loads((tmp_path / manifest["profiles"]["sandbox"]["policy"]).read_text())
    assert policy["env"]["allow_keys"] == ["PORT", "HOST", "LOG_LEVEL"]
